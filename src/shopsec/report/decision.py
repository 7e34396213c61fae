"""The decision record: what was decided, on what grounds, in a form that can be checked later.

An in-toto statement (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md) whose
subjects are the commit and the reports. It holds the whole report, so that the decision can be
replayed from it. It is not signed: sign it with the tools of your CI (cosign, GitHub attestations).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopsec.model import Report, Repository, Tier

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:shopsec:decision:v1"


@dataclass(frozen=True)
class WrittenReport:
    """A report that was written beside the record."""

    format: str
    name: str
    """The file's name, without its folder."""
    sha256: str


@dataclass(frozen=True)
class Configuration:
    """The settings that judged."""

    name: str
    """Its path from the top of the repository; empty where there is none."""
    sha256: str
    commit: str = ""
    """The commit whose file it is, by its path there; empty for the file of the checkout."""
    outside: bool = False
    """It lies outside of the repository, and only its own name is told."""


@dataclass(frozen=True)
class Grounds:
    """What else the decision rests on; digests are SHA-256 in hexadecimal."""

    policy_file: str
    """Name of an embedded policy, or of a team's file as for the configuration."""
    policy_digest: str
    severity_digest: str
    configuration: Configuration
    reports: Sequence[WrittenReport] = ()
    policy_outside: bool = False
    """It lies outside of the repository, and only its own name is told."""


def render(report: Report, grounds: Grounds) -> str:
    """The record as JSON with sorted keys; the same run gives the same bytes."""
    predicate = _predicate(report, grounds)
    predicate["digest"] = {"sha256": digest_of(predicate)}
    statement = {
        "_type": STATEMENT,
        "subject": subjects_of(
            report.repository, [(each.name, each.sha256) for each in grounds.reports]
        ),
        "predicateType": PREDICATE,
        "predicate": predicate,
    }
    return json.dumps(statement, indent=2, sort_keys=True) + "\n"


def digest_of(predicate: Mapping[str, Any]) -> str:
    """SHA-256 of a predicate without its own digest, as compact JSON with sorted keys.

    It tells that a record was changed by mistake; against fraud only a signature helps.
    """
    content = {key: value for key, value in predicate.items() if key != "digest"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def subjects_of(repository: Repository, reports: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """What a statement is about: the commit, unless it is not what was scanned, and reports.

    ``reports``: names and SHA-256.
    """
    subjects: list[dict[str, Any]] = [
        {"name": name, "digest": {"sha256": digest}} for name, digest in reports
    ]
    if repository.commit and not repository.dirty:
        subjects.insert(0, {"name": repository.name, "digest": {"gitCommit": repository.commit}})
    return subjects


def _predicate(report: Report, grounds: Grounds) -> dict[str, Any]:
    decision, configuration = report.decision, grounds.configuration
    return {
        "tool": {"name": "shopsec", "version": report.version},
        "date": report.today,
        "repository": report.repository.model_dump(mode="json"),
        "policy": {
            "name": report.policy,
            "file": grounds.policy_file,
            "sha256": grounds.policy_digest,
            **({"outside": True} if grounds.policy_outside else {}),
        },
        "severity": {"sha256": grounds.severity_digest},
        "configuration": {
            "name": configuration.name,
            "sha256": configuration.sha256,
            **({"commit": configuration.commit} if configuration.commit else {}),
            **({"outside": True} if configuration.outside else {}),
        },
        "outcome": decision.outcome.value,
        "exitCode": decision.outcome.exit_code,
        "counts": {tier.value: report.count(tier) for tier in Tier},
        "reports": [
            {"format": each.format, "name": each.name, "sha256": each.sha256}
            for each in grounds.reports
        ],
        "report": report.model_dump(mode="json"),
    }
