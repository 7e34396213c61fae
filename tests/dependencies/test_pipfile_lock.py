import pytest

from shopsec.scan.dependencies.lockfiles.base import LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.pipfile_lock import parse
from tests.dependencies import hostile

PIPFILE_LOCK = """\
{
    "_meta": {"hash": {"sha256": "00"}, "pipfile-spec": 6},
    "default": {
        "django": {"hashes": ["sha256:00"], "index": "pypi", "version": "==3.2.0"},
        "sqlparse": {"version": "===0.4.4"},
        "fork": {"git": "https://example.org/fork", "ref": "0"},
        "here": {"editable": true, "path": "."},
        "star": {"version": "*"},
        "empty": {"version": "=="},
        "odd": null
    },
    "develop": {
        "pytest": {"version": "==7.0.0"},
        "django": {"version": "==3.2.0"},
        "sqlparse": {"version": "==0.4.3"}
    },
    "docs": {"sphinx": {"version": "==7.1"}}
}
"""
PIPFILE = """\
[[source]]
url = "x"
[packages]
Django = "*"
[dev-packages]
pytest = { version = "*" }
[docs]
sphinx = "*"
[scripts]
sqlparse = "no package"
"""
NOTHING = "has no version in the lockfile"


@pytest.mark.parametrize(("manifest", "yes", "no"), [(PIPFILE, True, False), ("", None, None)])
def test_pipfile_lock(manifest, yes, no):
    parsed = parse(PIPFILE_LOCK, manifest)
    assert parsed.pins == (
        Pin("django", "3.2.0", 4, direct=yes),
        Pin("sqlparse", "0.4.4", 5, direct=no),
        Pin("sphinx", "7.1", 17, direct=yes),
        Pin("pytest", "7.0.0", 13, dev=True, direct=yes),
        Pin("sqlparse", "0.4.3", 15, dev=True, direct=no),
    )
    assert parsed.unpinned == (
        Unpinned("fork", 6, "comes from a URL, not from the index"),
        Unpinned("here", 7, "is a folder or file, not a package of the index"),
        Unpinned("star", 8, NOTHING, "star"),
        Unpinned("empty", 9, NOTHING, "empty"),
        Unpinned("odd", 10, NOTHING, "odd"),
    )


def test_a_group_may_be_missing():
    assert parse('{"default": {"a": {"version": "==1"}}}').pins == (Pin("a", "1", 1),)
    assert parse('{"develop": {"a": {"version": "==1"}}}').pins == (Pin("a", "1", 1, dev=True),)


def test_something_else_is_an_error():
    with pytest.raises(LockfileError, match="has no default packages"):
        parse('{"_meta": {}}')
    with pytest.raises(LockfileError, match="line 2: develop is not an object"):
        parse('{"default": {},\n"develop": []}')


def test_hostile_files():
    hostile.survives_being_cut_off(lambda text: parse(text, PIPFILE), PIPFILE_LOCK)
    hostile.survives_noise(lambda text: parse(text, PIPFILE), PIPFILE_LOCK)
    hostile.names_a_merge_conflict(parse, PIPFILE_LOCK, 5)
    for end in range(len(PIPFILE)):
        assert len(parse(PIPFILE_LOCK, PIPFILE[:end]).pins) == 5
