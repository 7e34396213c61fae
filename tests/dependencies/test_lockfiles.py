import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.dependencies import manifests
from shopsec.scan.dependencies.lockfiles import poetry_lock, pylock, requirements, uv_lock
from shopsec.scan.dependencies.lockfiles.base import Include, LockfileError, Pin, Unpinned

REQUIREMENTS = """\
# comment
-r other.txt
--constraint=cons.txt
-cshort.txt
Django[argon2]==3.2.0 ; python_version < '4' \\
    --hash=sha256:abc
-e .
./evil
https://user:word@example.org/y.whl
foo @ https://user:word@example.org/y.whl
requests>=2
--index-url https://user:word@example.org/simple
x===1.0  # exact
y==1.*
$#@!
two==1.0,==2.0
wheel.whl"""


def test_requirements():
    parsed = requirements.parse(REQUIREMENTS)
    assert parsed.pins == (Pin("Django", "3.2.0", 5), Pin("x", "1.0", 13))
    assert parsed.includes == (
        Include("other.txt", 2, constraint=False),
        Include("cons.txt", 3, constraint=True),
        Include("short.txt", 4, constraint=True),
    )
    url, folder = (
        "comes from a URL, not from the index",
        ("is a folder or file, not a package of the index"),
    )
    loose = "is not pinned to one version"
    assert parsed.unpinned == (
        Unpinned(".", 7, folder),
        Unpinned("./evil", 8, folder),
        Unpinned("https://example.org/y.whl", 9, url),
        Unpinned("foo @ https://example.org/y.whl", 10, url),
        Unpinned("requests>=2", 11, loose, "requests"),
        Unpinned("y==1.*", 14, loose, "y"),
        Unpinned("line 15", 15, "cannot be parsed"),
        Unpinned("two==1.0,==2.0", 16, loose, "two"),
        Unpinned("wheel.whl", 17, folder),
    )


@given(st.text())
def test_requirements_survive_any_text(text):
    parsed = requirements.parse(text)
    assert all(1 <= pin.line <= max(1, len(text.splitlines())) for pin in parsed.pins)


UV = """\
version = 1
[[package]]
name = "shop"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "django" }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "django"
version = "3.2.0"
source = { registry = "https://example.org/simple" }
dependencies = [{ name = "sqlparse" }]

[[package]]
name = "sqlparse"
version = "0.5.0"
source = { registry = "https://example.org/simple" }

[[package]]
name = "pytest"
version = "8.0"
source = { registry = "https://example.org/simple" }

[[package]]
name = "fork"
version = "1"
source = { git = "https://example.org/fork" }
"""


def test_uv_lock_tells_dev_from_production():
    parsed = uv_lock.parse(UV)
    assert parsed.pins == (
        Pin("django", "3.2.0", 12),
        Pin("sqlparse", "0.5.0", 18),
        Pin("pytest", "8.0", 23, dev=True),
    )
    assert parsed.unpinned == (Unpinned("fork", 28, "comes from a URL, not from the index"),)


def test_poetry_lock():
    parsed = poetry_lock.parse(
        '[[package]]\nname = "a"\nversion = "1"\ngroups = ["main"]\n'
        '[[package]]\nname = "b"\nversion = "2"\ngroups = ["dev"]\n'
        '[[package]]\nname = "c"\nversion = "3"\ncategory = "dev"\n'
        '[[package]]\nname = "d"\nversion = "4"\n[package.source]\ntype = "git"\n'
    )
    assert parsed.pins == (
        Pin("a", "1", 2),
        Pin("b", "2", 6, dev=True),
        Pin("c", "3", 10, dev=True),
    )
    assert [entry.text for entry in parsed.unpinned] == ["d"]


def test_pylock():
    parsed = pylock.parse(
        'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\n[[packages]]\nname = "b"\n'
    )
    assert parsed.pins == (Pin("a", "1", 3),)
    assert parsed.unpinned == (Unpinned("b", 6, "has no version in the lockfile"),)


@pytest.mark.parametrize("parse", [uv_lock.parse, poetry_lock.parse, manifests.parse_pyproject])
def test_broken_toml_is_an_error_of_the_lockfile(parse):
    with pytest.raises(LockfileError, match="line 2"):
        parse("a = 1\nb = = 2\n")
    with pytest.raises(LockfileError):
        parse("a = " + "[" * 5000)


def test_pyproject_without_a_lockfile():
    parsed = manifests.parse_pyproject(
        '[project]\nname = "x"\ndependencies = [\n  "django>=3",\n  "pillow==8.4.0",\n]\n'
    )
    assert parsed.pins == (Pin("pillow", "8.4.0", 5),)
    assert parsed.unpinned == (
        Unpinned("django>=3", 4, "is named in pyproject.toml without a lockfile"),
    )
