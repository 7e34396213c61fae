import hashlib
import os
import socket
import subprocess

import pytest

from shopsec.errors import UsageError
from shopsec.model import Role, Status
from shopsec.repo.walk import read_inventory
from shopsec.scan.host import Host, Unreadable


def uris(inventory):
    return [file.uri for file in inventory.files]


def missed(inventory):
    return {item.name: group.reason for group in inventory.run.not_covered for item in group.items}


def test_git_decides_what_belongs_to_the_repository(tree, git):
    root = tree({"a.py": "", ".gitignore": "ignored\n", "ignored": "x", "new.py": ""})
    git(root, "init", "-q")
    git(root, "add", "a.py", ".gitignore")
    git(root, "commit", "-qm", "first")
    inventory = read_inventory(str(root))
    assert uris(inventory) == [".gitignore", "a.py", "new.py"]
    assert [file.tracked for file in inventory.files] == [True, True, False]
    assert inventory.repository.commit == git(root, "rev-parse", "HEAD").strip()
    assert inventory.repository.branch == "main"
    assert inventory.repository.dirty is False
    (root / "a.py").write_text("changed = 1")
    assert read_inventory(str(root)).repository.dirty is True


def test_a_repository_without_commits(tree, git):
    root = tree({"a.py": ""})
    git(root, "init", "-q")
    git(root, "add", ".")
    inventory = read_inventory(str(root))
    assert uris(inventory) == ["a.py"]
    assert inventory.repository.commit is None
    assert inventory.repository.note == "no commit yet"


def test_detached_and_shallow(tree, git, tmp_path):
    root = tree({"a.py": "1"})
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    (root / "a.py").write_text("2")
    git(root, "commit", "-qam", "two")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", root.as_uri(), str(shallow))
    git(shallow, "checkout", "-q", "--detach")
    inventory = read_inventory(str(shallow))
    assert inventory.repository.branch is None
    assert inventory.repository.commit == git(root, "rev-parse", "HEAD").strip()
    assert inventory.repository.note == "shallow clone: history not available"
    assert uris(inventory) == ["a.py"]


def test_submodules_checked_out_and_not(tree, git, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "theme.py").write_text("x = 1")
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "theme")
    root = tree({"a.py": ""})
    git(root, "init", "-q")
    git(root, "submodule", "--quiet", "add", inner.as_uri(), "theme")
    git(root, "add", ".")
    git(root, "commit", "-qm", "shop")
    assert "theme/theme.py" in uris(read_inventory(str(root)))
    bare = tmp_path / "bare"
    git(tmp_path, "clone", "-q", root.as_uri(), str(bare))
    inventory = read_inventory(str(bare))
    assert missed(inventory) == {"theme": "submodule not checked out"}
    assert inventory.run.status is Status.PARTIAL


def test_links_out_of_the_tree_in_a_loop_and_to_nothing_are_named(tree, tmp_path):
    (tmp_path / "secret").write_text("x")
    root = tree({"a.py": ""})
    os.symlink(tmp_path / "secret", root / "out")
    os.symlink("loop2", root / "loop1")
    os.symlink("loop1", root / "loop2")
    os.symlink("gone", root / "dangling")
    (root / "b").mkdir()
    os.symlink("../a.py", root / "b" / "a.py")
    inventory = read_inventory(str(root))
    assert uris(inventory) == ["a.py"]
    assert missed(inventory) == {
        "out": "symbolic link out of the repository",
        "loop1": "symbolic link in a loop",
        "loop2": "symbolic link in a loop",
        "dangling": "symbolic link to nothing",
    }
    assert inventory.run.handed_in == 5
    assert [(each.reason, each.count) for each in inventory.run.excluded] == [
        ("symbolic links to files scanned under their own name", 1)
    ]


def linked(inventory):
    return {file.uri: file.content_path for file in inventory.files if file.content_path}


def test_a_link_that_makes_another_file_of_it_is_scanned_by_its_own_name(tree, git):
    files = {"app.dat": "1", "r.dat": "django==3.2.0\n", "tests/a.py": "2", "ci/d.yml": "3"}
    root = tree({**files, "local.py": "4", ".gitignore": "local.py\n"})
    os.symlink("app.dat", root / "app.py")
    os.symlink("r.dat", root / "requirements.txt")
    os.symlink("tests/a.py", root / "a.py")
    os.symlink("local.py", root / "settings.py")
    (root / ".github").mkdir()
    os.symlink("../ci", root / ".github" / "workflows")
    git(root, "init", "-q")
    git(root, "add", "-A")
    inventory = read_inventory(str(root))
    assert linked(inventory) == {
        "app.py": "app.dat",
        "requirements.txt": "r.dat",
        "a.py": "tests/a.py",
        "settings.py": "local.py",
        ".github/workflows/d.yml": "ci/d.yml",
    }
    assert missed(inventory) == {}
    roles = {file.uri: (file.role, file.size, file.tracked) for file in inventory.files}
    assert roles["a.py"] == (Role.PRODUCTION, 1, True)
    assert roles["tests/a.py"] == (Role.TEST, 1, True)


def test_a_link_does_not_lead_past_what_is_excluded(tree, git):
    root = tree({"fixtures/a.py": "1", "fixtures/b.js": "2", "lib/c.py": "3"})
    os.symlink("fixtures", root / "checkout")
    os.symlink("lib", root / "other")
    os.symlink(".", root / "self")
    git(root, "init", "-q")
    git(root, "add", "-A")
    inventory = read_inventory(str(root), ("/fixtures/", "*.js"))
    assert linked(inventory) == {
        "checkout/a.py": "fixtures/a.py",
        "self/fixtures/a.py": "fixtures/a.py",
    }
    assert {each.reason: each.count for each in inventory.run.excluded} == {
        "exclude in the configuration": 4,
        "symbolic links to files scanned under their own name": 1,
    }


def test_links_that_lead_to_nothing_that_can_be_read_are_named(tree, git):
    root = tree({"a.py": "1", "built/x.py": "2", ".gitignore": "built/\n"})
    git(root, "init", "-q")
    os.symlink(".git", root / "of_git")
    os.symlink("built", root / "public")
    git(root, "add", "-A")
    assert missed(read_inventory(str(root))) == {
        "of_git": "symbolic link into git's own files",
        "public": "symbolic link to a folder of which no file is listed",
    }


def test_a_file_through_a_link_is_read_and_not_replaced_by_another_link(tree, git, tmp_path):
    root = tree({"app.dat": "1"})
    os.symlink("app.dat", root / "app.py")
    (file,) = [each for each in read_inventory(str(root)).files if each.uri == "app.py"]
    host = Host(str(root), 1, offline=True, environ={}, cache=str(tmp_path))
    assert host.read(file, 10) == b"1"
    (root / "app.dat").unlink()
    os.symlink(tmp_path, root / "app.dat")
    with pytest.raises(Unreadable, match="Too many levels of symbolic links"):
        host.read(file, 10)


def test_an_encoding_that_scanners_cannot_read_is_named(tree, git):
    attributes = (
        "[attr]odd working-tree-encoding=UTF-7\n*.env working-tree-encoding=IBM037\n"
        "*.rc working-tree-encoding=UTF-16LE\n*.txt working-tree-encoding=windows-1252\nb.py odd\n"
    )
    names = ["a.py", "b.py", "x.rc", "x.txt", "shop/prod.env"]
    root = tree({**dict.fromkeys(names, "a"), "shop/new.env": "a", ".gitattributes": attributes})
    git(root, "init", "-q")
    git(root, "-c", "core.attributesFile=/dev/null", "add", *names[:1], ".gitattributes")
    for name in names[1:]:
        blob = git(root, "hash-object", "-w", "--no-filters", name).strip()
        git(root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
    inventory = read_inventory(str(root))
    assert missed(inventory) == {
        "b.py": "is UTF-7 here by working-tree-encoding of .gitattributes, and not in git",
        "shop/prod.env": "is IBM037 here by working-tree-encoding of .gitattributes, and not in git",
    }
    assert uris(inventory) == [".gitattributes", "a.py", "shop/new.env", "x.rc", "x.txt"]
    assert missed(read_inventory(str(root / "shop"))) == {
        "prod.env": "is IBM037 here by working-tree-encoding of .gitattributes, and not in git"
    }


def test_names_with_newlines_dashes_and_foreign_bytes(tree, git):
    root = tree({"-rf.py": "", "a\nb.py": "", "ä b.py": ""})
    with open(os.path.join(os.fsencode(root), b"\xff.py"), "wb"):
        pass
    plain = read_inventory(str(root))
    assert uris(plain) == ["%C3%A4%20b.py", "%FF.py", "-rf.py", "a%0Ab.py"]
    git(root, "init", "-q")
    git(root, "add", ".")
    assert uris(read_inventory(str(root))) == uris(plain)
    assert all(os.path.exists(os.path.join(root, file.path)) for file in plain.files)


def test_a_subfolder_of_a_repository(tree, git):
    root = tree({"apps/shop/a.py": "", "other.py": ""})
    git(root, "init", "-q")
    git(root, "add", ".")
    inventory = read_inventory(str(root / "apps" / "shop"))
    assert uris(inventory) == ["a.py"]
    assert inventory.repository.path_in_repository == "apps/shop"


def test_special_files_are_never_opened(tree):
    root = tree({"a.py": ""})
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "socket"))
        inventory = read_inventory(str(root))
    assert missed(inventory) == {
        "pipe": "neither a file nor a folder",
        "socket": "neither a file nor a folder",
    }


def test_a_file_that_may_not_be_read_is_named(tree, monkeypatch):
    root = tree({"a.py": "", "b.py": ""})
    allowed = os.access
    monkeypatch.setattr(  # root may read everything, so the mode alone would not show it
        os, "access", lambda path, mode: allowed(path, mode) and not str(path).endswith("a.py")
    )
    inventory = read_inventory(str(root))
    assert uris(inventory) == ["b.py"]
    assert missed(inventory) == {"a.py": "cannot be read: Permission denied"}


def test_excludes_are_counted(tree):
    root = tree({"a.py": "", "old/b.py": "", "old/c.py": "", "node_modules/x/y.js": ""})
    inventory = read_inventory(str(root), ("old/*.py",))
    assert uris(inventory) == ["a.py"]
    assert [(each.reason, each.count) for each in inventory.run.excluded] == [
        ("exclude in the configuration", 2),
        ("node_modules folders (no git to tell what is yours)", 1),
    ]


@pytest.mark.parametrize("setting", ["core.fsmonitor", "core.pager", "diff.external"])
def test_programs_named_in_the_repository_are_not_run(tree, git, tmp_path, setting):
    root = tree({"a.py": ""})
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    (root / "a.py").write_text("changed")
    mark = tmp_path / "ran"
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    git(root, "config", setting, str(program))
    git(root, "config", "core.worktree", "/etc")
    inventory = read_inventory(str(root))
    assert uris(inventory) == ["a.py"]
    assert not mark.exists()


def test_a_folder_that_cannot_be_scanned(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        read_inventory(str(tmp_path / "gone"))
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        read_inventory(str(tmp_path / "file"))


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("shop/checkout.py", Role.PRODUCTION),
        ("tests/test_a.py", Role.TEST),
        ("src/Checkout/CartTest.php", Role.TEST),
        ("web/cart.spec.ts", Role.TEST),
        ("compose.override.yaml", Role.DEV),
        ("docker-compose.dev.yml", Role.DEV),
        (".devcontainer/Dockerfile", Role.DEV),
        ("requirements-dev.txt", Role.DEV),
        (".env.example", Role.EXAMPLE),
        (".env", Role.PRODUCTION),
        ("README.md", Role.DOCS),
        ("docs/conf.py", Role.DOCS),
        ("node_modules/a/test/x.js", Role.VENDORED),
        ("latest/attestation.py", Role.PRODUCTION),
        (".github/workflows/build-test.yml", Role.PRODUCTION),
        (".github/actions/test/action.yml", Role.PRODUCTION),
        (".github/CONTRIBUTING.md", Role.DOCS),
        (".vscode/sftp.json", Role.PRODUCTION),
        (".vscode/launch.json", Role.DEV),
        (".dockerdev/Dockerfile", Role.DEV),
    ],
)
def test_roles(path, role):
    from shopsec.repo.roles import role_of

    assert role_of(path) is role


def test_a_bare_repository_is_told_apart(tree, git, tmp_path):
    root = tree({"a.py": ""})
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    git(tmp_path, "clone", "-q", "--bare", root.as_uri(), str(tmp_path / "bare.git"))
    with pytest.raises(UsageError, match="is a bare repository"):
        read_inventory(str(tmp_path / "bare.git"))


def test_filters_that_the_repository_names_are_not_run(tree, git, tmp_path):
    root = tree({"a.py": "x = 1\n", ".gitattributes": "* filter=evil\n"})
    mark = tmp_path / "ran"
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    git(root, "config", "filter.evil.clean", f"touch {mark}; cat")
    git(root, "config", "filter.evil.required", "true")
    os.utime(root / "a.py", (1, 1))
    inventory = read_inventory(str(root))
    assert inventory.repository.commit is not None
    assert not mark.exists()


def test_a_forged_index_cannot_lead_out_of_the_repository(tree, git, tmp_path):
    (tmp_path / "b.txt").write_text("outside")
    root = tree({"aa/b.txt": ""})
    git(root, "init", "-q")
    git(root, "add", ".")
    index = root / ".git" / "index"
    forged = index.read_bytes()[:-20].replace(b"aa/b.txt", b"../b.txt")
    index.write_bytes(forged + hashlib.sha1(forged).digest())
    inventory = read_inventory(str(root))
    assert uris(inventory) == ["aa/b.txt"]
    assert missed(inventory) == {"../b.txt": "below a symbolic link that leaves the repository"}


def test_folders_nested_deeper_than_python_recurses_are_read(tree):
    root = tree({"a.py": ""})
    deep = "/".join("d" * 1_500)
    here = os.getcwd()
    try:
        os.chdir(root)
        for _ in range(1_500):
            os.mkdir("d")
            os.chdir("d")
        with open("x.txt", "w") as file:
            file.write("x")
    finally:
        os.chdir(here)
    found = uris(read_inventory(str(root)))
    # What removes the folders of old tests does recurse.
    subprocess.run(["rm", "-rf", str(root / "d")], check=True)
    assert found == ["a.py", f"{deep}/x.txt"]
