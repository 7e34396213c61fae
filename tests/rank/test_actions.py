"""What closes several results at once is one action, told so that a person can do it."""

from shopsec.model import (
    Advisory,
    Area,
    Effort,
    Finding,
    Location,
    Package,
    Result,
    Rule,
    Severity,
    Tier,
)
from shopsec.rank.actions import actions


def result(
    number, area=Area.DEPENDENCIES, fixed=("2.0",), tier=Tier.SPRINT, priority=60,
    malicious=False, **more,
):  # fmt: skip
    package = Package(ecosystem="PyPI", name="lib", version="1.0")
    finding = Finding(
        rule_id=f"CVE-2026-{number:04}",
        scanner="s",
        area=area,
        message="lib 1.0: It breaks.",
        location=Location(uri=more.get("uri", "requirements.txt"), start_line=1),
        severity=Severity.HIGH,
        package=more.get("package", package),
        advisory=Advisory(id=f"CVE-2026-{number:04}", fixed_versions=fixed, malicious=malicious),
        upgrade_to=more.get("upgrade_to", ""),
        fix=more.get("fix", ""),
        fingerprint=f"{number:016x}",
    )
    return Result(finding=finding, priority=priority, tier=tier, terms=())


def listed(results):
    rules = [
        Rule(
            id=each.finding.rule_id,
            scanner="s",
            title="t",
            severity=Severity.HIGH,
            why="w",
            fix="f",
        )
        for each in results
    ]
    return actions(results, rules)


def test_one_upgrade_closes_all_advisories_of_a_package():
    (action,) = listed([result(1, fixed=("1.5", "2.0")), result(2, fixed=("1.9",))])
    assert action.title == "Upgrade lib 1.0 to 1.9: closes 2 advisories"
    assert action.how == "set lib to 1.9 in requirements.txt, run the tests, deploy"
    assert (action.priority, action.effort) == (62, Effort.MINOR)
    assert action.closes == (f"{1:016x}", f"{2:016x}")


def test_the_version_that_the_scanner_worked_out_is_the_target_and_its_step_the_way():
    composer = Package(ecosystem="Packagist", name="v/a", version="6.4.20.1")
    found = [
        result(number, fixed=("6.4.20.2",), package=composer, upgrade_to="6.4.21.0",
               uri="composer.lock", fix="composer require v/a:^6.4.21.0")
        for number in (1, 2)
    ]  # fmt: skip
    (action,) = listed(found)
    assert action.title == "Upgrade v/a 6.4.20.1 to 6.4.21.0: closes 2 advisories"
    assert action.how == "composer require v/a:^6.4.21.0"
    assert action.effort is Effort.PATCH


def test_where_the_scanners_differ_the_fixes_themselves_decide():
    (action,) = listed([result(1, fixed=("1.5",), upgrade_to="1.5"),
                        result(2, fixed=("1.9",), upgrade_to="2.0")])  # fmt: skip
    assert action.title == "Upgrade lib 1.0 to 1.9: closes 2 advisories"


def test_a_malicious_package_is_taken_out_not_upgraded():
    (action,) = listed([result(1, malicious=True, upgrade_to="2.0", fix="take it out")])
    assert (action.title, action.how) == ("Take out lib 1.0: it is an attack", "take it out")
    assert action.effort is Effort.MINOR


def test_without_a_fix_it_is_mitigated():
    (action,) = listed([result(1), result(2, fixed=())])
    assert action.title == "Mitigate lib 1.0: closes 2 advisories"
    assert action.effort is Effort.NONE


def test_an_image_is_rebuilt_not_upgraded_package_by_package():
    other = Package(ecosystem="Alpine", name="zlib", version="1.2-r3")
    results = [
        result(1, Area.CONTAINERS, uri="image/shop", priority=70),
        result(2, Area.CONTAINERS, uri="image/shop", fixed=(), package=other),
    ]
    (action,) = listed(results)
    assert action.title == "Rebuild the image image/shop: 1 of 2 advisories have a fix"
    assert action.why == "CVE-2026-0001 in lib 1.0"


def test_at_most_five_the_most_urgent_first_and_none_for_watch():
    results = [result(n, uri=f"{n}.txt", priority=60 + 5 * n) for n in range(1, 8)]
    results.append(result(8, uri="8.txt", tier=Tier.WATCH, priority=99))
    results.append(result(9, uri="9.txt", tier=Tier.FIX_NOW, priority=10))
    assert [str(each.location) for each in listed(results)] == [
        "9.txt:1", "7.txt:1", "6.txt:1", "5.txt:1", "4.txt:1",
    ]  # fmt: skip


def test_a_package_url_names_type_and_system():
    assert Package(ecosystem="Alpine", name="zlib", version="1").purl == "pkg:apk/alpine/zlib@1"
    assert Package(ecosystem="PyPI", name="lib", version="1").purl == "pkg:pypi/lib@1"
