"""What the findings mean and what to do about them, in the words of a shop's owner."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache

from shopsec.model import Rule, Severity
from shopsec.policy.bundled import policies_folder
from shopsec.policy.secret_formats import RULES_FILE
from shopsec.scan.secrets.stock_plugins import STOCK

PREFIX = "secrets."
SCANNER = "secrets"
# CWE-798: use of hard-coded credentials.
_CWE = (798,)
_THEN = (
    "Then let the program read the new one from an environment variable or your CI's secret store,"
    " and take the old one out of the file. It stays in the git history, harmless once revoked."
)


def _rule(
    name: str,
    title: str,
    severity: Severity,
    why: str,
    rotate: str,
    *,
    impact: str = "credential",
    opens: str = "",
    help_uri: str | None = None,
) -> Rule:
    return Rule(
        id=f"{PREFIX}{name}",
        scanner=SCANNER,
        title=title,
        severity=severity,
        why=why,
        fix=f"{rotate} {_THEN}",
        help_uri=help_uri,
        cwe=_CWE,
        impact=impact,
        opens=opens,
    )


_GENERAL = (
    _rule(
        "url-password",
        "Password in a URL or connection string",
        Severity.HIGH,
        "It opens the database or service that the address names.",
        "Change the password there (for PostgreSQL: ALTER ROLE ... PASSWORD).",
        opens="database",
    ),
    _rule(
        "command-password",
        "Password among the arguments of a command",
        Severity.MEDIUM,
        "A password in a file is known to everyone who ever had a copy of the repository.",
        "Change it where it is used.",
    ),
    _rule(
        "keyword",
        "Value that looks like a password or secret key",
        Severity.MEDIUM,
        "A password in a file is known to everyone who ever had a copy of the repository.",
        "Change it where it is used. If it is none, mark the line: pragma: allowlist secret.",
    ),
    _rule(
        "high-entropy",
        "Random value that looks like a token",
        Severity.MEDIUM,
        "A token in a file is known to everyone who ever had a copy of the repository.",
        "Revoke it at its service. If it is none, mark the line: pragma: allowlist secret.",
    ),
)


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """All rules by id, those of the formats and the general ones."""
    text = (policies_folder() / "secrets" / RULES_FILE).read_text(encoding="utf-8")
    of_formats = (
        _rule(
            form["id"],
            f"{form['title']} in a file",
            Severity(form["severity"]),
            form["why"],
            form["rotate"],
            impact=form["impact"],
            opens=form["opens"],
            help_uri=form["help"],
        )
        for form in json.loads(text)
    )
    return {rule.id: rule for rule in (*of_formats, *_GENERAL, *_of_stock_plugins())}


def _of_stock_plugins() -> Iterator[Rule]:
    for plugin in STOCK:
        yield _rule(
            plugin.rule,
            f"Value that detect-secrets takes for one of {plugin.secret_type}",
            Severity.LOW,
            "A key in a file is known to everyone who ever had a copy of the repository.",
            "Revoke it at its service. If it is none, mark the line: pragma: allowlist secret.",
        )
