"""What is found in lockfiles: the same from the service and from a store of the same advisories."""

import json
from pathlib import Path

import pytest

from shopsec.model import Role, Severity, Status, Tier
from shopsec.policy.business_paths import BusinessPaths
from shopsec.policy.severity import load_priority_model
from shopsec.rank.score import rank
from shopsec.scan.dependencies.store_update import update_store
from shopsec.scan.web import Web
from tests.dependencies.conftest import reasons
from tests.dependencies.osv_stub import Record, Stub, advisory, archive, serving
from tests.dependencies.shop import ADVISORIES, ECOSYSTEMS, LOCKFILES, V3, V3_LOWER, V4


def store(tmp_path: Path, records: list[Record]) -> None:
    """A store of these advisories where an audit looks for it."""
    by_ecosystem: dict[str, list[Record]] = {}
    for record in records:
        by_ecosystem.setdefault(record["affected"][0]["package"]["ecosystem"], []).append(record)
    for name, some in by_ecosystem.items():
        path = tmp_path / "mirror" / name / "all.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive(some))
    ecosystems = sorted(by_ecosystem)
    update_store(tmp_path / "cache", str(tmp_path / "mirror"), ecosystems, Web(10), lambda _: None)


def found(outcome):
    return {finding.rule_id: finding for finding in outcome.findings}


@pytest.fixture
def both_ways(audit, tmp_path):
    """Look up in the service, then in a store made of the same advisories."""

    def run(files, records, **environ):
        with serving(Stub(records=records)) as stub:
            online = audit(files, stub.url, **environ)
        store(tmp_path, records)
        return online, audit(files, **environ)

    return run


def test_online_and_offline_find_the_same_in_every_ecosystem(both_ways):
    online, offline = both_ways(LOCKFILES, ADVISORIES)
    assert online.run.status is Status.SUCCEEDED
    assert offline.run.status is Status.SUCCEEDED
    assert online.findings == offline.findings
    assert online.rules == offline.rules
    assert (online.run.handed_in, online.run.covered) == (19, 19)
    assert (offline.run.handed_in, offline.run.covered) == (19, 19)
    assert sorted((f.package.ecosystem, f.rule_id, f.symbol) for f in online.findings) == [
        ("Go", "CVE-2030-0004", "golang.org/x/net@0.7.0"),
        ("Maven", "CVE-2021-44228", "org.apache.logging.log4j:log4j-core@2.14.1"),
        ("NuGet", "GHSA-json-json-json", "newtonsoft.json@12.0.3"),
        ("Packagist", "CVE-2030-0003", "shopware/core@6.4.20.1"),
        ("Packagist", "GHSA-twig-twig-twig", "phpunit/phpunit@9.5.0"),
        ("Packagist", "GHSA-twig-twig-twig", "twig/twig@3.4.0"),
        ("PyPI", "CVE-2030-0001", "django@4.2.0"),
        ("PyPI", "PYSEC-2030-2", "sqlparse@0.4.3"),
        ("RubyGems", "GHSA-noko-noko-noko", "nokogiri@1.13.0"),
        ("crates.io", "RUSTSEC-2030-0001", "time@0.1.44"),
        ("npm", "CVE-2030-0002", "qs@6.7.0"),
        ("npm", "GHSA-evil-evil-evil", "evil-lib@1.4.2"),
    ]


def test_one_vulnerability_with_three_names_is_one_finding(both_ways):
    online, _ = both_ways(LOCKFILES, ADVISORIES)
    finding = found(online)["CVE-2030-0001"]
    rule = next(rule for rule in online.rules if rule.id == finding.rule_id)
    assert finding.advisory.aliases == ("GHSA-aaaa-aaaa-aaaa", "PYSEC-2030-1")
    assert (finding.advisory.cvss_vector, finding.advisory.cvss_score) == (V3["score"], 9.8)
    assert finding.advisory.fixed_versions == ("4.2.11",)
    assert finding.severity is Severity.CRITICAL
    assert finding.message == "django 4.2.0: Django: SQL injection"
    assert (rule.cwe, rule.help_uri) == ((89,), "https://osv.dev/vulnerability/GHSA-aaaa-aaaa-aaaa")


def test_severities_come_from_the_package_the_record_or_a_word(both_ways):
    online, _ = both_ways(LOCKFILES, ADVISORIES)
    scored = {f.symbol: (f.advisory.cvss_score, f.severity) for f in online.findings}
    assert scored["twig/twig@3.4.0"] == (7.5, Severity.HIGH)
    assert scored["phpunit/phpunit@9.5.0"] == (9.8, Severity.CRITICAL)
    assert scored["sqlparse@0.4.3"] == (8.7, Severity.HIGH)
    assert scored["nokogiri@1.13.0"] == (None, Severity.HIGH)
    assert scored["time@0.1.44"] == (None, Severity.UNKNOWN)


def test_the_next_step_is_the_package_managers(both_ways):
    online, _ = both_ways(LOCKFILES, ADVISORIES)
    steps = {f.symbol: f.fix for f in online.findings}
    assert steps["django@4.2.0"] == (
        "cd api && uv lock --upgrade-package django==4.2.11; run the tests, deploy"
    )
    assert steps["qs@6.7.0"] == (
        'express pulls it in: raise express first, or "overrides": {"qs": "6.7.3"} in'
        " web/package.json; run the tests, deploy"
    )
    assert steps["newtonsoft.json@12.0.3"] == (
        "no fixed version is known: take the package out, or shield what it exposes"
    )


def nuget_lock(name):
    pins = {"net8.0": {name: {"type": "Direct", "resolved": "12.0.3"}}}
    return json.dumps({"version": 1, "dependencies": pins})


def test_every_spelling_of_the_lockfiles_is_asked(audit):
    records = [
        advisory(f"X-{n}", "NuGet", name, ("introduced", "0"))
        for n, name in enumerate(("Newtonsoft.Json", "NewtonSoft.JSON", "newtonsoft.json"))
    ]
    spellings = ("newtonsoft.json", "NEWTONSOFT.JSON", "NewtonSoft.JSON", "Newtonsoft.Json")
    files = {
        f"{n}/packages.lock.json": nuget_lock(name) for n, name in enumerate(spellings)
    }  # fmt: skip
    with serving(Stub(records=records)) as stub:
        outcome = audit(files, stub.url)
    assert sorted(found(outcome)) == ["X-0", "X-1", "X-2"]
    asked = [query["package"]["name"] for query in stub.asked[0][1]["queries"]]
    assert sorted(asked) == sorted(spellings)


@pytest.mark.parametrize("score", ["high", "nan", "inf", "-1", "1e999", "11", "9.9"])
def test_a_bare_score_counts_only_of_the_pack(both_ways, score):
    record = advisory("X-1", "PyPI", "a", ("introduced", "0"),
                      severity=[{"type": "BASE_SCORE", "score": score}])  # fmt: skip
    for outcome in both_ways({"requirements.txt": "a==1\n"}, [record]):
        (finding,) = outcome.findings
        assert outcome.run.status is Status.SUCCEEDED
        assert (finding.advisory.cvss_score, finding.severity) == (None, Severity.UNKNOWN)


@pytest.mark.parametrize("manifest", ["dependencies", "devDependencies"])
def test_a_malicious_package_is_to_be_fixed_now_in_any_role(both_ways, manifest):
    lock = {"": {manifest: {"evil-lib": "^1"}},
            "node_modules/evil-lib": {"version": "1.4.2", "dev": manifest != "dependencies"}}  # fmt: skip
    text = json.dumps({"lockfileVersion": 3, "packages": lock})
    for outcome in both_ways({"tests/package-lock.json": text}, ADVISORIES):
        (finding,) = outcome.findings
        assert finding.advisory.malicious
        assert (finding.severity, finding.role) == (Severity.CRITICAL, Role.TEST)
        assert finding.message == "evil-lib 1.4.2: Malicious code in evil-lib (npm)"
        (rule,) = outcome.rules
        assert rule.title == "evil-lib is a malicious package (GHSA-evil-evil-evil)"
        assert rule.help_uri == "https://osv.dev/vulnerability/MAL-2030-1"
        assert finding.fix == (
            "take the package out now; treat every secret that machines with it could read as"
            " stolen, and replace them"
        )
        (result,) = rank(
            outcome.findings, outcome.rules, {}, load_priority_model(), BusinessPaths()
        )
        assert result.tier is Tier.FIX_NOW
        assert result.fix_now_because == "the package itself is an attack"


def test_what_cisa_lists_is_marked(both_ways, tmp_path):
    (tmp_path / "cache").mkdir()
    kev = {"date": "2030-01-02", "ids": ["CVE-2030-0003", "PYSEC-2030-2"]}
    (tmp_path / "cache" / "kev.json").write_text(json.dumps(kev))
    for outcome in both_ways(LOCKFILES, ADVISORIES):
        assert {id_ for id_, f in found(outcome).items() if f.advisory.known_exploited} == {
            "CVE-2030-0003",
            "PYSEC-2030-2",
            "CVE-2021-44228",  # the embedded pack knows it
        }
        names = [(each.name, each.date) for each in outcome.run.databases]
        assert ("CISA KEV, 2 ids", "2030-01-02") in names


def test_the_report_says_how_old_what_was_compared_is(both_ways):
    online, offline = both_ways({"requirements.txt": "django==4.2\n"}, ADVISORIES)
    kinds = [each.name.partition(",")[0] for each in online.run.databases]
    assert kinds == ["OSV", "embedded pack", "CISA KEV"]
    assert [(each.name, each.date) for each in offline.run.databases][: len(ECOSYSTEMS)] == [
        ("OSV Go, 1 advisories", "2026-10-01"),
        ("OSV Maven, 1 advisories", "2026-10-01"),
        ("OSV NuGet, 1 advisories", "2026-10-01"),
        ("OSV Packagist, 2 advisories", "2026-10-02"),
        ("OSV PyPI, 3 advisories", "2026-10-01"),
        ("OSV RubyGems, 1 advisories", "2026-10-01"),
        ("OSV crates.io, 1 advisories", "2026-10-01"),
        ("OSV npm, 1 advisories, 2 malicious packages", "2026-10-01"),
    ]


@pytest.mark.parametrize(
    ("line", "record", "reason"),
    [
        ("a==1.0", advisory("X-1", "PyPI", "a", ("introduced", "1!x")), "X-1: "),
        ("a==1.0", advisory("X-1", "PyPI", "a", ("introduced", "0"), ("fixed", "2"),
                            range_type="NEW"),
         "X-1: a range of type 'NEW' cannot be compared"),
        ("a==1.0", advisory("X-1", "PyPI", "a", range_type="ECOSYSTEM"),
         "X-1: a range of the advisory does not tell where it begins"),
        ("a==1.0", advisory("X-1", "PyPI", "a", affected=[
            {"package": {"ecosystem": "PyPI", "name": "a"}}]),
         "X-1: the advisory names no versions of the package"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_named(audit, tmp_path, line, record, reason):
    sure = advisory("X-2", "PyPI", "a", ("introduced", "0"), ("fixed", "3"))
    store(tmp_path, [record, sure])
    outcome = audit({"requirements.txt": f"{line}\nb==1\n"})
    ((name, (at, why)),) = reasons(outcome).items()
    assert (name, at) == ("a==1.0", 1)
    assert why.startswith(reason)
    assert [finding.rule_id for finding in outcome.findings] == ["X-2"]  # it is found all the same
    assert (outcome.run.status, outcome.run.handed_in, outcome.run.covered) == (
        Status.PARTIAL,
        2,
        1,
    )


def bad_range(id_, name, **fields):
    return advisory(id_, "PyPI", name, ("introduced", "0")) | {
        "affected": [{"package": {"ecosystem": "PyPI", "name": name}, "ranges": 3}]
    } | fields  # fmt: skip


def test_what_could_not_be_read_is_told_of_the_packages_that_it_names(audit, tmp_path):
    records = [advisory(f"X-{n}", "PyPI", f"p{n}", ("introduced", "0")) for n in range(1_200)]
    records += [
        bad_range("Y-1", "A_b"), bad_range("Y-2", "a.B"), bad_range("MAL-1", "evil"),
        bad_range("Y-3", "gone", withdrawn="2026-01-01T00:00:00Z"),
        bad_range("../Y", "idless", affected={"package": {"name": "idless"}}),
        bad_range("Y-5", "other", affected=[3, {"package": {"ecosystem": "npm", "name": "quiet"}},
                                            {"package": {"name": "\ud800"}}]),
    ]  # fmt: skip
    path = tmp_path / "mirror" / "PyPI" / "all.zip"
    path.parent.mkdir(parents=True)
    contents = [json.dumps(each).encode() for each in records]
    path.write_bytes(archive([*contents, b"{", b"[" * 50_000]))
    for ecosystem in ("PyPI", "npm"):  # made, and copied into a new store
        if ecosystem == "npm":
            other = tmp_path / "mirror" / "npm" / "all.zip"
            other.parent.mkdir()
            other.write_bytes(archive([advisory("Z", "npm", "z", ("introduced", "0"))]))
        folder, mirror = tmp_path / "cache", str(tmp_path / "mirror")
        update_store(folder, mirror, [ecosystem], Web(10), lambda _: None)
        names = ("a-b", "evil", "gone", "idless", "other", "quiet", "p7")
        outcome = audit({"requirements.txt": "".join(f"{name}==1\n" for name in names)})
        assert {name: why for name, (_, why) in reasons(outcome).items()} == {
            "a-b==1": "2 advisories of it could not be read",
            "evil==1": "1 advisory of it could not be read",
            "idless==1": "1 advisory of it could not be read",
        }
        assert (outcome.run.status, outcome.run.covered) == (Status.PARTIAL, 4)
        assert [finding.rule_id for finding in outcome.findings] == ["X-7"]


def test_all_versions_of_a_malicious_package_are_found_even_what_is_no_version(audit, tmp_path):
    store(
        tmp_path,
        [
            advisory("X-1", "crates.io", "a", ("introduced", "1.0.0"), range_type="SEMVER"),
            advisory("MAL-1", "crates.io", "evil", ("introduced", "0"), range_type="SEMVER"),
        ],
    )
    lock = "version = 3\n" + "".join(
        f'[[package]]\nname = "{name}"\nversion = "next"\nsource = "registry+https://x"\n'
        for name in ("a", "evil")
    )
    outcome = audit({"Cargo.lock": lock})
    assert [finding.rule_id for finding in outcome.findings] == ["MAL-1"]
    ((name, (_, why)),) = reasons(outcome).items()
    assert name == "a next"
    assert why.startswith("X-1: 'next' ")


def test_an_ecosystem_that_the_store_has_not_is_named(audit, tmp_path):
    store(tmp_path, [advisory("X-1", "PyPI", "a", ("introduced", "0"))])
    outcome = audit(LOCKFILES)
    names = {why.removeprefix("the local store has no advisories of ")
             for _, why in reasons(outcome).values()}  # fmt: skip
    assert names == set(ECOSYSTEMS) - {"PyPI"}
    assert (outcome.run.status, outcome.run.covered) == (Status.PARTIAL, 3)
    assert outcome.run.next_step == (
        "shopsec db update once with a network, or scan without --offline"
    )


def test_an_ecosystem_that_is_not_audited_is_named(audit):
    sbom = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [
        {"type": "library", "name": "a", "version": "1", "purl": "pkg:hex/a@1"}]}  # fmt: skip
    with serving(Stub()) as stub:
        outcome = audit({"bom.json": json.dumps(sbom)}, stub.url)
    assert reasons(outcome) == {"a": (1, "is of the purl type hex, which is not audited")}
    assert (outcome.run.handed_in, outcome.run.covered) == (1, 0)
    assert stub.asked == []


def test_the_embedded_pack_finds_the_worst_without_network(audit):
    outcome = audit({"requirements.txt": "Django==3.2.0\nrequests==2.31.0\n"})
    worst = found(outcome)["CVE-2022-28346"]
    assert (worst.advisory.cvss_score, worst.severity) == (9.8, Severity.CRITICAL)
    assert worst.advisory.fixed_versions == ("3.2.13",)
    assert "CVE-2018-18074" not in found(outcome)
    assert (outcome.run.status, outcome.run.covered) == (Status.SKIPPED, 0)
    assert reasons(outcome)["requests==2.31.0"] == (
        2, "not looked up (--offline), only compared with the embedded pack"
    )  # fmt: skip
    assert outcome.run.message == "2 of 2 packages were not audited"


def test_the_packs_words_stand_beside_the_services(audit):
    record = advisory("GHSA-2gwj-7jmv-h26r", "PyPI", "django", ("introduced", "2.2"),
                      ("fixed", "2.2.28"), aliases=["CVE-2022-28346"])  # fmt: skip
    with serving(Stub(records=[record])) as stub:
        outcome = audit({"requirements.txt": "django==2.2.0\n"}, stub.url)
    (finding,) = outcome.findings
    assert finding.rule_id == "CVE-2022-28346"
    assert finding.advisory.cvss_score == 9.8
    assert "can be attacked" not in finding.message
    assert finding.advisory.fixed_versions == ("2.2.28",)


def test_several_places_are_one_finding_at_the_weightiest(audit):
    record = advisory("X-1", "PyPI", "a", ("introduced", "0"), severity=[V3_LOWER, V4])
    files = {"tests/requirements.txt": "a==1\n", "b/requirements.txt": "a==1.0\n",
             "z/requirements.txt": "A==1\n"}  # fmt: skip
    with serving(Stub(records=[record])) as stub:
        outcome = audit(files, stub.url)
    assert [(f.symbol, str(f.location), [str(each) for each in f.related])
            for f in outcome.findings] == [
        ("a@1.0", "b/requirements.txt:1", []),
        ("a@1", "z/requirements.txt:1", ["tests/requirements.txt:1"]),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "index"])
def test_nothing_to_audit_asks_nobody(audit, text):
    with serving(Stub()) as stub:
        outcome = audit({"requirements.txt": "", "a.html": text}, stub.url)
    assert (outcome.run.status, outcome.run.databases) == (Status.NOT_APPLICABLE, ())
    assert stub.asked == []
