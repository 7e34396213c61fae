"""New, known and gone."""

from hypothesis import given
from hypothesis import strategies as st

from shopsec.baseline.compare import compare, known_of, really_absent
from shopsec.model import (
    Area,
    BaselineState,
    Finding,
    Item,
    KnownResult,
    Location,
    NotCovered,
    Result,
    ScannerRun,
    Severity,
    Status,
    Tier,
)


def result(number: int, tier: Tier = Tier.PLANNED) -> Result:
    finding = Finding(
        rule_id="R", scanner="bandit", area=Area.CODE, message="m",
        location=Location(uri=f"{number % 3}.py"), severity=Severity.HIGH,
        fingerprint=f"{number:016x}",
    )  # fmt: skip
    return Result(finding=finding, priority=50, tier=tier, terms=())


results = st.dictionaries(st.integers(0, 30), st.sampled_from(list(Tier)), max_size=8).map(
    lambda tiers: [result(number, tier) for number, tier in tiers.items()]
)


@given(results)
def test_a_baseline_of_a_scan_leaves_nothing_new_and_nothing_gone(found):
    compared, absent = compare(found, [known_of(each) for each in found])
    assert {each.state for each in compared} <= {BaselineState.UNCHANGED}
    assert [each.finding for each in compared] == [each.finding for each in found]
    assert absent == ()


@given(results, results, st.randoms())
def test_order_never_matters(found, past, random):
    known = [known_of(each) for each in past]
    compared, absent = compare(found, known)
    random.shuffle(known)
    turned, again = compare(found[::-1], known)
    assert turned[::-1] == compared
    assert again == absent


@given(results, results)
def test_every_known_result_is_there_or_absent(found, past):
    compared, absent = compare(found, [known_of(each) for each in past])
    there = {each.finding.fingerprint for each in compared}
    gone = {each.fingerprint for each in absent}
    assert not there & gone
    assert {each.finding.fingerprint for each in past} <= there | gone


@given(st.sampled_from(list(Tier)), st.sampled_from(list(Tier)))
def test_what_is_more_urgent_than_it_was_is_new(today, then):
    (compared,), absent = compare([result(1, today)], [known_of(result(1, then))])
    worse = today.rank < then.rank
    assert compared.state is (BaselineState.NEW if worse else BaselineState.UNCHANGED)
    assert absent == ()


def gone(uri: str = "a/b.py", scanner: str = "bandit") -> KnownResult:
    return KnownResult(fingerprint="0" * 16, rule="R", scanner=scanner, uri=uri, tier=Tier.WATCH)


def entry(scanner: str, status: Status, missed: str = "") -> ScannerRun:
    items = (Item(name=missed, location=Location(uri=missed)),) if missed else ()
    return ScannerRun(
        scanner=scanner, area=Area.CODE, status=status, handed_in=len(items),
        not_covered=(NotCovered(reason="r", items=items),) if missed else (),
    )  # fmt: skip


def test_only_a_scanner_that_finished_makes_something_absent():
    for status in Status:
        found = really_absent([gone()], [entry("bandit", status)])
        assert bool(found) is (status in {Status.SUCCEEDED, Status.NOT_APPLICABLE})
    assert really_absent([gone()], []) == ()
    assert really_absent([gone(scanner="osv")], [entry("bandit", Status.SUCCEEDED)]) == ()


def test_a_file_that_could_not_be_read_hides_nothing():
    ran = entry("bandit", Status.SUCCEEDED)
    for missed, absent in (("a/b.py", False), ("a", False), ("a/b.pyc", True), ("b.py", True)):
        walk = entry("inventory", Status.PARTIAL, missed)
        assert bool(really_absent([gone()], [ran, walk])) is absent


def test_what_is_outside_of_the_folder_scanned_was_not_looked_for():
    ran = [entry("bandit", Status.SUCCEEDED)]
    assert really_absent([gone("apps/shop/x.py")], ran, "apps/shop")
    assert not really_absent([gone("apps/shop2/x.py")], ran, "apps/shop")
