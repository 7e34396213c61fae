from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.dependencies.ranges import (
    AFFECTED,
    CLEAR,
    Affected,
    Event,
    EventKind,
    Range,
    State,
    Verdict,
    evaluate,
    fixed_version,
    fixes_all,
)
from shopsec.scan.dependencies.versions import compare_key

SHORT = {
    "introduced": EventKind.INTRODUCED,
    "fixed": EventKind.FIXED,
    "last": EventKind.LAST_AFFECTED,
    "limit": EventKind.LIMIT,
}


def events(text):
    words = text.split()
    pairs = zip(words[::2], words[1::2], strict=True)
    return tuple(Event(SHORT[kind], version) for kind, version in pairs)


def affected(*ranges, ecosystem="PyPI", kind="ECOSYSTEM", versions=()):
    return Affected(
        ecosystem, "name", tuple(Range(kind, events(text)) for text in ranges), tuple(versions)
    )


def holding(advisory, *versions):
    return [version for version in versions if evaluate(advisory, version) == AFFECTED]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("introduced 0 fixed 2.0", ["0.1", "1.0", "1.5", "2.0rc1"]),
        ("introduced 1.0 fixed 2.0", ["1.0", "1.5", "2.0rc1"]),
        ("introduced 1.0 last 1.5", ["1.0", "1.5"]),
        ("introduced 1.0 last 1.0", ["1.0"]),
        ("introduced 1.5", ["1.5", "2.0rc1", "2.0", "3.0"]),
        ("introduced 0 fixed 0.1 introduced 2.0 fixed 3.0", ["2.0"]),
        ("introduced 0 fixed 1.0 introduced 1.0 fixed 1.5", ["0.1", "1.0"]),
        ("introduced 1.0 fixed 1.0", []),
        ("introduced 0 limit 1.5", ["0.1", "1.0"]),
        ("introduced 0 limit 1.0 limit 1.5", ["0.1", "1.0"]),
        ("introduced 1.5 limit *", ["1.5", "2.0rc1", "2.0", "3.0"]),
        ("introduced 1.5 limit 1.0", []),
        ("introduced 0 last 1.5 limit 1.5", ["0.1", "1.0"]),
    ],
)
def test_events(text, expected):
    assert holding(affected(text), "0.1", "1.0", "1.5", "2.0rc1", "2.0", "3.0") == expected


@pytest.mark.parametrize(
    "order", list(permutations(["introduced 0", "fixed 1.1", "introduced 2.0", "last 2.2"]))
)
def test_events_in_any_order(order):
    advisory = affected(" ".join(order))
    assert holding(advisory, "1.0", "1.1", "1.9", "2.0", "2.2", "2.3") == ["1.0", "2.0", "2.2"]


def test_listed_or_in_a_range():
    advisory = affected("introduced 2.0 fixed 2.1", versions=["1.0.post1", "2004d"])
    assert holding(advisory, "1.0-1", "2.0", "2004d") == ["1.0-1", "2.0", "2004d"]
    assert evaluate(advisory, "1.0") == CLEAR


def test_a_list_alone():
    advisory = affected("introduced 0 fixed abc", kind="GIT", versions=["1.0"])
    assert holding(advisory, "1.0.0", "v1.0", "1.1") == ["1.0.0", "v1.0"]
    assert evaluate(advisory, "1.1") == CLEAR
    assert evaluate(advisory, "latest").state is State.CANNOT_TELL


@pytest.mark.parametrize(
    ("advisory", "version", "reason"),
    [
        (affected("introduced 1.0 fixed 2.0"), "2004d", "'2004d' is no version of PyPI"),
        (affected("introduced 1.0 fixed 2004d"), "1.5", "'2004d' is no version of PyPI"),
        (
            affected("introduced 1.0", kind="CALVER"),
            "1.5",
            "a range of type 'CALVER' cannot be compared",
        ),
        (
            affected("introduced 1.0", ecosystem="Hex"),
            "1.5",
            "versions of 'Hex' cannot be put in order",
        ),
        (affected("fixed 1.0"), "0.5", "a range of the advisory does not tell where it begins"),
        (affected(""), "0.5", "a range of the advisory does not tell where it begins"),
        (
            affected("introduced 0", kind="GIT"),
            "0.5",
            "the advisory names no versions of the package",
        ),
        (affected(), "0.5", "the advisory names no versions of the package"),
        (
            affected("introduced 1.0 fixed 2.0", ecosystem="Packagist"),
            "dev-main",
            "'dev-main' is a branch, not a version",
        ),
        (
            affected("introduced 1.0 fixed 2.0", ecosystem="Packagist"),
            "2.x-dev",
            "'2.x-dev' is a branch, not a version",
        ),
    ],
)
def test_cannot_tell(advisory, version, reason):
    assert evaluate(advisory, version) == Verdict(State.CANNOT_TELL, reason)
    assert fixed_version(advisory, version) is None
    assert fixes_all([advisory], version) is None


def test_what_is_certain_comes_before_what_cannot_be_told():
    both = Affected(
        "PyPI",
        "name",
        (
            Range("CALVER", events("introduced 1")),
            Range("ECOSYSTEM", events("introduced 1 fixed 2")),
        ),
    )
    assert evaluate(both, "1.5") == AFFECTED
    assert evaluate(both, "2").state is State.CANNOT_TELL


def test_a_range_of_all_versions_needs_no_version():
    malicious = affected("introduced 0", ecosystem="npm", kind="SEMVER")
    assert holding(malicious, "1.0.0", "latest", "file:../x") == ["1.0.0", "latest", "file:../x"]
    assert evaluate(affected("introduced 0", ecosystem="Packagist"), "dev-main") == AFFECTED


BRANCHES = affected(
    "introduced 2.4.4 fixed 2.4.4-p9",
    "introduced 2.4.5 fixed 2.4.5-p8",
    "introduced 2.4.6 fixed 2.4.6-p6",
    "introduced 2.4.7-beta1 last 2.4.7",
    ecosystem="Packagist",
)


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ("2.4.4", "2.4.4-p9"),
        ("2.4.4-p8", "2.4.4-p9"),
        ("2.4.4-p9", None),
        ("2.4.6-p5", "2.4.6-p6"),
        ("2.4.6-p10", None),
        ("2.4.7", None),
        ("2.4.3", None),
    ],
)
def test_fixed_on_the_same_branch(version, fixed):
    assert fixed_version(BRANCHES, version) == fixed


def test_fixed_where_ranges_overlap():
    advisory = affected("introduced 1.0 fixed 1.5", "introduced 1.4 fixed 2.0")
    assert fixed_version(advisory, "1.1") == "2.0"
    assert fixed_version(advisory, "1.6") == "2.0"
    assert fixed_version(affected("introduced 1 fixed 1.5", "introduced 1"), "1.1") is None
    assert fixed_version(affected("introduced 1 fixed 1.5", versions=["1.5"]), "1.1") is None


def test_fixes_all():
    one = affected("introduced 1.0 fixed 1.2", "introduced 2.0 fixed 2.1")
    two = affected("introduced 1.1 fixed 1.3")
    three = affected("introduced 1.25 fixed 1.4", versions=["1.3"])
    assert fixes_all([one], "1.1") == "1.2"
    assert fixes_all([one, two], "1.1") == "1.3"
    assert fixes_all([one, two, three], "1.1") == "1.4"
    assert fixes_all([one, two, affected("introduced 1.0 last 1.9")], "1.1") == "2.1"
    assert fixes_all([one, two, affected("introduced 1.0")], "1.1") is None
    assert fixes_all([one], "2.1") is None
    assert fixes_all([], "1.0") is None


def test_fixes_all_ignores_commits():
    advisory = Affected(
        "npm",
        "name",
        (
            Range("GIT", events("introduced 0 fixed 1f2e3d")),
            Range("SEMVER", events("introduced 0 fixed 1.2.0")),
        ),
    )
    assert evaluate(advisory, "1.1.0") == AFFECTED
    assert fixed_version(advisory, "1.1.0") == fixes_all([advisory], "1.1.0") == "1.2.0"


small = st.integers(0, 8).map(lambda number: f"{number}.0.0")
any_event = st.one_of(
    st.builds(Event, st.sampled_from(list(EventKind)), small),
    st.just(Event(EventKind.INTRODUCED, "0")),
)
any_range = st.lists(any_event, max_size=6).map(
    lambda some: Range("SEMVER", (Event(EventKind.INTRODUCED, "9.0.0"), *some))
)
any_affected = st.builds(
    Affected,
    st.just("npm"),
    st.just("name"),
    st.lists(any_range, min_size=1, max_size=3).map(tuple),
    st.lists(small, max_size=2).map(tuple),
)


def as_the_schema_says(advisory, version):
    """The pseudocode of https://ossf.github.io/osv-schema/#evaluation, line by line."""

    def key(event):
        introduced = event.kind is EventKind.INTRODUCED
        return () if introduced and event.version == "0" else compare_key("npm", event.version)

    own = compare_key("npm", version)
    if version in advisory.versions:
        return True
    for one in advisory.ranges:
        limits = [event for event in one.events if event.kind is EventKind.LIMIT]
        if limits and not any(own < key(event) for event in limits):
            continue
        vulnerable = False
        # At one version the schema leaves the order open: a last affected version comes last.
        for event in sorted(
            one.events, key=lambda event: (key(event), event.kind is EventKind.LAST_AFFECTED)
        ):
            if event.kind is EventKind.INTRODUCED and own >= key(event):
                vulnerable = True
            if event.kind is EventKind.FIXED and own >= key(event):
                vulnerable = False
            if event.kind is EventKind.LAST_AFFECTED and own > key(event):
                vulnerable = False
        if vulnerable:
            return True
    return False


@given(any_affected, small)
def test_evaluation_is_the_schemas(advisory, version):
    expected = AFFECTED if as_the_schema_says(advisory, version) else CLEAR
    assert evaluate(advisory, version) == expected


@given(st.lists(any_affected, min_size=1, max_size=4), small)
def test_a_fix_is_above_and_clear_and_none_is_smaller(advisories, version):
    named = {
        event.version
        for advisory in advisories
        for one in advisory.ranges
        for event in one.events
        if event.kind is EventKind.FIXED
    }
    good = [
        one
        for one in named
        if compare_key("npm", one) > compare_key("npm", version)
        and all(evaluate(advisory, one) == CLEAR for advisory in advisories)
    ]
    expected = min(good, key=lambda one: compare_key("npm", one)) if good else None
    assert fixes_all(advisories, version) == expected


@given(any_affected, small)
def test_a_fixed_version_is_above_and_clear(advisory, version):
    fixed = fixed_version(advisory, version)
    if fixed is not None:
        assert compare_key("npm", fixed) > compare_key("npm", version)
        assert evaluate(advisory, version) == AFFECTED
        assert evaluate(advisory, fixed) == CLEAR


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_text_gives_a_verdict(version, introduced, fixed):
    both = (Event(EventKind.INTRODUCED, introduced), Event(EventKind.FIXED, fixed))
    for ecosystem in ("npm", "Packagist", "PyPI", "Maven"):
        advisory = Affected(ecosystem, "name", (Range("ECOSYSTEM", both),))
        verdict = evaluate(advisory, version)
        assert (verdict.state is State.CANNOT_TELL) is bool(verdict.reason)
        fixes_all([advisory], version)
        fixed_version(advisory, version)
