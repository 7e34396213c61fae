import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.dependencies.lockfiles import pnpm_lock
from shopsec.scan.dependencies.lockfiles.base import (
    NOT_LOCKED,
    Lockfile,
    LockfileError,
    Pin,
    Unpinned,
)
from shopsec.scan.dependencies.lockfiles.yaml_lines import Node, read_documents

GIT = "comes from git, not from the registry"
URL = "comes from a URL, not from the registry"
FOLDER = "is a folder or file, not a package of the registry"
UNREADABLE = "cannot be read: it is not what the format says"

V5 = """\
lockfileVersion: 5.4

specifiers:
  react-dom: ^17.0.0
  mocha: ^10.0.0

dependencies:
  react-dom: 17.0.2_react@17.0.2
  alias: /@real/tool/3.0.0
  fork: github.com/someone/fork/0123456789abcdef0123456789abcdef01234567

devDependencies:
  mocha: 10.0.0

packages:

  /@real/tool/3.0.0:
    resolution: {integrity: sha512-0123==}
    dev: false

  /mocha/10.0.0:
    resolution: {integrity: sha512-0123==}
    dependencies:
      ms: 2.1.3
    dev: true

  /ms/2.1.3:
    resolution: {integrity: sha512-0123==}
    deprecated: |-
      Text with a colon: here
      /fake/1.0.0:
    dev: true

  /react-dom/17.0.2_react@17.0.2:
    resolution: {integrity: sha512-0123==}
    peerDependencies:
      react: 17.0.2
    dependencies:
      scheduler: 0.20.2
    dev: false

  npm.example.org/scheduler/0.20.2:
    resolution: {integrity: sha512-0123==, registry: https://npm.example.org/}
    dev: false

  github.com/someone/fork/0123456789abcdef0123456789abcdef01234567:
    resolution: {tarball: https://codeload.github.com/someone/fork/tar.gz/0123}
    name: fork
    version: 1.0.0
    dev: false

  git.example.org/a/b/0123:
    resolution: {commit: 0123, repo: https://git.example.org/a/b, type: git}
    name: of-git
    version: 1.0.0

  '@codeload.example.org/a/b.tgz':
    resolution: {tarball: https://codeload.example.org/a/b.tgz}
    name: archive
    version: 1.0.0

  file:local:
    resolution: {directory: local, type: directory}
    name: local
    version: 1.0.0

  nonsense:
    resolution: {}
"""


def test_version_5():
    assert pnpm_lock.parse(V5) == Lockfile(
        (
            Pin("@real/tool", "3.0.0", 17, direct=True),
            Pin("mocha", "10.0.0", 21, dev=True, direct=True),
            Pin("ms", "2.1.3", 27, dev=True, direct=False, via=("mocha",)),
            Pin("react-dom", "17.0.2", 34, direct=True),
            Pin("scheduler", "0.20.2", 42),
        ),
        (
            Unpinned("fork", 46, GIT),
            Unpinned("of-git", 52, GIT),
            Unpinned("archive", 57, URL),
            Unpinned("local", 62, FOLDER),
            Unpinned("nonsense", 67, UNREADABLE),
        ),
    )


V6 = """\
lockfileVersion: '6.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      react-dom:
        specifier: ^18.0.0
        version: 18.0.0(react@18.2.0)
      sibling:
        specifier: workspace:*
        version: link:packages/sibling

  packages/sibling:
    devDependencies:
      alias:
        specifier: npm:@real/tool@^3
        version: /@real/tool@3.0.0

packages:

  /@real/tool@3.0.0:
    resolution: {integrity: sha512-0123==}
    cpu:
      - x64
      - arm64
    dev: true

  /react-dom@18.0.0(react@18.2.0):
    resolution: {integrity: sha512-0123==}
    dependencies:
      react: 18.2.0
    dev: false

  /react@18.2.0:
    resolution: {integrity: sha512-0123==}
"""


def test_version_6():
    assert pnpm_lock.parse(V6).pins == (
        Pin("@real/tool", "3.0.0", 25, dev=True, direct=True),
        Pin("react-dom", "18.0.0", 32, direct=True),
        Pin("react", "18.2.0", 38, direct=False, via=("react-dom",)),
    )


V9 = """\
---
lockfileVersion: '9.0'

importers:

  .:
    configDependencies: {}
    packageManagerDependencies:
      pnpm:
        specifier: ^11.0.0
        version: 11.0.1

packages:

  pnpm@11.0.1:
    resolution: {integrity: sha512-0123==}

snapshots:

  pnpm@11.0.1: {}

---
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      alias:
        specifier: npm:@real/tool@^3
        version: '@real/tool@3.0.0(react@18.2.0)'
      fork:
        specifier: github:someone/fork
        version: https://codeload.github.com/someone/fork/tar.gz/0123
      linked:
        specifier: link:../linked
        version: link:../linked
    devDependencies:
      jest:
        specifier: ^29.0.0
        version: 29.0.0

packages:

  '@real/tool@3.0.0':
    resolution: {integrity: sha512-0123==}

  ? fork@https://codeload.github.com/someone/fork/tar.gz/0123
  : resolution: {tarball: https://codeload.github.com/someone/fork/tar.gz/0123}
    version: 1.0.0

  jest@29.0.0:
    resolution: {integrity: sha512-0123==}

  local@file:local:
    resolution: {directory: local, type: directory}

  node@runtime:22.0.0:
    resolution:
      type: variations
      variants:
        - resolution:
            archive: tarball
          targets:
            - cpu: x64

  nothing:
    resolution: {}

  react@18.2.0:
    resolution: {integrity: sha512-0123==}

snapshots:

  '@real/tool@3.0.0(react@18.2.0)':
    dependencies:
      react: 18.2.0
    optionalDependencies:
      throat: 6.0.0(react@18.2.0)

  jest@29.0.0:
    dependencies:
      react: 18.2.0

  react@18.2.0: {}

  throat@6.0.0(react@18.2.0): {}
"""


def test_version_9_and_several_documents():
    assert pnpm_lock.parse(V9) == Lockfile(
        (
            Pin("pnpm", "11.0.1", 15, dev=True, direct=True),
            Pin("@real/tool", "3.0.0", 45, direct=True),
            Pin("jest", "29.0.0", 52, dev=True, direct=True),
            Pin("react", "18.2.0", 70, direct=False, via=("@real/tool",)),
            Pin("throat", "6.0.0", 87, direct=False, via=("@real/tool",)),
        ),
        (
            Unpinned("fork", 48, URL),
            Unpinned("local", 55, FOLDER),
            Unpinned("node", 58, "comes from elsewhere than the registry"),
            Unpinned("nothing", 67, UNREADABLE),
        ),
    )


def test_a_project_without_packages():
    assert pnpm_lock.parse("lockfileVersion: 5.3\n\nspecifiers: {}\n") == Lockfile()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("# nothing\n", "line 1: lockfileVersion is none of 5 to 9"),
        ("lockfileVersion: 4.0\n", "line 1: lockfileVersion is none of 5 to 9"),
        ("a:\nlockfileVersion: 10.0\n", "line 2: lockfileVersion is none of 5 to 9"),
        ("lockfileVersion: 5.3\npackages: 7\n", "line 2: packages is not a map"),
        ("lockfileVersion: 5.3\n<<<<<<< HEAD\n", "line 2: has an unresolved merge conflict"),
        ("lockfileVersion: 5.3\nnot yaml\n", "line 2: is not what pnpm writes"),
        ("a: {b: c,\n d: e}\n", "line 1: is not what pnpm writes"),
        ("a: {b: c}\n  d: e\n", "line 2: repeats a key or is no part of a map"),
        ("a: &x\nb: *x\n", "line 1: lockfileVersion is none"),
        ("a:\na:\n", "line 2: repeats a key"),
        ("a:\n\tb:\n", "line 2: is not what pnpm writes"),
        ("  : b\n", "line 1: is not what pnpm writes"),
        ('{"lockfileVersion": "9.0"}', "line 1: is not what pnpm writes"),
    ],
)
def test_errors(text, message):
    with pytest.raises(LockfileError, match=f"^{message}"):
        pnpm_lock.parse(text)


def _keys(node: Node) -> dict[str, object]:
    return {key: _keys(below) if below.keys else below.text for key, below in node.keys.items()}


def _texts(value: object) -> object:
    """Maps of a YAML parser with all else as the reader keeps it: flow maps and lists not at all."""
    if not isinstance(value, dict):
        return ""
    return {str(key): _texts(below) for key, below in value.items()}


def _maps(keys: dict[str, object]) -> object:
    return {key: _maps(below) if isinstance(below, dict) else "" for key, below in keys.items()}


@pytest.mark.parametrize("text", [V5, V6, V9])
def test_the_reader_finds_the_maps_that_a_yaml_parser_finds(text):
    for ours, theirs in zip(read_documents(text), yaml.safe_load_all(text), strict=True):
        for key in ("importers", "specifiers", "dependencies", "devDependencies", "snapshots"):
            known = theirs.get(key, {})
            assert _maps(_keys(ours.at(key))) == _without_empty(_texts(known))
        assert list(ours.at("packages").keys) == list(theirs["packages"])


def _without_empty(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {key: _without_empty(below) or "" for key, below in value.items()}


def test_keys_of_the_wrong_version_are_kept():
    old = "lockfileVersion: 5.4\npackages:\n  a@1.0.0: {}\nsnapshots:\n  b@1.0.0(c@1): {}\n"
    assert pnpm_lock.parse(old).unpinned == (
        Unpinned("line 3", 3, UNREADABLE),
        Unpinned("line 5", 5, UNREADABLE),
    )
    new = "lockfileVersion: '9.0'\npackages:\n  a@1.0.0(c@1): {}\nsnapshots:\n  a@1.0.0(c@1): {}\n"
    assert pnpm_lock.parse(new).pins == (Pin("a", "1.0.0", 5),)
    assert pnpm_lock.parse(new).unpinned == (Unpinned("a", 3, "is not pinned to one version"),)


def test_what_the_project_asks_for_and_the_file_lacks_is_named():
    text = V6[: V6.index("packages:\n\n  /@real")]
    assert pnpm_lock.parse(text).unpinned == (
        Unpinned("react-dom", 1, NOT_LOCKED),
        Unpinned("alias", 1, NOT_LOCKED),
    )


def test_a_file_that_was_cut_off_is_named_once():
    why = "needs react, which is not in the file: was it cut off?"
    cut = V6[: V6.index("  /react@18")]
    assert pnpm_lock.parse(cut).unpinned == (Unpinned("react-dom", 32, why),)
    assert pnpm_lock.parse(V6).unpinned == ()
    cut = V9[: V9.rindex("snapshots:\n")]
    assert pnpm_lock.parse(cut).unpinned[-1] == Unpinned(
        "snapshots", 43, "has packages, and no snapshots, which follow them: was it cut off?"
    )


@pytest.mark.parametrize("text", [V5, V6, V9])
def test_a_truncated_file_gives_what_is_left_or_the_error(text):
    whole = {(pin.name, pin.version, pin.line) for pin in pnpm_lock.parse(text).pins}
    for length in range(len(text)):
        try:
            parsed = pnpm_lock.parse(text[:length])
        except LockfileError:
            continue
        assert {(pin.name, pin.version, pin.line) for pin in parsed.pins} <= whole


@given(st.text(alphabet="a1@/:.'\"-?{}[ \n(_"))
def test_any_text_gives_a_lockfile_or_the_error(text):
    for version in ("5.4", "'9.0'"):
        whole = f"lockfileVersion: {version}\npackages:\n{text}"
        try:
            parsed = pnpm_lock.parse(whole)
        except LockfileError:
            continue
        assert all(3 <= pin.line <= whole.count("\n") + 1 for pin in parsed.pins)


def test_odd_files_cost_linear_time():
    start = time.process_time()
    nested = "".join(f"{' ' * depth}a:\n" for depth in range(3_000))
    for text in (nested, "'" * 300_000, "a: " * 100_000, "? " * 100_000, "a" * 300_000):
        with pytest.raises(LockfileError):
            pnpm_lock.parse(text)
    assert time.process_time() - start < 2
