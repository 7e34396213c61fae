"""The packs of advisories: every entry must be whole, since nobody checks them at run time."""

import datetime
import re

import pytest
from cvss import CVSS3, CVSS4
from packaging.version import Version

from shopsec.policy.advisory_packs import Affected, Pack, PackAdvisory, load_packs
from shopsec.scan.dependencies.pack import EmbeddedPack
from shopsec.scan.dependencies.packages import Key

PACKS = {pack.ecosystem: pack for pack in load_packs()}
ENTRIES = [
    pytest.param(pack.ecosystem, advisory, id=f"{advisory.id}-{advisory.package}")
    for pack in PACKS.values()
    for advisory in pack.advisories
]

# Of CISA's catalogue of 2025-08-25: what a lockfile of a shop can name.
KNOWN_EXPLOITED = {
    "Maven": """
        CVE-2013-2251 CVE-2014-3120 CVE-2015-1427 CVE-2016-4437 CVE-2016-8735 CVE-2017-5638
        CVE-2017-9791 CVE-2017-9805 CVE-2017-12615 CVE-2017-12617 CVE-2018-1273 CVE-2018-11776
        CVE-2019-0193 CVE-2019-17558 CVE-2020-1938 CVE-2020-5410 CVE-2020-17530 CVE-2021-39144
        CVE-2021-44228 CVE-2021-45046 CVE-2022-22947 CVE-2022-22963 CVE-2022-22965 CVE-2023-44487
        CVE-2023-46604 CVE-2025-24813
    """,
    "npm": "CVE-2019-10758 CVE-2020-11023 CVE-2021-21315",
    "Packagist": """
        CVE-2016-10033 CVE-2017-9841 CVE-2018-7600 CVE-2018-7602 CVE-2018-15133 CVE-2019-6340
        CVE-2019-9978 CVE-2020-11738 CVE-2020-13671 CVE-2020-25213 CVE-2020-28949
        CVE-2020-36193 CVE-2021-3129 CVE-2021-32648 CVE-2022-24086 CVE-2024-34102 CVE-2024-56145
        CVE-2024-58136 CVE-2025-23209 CVE-2025-35939
    """,
    "PyPI": """
        CVE-2020-11651 CVE-2020-11652 CVE-2020-11978 CVE-2020-13927 CVE-2020-16846 CVE-2023-4863
        CVE-2023-27524 CVE-2025-3248
    """,
    "RubyGems": "CVE-2014-0130 CVE-2016-0752 CVE-2019-5418 CVE-2020-11023",
}


def runs_forwards(ecosystem: str, low: str, high: str, *, equal: bool = False) -> bool:
    """Whether low comes before high (or is it); good enough here, the matcher has its own."""
    if ecosystem == "PyPI":
        return Version(low) < Version(high) or (equal and Version(low) == Version(high))
    return version_key(low) < version_key(high) or (equal and version_key(low) == version_key(high))


def version_key(version: str) -> list[tuple[int, int]]:
    """Previews before the release, patches after it."""
    tokens = re.findall(r"\d+|[a-z]+", re.sub(r"\.(release|final)$", "", version.lower()))
    rank = {"p": 2, "patch": 2}
    key = [(3, int(token)) if token.isdigit() else (rank.get(token, 0), 0) for token in tokens]
    return [*key, (1, 0)]


def test_there_is_one_pack_for_each_ecosystem():
    assert set(PACKS) == {"PyPI", "npm", "Packagist", "Maven", "RubyGems"}
    assert len(PACKS) == len(load_packs())
    assert sum(len(pack.advisories) for pack in PACKS.values()) >= 300


@pytest.mark.parametrize("pack", PACKS.values(), ids=lambda pack: pack.pack)
def test_the_pack_is_dated_and_names_nothing_twice(pack: Pack):
    assert datetime.date.fromisoformat(pack.as_of) <= datetime.date(2026, 11, 24)
    keys = [(advisory.id, advisory.package) for advisory in pack.advisories]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize(("ecosystem", "advisory"), ENTRIES)
def test_the_ranges_run_forwards_and_do_not_overlap(ecosystem: str, advisory: PackAdvisory):
    last: Affected | None = None
    for affected in advisory.affected:
        if last is not None:
            assert last.fixed is not None
            assert runs_forwards(ecosystem, last.fixed, affected.introduced, equal=True)
        if affected.fixed is not None:
            assert runs_forwards(ecosystem, affected.introduced, affected.fixed)
        last = affected


@pytest.mark.parametrize(("ecosystem", "advisory"), ENTRIES)
def test_the_severity_can_be_computed(ecosystem: str, advisory: PackAdvisory):
    if advisory.cvss is None:
        assert advisory.score is None or 0 < advisory.score <= 10
        return
    assert advisory.score is None
    kind = CVSS4 if advisory.cvss.startswith("CVSS:4.0/") else CVSS3
    vector = kind(advisory.cvss)
    assert vector.base_score > 0
    assert vector.clean_vector() == advisory.cvss


@pytest.mark.parametrize(("ecosystem", "advisory"), ENTRIES)
def test_the_words_are_one_short_sentence(ecosystem: str, advisory: PackAdvisory):
    summary = advisory.summary
    assert 30 <= len(summary) <= 300
    assert summary == " ".join(summary.split())
    assert summary[0].isupper()
    assert summary.endswith(".")
    assert not re.search(r"[.!?] [A-Z]", summary)


@pytest.mark.parametrize(("ecosystem", "advisory"), ENTRIES)
def test_the_names_have_the_form_of_their_ecosystem(ecosystem: str, advisory: PackAdvisory):
    form = {
        "PyPI": r"[a-z0-9]+(-[a-z0-9]+)*",
        "npm": r"(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*",
        "Packagist": r"[a-z0-9]([_.-]?[a-z0-9]+)*/[a-z0-9]([_.-]{0,2}[a-z0-9]+)*",
        "Maven": r"[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+",
        "RubyGems": r"[A-Za-z0-9_.-]+",
    }[ecosystem]
    assert re.fullmatch(form, advisory.package)
    assert advisory.source.startswith("https://")
    assert advisory.source.endswith(advisory.id)
    assert advisory.id not in advisory.aliases
    assert all(re.fullmatch(r"(CVE|GHSA|PYSEC)-[\w-]+", alias) for alias in advisory.aliases)
    assert all(0 < cwe < 2000 for cwe in advisory.cwe)


@pytest.mark.parametrize("ecosystem", KNOWN_EXPLOITED)
def test_what_is_known_to_be_exploited_is_there_and_marked(ecosystem: str):
    wanted = set(KNOWN_EXPLOITED[ecosystem].split())
    entries = [each for each in PACKS[ecosystem].advisories if each.id in wanted]
    assert {each.id for each in entries} == wanted
    assert all(each.known_exploited for each in entries)


@pytest.mark.parametrize(
    ("summary", "more", "problem"),
    [
        ("A visitor runs code.", {}, "the summary must say which use"),
        ("A visitor runs code where a request names a file.", {"known_exploited": True},
         "attackers use it"),
    ],
)  # fmt: skip
def test_an_advisory_of_one_use_names_it_and_is_not_exploited(summary, more, problem):
    with pytest.raises(ValueError, match=problem):
        PackAdvisory(
            id="CVE-2026-0001", package="a", affected=[Affected(introduced="0", fixed="1")],
            summary=summary, source="https://a.example", needs_use=True, **more,
        )  # fmt: skip


def test_the_pack_that_scans_read_says_which_need_one_use():
    found = EmbeddedPack().affecting(Key("PyPI", "django", "2.2.0"))
    said = {record.id: record.needs_use for record in found}
    assert (said["CVE-2022-28346"], said["CVE-2019-19844"]) == (True, False)
