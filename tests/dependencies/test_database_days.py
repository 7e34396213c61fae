"""How old what was compared with is: no text that stands for a date ends a scan."""

import pytest

from shopsec.model import Area, Database, ScannerRun, Status
from shopsec.model.coverage import calendar_day


def run(*dates):
    databases = tuple(Database(name="x", date=each) for each in dates)
    return ScannerRun(
        scanner="osv", area=Area.DEPENDENCIES, status=Status.SUCCEEDED, databases=databases
    )


@pytest.mark.parametrize(
    "text",
    [
        "9999-99-99T00:00:00Z",
        "2026-02-29",
        "soon",
        "",
        "2026-W01-1",
        "\u0662\u0660\u0662\u0666-\u0661\u0660-\u0660\u0661",
    ],
)
def test_what_is_no_day_tells_no_age(text):
    assert calendar_day(text) is None
    assert run(text).database_days("2026-11-29") == 0
    assert run(text, "2026-11-19").database_days("2026-11-29") == 10


def test_the_oldest_counts_and_the_future_does_not():
    days = run("2026-11-19T23:59:59Z", "2026-11-28", "9998-01-01", None)
    assert days.database_days("2026-11-29") == 10
    assert run("9998-01-01").database_days("2026-11-29") == 0
