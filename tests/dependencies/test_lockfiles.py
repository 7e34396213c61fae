import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.dependencies import manifests
from shopsec.scan.dependencies.lockfiles import poetry_lock, pylock, requirements, uv_lock
from shopsec.scan.dependencies.lockfiles.base import Include, LockfileError, Pin, Unpinned
from tests.dependencies import hostile

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
        Unpinned("line 9", 9, url),
        Unpinned("line 10", 10, url),
        Unpinned("requests>=2", 11, loose, "requests"),
        Unpinned("y==1.*", 14, loose, "y"),
        Unpinned("line 15", 15, "cannot be parsed"),
        Unpinned("two==1.0,==2.0", 16, loose, "two"),
        Unpinned("wheel.whl", 17, folder),
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://example.org/a/b/y.whl", "https://example.org/y.whl"),
        ("foo[x] @ git+https://example.org/a/y.git ; x < '3'", "foo[x] @ git+https://example.org/y.git"),
        ("https://example.org/y?token=PW", "https://example.org/y"),
        ("https://example.org/#a", "https://example.org"),
        ("file:///srv/wheels/y.whl", "file:///y.whl"),
        ("git@example.org:a/y.git", "git@example.org:a/y.git"),
        ("foo>=1", "foo>=1"),
        ("git+https://example.org/a/y.git@main", "line 7"),
        ("https://deploy:PW@example.org/y", "line 7"),
        ("https://deploy:p/w0rd@example.org/y", "line 7"),
        ("https://deploy:p?w0rd#x@example.org/y", "line 7"),
        ("https://deploy:PW /x@example.org/y", "line 7"),
        ("https://deploy:PW", "line 7"),
        ("https://deploy:1234/", "line 7"),
        ("deploy:PW https://example.org/y", "line 7"),
        ("deploy:PW@example.org/y", "line 7"),
    ],
)  # fmt: skip
def test_of_a_url_only_what_is_no_login_is_shown(text, shown):
    assert requirements.shorten(text, 7) == shown
    assert requirements.shorten(shown, 7) == shown


def test_requirements_with_a_merge_conflict():
    hostile.names_a_merge_conflict(requirements.parse, REQUIREMENTS, 5)


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
        Pin("django", "3.2.0", 12, direct=True),
        Pin("sqlparse", "0.5.0", 18, direct=False, via=("django",)),
        Pin("pytest", "8.0", 23, dev=True, direct=True),
    )
    assert parsed.unpinned == (Unpinned("fork", 28, "comes from a URL, not from the index"),)


def test_a_uv_lock_that_was_cut_off_is_named_once():
    why = "needs sqlparse, which is not in the file: was it cut off?"
    cut = UV[: UV.index('[[package]]\nname = "sqlparse"')]
    (entry,) = uv_lock.parse(cut).unpinned
    assert (entry.text, entry.line) == ("shop", 3)
    pytest_is_there = cut.replace('dev = [{ name = "pytest" }]', "")
    assert uv_lock.parse(pytest_is_there).unpinned == (Unpinned("django", 12, why),)


def test_uv_lock_without_a_project_knows_no_direct_ones():
    parsed = uv_lock.parse(UV.replace("virtual", "registry"))
    assert parsed.pins[1] == Pin("django", "3.2.0", 12)


POETRY = """\
[[package]]
name = "Django"
version = "3.2.0"
groups = ["main"]
[package.dependencies]
SQL_parse = ">=0.2"
[[package]]
name = "sql-parse"
version = "0.5.0"
groups = ["main", "dev"]
[[package]]
name = "pytest"
version = "8.0"
groups = ["dev"]
dependencies = { pluggy = "*" }
[[package]]
name = "pluggy"
version = "1.0"
groups = ["dev"]
[[package]]
name = "orphan"
version = "1.0"
"""


@pytest.mark.parametrize(
    "manifest",
    [
        '[project]\ndependencies = ["django[argon2]>=3"]\n[dependency-groups]\ndev = ["pytest"]\n',
        '[tool.poetry.dependencies]\npython = "*"\nDjango = "3"\n'
        '[tool.poetry.group.dev.dependencies]\npytest = "*"\n',
        '[tool.poetry.dependencies]\nDjango = "3"\n[tool.poetry.dev-dependencies]\npytest = "*"\n',
        '[tool.poetry.group.main.dependencies]\nDjango = "3"\n'
        '[tool.pdm.dev-dependencies]\ntest = ["pytest"]\n',
    ],
)
def test_poetry_lock_with_its_manifest(manifest):
    assert poetry_lock.parse(POETRY, manifest).pins == (
        Pin("Django", "3.2.0", 2, direct=True),
        Pin("sql-parse", "0.5.0", 8, direct=False, via=("django",)),
        Pin("pytest", "8.0", 12, dev=True, direct=True),
        Pin("pluggy", "1.0", 17, dev=True, direct=False, via=("pytest",)),
        Pin("orphan", "1.0", 21, direct=False),
    )


@pytest.mark.parametrize(
    "manifest", ["", "= no", "project = 1\ntool = 2\n[dependency-groups]\na=1"]
)
def test_poetry_lock_with_a_manifest_that_tells_nothing(manifest):
    assert {pin.direct for pin in poetry_lock.parse(POETRY, manifest).pins} == {None}


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


PYLOCK = """\
lock-version = "1.0"
default-groups = ["main"]
[[packages]]
name = "a"
version = "1"
marker = "'main' in dependency_groups or 'dev' in dependency_groups"
dependencies = [{ name = "b" }]
[[packages]]
name = "b"
version = "2"
marker = "python_version > '3'"
[[packages]]
name = "c"
version = "3"
marker = "'dev' in dependency_groups or 'test' in dependency_groups"
[[packages]]
name = "d"
version = "4"
marker = "'x' in extras or 'dev' in dependency_groups"
[[packages]]
name = "e"
version = "5"
marker = "'dev' not in dependency_groups"
[[packages]]
name = "f"
version = "6"
marker = "os_name == 'nt' or 'dev' in dependency_groups"
"""


def test_pylock_with_dependencies_and_groups():
    assert pylock.parse(PYLOCK).pins == (
        Pin("a", "1", 4, direct=True),
        Pin("b", "2", 9, via=("a",)),
        Pin("c", "3", 13, dev=True, direct=True),
        Pin("d", "4", 17, direct=True),
        Pin("e", "5", 21, dev=False, direct=True),
        Pin("f", "6", 25, direct=True),
    )


def test_hostile_files():
    for parse, text in ((uv_lock.parse, UV), (poetry_lock.parse, POETRY), (pylock.parse, PYLOCK)):
        hostile.survives_being_cut_off(parse, text)
        hostile.survives_noise(parse, text)
        hostile.names_a_merge_conflict(parse, text, 3)


def test_lines_stay_right_beside_a_package_without_a_name_and_odd_line_ends():
    text = '[[package]]\nversion = "1"\n[[package]]\r\nx = "\u2028"\r\nname = "a"\nversion = "1"\n'
    parsed = uv_lock.parse(text)
    assert [entry.line for entry in parsed.unpinned] == [1]
    assert parsed.pins == (Pin("a", "1", 5),)


def test_a_number_of_thousands_of_digits():
    with pytest.raises(LockfileError, match="not valid TOML"):
        uv_lock.parse("a = " + "9" * 5000)


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


@pytest.mark.parametrize("parse", [uv_lock.parse, poetry_lock.parse, pylock.parse])
@pytest.mark.parametrize(
    "fields", ['name = "a"\nversion = ""', 'name = ""\nversion = "1"', "name = 1"]
)
def test_a_package_without_a_name_or_a_version(parse, fields):
    key = "packages" if parse is pylock.parse else "package"
    parsed = parse(f"a = 1\n[[{key}]]\n{fields}\n")
    assert parsed.pins == ()
    assert [entry.reason for entry in parsed.unpinned] == ["has no version in the lockfile"]
