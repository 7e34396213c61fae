import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.dependencies.lockfiles.base import LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.go_mod import parse
from tests.dependencies import hostile

GO_MOD = """\
module github.com/shop/api // comment

go 1.22.0
toolchain go1.22.5

require github.com/gin-gonic/gin v1.9.1
require (
\tgithub.com/old/fork v0.1.0
\tgithub.com/shop/money v0.0.0-20240101000000-0123456789ab
\tgolang.org/x/net v0.17.0 // indirect
\tgolang.org/x/sys v0.13.0 // indirect; pinned
\t"github.com/quoted/mod" `v2.0.0+incompatible`
\tgithub.com/vendored/mod v1.0.0
\tgithub.com/branch/mod main
\tgithub.com/gone/mod v1.2.3
)

replace (
\tgithub.com/old/fork v0.1.0 => github.com/new/fork v0.2.0
\tgithub.com/quoted/mod v1.0.0 => ./never
\tgithub.com/shop/money => ../money
)
replace github.com/vendored/mod => ./third_party/mod
exclude github.com/gone/mod v1.2.3
retract [v1.0.0, v1.1.0]
retract (
\tv1.2.0 // broken
)
tool golang.org/x/tools/cmd/stringer
what is this
"""


def test_go_mod():
    parsed = parse(GO_MOD)
    assert parsed.pins == (
        Pin("github.com/gin-gonic/gin", "1.9.1", 6, direct=True),
        Pin("github.com/new/fork", "0.2.0", 19, direct=True),
        Pin("golang.org/x/net", "0.17.0", 10, direct=False),
        Pin("golang.org/x/sys", "0.13.0", 11, direct=False),
        Pin("github.com/quoted/mod", "2.0.0+incompatible", 12, direct=True),
        Pin("stdlib", "1.22.5", 4, direct=True),
    )
    assert parsed.unpinned == (
        Unpinned("line 14", 14, "cannot be parsed"),
        Unpinned("line 30", 30, "cannot be parsed"),
        Unpinned(
            "github.com/vendored/mod",
            23,
            "is replaced by a folder of unknown version",
            "github.com/vendored/mod",
        ),
        Unpinned(
            "github.com/gone/mod",
            15,
            "is excluded in this version, another one is taken",
            "github.com/gone/mod",
        ),
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("go 1.22", None),
        ("go 1.21.3", ("1.21.3", 2)),
        ("go 1.21rc2", ("1.21.0-rc.2", 2)),
        ("go 1.21\ntoolchain go1.22.4-custom", ("1.22.4", 3)),
        ("go 1.21.1\ntoolchain default", ("1.21.1", 2)),
        ("go latest", None),
    ],
)
def test_the_standard_library_has_a_version_where_it_is_exact(lines, expected):
    pins = parse(f"module x\n{lines}\n").pins
    assert [(pin.version, pin.line) for pin in pins] == ([expected] if expected else [])


@pytest.mark.parametrize(("go", "text"), [("go 1.16\n", "go 1.16"), ("", "go")])
def test_before_1_17_it_lists_direct_modules_only(go, text):
    parsed = parse(f"{go}module x\nrequire a.org/b v1.0.0\n")
    reason = "what the modules need in turn is listed since go 1.17 only"
    assert parsed.unpinned == (Unpinned(text, 1, reason),)


def test_a_replacement_by_a_branch_has_no_version():
    parsed = parse("module x\ngo 1.20\nrequire a.org/b v1.0.0\nreplace a.org/b => a.org/c main\n")
    assert parsed.pins == ()
    assert parsed.unpinned == (
        Unpinned("a.org/b", 4, "is replaced by a branch or commit", "a.org/b"),
    )


def test_something_else_is_an_error():
    with pytest.raises(LockfileError, match="names no module"):
        parse("this is not a go.mod file!\n")
    with pytest.raises(LockfileError, match="the block require has no end"):
        parse("module x\nrequire (\n\ta.org/b v1.0.0\n")


def test_hostile_files():
    hostile.survives_being_cut_off(parse, GO_MOD)
    hostile.survives_noise(parse, GO_MOD)
    hostile.names_a_merge_conflict(parse, GO_MOD, 10)


@given(st.text(alphabet='module require(v1.0)"`/=>\\ \n\t'))
def test_any_text(text):
    hostile.outcome(parse, "module x\n" + text)
