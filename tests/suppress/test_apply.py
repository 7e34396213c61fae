"""What a suppression does, and the laws that hold for all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.model import Area, Location, SuppressionState, Tier
from shopsec.suppress.apply import suppress
from shopsec.suppress.claims import Terms
from tests.suppress.made import TODAY, allow, comment, result, said, vulnerable

TERMS = Terms(TODAY, fix_now_days=14)


def one(results, suppression, terms=TERMS):
    """The only use, and the fingerprints of what is suppressed as numbers."""
    suppressed, (use,) = suppress(results, [suppression], terms)
    hidden = {int(each.finding.fingerprint, 16) for each in suppressed if not each.active}
    assert hidden == {int(print_, 16) for print_ in use.fingerprints}
    return use, hidden


@pytest.mark.parametrize(
    "selector",
    [
        "CVE-2026-0001",
        "cve-2026-0001",
        "GHSA-aaaa-bbbb-cccc",
        "ghsa-AAAA-bbbb-cccc",
        "0000000000000001",
        "package:@shop/Lib",
        "pkg:npm/%40shop/lib",
        "pkg:npm/%40shop/lib@1.0",
    ],
)
def test_what_a_result_may_be_called(selector):
    results = [
        vulnerable("@shop/lib", aliases=("GHSA-aaaa-bbbb-cccc",)),
        vulnerable("lib", cve="CVE-2026-0002", number=2),
        result(number=3),
    ]
    use, hidden = one(results, allow(selector))
    assert (use.state, hidden) == (SuppressionState.USED, {1})


@pytest.mark.parametrize(
    "selector",
    ["R", "R-", "R-11", "CVE-2026-00011", "lib", "package:li", "pkg:npm/lib@2.0", "pkg:pypi/lib"],
)
def test_a_part_of_a_name_names_nothing(selector):
    use, hidden = one([result(), vulnerable(number=2)], allow(selector))
    assert (use.state, hidden) == (SuppressionState.UNUSED, set())
    assert use.note == "matches nothing: remove it, or mend what it names"


def test_letters_that_look_like_those_of_a_name_are_others():
    there = result(rule="risk-1")
    assert one([there], allow("ri\u017fk-1"))[1] == set()
    assert one([there], allow("ris\u212a-1"))[1] == set()
    assert one([there], allow("RISK-1"))[1] == {1}


def test_paths_are_read_as_gitignore_does():
    results = [
        result(path="app/tests/a.py"),
        result(path="app/a.py", number=2),
        result(path="app/src/tests.py", number=3),
        result(path="other/tests/a.py", number=4),
        result(path="app/sch%C3%B6n/a.py", number=5),
    ]
    below = Terms(TODAY, 14, folder="app")
    assert one(results, allow(paths=("/tests/",)), below)[1] == {1}
    assert one(results, allow(paths=("tests/",)))[1] == {1, 4}
    assert one(results, allow(paths=("*", "!/src/**")), below)[1] == {1, 2, 5}
    assert one(results, allow(paths=("schön/",)), below)[1] == {5}


def test_paths_must_hold_for_every_place_but_for_those_that_data_flows_through():
    related = (Location(uri="b.yml", start_line=3),)
    wide = result(path="a.yml", related=related)
    assert one([wide], allow(paths=("a.yml",)))[1] == set()
    assert one([wide], allow(paths=("*.yml",)))[1] == {1}
    flow = result(path="a.yml", related=related, scanner="import:zap")
    assert one([flow], allow(paths=("a.yml",)))[1] == {1}
    assert one([flow], comment(uri="b.yml"))[1] == set()
    assert one([flow], comment(uri="a.yml"))[1] == {1}


def test_the_last_day_is_the_last_day():
    assert one([result()], allow(until=TODAY))[0].note == "ends today"
    assert one([result()], allow(until="2026-11-25"))[0].note == "ends tomorrow"
    use, hidden = one([result()], allow(until="2026-11-23"))
    assert (use.state, hidden) == (SuppressionState.EXPIRED, set())
    assert use.note.startswith("expired on 2026-11-23: mend what it allows, or")


@pytest.mark.parametrize(("until", "soon"), [("2026-12-08", True), ("2026-12-09", False)])
def test_what_ends_within_two_weeks_is_announced(until, soon):
    use, _ = one([result()], allow(until=until))
    assert use.ends_soon is soon
    assert use.note == ("ends in 14 days" if soon else "")


def test_fix_now_is_held_to_the_days_of_the_policy():
    results = [result(tier=Tier.FIX_NOW), result(path="b.py", number=2)]
    use, hidden = one(results, allow(until="2026-12-08"))
    assert (use.state, hidden, use.refused) == (SuppressionState.USED, {1, 2}, ())
    use, hidden = one(results, allow(until="2026-12-09"))
    assert (use.state, hidden) == (SuppressionState.USED, {2})
    assert use.refused == ("0000000000000001",)
    assert "2026-12-08 is the last day that the policy allows" in use.note
    use, hidden = one(results[:1], allow(until="2026-12-09"))
    assert (use.state, hidden) == (SuppressionState.REFUSED, set())
    use, hidden = one(results[:1], allow(until="2026-11-25"), Terms(TODAY, fix_now_days=0))
    assert (use.state, hidden) == (SuppressionState.REFUSED, set())


def test_one_that_is_refused_or_expired_does_not_stand_before_another():
    results = [result(tier=Tier.FIX_NOW)]
    (found,), uses = suppress(
        results, [allow(until="2027-11-01"), allow(until="2026-12-01"), allow(until="2026-01-01")],
        TERMS,
    )  # fmt: skip
    assert found.suppressed_by == allow(until="2026-12-01")
    assert sorted(use.state for use in uses) == ["expired", "refused", "used"]


def test_the_one_that_holds_longest_is_named():
    short, long = allow(until="2026-12-24", place="a:1"), allow(until="2027-06-01", place="b:1")
    (found,), uses = suppress([result()], [short, long], TERMS)
    assert found.suppressed_by == long
    assert [use.state for use in uses] == ["used", "used"]


def test_a_comment_speaks_of_its_line_alone():
    results = [
        result(),
        result(line=4, number=2),
        result(path="b.py", number=3),
        result("R-2", number=4),
        result(line=9, related=(Location(uri="a.py", start_line=3),), number=5),
    ]
    assert one(results, comment())[1] == {1}
    use, _ = one(results, comment("R-3"))
    assert use.note == "does not name what is on its line: R-1, R-2"


def secret(*lines, area=Area.SECRETS, **more):
    first, *others = (Location(uri="a.py", start_line=line) for line in lines)
    return result("secrets.x", area=area, line=first.start_line, related=tuple(others), **more)


@pytest.mark.parametrize("area", [Area.SECRETS, Area.ACCESS, Area.CODE])
def test_a_comment_on_one_place_does_not_hide_the_others(area):
    use, hidden = one([secret(3, 8, area=area)], comment("secrets.x"))
    assert (use.state, hidden) == (SuppressionState.UNUSED, set())
    assert use.note == "the same is at a.py:8 too, where no such comment is"
    both = [comment("secrets.x"), comment("secrets.x", line=8)]
    assert not suppress([secret(3, 8)], both, TERMS)[0][0].active
    for other in ({"until": "2026-11-01"}, {"problem": "broken"}, {"selector": "secrets.y"}):
        pair = [both[0], both[1].model_copy(update=other)]
        assert suppress([secret(3, 8)], pair, TERMS)[0][0].active


def test_a_comment_says_nothing_of_a_line_of_an_earlier_commit():
    assert one([secret(3, past=True)], comment("secrets.x"))[1] == set()
    assert one([secret(3, past=True)], allow("secrets.x"))[1] == {1}


def test_a_statement_speaks_of_vulnerabilities_of_packages_alone():
    assert one([vulnerable()], said())[1] == {1}
    assert one([vulnerable()], said(packages=("pkg:npm/lib@1.0",)))[1] == {1}
    assert one([vulnerable()], said(packages=("pkg:npm/lib@1.1", "pkg:npm/other")))[1] == set()
    assert one([vulnerable()], said(packages=()))[1] == set()
    assert one([vulnerable(aliases=("GHSA-a",))], said("GHSA-a"))[1] == {1}
    assert one([result()], said("R-1"))[1] == set()


def test_a_younger_statement_undoes_an_older_one():
    for since, hidden in (("2026-11-10", set()), ("2026-11-01", set()), ("2026-10-01", {1})):
        against = said(since=since, denies=True, place="b.openvex.json:4", reason="affected")
        results, uses = suppress([vulnerable()], [said(), against], TERMS)
        assert {1 for each in results if not each.active} == hidden
        assert [use.state for use in uses] == ["used" if hidden else "unused", "noted"]
    assert uses[1].note == "affected: suppresses nothing"


def test_a_statement_about_another_package_undoes_nothing():
    against = said(since="2026-11-10", denies=True, packages=("pkg:npm/other",))
    assert not suppress([vulnerable()], [said(), against], TERMS)[0][0].active


def test_of_fix_now_a_statement_holds_from_its_own_date():
    grave = vulnerable(tier=Tier.FIX_NOW)
    assert one([grave], said(since="2026-11-10"))[1] == {1}
    use, hidden = one([grave], said(since="2026-11-09"))
    assert (use.state, hidden) == (SuppressionState.REFUSED, set())
    assert "this one held until 2026-11-23" in use.note


def test_a_run_that_left_something_out_calls_nothing_useless():
    use, _ = one([], allow(), Terms(TODAY, 14, whole=False))
    assert use.note == "matches nothing that this run looked at"


rules = st.sampled_from(["R-1", "R-2", "CVE-2026-0001", "package:lib"])
days = st.sampled_from(["2026-01-01", "2026-11-23", TODAY, "2026-12-01", "2027-06-01"])
results_made = st.lists(
    st.builds(
        lambda rule, line, tier, area: (
            vulnerable(line=line, tier=tier)
            if rule.startswith("CVE")
            else result(
                rule, line=line, tier=tier, area=area,
                related=(Location(uri="a.py", start_line=5 - line),),
            )
        ),
        st.sampled_from(["R-1", "R-2", "CVE-2026-0001"]),
        st.integers(1, 4),
        st.sampled_from(Tier),
        st.sampled_from([Area.CODE, Area.SECRETS]),
    ),
    max_size=5,
).map(lambda found: [
    each.model_copy(update={"finding": each.finding.model_copy(update={"fingerprint": f"{n:016x}"})})
    for n, each in enumerate(found)
])  # fmt: skip
made = st.one_of(
    st.builds(allow, rules, days, st.sampled_from(["x:2", "x:10", "y:1"])),
    st.builds(lambda rule, line, day: comment(rule, line=line, until=day), rules, st.integers(1, 4), days),
    st.builds(
        lambda since, denies: said(since=since, denies=denies),
        st.sampled_from(["2026-11-01", "2026-11-20"]), st.booleans(),
    ),
)  # fmt: skip
several = st.lists(made, max_size=5)


def hidden_by(results, suppressions):
    found, _ = suppress(results, suppressions, TERMS)
    return {each.finding.fingerprint for each in found if not each.active}


@given(results_made, several, st.randoms())
def test_order_never_matters(results, suppressions, random):
    shuffled = random.sample(suppressions, len(suppressions))
    assert suppress(results, suppressions, TERMS) == suppress(results, shuffled, TERMS)


@given(results_made, several)
def test_expired_equals_absent(results, suppressions):
    valid = [each for each in suppressions if each.until >= TODAY]
    assert hidden_by(results, suppressions) == hidden_by(results, valid)


@given(results_made, several, made)
def test_adding_a_suppression_hides_nothing_that_it_does_not_name(results, suppressions, more):
    named = {
        each.finding.fingerprint
        for each in results
        if more.selector in {each.finding.rule_id, each.finding.fingerprint}
        or (more.selector == "package:lib" and each.finding.package is not None)
    }
    before, after = hidden_by(results, suppressions), hidden_by(results, [*suppressions, more])
    assert after <= before | named
    if not more.denies:
        assert before <= after


@given(results_made, several)
def test_facts_stay_and_every_suppression_is_listed(results, suppressions):
    found, uses = suppress(results, suppressions, TERMS)
    assert [each.model_copy(update={"suppressed_by": None}) for each in found] == results
    key = lambda each: each.model_dump_json()  # noqa: E731
    assert sorted((use.suppression for use in uses), key=key) == sorted(suppressions, key=key)
    used = {each for use in uses for each in use.fingerprints}
    assert used == {each.finding.fingerprint for each in found if not each.active}
    for each in found:
        by = each.suppressed_by
        if by and each.tier is Tier.FIX_NOW and by.kind != "vex":
            assert by.until <= "2026-12-08"
