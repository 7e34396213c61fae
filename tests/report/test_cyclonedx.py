"""The SBOM: whole, valid, the same bytes each time, and honest about what it does not know."""

import json
import uuid

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from shopsec.model import (
    Advisory,
    Area,
    Confidence,
    Decision,
    Finding,
    Item,
    Location,
    NotCovered,
    Outcome,
    Package,
    PinnedPackage,
    Report,
    Repository,
    Result,
    Role,
    Rule,
    ScannerRun,
    Severity,
    Status,
    Tier,
    purl_of,
)
from shopsec.report.cyclonedx import render
from shopsec.scan.dependencies.lockfiles import sbom_cyclonedx
from shopsec.scan.dependencies.lockfiles.purls import package_of
from tests.report.reports import SUPPRESSION

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def pin(name, version="1.0.0", line=1, ecosystem="npm", *, role=Role.PRODUCTION, **more):
    package = Package(ecosystem=ecosystem, name=name, version=version)
    uri = more.pop("uri", "package-lock.json")
    return PinnedPackage(package, Location(uri=uri, start_line=line), role, **more)


def finding(package, **more):
    advisory = Advisory(
        id="CVE-2021-1", aliases=("GHSA-a",), cvss_vector=VECTOR, cvss_score=9.8,
        fixed_versions=("1.0.1",),
    )  # fmt: skip
    fields = {
        "rule_id": "CVE-2021-1",
        "scanner": "osv",
        "area": Area.DEPENDENCIES,
        "message": "a hole",
        "location": Location(uri="package-lock.json", start_line=1),
        "severity": Severity.CRITICAL,
        "confidence": Confidence.HIGH,
        "package": package,
        "advisory": advisory,
        "fingerprint": "0123456789abcdef",
    }
    return Result(
        finding=Finding(**(fields | more)), priority=90, tier=Tier.FIX_NOW, terms=(),
    )  # fmt: skip


def report(*packages, results=(), coverage=()):
    rule = Rule(
        id="CVE-2021-1", scanner="osv", title="A hole", severity=Severity.CRITICAL,
        why="Anyone can walk in.", fix="Close it.", cwe=(79,),
    )  # fmt: skip
    return Report(
        version="0.1.0",
        today="2026-11-24",
        policy="small-team",
        offline=True,
        repository=Repository(name="shop", commit="a" * 40),
        decision=Decision(outcome=Outcome.PASS, policy="small-team"),
        actions=(),
        results=tuple(results),
        rules=(rule,),
        coverage=tuple(coverage),
        packages=packages,
    )


def document(text):
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert error is None, error
    return json.loads(text)


def rendered(*packages, **more):
    return document(render(report(*packages, **more)))


def test_components_with_purl_scope_and_places():
    bom = rendered(
        pin("lodash", "4.17.20", 7, direct=True),
        pin("lodash", "4.17.20", 9, role=Role.DEV, uri="admin/package-lock.json", direct=True),
        pin("@vue/cli", "5.0.0", 8, role=Role.DEV),
    )
    vue, lodash = bom["components"]
    assert lodash["purl"] == lodash["bom-ref"] == "pkg:npm/lodash@4.17.20"
    assert lodash["scope"] == "required"
    assert lodash["properties"] == [
        {"name": "shopsec:dependency", "value": "direct"},
        {"name": "shopsec:location", "value": "admin/package-lock.json:9"},
        {"name": "shopsec:location", "value": "package-lock.json:7"},
    ]
    assert (vue["group"], vue["name"], vue["scope"]) == ("@vue", "cli", "optional")
    assert {"name": "cdx:npm:package:development", "value": "true"} in vue["properties"]
    assert bom["metadata"]["timestamp"] == "2026-11-24T00:00:00+00:00"
    assert bom["metadata"]["component"]["version"] == "a" * 40


def test_edges_go_to_the_very_version_that_the_way_names():
    bom = rendered(
        pin("app", direct=True),
        pin("mid", "1.0.0", 2, direct=True),
        pin("mid", "2.0.0", 3, direct=False, via=("app",)),
        pin("low", "3.0.0", 4, direct=False, via=("app", "mid")),
        pin("lost", "3.0.0", 5, direct=False, via=("nobody",)),
    )
    edges = {each["ref"]: each.get("dependsOn", []) for each in bom["dependencies"]}
    assert edges == {
        "repository": ["pkg:npm/app@1.0.0", "pkg:npm/mid@1.0.0"],
        "pkg:npm/app@1.0.0": ["pkg:npm/mid@2.0.0"],
        "pkg:npm/mid@1.0.0": [],
        "pkg:npm/mid@2.0.0": ["pkg:npm/low@3.0.0"],
        "pkg:npm/low@3.0.0": [],
        "pkg:npm/lost@3.0.0": [],
    }


def test_a_vulnerability_is_one_entry_for_all_versions_it_affects():
    old, older = pin("lodash", "1.0.0"), pin("lodash", "0.9.0", 2)
    results = [
        finding(old.package, upgrade_to="1.2.0"),
        finding(older.package, severity=Severity.HIGH),
        finding(Package(ecosystem="Debian", name="apt", version="1"), area=Area.CONTAINERS),
    ]
    (entry,) = rendered(old, older, results=results)["vulnerabilities"]
    assert entry["id"] == "CVE-2021-1"
    assert entry["source"]["name"] == "NVD"
    assert [each["id"] for each in entry["references"]] == ["GHSA-a"]
    assert entry["ratings"] == [
        {
            "method": "CVSSv31",
            "score": 9.8,
            "severity": "critical",
            "vector": VECTOR.removeprefix("CVSS:3.1/"),
        }
    ]
    assert [each["ref"] for each in entry["affects"]] == [
        "pkg:npm/lodash@0.9.0", "pkg:npm/lodash@1.0.0",
    ]  # fmt: skip
    assert entry["recommendation"] == "Upgrade lodash 0.9.0 to 1.0.1; Upgrade lodash 1.0.0 to 1.2.0"
    assert (entry["cwes"], entry["description"]) == ([79], "Anyone can walk in.")


def test_a_package_that_is_found_and_not_pinned_is_a_component_too():
    package = Package(ecosystem="PyPI", name="django", version="3.2.0")
    bom = rendered(results=[finding(package)])
    assert [each["purl"] for each in bom["components"]] == ["pkg:pypi/django@3.2.0"]


def test_a_partial_scan_says_so():
    gap = NotCovered(
        reason="is not pinned to one version",
        items=(Item(name="flask>=1", location=Location(uri="requirements.txt", start_line=3)),),
    )
    partial = ScannerRun(
        scanner="osv",
        area=Area.DEPENDENCIES,
        status=Status.PARTIAL,
        handed_in=1,
        not_covered=(gap,),
    )
    elsewhere = ScannerRun(scanner="bandit", area=Area.CODE, status=Status.FAILED)
    bom = rendered(coverage=[partial, elsewhere])
    assert bom["compositions"][0] == {"aggregate": "incomplete", "assemblies": ["repository"]}
    assert bom["metadata"]["properties"] == [
        {
            "name": "shopsec:not-covered",
            "value": "osv: flask>=1 (requirements.txt:3): is not pinned to one version",
        }
    ]
    skipped = ScannerRun(
        scanner="osv", area=Area.DEPENDENCIES, status=Status.SKIPPED, message="left out"
    )
    bom = rendered(coverage=[skipped])
    assert bom["compositions"][0]["aggregate"] == "incomplete"
    assert bom["metadata"]["properties"][0]["value"] == "osv: left out"
    assert rendered(coverage=[elsewhere])["compositions"][0]["aggregate"] == "complete"


def test_the_serial_number_follows_the_content():
    one, same, other = (
        render(report(*packages)) for packages in ([pin("a")], [pin("a")], [pin("b")])
    )
    assert one == same
    serials = [uuid.UUID(json.loads(text)["serialNumber"]) for text in (one, other)]
    assert [serial.version for serial in serials] == [5, 5]
    assert serials[0] != serials[1]


@pytest.mark.parametrize(
    ("ecosystem", "name", "version", "purl"),
    [
        ("PyPI", "zope-interface", "1.0", "pkg:pypi/zope-interface@1.0"),
        ("npm", "@babel/core", "7.0.0", "pkg:npm/%40babel/core@7.0.0"),
        ("Packagist", "laravel/framework", "8.0.0", "pkg:composer/laravel/framework@8.0.0"),
        ("Maven", "org.a:b", "1", "pkg:maven/org.a/b@1"),
        ("Go", "github.com/a/b", "1.0.0", "pkg:golang/github.com/a/b@v1.0.0"),
        ("RubyGems", "rails", "7.0.0", "pkg:gem/rails@7.0.0"),
        ("crates.io", "serde", "1.0.0", "pkg:cargo/serde@1.0.0"),
        ("NuGet", "newtonsoft.json", "13.0.1", "pkg:nuget/newtonsoft.json@13.0.1"),
    ],
)
def test_package_urls_are_those_that_lockfiles_are_read_with(ecosystem, name, version, purl):
    assert purl_of(Package(ecosystem=ecosystem, name=name, version=version)).to_string() == purl
    read = package_of(purl)
    assert (read.ecosystem, read.name, read.version) == (ecosystem, name, version)


@pytest.mark.parametrize("name", ["/", "a/", "@/", ":", "a b", "%2F", "é", "?#", "..", "\x1b[0m"])
@pytest.mark.parametrize("ecosystem", ["npm", "Maven", "Go", "Elsewhere:x"])
def test_no_name_breaks_it(name, ecosystem):
    hostile = pin(name, "1+?#@", ecosystem=ecosystem, via=(name,))
    rendered(hostile, results=[finding(hostile.package)])


def test_our_own_reader_reads_it_back():
    pins = (
        pin("app", direct=True),
        pin("low", "3.0.0", 4, direct=False, via=("app",)),
        pin("tool", "2.0.0", 5, role=Role.DEV, direct=True),
    )
    read = sbom_cyclonedx.parse(render(report(*pins)))
    assert not read.unpinned
    assert sorted((each.name, each.version, each.dev, each.direct, each.via) for each in read.pins) == [
        ("app", "1.0.0", False, True, ()),
        ("low", "3.0.0", False, False, ("app",)),
        ("tool", "2.0.0", True, True, ()),
    ]  # fmt: skip


def test_what_is_suppressed_is_counted_and_no_open_vulnerability():
    open_, quiet = pin("lodash", "4.17.20").package, pin("leaflet", "1.0.0").package
    found = [
        finding(open_),
        finding(quiet, fingerprint="quiet").model_copy(update={"suppressed_by": SUPPRESSION}),
    ]
    made = rendered(pin("lodash", "4.17.20"), results=found)
    (vulnerability,) = made["vulnerabilities"]
    assert [each["ref"] for each in vulnerability["affects"]] == ["pkg:npm/lodash@4.17.20"]
    assert {"name": "shopsec:suppressed", "value": "1"} in made["metadata"]["properties"]
    assert {each["name"] for each in made["components"]} == {"lodash", "leaflet"}
    assert "vulnerabilities" not in rendered(results=found[1:])
