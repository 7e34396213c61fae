"""Results and suppressions to try things with."""

from shopsec.model import (
    Advisory,
    Area,
    Finding,
    Location,
    Package,
    Result,
    Severity,
    Suppression,
    Tier,
)

TODAY = "2026-11-24"


def result(rule="R-1", path="a.py", line=3, tier=Tier.PLANNED, number=1, **more) -> Result:
    finding = Finding(
        rule_id=rule,
        scanner=more.pop("scanner", "s"),
        area=more.pop("area", Area.CODE),
        message="m",
        location=Location(uri=path, start_line=line),
        severity=Severity.HIGH,
        fingerprint=f"{number:016x}",
        **more,
    )
    return Result(finding=finding, priority=50, tier=tier, terms=())


def vulnerable(
    name="lib", version="1.0", ecosystem="npm", cve="CVE-2026-0001", aliases=(), **more
) -> Result:
    return result(
        rule=cve,
        path=more.pop("path", "package-lock.json"),
        area=Area.DEPENDENCIES,
        package=Package(ecosystem=ecosystem, name=name, version=version),
        advisory=Advisory(id=cve, aliases=aliases),
        **more,
    )


def allow(selector="R-1", until="2027-01-31", place="shopsec.toml:1", **more) -> Suppression:
    values = {"reason": "nobody can reach it", "owner": "anna", "kind": "settings"} | more
    return Suppression(selector=selector, until=until, place=place, **values)


def comment(selector="R-1", uri="a.py", line=3, **more) -> Suppression:
    at = Location(uri=uri, start_line=line)
    return allow(selector, place=f"{uri}:{line}", at=at, kind="inline", **more)


def said(cve="CVE-2026-0001", since="2026-11-01", **more) -> Suppression:
    values = {"place": "a.openvex.json:4", "until": "2027-11-02"} | more
    return allow(cve, since=f"{since}T00:00:00.000000+00:00", kind="vex", **values)
