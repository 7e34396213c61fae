"""A hostile merge base: nothing of it is run, followed or written outside of our folder."""

import os
import subprocess

import pytest

from shopsec.repo import trees
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


def test_a_link_of_the_base_that_is_another_file_is_known(branch, commit, git, run):
    root = branch({"app.dat": "eval(x)\n", "off/b.py": "eval(x)\n", "r.dat": "django==3.2.0\n"})
    os.symlink("app.dat", root / "app.py")
    os.symlink("r.dat", root / "requirements.txt")
    os.symlink("off", root / "checkout")
    commit(root, {"shopsec.toml": 'exclude = ["/off/"]\n'})
    git(root, "branch", "-f", "base")
    commit(root, {"app.dat": "x = 1\neval(x)\n", "new.dat": "exec(x)\n"})
    os.symlink("new.dat", root / "new.py")
    commit(root, {})
    states = against(run, root, only=("--only", "bandit", "--only", "osv")).states()
    assert {(uri, state) for (_, uri), state in states.items()} == {
        ("app.py", "unchanged"),
        ("checkout/b.py", "unchanged"),
        ("requirements.txt", "unchanged"),
        ("new.py", "new"),
    }


def test_a_folder_that_the_branch_makes_a_link_is_refused(branch, commit, git, run, monkeypatch):
    root = branch({"shop/shopsec.toml": 'policy = "strict"\n', "shop/checkout.py": "eval(x)\n"})
    git(root, "mv", "shop", "real")
    os.symlink("real", root / "shop")
    commit(root, {})
    for folder in (root / "shop", root / "shop" / ".", root / "real" / ".." / "shop"):
        ended = against(run, folder)
        assert (ended.code, ended.error.splitlines()) == (
            2,
            [
                f"{folder}: shop is a symbolic link of the repository",
                "with --base-ref, name the folder that it leads to",
            ],
        )
    (root / "deep" / "down").mkdir(parents=True)
    os.symlink("deep/down", root / "link")
    ended = against(run, f"{root}/link/..")
    assert (ended.code, ended.error.splitlines()[0]) == (
        2,
        f"{root}/link/..: leads through a symbolic link",
    )
    monkeypatch.chdir(root / "shop")
    monkeypatch.setenv("PWD", str(root / "shop"))
    ended = against(run, ".")
    assert (ended.code, ended.error.splitlines()[0]) == (
        2,
        ".: shop is a symbolic link of the repository",
    )


def test_a_link_outside_of_the_repository_may_lead_to_it(branch, run, tmp_path):
    os.symlink(branch({"a.py": "eval(x)\n"}), tmp_path / "here")
    assert against(run, tmp_path / "here").states() == {("bandit.B307", "a.py"): "unchanged"}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("shopsec.toml", ""),
        ("pyproject.toml", ""),
        (".gitleaksignore", ""),
        (".secrets.baseline", ""),
        (".vex/a.json", ""),
        ("ci/gate.yaml", 'policy = "ci/gate.yaml"\n'),
        ("packs/deep/a.yaml", 'policies = ["packs/**/*.yaml"]\n'),
    ],
)
def test_what_judges_and_is_not_in_this_clone_is_refused(
    branch, commit, git, run, tmp_path, name, settings
):
    root = branch({name: "# not here\n", "a.py": "x = 1\n"})
    if settings:
        commit(root, {"shopsec.toml": settings})
        git(root, "branch", "-f", "base")
    (root / name).unlink()
    commit(root, {"a.py": "x = 2\n"})
    git(root, "config", "uploadpack.allowFilter", "true")
    clone, source = tmp_path / "clone", root.as_uri()
    git(tmp_path, "clone", "-q", "--filter=blob:none", "-b", "feature", source, str(clone))
    if settings:
        git(clone, "cat-file", "blob", "origin/base:shopsec.toml")
    ended = run("scan", clone, "--base-ref", "origin/base", "--only", "bandit")
    tip = git(root, "rev-parse", "base")[:12]
    assert (ended.code, ended.error) == (
        2,
        f"{tip}:{name}: its content is missing in this clone, and it is part of what a branch is "
        "judged by\nfetch the whole of it: git fetch --refetch",
    )


def test_settings_of_the_base_that_are_too_large_are_refused(branch, git, run, monkeypatch):
    monkeypatch.setattr(trees, "FILE_BYTES", 2_000_000)
    root = branch({"shopsec.toml": "#" * 2_000_001, "a.py": "x = 1\n"})
    ended = against(run, root)
    assert (ended.code, ended.error.splitlines()[0]) == (
        2,
        f"{git(root, 'rev-parse', 'base')[:12]}:shopsec.toml: is larger than 2 MB, and it is part "
        "of what a branch is judged by",
    )


def test_a_project_file_of_the_base_that_is_a_link_is_refused(branch, commit, git, run):
    root = branch({"ci/p.toml": '[tool.shopsec]\npolicy = "strict"\n', "a.py": "x = 1\n"})
    os.symlink("ci/p.toml", root / "pyproject.toml")
    commit(root, {})
    git(root, "branch", "-f", "base")
    ended = against(run, root)
    tip = git(root, "rev-parse", "base")[:12]
    assert (ended.code, ended.error.splitlines()[0]) == (
        2,
        f"{tip}:pyproject.toml: is a symbolic link",
    )
    commit(root, {"shopsec.toml": 'policy = "strict"\n'})
    git(root, "branch", "-f", "base")
    ended = against(run, root)
    assert (ended.document["policy"], ended.states()) == ("strict", {})


def test_an_encoding_that_the_branch_sets_is_a_result_and_a_gap(branch, commit, git, run):
    root = branch({"prod.env": SECRET, "a.py": "x = 1\n"})
    commit(root, {".gitattributes": "prod.env working-tree-encoding=IBM037\n"})
    ended = against(run, root)
    assert ended.code == 3
    assert ended.states()["shopsec.settings-changed", ".gitattributes"] == "new"
    (walk,) = [each for each in ended.document["coverage"] if each["scanner"] == "inventory"]
    assert [(each["reason"], len(each["items"])) for each in walk["not_covered"]] == [
        ("is IBM037 here by working-tree-encoding of .gitattributes, and not in git", 1)
    ]
