"""What a repository can be that nobody meant it to be: a message or a ledger entry, no traceback."""

import json
import os

import pytest

from tests.cli.test_scan import FORMATS


def ledger(document, scanner):
    (entry,) = [each for each in document["coverage"] if each["scanner"] == scanner]
    return {
        item["name"]: group["reason"] for group in entry["not_covered"] for item in group["items"]
    }


@pytest.fixture
def scan(shopsec):
    def run(root, *arguments):
        ended = shopsec("scan", root, "--offline", "-q", "--format", "json", *arguments)
        assert "Traceback" not in ended.stderr + ended.stdout
        document = json.loads(ended.stdout)
        assert ended.returncode == document["exit_code"]
        return document

    return run


def test_a_path_that_is_no_folder(shopsec, tree):
    root = tree({"a.py": ""})
    for path, message in ((root / "gone", "no such folder"), (root / "a.py", "is a file")):
        ended = shopsec("scan", path)
        assert ended.returncode == 2
        assert ended.stdout == ""
        assert ended.stderr.startswith(f"shopsec: error: {path}: {message}")


def test_broken_files_are_named_by_the_scanner_that_needed_them(scan, tree):
    document = scan(
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
        )
    )
    assert document["decision"]["outcome"] == "incomplete"
    assert set(ledger(document, "access")) == {
        ".github/workflows/ship.yml",
        "compose.yaml",
        "shop/settings.py",
    }
    assert ledger(document, "access")[".github/workflows/ship.yml"].startswith("line 3: ")
    dependencies = ledger(document, "pip-audit")
    assert dependencies["uv.lock"].startswith("not valid TOML: Invalid value (at line 1")
    assert dependencies["django=="] == "cannot be parsed"
    assert set(ledger(document, "bandit")) == {"b.py", "shop/settings.py"}


def test_a_huge_file_is_named_and_not_read(scan, tree):
    root = tree({"a.py": "x = 1\n"})
    for name in ("dump.py", "Dockerfile"):
        with open(root / name, "wb") as file:
            file.truncate(50_000_000)
    document = scan(root)
    assert ledger(document, "bandit") == {"dump.py": "larger than 5000 kB"}
    assert ledger(document, "access") == {"Dockerfile": "larger than 5000 kB"}


HOSTILE = [
    b"-rf.py",
    b"a\nb.py",
    b"::error file=x::y.py",
    b"caf\xe9.py",
    b"\x1b[31mred.py",
    "schön.py".encode(),
]


@pytest.mark.parametrize("format_", FORMATS)
def test_hostile_names_stay_names(shopsec, tree, format_):
    root = tree({})
    for name in HOSTILE:
        with open(os.path.join(os.fsencode(root), name), "wb") as file:
            file.write(b"import os\nos.system('ls ' + name)\n")
    ended = shopsec("scan", root, "--offline", "-q", "--format", format_, "--color", "never")
    assert "Traceback" not in ended.stderr
    assert "\x1b" not in ended.stdout
    assert "\n::error" not in ended.stdout
    if format_ == "sarif":
        (run,) = json.loads(ended.stdout)["runs"]
        uris = {
            each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for each in run["results"]
        }
        assert "-rf.py" in uris
        assert "sch%C3%B6n.py" in uris
        notices = json.dumps(run["invocations"])
        assert "a\\\\nb.py" in notices
    else:
        assert {"json": "sch%C3%B6n.py"}.get(format_, "schön.py") in ended.stdout


def test_links_are_named_and_never_followed(scan, tree, tmp_path):
    (tmp_path / "outside.py").write_text("import os\nos.system(name)\n")
    root = tree({"a.py": "x = 1\n"})
    (root / "out.py").symlink_to(tmp_path / "outside.py")
    (root / "loop").symlink_to("loop")
    document = scan(root)
    assert ledger(document, "inventory") == {
        "out.py": "symbolic link out of the repository",
        "loop": "symbolic link in a loop",
    }
    assert document["decision"]["outcome"] == "incomplete"
    assert document["results"] == []


def test_a_file_that_vanishes_or_is_locked(scan, tree):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    root = tree({"a.py": "x = 1\n"})
    (root / "a.py").chmod(0)
    assert ledger(scan(root), "inventory") == {"a.py": "cannot be read: Permission denied"}


def test_a_repository_without_commits_and_a_submodule_that_is_not_there(scan, tree, git, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "x.py").write_text("x = 1\n")
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "theme")
    root = tree({"a.py": "x = 1\n"})
    git(root, "init", "-q")
    document = scan(root)
    assert document["repository"]["commit"] is None
    assert document["repository"]["note"] == "no commit yet"
    git(root, "submodule", "--quiet", "add", inner.as_uri(), "theme")
    git(root, "add", ".")
    git(root, "commit", "-qm", "shop")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", root.as_uri(), str(clone))
    git(clone, "checkout", "-q", "--detach")
    document = scan(clone)
    assert ledger(document, "inventory") == {"theme": "submodule not checked out"}
    assert document["repository"]["note"] == "shallow clone: history not available"
    assert document["decision"]["outcome"] == "incomplete"


def test_a_report_that_cannot_be_written_keeps_the_old_one(shopsec, tree, tmp_path):
    root = tree({"a.py": "x = 1\n"})
    ended = shopsec("scan", root, "--offline", "--output", f"json={tmp_path}/no/such.json")
    assert ended.returncode == 2
    assert "is no folder" in ended.stderr
