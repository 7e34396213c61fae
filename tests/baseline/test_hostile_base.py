"""A hostile merge base: nothing of it is run, followed or written outside of our folder."""

import os
import subprocess

from shopsec.scan.host import Host
from tests.baseline.conftest import against
from tests.secrets import planted

SECRET = f'STRIPE = "{planted.stripe()}"\n'


def test_filters_links_and_odd_names(branch, commit, git, run, tmp_path):
    marker, outside = tmp_path / "ran", tmp_path / "outside.py"
    outside.write_text(SECRET)
    root = branch(
        {
            ".gitattributes": "* filter=evil diff=evil\n",
            "a.py": "eval(x)\n",
            "new\nline.py": "x = 1\n",
            "d/e f.py": "eval(x)\n",
        }
    )
    git(root, "config", "filter.evil.smudge", f"touch {marker}")
    git(root, "config", "diff.evil.textconv", f"touch {marker}")
    git(root, "config", "core.fsmonitor", f"touch {marker}")
    os.symlink(outside, root / "link.py")
    git(root, "-c", "core.fsmonitor=false", "-c", "filter.evil.smudge=cat", "add", "-A")
    git(root, "-c", "core.fsmonitor=false", "commit", "-qm", "link")
    git(root, "-c", "core.fsmonitor=false", "branch", "-f", "base")
    marker.unlink(missing_ok=True)
    (root / "a.py").write_text("eval(x)\nexec(x)\n")
    ended = against(run, root)
    assert not marker.exists()
    assert ended.states() == {
        ("bandit.B307", "a.py"): "unchanged",
        ("bandit.B102", "a.py"): "new",
        ("bandit.B307", "d/e%20f.py"): "unchanged",
    }
    (entry,) = [each for each in ended.document["coverage"] if each["scanner"] == "merge-base"]
    assert {each["reason"]: each["count"] for each in entry["excluded"]} == {"symbolic links": 1}


def made_tree(root, git, records):
    """A tree with any names, as no git command would make it from files."""
    raw = b""
    for mode, name, object_id in records:
        raw += f"{mode} {name}\0".encode() + bytes.fromhex(object_id)
    command = ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"]
    ended = subprocess.run(command, cwd=root, input=raw, capture_output=True, check=True)
    return ended.stdout.decode().strip()


def test_names_that_lead_away_are_never_written(branch, git, run, tmp_path):
    root = branch({"a.py": "eval(x)\n"})
    blob = git(root, "rev-parse", "HEAD:a.py").strip()
    inner = made_tree(root, git, [("100644", "escaped.py", blob)])
    tree = made_tree(
        root,
        git,
        [
            ("40000", "..", inner),
            ("40000", ".git", inner),
            ("100644", "a.py", blob),
            ("40000", "a.py", inner),
            ("100644", "x" * 300, blob),
        ],
    )
    evil = git(root, "commit-tree", tree, "-m", "evil").strip()
    child = git(root, "commit-tree", "HEAD^{tree}", "-p", evil, "-m", "child").strip()
    git(root, "reset", "-q", "--hard", child)
    git(root, "branch", "-f", "base", evil)
    ended = against(run, root)
    assert ended.code == 3
    assert ended.states()["bandit.B307", "a.py"] in {"unchanged", "new"}
    (entry,) = [each for each in ended.document["coverage"] if each["scanner"] == "merge-base"]
    assert {each["reason"] for each in entry["excluded"]} == {"names that no checkout would write"}
    assert entry["status"] == "partial"
    assert not list(tmp_path.rglob("escaped.py"))


def test_submodules_are_left_out_and_their_results_are_known(branch, git, run, tmp_path, commit):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "lib.py").write_text("eval(x)\n")
    git(inner, "init", "-q")
    git(inner, "add", "-A")
    git(inner, "commit", "-qm", "lib")
    root = branch({"a.py": "x = 1\n"})
    git(root, "submodule", "add", "-q", str(inner), "lib")
    commit(root, {})
    git(root, "branch", "-f", "base")
    commit(root, {"a.py": "eval(x)\n"})
    ended = against(run, root)
    assert ended.states() == {
        ("bandit.B307", "a.py"): "new",
        ("bandit.B307", "lib/lib.py"): "unchanged",
    }
    (root / "lib" / "more.py").write_text("exec(x)\n")
    git(root / "lib", "add", "-A")
    git(root / "lib", "commit", "-qm", "more")
    commit(root, {})
    assert against(run, root).states()["bandit.B102", "lib/more.py"] == "new"


def test_no_program_of_the_repository_is_started_for_its_copy(tmp_path):
    for name in ("copy", "shop"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tool-of-the-shop").write_text("#!/bin/sh\n")
        (tmp_path / name / "tool-of-the-shop").chmod(0o755)
    path = os.pathsep.join(str(tmp_path / name) for name in ("copy", "shop"))

    def host(untrusted):
        return Host(
            str(tmp_path / "copy"), 1, offline=True, environ={"PATH": path},
            cache="", untrusted=untrusted,
        )  # fmt: skip

    assert host("").which("tool-of-the-shop") is not None
    assert host(str(tmp_path / "shop")).which("tool-of-the-shop") is None
