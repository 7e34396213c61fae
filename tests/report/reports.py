"""Reports made by hand: one with everything a report may hold, hostile, and large ones."""

import functools

from shopsec.model import (
    Action,
    Advisory,
    Area,
    BaselineState,
    Database,
    Decision,
    Effort,
    Excluded,
    Finding,
    Item,
    KnownResult,
    Location,
    NotCovered,
    Outcome,
    Package,
    Reason,
    Report,
    Repository,
    Result,
    Rule,
    ScannerRun,
    Severity,
    Snippet,
    Status,
    Suppression,
    SuppressionState,
    SuppressionUse,
    Term,
    Tier,
    uri_of,
)

HOSTILE = (
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=2>",
    "--><!--<script>",
    "\u202egnp.exe",
    "a\x1b[31mred\x00\n\r\u2028b",
    "\" onfocus='window.hit=3' autofocus x=\"",
    "javascript:window.hit=4",
    "&lt;b&gt;&amp;",
    "]]>{{7*7}}${7*7}`",
)
SUPPRESSION = Suppression(
    selector="DEMO-001",
    paths=("legacy/",),
    reason="the shop is closed in March",
    owner="ops@example.org",
    until="2026-12-01",
    place="shopsec.toml:4",
    kind="settings",
)


def rule(identity="DEMO-001", scanner="access", **fields):
    described = {
        "title": "A setting is wide open",
        "severity": Severity.HIGH,
        "why": "Anyone on the internet can reach the shop's orders through this setting.",
        "fix": "Name who may come in, and nobody else.",
        "help_uri": "https://example.org/rules/demo-001",
        "cwe": (284, 732),
    }
    return Rule(id=identity, scanner=scanner, **(described | fields))


def result(number=0, *, tier=Tier.SPRINT, priority=50, suppressed=None, state=None, **fields):
    described = {
        "rule_id": "DEMO-001",
        "scanner": "access",
        "area": Area.ACCESS,
        "message": f"Setting {number} lets everybody in",
        "location": Location(uri=f"shop/settings_{number}.py", start_line=3),
        "severity": Severity.HIGH,
        "fingerprint": f"{number:016x}",
    }
    return Result(
        finding=Finding(**(described | fields)),
        priority=priority,
        tier=tier,
        terms=(
            Term(text="open data store", points=priority - 5),
            Term(text="in what faces the internet", points=10),
            Term(text="in a test", points=-5),
        ),
        suppressed_by=suppressed,
        state=state,
    )


def report(results, **fields):
    rules = {(each.finding.scanner, each.finding.rule_id) for each in results}
    described = {
        "version": "0.1.0",
        "today": "2026-11-24",
        "policy": "small-team",
        "offline": False,
        "repository": Repository(name="shop", commit="c0ffee1234567890", branch="main"),
        "decision": Decision(outcome=Outcome.PASS, policy="small-team"),
        "actions": (),
        "results": tuple(results),
        "rules": tuple(rule(identity, scanner) for scanner, identity in sorted(rules)),
        "coverage": (ScannerRun(scanner="access", area=Area.ACCESS, status=Status.SUCCEEDED),),
    }
    return Report(**(described | fields))


def full(text="plain", help_uri="https://example.org/a"):
    """Everything a report may hold, with one text in each of its places."""
    place = Location(uri=uri_of(f"shop/{text}.py"), start_line=4, end_line=5)
    known = SUPPRESSION.model_copy(update={"reason": text, "owner": text, "selector": text})
    results = (
        result(
            1,
            tier=Tier.FIX_NOW,
            priority=72,
            state=BaselineState.NEW,
            message=f"pillow 8.4.0 opens {text}",
            rule_id=text,
            scanner="osv",
            area=Area.DEPENDENCIES,
            location=place,
            package=Package(ecosystem="PyPI", name=text, version="8.4.0"),
            advisory=Advisory(
                id=text,
                aliases=(text, "GHSA-j7hp-h8jx-5ppr"),
                cvss_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H",
                cvss_score=8.8,
                fixed_versions=("10.0.1", text),
                known_exploited=True,
                malicious=True,
            ),
            upgrade_to=text,
            via=("shop", text, "pillow"),
            imported=False,
            related=(place, Location(uri="shop/other.py", start_line=9)),
            also_reported_as=(f"pip-audit:{text}",),
            fix=text,
            symbol=text,
            fingerprint=text,
        ),
        result(
            2,
            state=BaselineState.UNCHANGED,
            location=Location(uri="shop/settings.py", start_line=4, end_line=5),
            snippet=Snippet(
                start_line=2,
                lines=("import os", "", f"NAME = '{text}'", "\tALLOWED = ['*']", "DEBUG = True"),
            ),
        ),
        result(3, suppressed=known, tier=Tier.FIX_NOW, priority=90, state=BaselineState.UNCHANGED),
        result(4, tier=Tier.PLANNED, priority=31, scanner="bandit", area=Area.CODE),
        result(5, tier=Tier.WATCH, priority=4, scanner="secrets", area=Area.SECRETS),
    )
    return report(
        results,
        policy=text,
        repository=Repository(name=text, note=text, branch=text, remote=text),
        decision=Decision(
            outcome=Outcome.FAIL,
            policy=text,
            reasons=(
                Reason(outcome=Outcome.WARN, clause="gap", text=text, scanners=(text,)),
                Reason(outcome=Outcome.FAIL, clause="now", text=text, fingerprints=(text,)),
            ),
        ),
        actions=(
            Action(
                title=f"Upgrade pillow, {text}",
                why=text,
                how=text,
                tier=Tier.FIX_NOW,
                priority=72,
                effort=Effort.MAJOR,
                location=place,
                closes=(text, f"{2:016x}"),
            ),
        ),
        rules=(
            rule(text, "osv", title=text, why=text, fix=text, help_uri=help_uri),
            *(rule(scanner=name, help_uri=help_uri) for name in ("access", "bandit", "secrets")),
        ),
        coverage=(
            ScannerRun(
                scanner="osv",
                area=Area.DEPENDENCIES,
                status=Status.PARTIAL,
                version=text,
                unit="packages",
                databases=(
                    Database(name=text, date="2026-11-01"),
                    Database(name="CISA KEV", embedded=True),
                ),
                handed_in=70,
                covered=10,
                not_covered=(
                    NotCovered(
                        reason=text,
                        items=(Item(name=text), *(Item(name=f"p{n}") for n in range(59))),
                    ),
                ),
                excluded=(Excluded(reason=text, count=7),),
                message=text,
                next_step=text,
            ),
            ScannerRun(scanner="access", area=Area.ACCESS, status=Status.SUCCEEDED),
        ),
        compared_with=text,
        absent=(
            KnownResult(
                fingerprint=text,
                rule=text,
                scanner=text,
                uri=place.uri,
                tier=Tier.SPRINT,
            ),
        ),
        suppressions=(
            SuppressionUse(
                suppression=known,
                state=SuppressionState.USED,
                fingerprints=(f"{3:016x}",),
                note=text,
            ),
            SuppressionUse(suppression=SUPPRESSION, state=SuppressionState.EXPIRED),
        ),
    )


@functools.cache
def large(count):
    """As many results as a big shop's first scan finds, each with a snippet or an advisory."""
    return report(
        [_one_of_many(number) for number in range(count)],
        compared_with="main",
        actions=(
            Action(
                title="Close the last one",
                why="it is far down the list",
                how="follow the link",
                tier=Tier.WATCH,
                priority=5,
                effort=Effort.PATCH,
                location=Location(uri="shop/last.py"),
                closes=(f"{count - 1:016x}",),
            ),
        ),
    )


def _one_of_many(number):
    tier = list(Tier)[number % 4]
    if number % 2:
        return result(
            number,
            tier=tier,
            scanner="osv",
            area=Area.DEPENDENCIES,
            rule_id=f"CVE-2024-{number:05}",
            state=BaselineState.NEW,
            message=f"package-{number} 1.{number}.0: a crafted request can overwrite memory",
            package=Package(ecosystem="npm", name=f"package-{number}", version=f"1.{number}.0"),
            advisory=Advisory(
                id=f"CVE-2024-{number:05}",
                aliases=(f"GHSA-{number:04}-aaaa-bbbb",),
                cvss_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H",
                cvss_score=8.8,
                fixed_versions=(f"1.{number}.1",),
            ),
            upgrade_to=f"1.{number}.2",
            via=("shop-front", f"package-{number - 1}", f"package-{number}"),
        )
    lines = tuple(f"    order_{number}_{line} = request.args['id']" for line in range(5))
    return result(
        number,
        tier=tier,
        state=BaselineState.UNCHANGED,
        scanner="bandit",
        area=Area.CODE,
        rule_id=f"B{number % 40:03}",
        location=Location(uri=f"shop/module_{number % 300}/view_{number}.py", start_line=12),
        snippet=Snippet(start_line=10, lines=lines),
    )
