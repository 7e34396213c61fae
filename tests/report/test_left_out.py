"""What a person silenced is listed, at least in part, wherever it is counted."""

from shopsec.model import LISTED, Area, Excluded, Item, Location, ScannerRun, Status
from shopsec.report import wording
from shopsec.scan.base import Ledger


def run_with(*groups):
    return ScannerRun(
        scanner="secrets", area=Area.SECRETS, status=Status.SUCCEEDED, excluded=groups
    )


def places(count):
    return tuple(
        Item(name="a.py", location=Location(uri="a.py", start_line=line + 1))
        for line in range(count)
    )


def test_the_first_places_are_named():
    run = run_with(
        Excluded(reason="silenced", count=2, items=places(2)),
        Excluded(reason="audited", count=90, items=places(50)),
        Excluded(reason="binary files", count=7),
    )
    assert wording.excluded(run) == (
        "2 silenced (a.py:1, a.py:2); 90 audited (a.py:1, a.py:2, a.py:3 ...); 7 binary files"
    )


def test_the_ledger_counts_all_and_lists_some():
    ledger = Ledger("secrets", Area.SECRETS)
    for item in places(LISTED + 5):
        ledger.exclude("silenced", item=item)
    (group,) = ledger.close().excluded
    assert (group.count, group.items) == (LISTED + 5, places(LISTED))
