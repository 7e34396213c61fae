import json

import pytest

from shopsec.scan.dependencies.lockfiles import package_lock
from shopsec.scan.dependencies.lockfiles.base import (
    NOT_LOCKED,
    Lockfile,
    LockfileError,
    Pin,
    Unpinned,
)

GIT = "comes from git, not from the registry"
URL = "comes from a URL, not from the registry"
FOLDER = "is a folder or file, not a package of the registry"

V3 = """\
{
  "name": "shop",
  "lockfileVersion": 3,
  "requires": true,
  "packages": {
    "": {
      "name": "shop",
      "version": "1.0.0",
      "workspaces": ["apps/*"],
      "dependencies": { "express": "^4", "tool": "npm:real-tool@^2", "fork": "someone/fork#v1" },
      "devDependencies": { "jest": "^29", "archive": "https://example.org/a.tgz" }
    },
    "apps/admin": {
      "name": "@shop/admin",
      "version": "0.1.0",
      "dependencies": { "debug": "^2", "local": "file:../local" },
      "devDependencies": { "chalk": "^5" }
    },
    "apps/admin/node_modules/debug": {
      "version": "2.6.9",
      "resolved": "https://registry.example.org/debug/-/debug-2.6.9.tgz",
      "dependencies": { "ms": "2.0.0" }
    },
    "node_modules/@shop/admin": { "resolved": "apps/admin", "link": true },
    "node_modules/archive": { "version": "1.0.0", "resolved": "https://example.org/a.tgz", "dev": true },
    "node_modules/chalk": { "version": "5.0.0", "dev": true },
    "node_modules/dangling": { "link": true },
    "node_modules/debug": {
      "version": "4.3.4",
      "dependencies": { "ms": "2.1.2" },
      "optionalDependencies": { "absent": "1" }
    },
    "node_modules/express": {
      "version": "4.18.2",
      "dependencies": { "debug": "^4" },
      "peerDependencies": { "qs": "*" }
    },
    "node_modules/express/node_modules/qs": { "version": "6.11.0", "inBundle": true },
    "node_modules/fork": {
      "version": "1.0.0",
      "resolved": "git+ssh://git@github.com/someone/fork.git#0123456789abcdef0123456789abcdef01234567"
    },
    "node_modules/jest": { "version": "29.7.0", "dev": true, "dependencies": { "ms": "*" } },
    "node_modules/local": { "version": "1.0.0", "resolved": "file:apps/local" },
    "node_modules/ms": { "version": "2.1.2" },
    "node_modules/odd": 7,
    "node_modules/optional": { "optional": true, "peer": true },
    "node_modules/tool": { "name": "real-tool", "version": "2.0.1" },
    "apps/admin/node_modules/ms": { "version": "2.0.0", "devOptional": true }
  }
}
"""


def test_version_3():
    parsed = package_lock.parse(V3)
    assert parsed.pins == (
        Pin("debug", "2.6.9", 19, direct=True),
        Pin("chalk", "5.0.0", 26, dev=True, direct=True),
        Pin("debug", "4.3.4", 28, direct=False, via=("express",)),
        Pin("express", "4.18.2", 33, direct=True),
        Pin("qs", "6.11.0", 38, direct=False, via=("express",)),
        Pin("jest", "29.7.0", 43, dev=True, direct=True),
        Pin("ms", "2.1.2", 45, direct=False, via=("express", "debug")),
        Pin("real-tool", "2.0.1", 48, direct=True),
        Pin("ms", "2.0.0", 49, direct=False, via=("debug",)),
    )
    assert parsed.unpinned == (
        Unpinned("archive", 25, URL),
        Unpinned("dangling", 27, FOLDER),
        Unpinned("fork", 39, GIT),
        Unpinned("local", 44, FOLDER),
        Unpinned("odd", 46, "cannot be read: it is not what the format says"),
        Unpinned("optional", 47, "has no version in the lockfile"),
    )


def test_of_the_old_form_in_version_2_is_read_what_the_new_one_lacks():
    document = json.loads(V3)
    document["lockfileVersion"] = 2
    document["dependencies"] = {
        "@shop/admin": {
            "version": "file:apps/admin",
            "dependencies": {"debug": {"version": "2.6.9"}},
        },
        "express": {"version": "1.0.0", "dependencies": {"hidden": {"version": "6.6.6"}}},
    }
    parsed = package_lock.parse(json.dumps(document, indent=2))
    packages = {(pin.name, pin.version) for pin in parsed.pins}
    known = {(pin.name, pin.version) for pin in package_lock.parse(V3).pins}
    assert packages - known == {("hidden", "6.6.6")}
    assert known <= packages
    assert parsed.unpinned[-1].text == "optional"


V1 = """\
{
  "name": "shop",
  "lockfileVersion": 1,
  "dependencies": {
    "express": {
      "version": "4.18.2",
      "requires": { "debug": "^2", "ms": "*" },
      "dependencies": {
        "debug": {
          "version": "2.6.9",
          "bundled": true,
          "requires": { "ms": "2.0.0" },
          "dependencies": {
            "ms": { "version": "2.0.0" } } }
      }
    },
    "ms": { "version": "2.1.2", "dev": true },
    "alias": { "version": "npm:@real/tool@3.0.0", "requires": true },
    "git": { "version": "git+ssh://git@github.com/a/b.git#0123456" },
    "short": { "version": "github:a/b#0123456" },
    "url": { "version": "https://user:word@example.org/a.tgz" },
    "file": { "version": "file:../a" },
    "none": {},
    "odd": ["1.0.0"],
    "range": { "version": "^1.0.0" },
    "bad name\\u001b": { "version": "1.0.0" }
  }
}
"""


def test_version_1():
    parsed = package_lock.parse(V1)
    assert parsed.pins == (
        Pin("express", "4.18.2", 5),
        Pin("debug", "2.6.9", 9),
        Pin("ms", "2.0.0", 14),
        Pin("ms", "2.1.2", 17, dev=True),
        Pin("@real/tool", "3.0.0", 18),
    )
    assert parsed.unpinned == (
        Unpinned("git", 19, GIT),
        Unpinned("short", 20, GIT),
        Unpinned("url", 21, URL),
        Unpinned("file", 22, FOLDER),
        Unpinned("none", 23, "has no version in the lockfile"),
        Unpinned("odd", 24, "cannot be read: it is not what the format says"),
        Unpinned("range", 25, "is not pinned to one version"),
        Unpinned("bad name\ufffd", 26, "has no name that the registry allows"),
    )


def test_the_manifest_tells_what_version_1_does_not():
    manifest = '{"dependencies": {"express": "^4"}, "devDependencies": {"alias": "npm:@real/tool"}}'
    assert package_lock.parse(V1, manifest).pins == (
        Pin("express", "4.18.2", 5, direct=True),
        Pin("debug", "2.6.9", 9, direct=False, via=("express",)),
        Pin("ms", "2.0.0", 14, direct=False, via=("express", "debug")),
        Pin("ms", "2.1.2", 17, dev=True, direct=False, via=("express",)),
        Pin("@real/tool", "3.0.0", 18, direct=True),
    )
    assert package_lock.parse(V3, "{") == package_lock.parse(V3)
    with pytest.raises(LockfileError, match=r"^the package.json beside it: line 1: not valid JSON"):
        package_lock.parse(V1, "{")


@pytest.mark.parametrize("version", [2, 3])
def test_what_is_asked_for_and_has_no_entry_is_named(version):
    root = {
        "dependencies": {"lodash": "^4", "opt": "1", "here": "file:here"},
        "devDependencies": {"jest": "*"},
        "optionalDependencies": {"opt": "1"},
        "peerDependencies": {"peer": "1"},
    }
    entry = {"version": "1.0.0", "dependencies": {"b": "1"}, "optionalDependencies": {"c": "1"}}
    direct = (Unpinned("lodash", 1, NOT_LOCKED), Unpinned("jest", 1, NOT_LOCKED))
    lock = {"lockfileVersion": version, "packages": {"": root}}
    assert package_lock.parse(json.dumps(lock)).unpinned == direct
    lock["packages"]["node_modules/a"] = entry
    lock["packages"]["node_modules/z"] = entry
    why = "needs b, which is not in the file: was it cut off?"
    assert package_lock.parse(json.dumps(lock)).unpinned == (*direct, Unpinned("a", 1, why))
    del lock["packages"]
    assert package_lock.parse(json.dumps(lock), json.dumps(root)).unpinned == direct


def test_an_empty_project_has_no_packages():
    assert package_lock.parse('{"name": "shop", "lockfileVersion": 1}') == Lockfile()
    assert package_lock.parse('{"lockfileVersion": 3, "packages": {"": {}}}') == Lockfile()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("null", "is not a JSON object"),
        ('{\n"lockfileVersion": 4}', "line 2: lockfileVersion is none of 1, 2 and 3"),
        ('{"lockfileVersion": [3]}', "line 1: lockfileVersion is none"),
        ('{\n"packages": []}', "line 2: packages is not an object"),
        ('{\n"dependencies": "a"}', "line 2: dependencies is not an object"),
        ('{"dependencies": {"a": {\n"dependencies": 1}}}', "line 2: dependencies is not an object"),
        ("{\n<<<<<<< HEAD\n}", "line 2: has an unresolved merge conflict"),
        (
            '{"packages": {"' + "node_modules/a/" * 400 + '": {}}}',
            "line 1: packages are nested too deeply",
        ),
        (
            '{"dependencies": {"a": ' * 120 + "{}" + "}}" * 120,
            "line 1: packages are nested too deeply",
        ),
        ('{"dependencies": {"a": ' * 50_000, "nested too deeply"),
        (
            '{"packages": {"' + "apps/" * 50_000 + '": {"dependencies": {"a": "1"}}}}',
            "folders are nested too deeply",
        ),
        (
            '{"dependencies": {"'
            + "a" * 50_000
            + '": {"dependencies": {'
            + ", ".join(f'"b{number}": {{}}' for number in range(5_000))
            + "}}}}",
            "line 1: packages are nested too deeply",
        ),
    ],
)
def test_errors(text, message):
    with pytest.raises(LockfileError, match=f"^{message}"):
        package_lock.parse(text)


@pytest.mark.parametrize("text", [V1, V3])
def test_a_truncated_file_is_an_error(text):
    for length in range(len(text.rstrip())):
        with pytest.raises(LockfileError):
            package_lock.parse(text[:length])


def test_a_chain_of_all_packages_costs_no_square():
    count = 20_000
    packages = {
        f"node_modules/p{number}": {"version": "1.0.0", "dependencies": {f"p{number + 1}": "1"}}
        for number in range(count)
    }
    packages[""] = {"dependencies": {"p0": "1"}}
    pins = package_lock.parse(json.dumps({"lockfileVersion": 3, "packages": packages})).pins
    assert len(pins) == count
    assert len(pins[100].via) == 100
    assert pins[101].via == ()
