"""CISA's catalogue: the newest that is here, and never a part of it."""

import datetime
import json

import pytest

from shopsec.errors import RefreshError
from shopsec.scan.dependencies.kev import FILE_NAME, Kev, kev_of_feed, kev_text, load_kev
from tests.dependencies.osv_stub import feed


def test_the_embedded_one_is_there(tmp_path):
    embedded = load_kev(tmp_path)
    assert embedded.date == "2025-08-25"
    assert len(embedded.ids) == 1_404
    assert "CVE-2021-44228" in embedded.ids


@pytest.mark.parametrize(("date", "used"), [("2026-11-20", True), ("2020-01-01", False)])
def test_the_newer_one_is_used(tmp_path, date, used):
    (tmp_path / FILE_NAME).write_text(kev_text(Kev(date, frozenset({"CVE-2030-0001"}))))
    assert (load_kev(tmp_path).ids == {"CVE-2030-0001"}) is used


IDS = '"ids": ["CVE-2030-0001"]'


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "3", '{"date": "2030-01-01"}', "\u00fc", "[" * 200_000,
        f'{{"date": "9999-99-99", {IDS}}}',
        f'{{"date": "soon", {IDS}}}',
        f'{{"date": "2030-01-01T00:00:00Z", {IDS}}}',
        f'{{"date": 20300101, {IDS}}}',
        f'{{"date": "\\u0662\\u0660\\u0663\\u0660-01-01", {IDS}}}',
        '{"date": "2030-01-01", "ids": []}',
        '{"date": "2030-01-01", "ids": {"CVE-2030-0001": 1}}',
        '{"date": "2030-01-01", "ids": "CVE-2030-0001"}',
        '{"date": "2030-01-01", "ids": [3]}',
    ],
)  # fmt: skip
def test_a_damaged_one_is_not(tmp_path, text):
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    assert load_kev(tmp_path).date == "2025-08-25"


def test_the_feed_is_read(tmp_path):
    kev = kev_of_feed("u", json.loads(feed("2026-11-20T10:00:00Z", 1_500, "CVE-2021-44228")))
    assert (kev.date, len(kev.ids)) == ("2026-11-20", 1_500)
    (tmp_path / FILE_NAME).write_text(kev_text(kev))
    assert load_kev(tmp_path) == kev


def test_a_date_of_the_future_is_today():
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    assert kev_of_feed("u", json.loads(feed("9998-01-01T10:00:00Z"))).date == today


def changed(**fields):
    return json.loads(feed()) | fields


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "u: is not CISA's catalogue"),
        ([], "u: is not CISA's catalogue"),
        ({}, "u: is not CISA's catalogue"),
        (changed(dateReleased="soon"), "u: is not CISA's catalogue"),
        (changed(dateReleased="2026-02-30T10:00:00Z"), "u: is not CISA's catalogue"),
        (changed(dateReleased=None), "u: is not CISA's catalogue"),
        (changed(vulnerabilities=[3]), "u: is not CISA's catalogue"),
        (changed(vulnerabilities=[]), "u: is not the whole of CISA's catalogue"),
        (changed(count=1_501), "u: is not the whole of CISA's catalogue"),
        (json.loads(feed(count=999)), "u: is not the whole of CISA's catalogue"),
        (json.loads(feed("2026-01-01", 1_500, "x")), "u: is not the whole of CISA's catalogue"),
    ],
)
def test_what_is_not_the_whole_catalogue_is_refused(document, message):
    with pytest.raises(RefreshError) as caught:
        kev_of_feed("u", document)
    assert caught.value.message == message
