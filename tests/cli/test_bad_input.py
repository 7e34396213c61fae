"""What a repository can be that nobody meant it to be: a message or a ledger entry, no traceback."""

import os

import pytest

from shopsec.config import read_settings
from shopsec.errors import ConfigError


def test_a_path_that_is_no_folder(shopsec, tree):
    root = tree({"a.py": ""})
    for path, message in ((root / "gone", "no such folder"), (root / "a.py", "is a file")):
        ended = shopsec("scan", path)
        assert ended.returncode == 2
        assert ended.stdout == ""
        assert ended.stderr.startswith(f"shopsec: error: {path}: {message}")


def test_broken_files_are_named_by_the_scanner_that_needed_them(scan, tree):
    scanned = scan(
        tree(
            {
                ".github/workflows/ship.yml": "on: push\njobs:\n\t- x\n",
                "compose.yaml": "services: [",
                "uv.lock": "version = = 1",
                "pyproject.toml": "[project",
                "shop/settings.py": "INSTALLED_APPS = [\n",
                "requirements.txt": "django==\n\x00\n",
                "b.py": "def (:\n",
            }
        ),
        "--offline",
    )
    assert scanned.document["decision"]["outcome"] == "incomplete"
    assert set(scanned.missed("access")) == {
        ".github/workflows/ship.yml",
        "compose.yaml",
        "pyproject.toml",
        "requirements.txt",
        "shop/settings.py",
    }
    assert scanned.missed("access")[".github/workflows/ship.yml"].startswith("line 3: ")
    dependencies = scanned.missed("osv")
    assert dependencies["uv.lock"].startswith("not valid TOML: Invalid value (at line 1")
    assert dependencies["line 1"] == "cannot be parsed"
    assert set(scanned.missed("bandit")) == {"b.py", "shop/settings.py"}


def test_a_huge_file_is_named_and_not_read(scan, tree):
    root = tree({"a.py": "x = 1\n"})
    for name in ("dump.py", "Dockerfile"):
        with open(root / name, "wb") as file:
            file.truncate(50_000_000)
    scanned = scan(root, "--offline")
    assert scanned.missed("bandit") == {"dump.py": "larger than 5000 kB"}
    assert scanned.missed("access") == {"Dockerfile": "larger than 5000 kB"}


HOSTILE = [
    b"-rf.py",
    b"a\nb.py",
    b"::error file=x::y.py",
    b"caf\xe9.py",
    b"\x1b[31mred.py",
    "schön.py".encode(),
]


def test_hostile_names_stay_names(scan, tree):
    root = tree({})
    for name in HOSTILE:
        with open(os.path.join(os.fsencode(root), name), "wb") as file:
            file.write(b"import os\nos.system('ls ' + name)\n")
    scanned = scan(root, "--offline", "--color", "never")
    for text in scanned.reports.values():
        assert "\x1b" not in text
        assert "\n::error" not in text
    uris = {
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in scanned.sarif["results"]
    }
    assert {"-rf.py", "sch%C3%B6n.py", "a%0Ab.py", "caf%E9.py", "%1B%5B31mred.py"} <= uris
    assert scanned.missed("bandit") == {}
    assert "schön.py:2" in scanned.reports["terminal"]
    assert "schön.py:2" in scanned.reports["markdown"]


def test_links_are_named_and_never_followed(scan, tree, tmp_path):
    (tmp_path / "outside.py").write_text("import os\nos.system(name)\n")
    root = tree({"a.py": "x = 1\n"})
    (root / "out.py").symlink_to(tmp_path / "outside.py")
    (root / "loop").symlink_to("loop")
    scanned = scan(root, "--offline")
    assert scanned.missed("inventory") == {
        "out.py": "symbolic link out of the repository",
        "loop": "symbolic link in a loop",
    }
    assert scanned.document["decision"]["outcome"] == "incomplete"
    assert scanned.document["results"] == []


def test_a_file_that_vanishes_or_is_locked(scan, tree):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    root = tree({"a.py": "x = 1\n"})
    (root / "a.py").chmod(0)
    assert scan(root, "--offline").missed("inventory") == {
        "a.py": "cannot be read: Permission denied"
    }


def test_a_repository_without_commits_and_a_submodule_that_is_not_there(scan, tree, git, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "x.py").write_text("x = 1\n")
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "theme")
    root = tree({"a.py": "x = 1\n"})
    git(root, "init", "-q")
    scanned = scan(root, "--offline")
    assert scanned.document["repository"]["commit"] is None
    assert scanned.document["repository"]["note"] == "no commit yet"
    git(root, "submodule", "--quiet", "add", inner.as_uri(), "theme")
    git(root, "add", ".")
    git(root, "commit", "-qm", "shop")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", root.as_uri(), str(clone))
    git(clone, "checkout", "-q", "--detach")
    scanned = scan(clone, "--offline")
    assert scanned.missed("inventory") == {"theme": "submodule not checked out"}
    assert scanned.document["repository"]["note"] == "shallow clone: history not available"
    assert scanned.document["decision"]["outcome"] == "incomplete"


def test_a_report_that_cannot_be_written_keeps_the_old_one(shopsec, tree, tmp_path):
    root = tree({"a.py": "x = 1\n"})
    ended = shopsec("scan", root, "--offline", "--output", f"json={tmp_path}/no/such.json")
    assert ended.returncode == 2
    assert "is no folder" in ended.stderr


@pytest.mark.parametrize(
    "text",
    [
        "[ tool . shopsec ]\npolicy = 'strict'\n= 1\n",
        "tool.shopsec.policy = 'strict'\n= 1\n\n",
        "[tool]\nshopsec = {policy = 'strict'}\n= 1\n",
        '[tool."shop\\u0073ec"]\npolicy = "strict"\n= 1\n',
    ],
)
def test_a_broken_pyproject_that_may_hold_our_table_is_refused(tmp_path, text):
    project = tmp_path / "pyproject.toml"
    project.write_text(text)
    line = text.index("= 1\n")
    with pytest.raises(ConfigError, match=rf"pyproject\.toml:{text.count(chr(10), 0, line) + 1}: "):
        read_settings(tmp_path, None, {})
    project.write_text(text.replace("= 1\n", ""))
    assert read_settings(tmp_path, None, {}).policy == "strict"


def test_a_broken_pyproject_of_others_is_for_scanners_to_tell(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "C:\\shop"\n= 1\n')
    assert read_settings(tmp_path, None, {}).source == ""
