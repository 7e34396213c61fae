"""GitLab Code Quality: every field by its value (the format has no schema but its documentation)."""

import json

import pytest

from shopsec.model import (
    Area,
    BaselineState,
    Item,
    Location,
    NotCovered,
    Outcome,
    Package,
    PinnedPackage,
    Role,
    Tier,
    uri_of,
)
from shopsec.report.code_quality import render
from tests.report.ci_reports import (
    MISSING,
    OLD,
    PARTIAL,
    SKIPPED,
    SUCCEEDED,
    decided,
    everything,
    misses,
    of_image,
    of_secret,
)
from tests.report.reports import HOSTILE, SUPPRESSION, full, large, report, result


def entries(given):
    return json.loads(render(given))


def test_an_entry():
    assert entries(report((result(7, tier=Tier.SPRINT),))) == [
        {
            "description": "Setting 7 lets everybody in",
            "check_name": "DEMO-001",
            "fingerprint": "0000000000000007",
            "severity": "critical",
            "location": {"path": "shop/settings_7.py", "lines": {"begin": 3}},
        }
    ]


@pytest.mark.parametrize(
    ("tier", "severity"),
    [
        (Tier.FIX_NOW, "blocker"),
        (Tier.SPRINT, "critical"),
        (Tier.PLANNED, "major"),
        (Tier.WATCH, "minor"),
    ],
)
def test_severity_is_the_tier(tier, severity):
    assert entries(report((result(1, tier=tier),)))[0]["severity"] == severity


def test_nothing_found_is_an_empty_list():
    assert render(report(())) == "[]\n"


def test_the_worst_first_and_what_did_not_finish_among_it():
    assert [(each["severity"], each["check_name"]) for each in entries(everything())] == [
        ("blocker", "shopsec.not-checked.bandit"),
        ("blocker", "CVE-2023-4863"),
        ("critical", "secrets.stripe"),
        ("major", "shopsec.not-checked.trivy-config"),
        ("major", "DEMO-001"),
        ("major", "trivy.DS-0002"),
        ("minor", "CVE-2023-5363"),
    ]


def test_suppressed_results_are_not_there():
    assert entries(report((result(1, suppressed=SUPPRESSION),))) == []


def test_known_results_say_so():
    (entry,) = entries(report((result(1, state=BaselineState.UNCHANGED),)))
    assert entry["description"] == "Setting 1 lets everybody in (known before)"


def test_a_scanner_that_did_not_finish_is_at_a_file_it_missed():
    given = report((), coverage=(SUCCEEDED, PARTIAL), decision=decided(Outcome.WARN))
    assert entries(given) == [
        {
            "description": "Not checked: bandit: 1 file: newer syntax: shop/tax.py; "
            "next: run with Python 3.14",
            "check_name": "shopsec.not-checked.bandit",
            "fingerprint": "df0c64ad519bdfab15c3d2e7bd27371a",
            "severity": "major",
            "location": {"path": "shop/tax.py", "lines": {"begin": 1}},
        }
    ]


def paths(given):
    return [
        each["location"]["path"]
        for each in entries(given)
        if each["check_name"].startswith("shopsec.not-checked")
    ]


def test_one_that_names_no_file_is_at_one_that_there_is():
    pin = PinnedPackage(
        Package(ecosystem="npm", name="a", version="1"),
        Location(uri="package-lock.json"),
        Role.PRODUCTION,
    )
    elsewhere = (of_image(1), of_secret(2, past=True, location=Location(uri="gone.py")))
    coverage = (MISSING, SKIPPED)
    assert paths(report((result(1),), coverage=coverage)) == ["shop/settings_1.py"] * 2
    assert paths(report(elsewhere, coverage=coverage, packages=(pin,))) == ["package-lock.json"] * 2
    assert paths(report(elsewhere, coverage=coverage)) == [".gitlab-ci.yml"] * 2


def test_items_without_a_place_are_passed_over():
    groups = (
        NotCovered(reason="a", items=(Item(name="registry.example.org/shop"),)),
        NotCovered(reason="b", items=(Item(name="x", location=Location(uri="a/b")),)),
    )
    run = PARTIAL.model_copy(update={"not_covered": groups, "handed_in": 4, "covered": 2})
    assert paths(report((), coverage=(run,))) == ["a/b"]


def test_a_complete_run_that_the_gate_objects_to():
    decision = decided(Outcome.INCOMPLETE, misses("osv", text="compared with old advisories"))
    (entry,) = entries(report((), coverage=(OLD,), decision=decision))
    assert (entry["severity"], entry["description"]) == (
        "blocker",
        "Not checked: osv: compared with old advisories",
    )


def test_the_fingerprint_of_a_gap_stays_when_its_reason_changes():
    other = MISSING.model_copy(update={"message": "another reason", "area": Area.CODE})
    first, second = (entries(report((), coverage=(run,)))[0] for run in (MISSING, other))
    assert first["description"] != second["description"]
    assert first["fingerprint"] == second["fingerprint"]


def test_lines_of_the_past_are_not_those_of_the_file():
    (entry,) = entries(report((of_secret(1, past=True),)))
    assert entry["location"]["lines"] == {"begin": 1}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_on_its_line(text):
    found = entries(full(text))
    # Four results that count, and osv, which did not finish.
    assert len(found) == 5
    for each in found:
        assert each["description"].isprintable()
        assert each["location"]["path"].isprintable()


def test_a_name_that_is_no_utf_8():
    given = report((result(1, location=Location(uri=uri_of("latin-\udce9.py"))),))
    assert entries(given)[0]["location"]["path"] == "latin-\\udce9.py"


def test_thirty_thousand_results():
    found = entries(large(30_000))
    order = ("blocker", "critical", "major", "minor")
    ranks = [order.index(each["severity"]) for each in found]
    assert ranks == [rank for rank in range(4) for _ in range(7500)]
    assert len({each["fingerprint"] for each in found}) == 30_000
