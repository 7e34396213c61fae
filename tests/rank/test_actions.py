"""What closes several results at once is one action, told so that a person can do it."""

import pytest

from shopsec.model import (
    Advisory,
    Area,
    Effort,
    Finding,
    ImageKind,
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
        raised_with=more.get("raised_with", ()),
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


@pytest.mark.parametrize(
    ("kind", "title", "how"),
    [
        (ImageKind.ROOT_FOLDER, "Update the machine of the root folder image/shop: ",
         "install the updates of its system on the machine, and of what else is named"),
        (ImageKind.SBOM, "Rebuild the image of the SBOM image/shop: ",
         "take the newest base of the same line, build with --pull --no-cache, deploy"),
    ],
)  # fmt: skip
def test_what_stands_for_an_image_is_called_what_it_is(kind, title, how):
    found = result(1, Area.CONTAINERS, uri="image/shop")
    image = ScannedImage(name="shop", kind=kind)
    found = found.model_copy(update={"finding": found.finding.model_copy(update={"image": image})})
    (action,) = listed([found])
    assert (action.title, action.how) == (f"{title}1 of 1 advisories have a fix", how)


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


def test_packages_that_go_by_one_version_are_one_upgrade_to_the_highest_that_one_needs():
    def gem(number, name, target, **more):
        package = Package(ecosystem="RubyGems", name=name, version="5.2.2")
        return result(number, package=package, uri="Gemfile.lock", upgrade_to=target,
                      raised_with=("rails",), fix=f"bundle update rails to {target}", **more)  # fmt: skip

    found = [gem(1, "actionview", "5.2.2.1", priority=70), gem(2, "activerecord", "5.2.8.1"),
             gem(3, "actionpack", "5.2.4.3")]  # fmt: skip
    (action,) = listed(found)
    assert action.title == (
        "Upgrade rails 5.2.2 to 5.2.8.1 with actionview and 2 more: closes 3 advisories"
    )
    assert action.how == "bundle update rails to 5.2.8.1 (2.0 is enough for CVE-2026-0001)"
    assert action.why.startswith("CVE-2026-0001")


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


def test_data_stores_are_named_and_each_gets_its_step():
    def store(number, rule, service, fix):
        plain = misconfigured(number, rule)
        finding = plain.finding.model_copy(update={"symbol": service, "fix": fix})
        return plain.model_copy(update={"finding": finding})

    made = [
        Rule(id=name, scanner="s", title=name, severity=Severity.HIGH, why="w", fix=f"Fix {name}.",
             impact=impact)
        for name, impact in (("open", "open-data-store"), ("published", "published-data-store"))
    ]  # fmt: skip
    results = [store(1, "open", "db", ""), store(2, "open", "flower", "Let it ask."),
               store(3, "published", "db", "")]  # fmt: skip
    (action,) = actions(results, made)
    assert (action.title, action.how) == ("open: db, flower", "Fix open. Let it ask.")


def test_the_secrets_of_a_file_are_taken_out_together():
    results = [
        misconfigured(1, "file", uri=".env"),
        misconfigured(2, "key", uri=".env", area=Area.SECRETS, priority=70),
        misconfigured(3, "key", uri=".env", area=Area.SECRETS),
    ]
    assert told(results, file={"cwe": (540,)}, key={}) == ["key (2 places)"]


def test_secrets_of_several_kinds_are_named_and_replaced_the_gravest_kind_first():
    made = [
        Rule(id=name, scanner="s", title=f"{title} in a file", severity=Severity.HIGH, why="w",
             fix=f"{do}. Then take it out of the file. It stays in the history.", opens=opens)
        for name, title, do, opens in (
            ("salt", "Salt", "Replace the salts", "signing"),
            ("live", "Live Stripe key", "Roll the key", "payment"),
            ("mysql", "Database password", "Change it there", "database"),
            ("other", "Token", "Revoke it", ""),
        )
    ]  # fmt: skip
    results = [
        misconfigured(n, rule, uri="wp-config.php", area=Area.SECRETS)
        for n, rule in enumerate(["salt", "salt", "mysql", "live"], start=1)
    ]
    (action,) = actions(results, made)
    assert action.title == (
        "Live Stripe key, Salt (2 places) and Database password in wp-config.php"
    )
    assert action.how == (
        "Live Stripe key: roll the key. Salt: replace the salts. Database password: change it"
        " there. Then take it out of the file. It stays in the history."
    )
    assert str(action.location) == "wp-config.php:4"
    more = [*results, misconfigured(9, "other", uri="wp-config.php", area=Area.SECRETS)]
    (action,) = actions(more, made)
    assert action.title == (
        "Live Stripe key, Salt (2 places), Database password and 1 more kind of secrets"
        " in wp-config.php"
    )
    assert "change it there. Replace the other 1 as the results say. Then" in action.how


def test_holes_in_the_code_of_a_file_are_one_visit():
    results = [
        misconfigured(1, "shell", uri="a.py", area=Area.CODE, priority=70),
        misconfigured(2, "sql", uri="a.py", area=Area.CODE),
        misconfigured(3, "hash", uri="a.py", area=Area.CODE),
        misconfigured(4, "sql", uri="b.py", area=Area.CODE),
    ]
    rules = {
        "shell": {"impact": "code-execution"},
        "sql": {"impact": "code-execution-unsure"},
        "hash": {"impact": "weak-hash"},
    }
    assert told(results, **rules) == ["shell (and 1 more there)", "hash", "sql"]
    made = [
        Rule(id=name, scanner="s", title=name, severity=Severity.HIGH, why="w", fix=f"Mend {name}.",
             impact=each["impact"])
        for name, each in rules.items()
    ]  # fmt: skip
    assert actions(results, made)[0].how == "Mend shell. Mend sql."


def test_debug_mode_is_switched_off_wherever_it_is_on():
    made = [
        Rule(id=name, scanner="s", title=name, severity=Severity.HIGH, why="w", fix=f"Set {name}.",
             impact="debug-in-production")
        for name in ("one", "two")
    ]  # fmt: skip
    results = [
        misconfigured(1, "one", uri="compose.yaml", priority=70),
        misconfigured(2, "one", uri="config.php"),
        misconfigured(3, "two", uri=".env"),
    ]
    (action,) = actions(results, made)
    assert action.title == "one (and 2 more places)"
    assert action.how == "Set one. Set two. Also in .env, config.php."
    (action,) = actions(results[:2], made)
    assert action.title == "one (2 places)"
    assert action.how == "Set one. Also in config.php."


def test_things_with_short_names_are_named():
    def named(number, symbol):
        plain = misconfigured(number, "open", uri="main.tf")
        finding = plain.finding.model_copy(update={"symbol": symbol})
        return plain.model_copy(update={"finding": finding})

    both = [named(1, "aws_s3_bucket.invoices"), named(2, "aws_db_instance.shop")]
    assert told(both, open={}) == ["open: aws_db_instance.shop, aws_s3_bucket.invoices"]
    assert told([named(1, "a b"), named(2, "c")], open={}) == ["open (2 places)"]
    assert told([named(1, "a" * 50), named(2, "b" * 50)], open={}) == ["open (2 places)"]


def test_a_package_url_names_type_and_system():
    assert Package(ecosystem="Alpine", name="zlib", version="1").purl == "pkg:apk/alpine/zlib@1"
    assert Package(ecosystem="PyPI", name="lib", version="1").purl == "pkg:pypi/lib@1"
