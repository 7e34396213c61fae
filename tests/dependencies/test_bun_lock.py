import pytest

from shopsec.scan.dependencies.lockfiles import bun_lock
from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError, Pin, Unpinned

GIT = "comes from git, not from the registry"
URL = "comes from a URL, not from the registry"
FOLDER = "is a folder or file, not a package of the registry"
UNREADABLE = "cannot be read: it is not what the format says"

BUN = """\
{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "shop",
      "dependencies": {
        "@scope/tool": "npm:@real/tool@^3",
        "chalk": "^4.0.0",
      },
      "devDependencies": {
        "jest": "*",
      },
    },
    "apps/admin": {
      "name": "@shop/admin",
      "dependencies": {
        "has-flag": "^2.0.0",
      },
    },
  },
  "packages": {
    "@scope/tool": ["@real/tool@3.0.0", "", { "dependencies": { "has-flag": "^5" } }, "sha512-0=="],

    "@shop/admin": ["@shop/admin@workspace:apps/admin"],

    "chalk": ["chalk@4.1.2", "", { "dependencies": { "supports-color": "^7" } }, "sha512-0=="],

    "fork": ["fork@github:someone/fork#0123456", {}, "someone-fork-0123456"],

    "git": ["git@git+ssh://git@example.org/a.git#0123", {}, "0123"],

    "has-flag": ["has-flag@4.0.0", "", {}, "sha512-0=="],

    "jest": ["jest@29.0.0", "", { "peerDependencies": { "throat": "*" } }, "sha512-0=="],

    "local": ["local@file:deps/local", {}],

    "odd": [7],

    "supports-color": ["supports-color@7.2.0", "", { "dependencies": { "has-flag": "^4" } }, "sha512-0=="],

    "throat": ["throat@6.0.0", "", {}, "sha512-0=="],

    "url": ["url@https://example.org/a.tgz", {}, "sha512-0=="],

    "@scope/tool/has-flag": ["has-flag@5.0.0", "", {}, "sha512-0=="],

    "@shop/admin/has-flag": ["has-flag@2.0.0", "", {}, "sha512-0=="],
  }
}
"""


def test_bun():
    assert bun_lock.parse(BUN) == Lockfile(
        (
            Pin("@real/tool", "3.0.0", 22, direct=True),
            Pin("chalk", "4.1.2", 26, direct=True),
            Pin("has-flag", "4.0.0", 32, direct=False, via=("chalk", "supports-color")),
            Pin("jest", "29.0.0", 34, dev=True, direct=True),
            Pin("supports-color", "7.2.0", 40, direct=False, via=("chalk",)),
            Pin("throat", "6.0.0", 42, dev=True, direct=False, via=("jest",)),
            Pin("has-flag", "5.0.0", 46, direct=False, via=("@real/tool",)),
            Pin("has-flag", "2.0.0", 48, direct=True),
        ),
        (
            Unpinned("fork", 28, GIT),
            Unpinned("git", 30, GIT),
            Unpinned("local", 36, FOLDER),
            Unpinned("odd", 38, UNREADABLE),
            Unpinned("url", 44, URL),
        ),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("{}", "line 1: lockfileVersion is none of 0 and 1"),
        ('{"lockfileVersion": 1,\n"packages": []}', "line 2: packages is not an object"),
        ('{"lockfileVersion": 1,\n"workspaces": 1}', "line 2: workspaces is not an object"),
        (
            '{"lockfileVersion": 1, "workspaces": {\n"a": 1}}',
            "line 2: a workspace is not an object",
        ),
        ("{\n<<<<<<< HEAD\n}", "line 2: has an unresolved merge conflict"),
        (
            '{"lockfileVersion": 1, "packages": {\n"' + "a/" * 400 + '": ["a@1.0.0"]}}',
            "line 2: packages are nested too deeply",
        ),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_errors(text, message):
    with pytest.raises(LockfileError, match=f"^{message}"):
        bun_lock.parse(text)


def test_a_truncated_file_is_an_error():
    for length in range(len(BUN.rstrip())):
        with pytest.raises(LockfileError):
            bun_lock.parse(BUN[:length])
