"""What closes several results at once is one action, told so that a person can do it."""

import pytest

from shopsec.model import (
    Advisory,
    Area,
    Effort,
    Finding,
    Location,
    Package,
    Result,
    Rule,
    ScannedImage,
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


def in_image(number, part, *, newer="", package="zlib", fixed=("2.0",), rule="", name="shop:1"):
    place = "Dockerfile" if part else f"image/{name}"
    found = result(number, Area.CONTAINERS, fixed, uri=place)
    image = ScannedImage(name=name, base="debian:12.4" if part else "", part=part, newer=newer)
    update: dict[str, object] = {
        "image": image,
        "package": Package(ecosystem="Debian", name=package, version="1.0"),
    }
    if rule:
        update |= {"rule_id": rule, "package": None, "advisory": None, "message": "It has ended."}
    return found.model_copy(update={"finding": found.finding.model_copy(update=update)})


def test_the_base_image_is_renewed_first_and_once_for_all_that_it_brings():
    base = [
        in_image(1, "base", newer="debian:12.15"),
        in_image(2, "base", newer="debian:12.15", name="worker:1", fixed=()),
    ]
    first, second = listed([in_image(3, "own", package="curl"), *base])
    assert first.title == ("Renew the base image debian:12.4: 1 of 2 advisories have a fix")
    assert first.why == "CVE-2026-0001 in zlib 1.0"
    assert first.how == "set FROM debian:12.15, build shop:1, worker:1 with --pull, deploy"
    assert (first.effort, len(first.closes)) == (Effort.PATCH, 2)
    assert second.title == "Rebuild the image shop:1: 1 of 1 advisories have a fix"
    assert second.how == "raise what its Dockerfile installs, build with --no-cache, deploy"


def test_a_base_whose_tag_moves_is_pulled_again():
    (action,) = listed([in_image(1, "base")])
    assert action.how == (
        "take the newest image of the same line, build shop:1 with --pull, deploy"
    )


def test_a_base_that_has_ended_is_replaced():
    (action,) = listed([in_image(1, "base", rule="trivy.EOSL", newer="debian:10.13")])
    assert action.title == "Renew the base image debian:12.4"
    assert action.why == "It has ended."
    assert action.how == (
        "take a release that is still supported, build shop:1 with --pull, deploy"
    )
    assert action.effort is Effort.MAJOR


def test_an_image_of_others_is_taken_in_its_newest_release():
    (action,) = listed([in_image(1, "", newer="postgres:16.9", name="postgres")])
    assert action.how == "take postgres:16.9, deploy"


def test_an_upgrade_reaches_the_images_that_hold_the_package():
    one = result(1)
    held = one.finding.model_copy(update={"also_reported_as": ("trivy-image:CVE-2026-0001",)})
    (action,) = listed([one.model_copy(update={"finding": held})])
    assert action.how == (
        "set lib to 2.0 in requirements.txt, run the tests, deploy; "
        "then build the images that hold it again"
    )


def test_at_most_five_the_most_urgent_first_and_none_for_watch():
    def of(n, **more):
        package = Package(ecosystem="PyPI", name=f"lib{n}", version="1.0")
        return result(n, uri=f"{n}.txt", package=package, **more)

    results = [of(n, priority=60 + 5 * n) for n in range(1, 8)]
    results.append(of(8, tier=Tier.WATCH, priority=99))
    results.append(of(9, tier=Tier.FIX_NOW, priority=10))
    assert [str(each.location) for each in listed(results)] == [
        "9.txt:1", "7.txt:1", "6.txt:1", "5.txt:1", "4.txt:1",
    ]  # fmt: skip


def test_one_package_in_several_files_is_one_upgrade():
    older = Package(ecosystem="PyPI", name="lib", version="0.9")
    results = [
        result(1, fixed=("1.5",), priority=70),
        result(1, fixed=("1.5",), uri="worker/requirements.txt", package=older),
        result(2, fixed=("2.0",), uri="worker/requirements.txt", package=older),
    ]
    (action,) = listed(results)
    assert action.title == "Upgrade lib 1.0 to 1.5 and 1 more copy: closes 2 advisories"
    assert action.how == (
        "set lib to 1.5 in requirements.txt, run the tests, deploy"
        "; likewise 0.9 in worker/requirements.txt"
    )


@pytest.mark.parametrize(
    ("version", "target", "effort"),
    [
        ("2.4.6-p3", "2.4.6-p13", Effort.PATCH),
        ("v3.3.7", "3.26.0", Effort.MINOR),
        ("1.4.5-lts.1", "2.0.1", Effort.MAJOR),
        ("dev-main", "2.0", Effort.MAJOR),
    ],
)
def test_effort_is_told_in_every_ecosystem(version, target, effort):
    package = Package(ecosystem="Packagist", name="lib", version=version)
    found = result(1, package=package)
    raised = found.finding.model_copy(update={"upgrade_to": target})
    (action,) = listed([found.model_copy(update={"finding": raised})])
    assert action.effort is effort


def misconfigured(number, rule, uri="compose.yaml", priority=60, area=Area.ACCESS):
    finding = Finding(
        rule_id=rule, scanner="s", area=area, message="m", severity=Severity.HIGH,
        location=Location(uri=uri, start_line=number), fingerprint=f"{number:016x}",
    )  # fmt: skip
    return Result(finding=finding, priority=priority, tier=Tier.SPRINT, terms=())


def told(results, **rules):
    made = [
        Rule(id=name, scanner="s", title=name, severity=Severity.HIGH, why="w", fix="f", **more)
        for name, more in rules.items()
    ]
    return [each.title for each in actions(results, made)]


def test_one_change_closes_the_data_stores_of_a_file():
    results = [
        misconfigured(1, "open", priority=80),
        misconfigured(2, "published"),
        misconfigured(3, "published", uri="stack.yaml"),
    ]
    rules = {
        "open": {"impact": "open-data-store"},
        "published": {"impact": "published-data-store"},
    }
    assert told(results, **rules) == ["open (and 1 more there)", "published"]


def test_the_secrets_of_a_file_are_taken_out_together():
    results = [
        misconfigured(1, "file", uri=".env"),
        misconfigured(2, "key", uri=".env", area=Area.SECRETS, priority=70),
        misconfigured(3, "key", uri=".env", area=Area.SECRETS),
    ]
    assert told(results, file={"cwe": (540,)}, key={}) == ["key (and 2 more there)"]


def test_a_package_url_names_type_and_system():
    assert Package(ecosystem="Alpine", name="zlib", version="1").purl == "pkg:apk/alpine/zlib@1"
    assert Package(ecosystem="PyPI", name="lib", version="1").purl == "pkg:pypi/lib@1"
