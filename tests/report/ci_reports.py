"""Reports for the formats that CI systems read: compared, incomplete, with images, with everything."""

from shopsec.model import (
    Advisory,
    Area,
    BaselineState,
    Decision,
    Item,
    Location,
    NotCovered,
    Outcome,
    Package,
    Reason,
    Repository,
    ScannedImage,
    ScannerRun,
    Severity,
    Status,
    Tier,
)
from tests.report.reports import SUPPRESSION, report, result

SUCCEEDED = ScannerRun(
    scanner="access", area=Area.ACCESS, status=Status.SUCCEEDED, handed_in=3, covered=3
)
NOTHING_THERE = ScannerRun(
    scanner="trivy-image", area=Area.CONTAINERS, status=Status.NOT_APPLICABLE, unit="images"
)
PARTIAL = ScannerRun(
    scanner="bandit",
    area=Area.CODE,
    status=Status.PARTIAL,
    handed_in=3,
    covered=2,
    not_covered=(
        NotCovered(
            reason="newer syntax",
            items=(Item(name="shop/tax.py", location=Location(uri="shop/tax.py")),),
        ),
    ),
    next_step="run with Python 3.14",
)
MISSING = ScannerRun(
    scanner="trivy-config",
    area=Area.CONTAINERS,
    status=Status.MISSING,
    message="Trivy is not installed",
)
SKIPPED = ScannerRun(
    scanner="osv", area=Area.DEPENDENCIES, status=Status.SKIPPED, message="left out by --skip"
)
OLD = ScannerRun(scanner="osv", area=Area.DEPENDENCIES, status=Status.SUCCEEDED)


def decided(outcome, *reasons):
    return Decision(outcome=outcome, policy="small-team", reasons=reasons)


def fails(*numbers, outcome=Outcome.FAIL):
    """A clause of the policy that matched results by their numbers."""
    return Reason(
        outcome=outcome,
        clause="fix-now",
        text="must be fixed now",
        fingerprints=tuple(f"{number:016x}" for number in numbers),
    )


def misses(*scanners, outcome=Outcome.INCOMPLETE, text="that the policy requires did not finish"):
    return Reason(outcome=outcome, clause="required", text=text, scanners=scanners)


def of_package(number, **fields):
    described = {
        "tier": Tier.FIX_NOW,
        "priority": 72,
        "rule_id": "CVE-2023-4863",
        "scanner": "osv",
        "area": Area.DEPENDENCIES,
        "message": "pillow 8.4.0: a crafted picture overwrites memory",
        "location": Location(uri="requirements.txt", start_line=3),
        "package": Package(ecosystem="PyPI", name="pillow", version="8.4.0"),
        "advisory": Advisory(
            id="GHSA-j7hp-h8jx-5ppr",
            aliases=("CVE-2023-4863", "PYSEC-2023-175"),
            cvss_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H",
            cvss_score=8.8,
        ),
        "fix": "set pillow to 10.0.1",
    }
    return result(number, **(described | fields))


def of_secret(number, **fields):
    described = {
        "rule_id": "secrets.stripe",
        "scanner": "secrets",
        "area": Area.SECRETS,
        "message": "Stripe key sk_live_...",
        "location": Location(uri="settings.py", start_line=7),
    }
    return result(number, **(described | fields))


def of_image(number, **fields):
    described = {
        "rule_id": "CVE-2023-5363",
        "scanner": "trivy-image",
        "area": Area.CONTAINERS,
        "message": "libcrypto3 3.1.3-r0 in registry.example.org/shop:1.2: IVs are truncated",
        "location": Location(uri="image/registry.example.org/shop"),
        "package": Package(ecosystem="Alpine", name="libcrypto3", version="3.1.3-r0"),
        "advisory": Advisory(id="CVE-2023-5363"),
        "image": ScannedImage(name="registry.example.org/shop:1.2", system="alpine 3.18.4"),
    }
    return result(number, **(described | fields))


def of_old_image(number):
    """Of an image as a whole: no package, no advisory."""
    return of_image(
        number,
        rule_id="trivy.EOSL",
        message="registry.example.org/shop:1.2 rests on alpine 3.18.4",
        package=None,
        advisory=None,
    )


def of_dockerfile(number, **fields):
    described = {
        "rule_id": "trivy.DS-0002",
        "scanner": "trivy-config",
        "area": Area.CONTAINERS,
        "message": "The image runs as root",
        "location": Location(uri="Dockerfile", start_line=1, end_line=4),
        "severity": Severity.MEDIUM,
    }
    return result(number, **(described | fields))


def everything(**fields):
    """A result of every kind, one of them suppressed and one known."""
    return report(
        (
            of_image(6, tier=Tier.WATCH, priority=9),
            of_package(1),
            of_secret(2, tier=Tier.SPRINT, priority=60),
            of_dockerfile(3, tier=Tier.PLANNED, priority=40, state=BaselineState.UNCHANGED),
            result(4, tier=Tier.PLANNED, priority=45),
            result(5, tier=Tier.FIX_NOW, priority=90, suppressed=SUPPRESSION),
        ),
        **(
            {
                "decision": decided(Outcome.FAIL, fails(1), misses("bandit")),
                "coverage": (SUCCEEDED, NOTHING_THERE, PARTIAL, MISSING),
                "repository": Repository(
                    name="shop", commit="c0ffee1234567890", path_in_repository="apps/shop"
                ),
            }
            | fields
        ),
    )
