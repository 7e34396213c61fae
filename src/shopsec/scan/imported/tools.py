"""What is known of the tools that write SARIF: what they look at, what their levels are worth."""

import re

from shopsec.model import Area, Severity

_SIMPLE = re.compile(r"[^a-z0-9]+")
_AREAS = {
    "gitleaks": Area.SECRETS,
    "trufflehog": Area.SECRETS,
    "detect-secrets": Area.SECRETS,
    "zizmor": Area.ACCESS,
    "hadolint": Area.ACCESS,
    "checkov": Area.ACCESS,
    "tfsec": Area.ACCESS,
    "kics": Area.ACCESS,
    "terrascan": Area.ACCESS,
    "actionlint": Area.ACCESS,
    "scorecard": Area.ACCESS,
    "poutine": Area.ACCESS,
    "trivy": Area.ACCESS,
    "grype": Area.DEPENDENCIES,
    "osv-scanner": Area.DEPENDENCIES,
    "snyk": Area.DEPENDENCIES,
    "dependency-check": Area.DEPENDENCIES,
    "semgrep": Area.CODE,
    "opengrep": Area.CODE,
    "codeql": Area.CODE,
    "eslint": Area.CODE,
    "psalm": Area.CODE,
    "bandit": Area.CODE,
}
# Most of what these say is about style or correctness; a rule about security says so of itself.
_LINTERS = frozenset({"eslint", "psalm", "phpstan", "codeql", "pylint", "ruff", "sonarqube"})
_SECURITY = re.compile(
    r"^(?:security|no-unsanitized|no-secrets|xss|@microsoft/sdl|security-node)/"
    r"|^(?:no-eval|no-implied-eval|no-new-func|no-script-url|no-danger)$"
    r"|^(?:react/no-danger|vue/no-v-html)"
    # Ruff's rules of flake8-bandit.
    r"|^S[0-9]{3}$"
)
# One level for everything they find.
_LEVELLESS = {"checkov": Severity.MEDIUM, "gitleaks": Severity.HIGH, "trufflehog": Severity.HIGH}
_VULNERABILITY = re.compile(r"(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})", re.IGNORECASE)
_SECRET_RULE = re.compile(r"(?:^|[./-])secrets?(?:[./-]|$)", re.IGNORECASE)


def tool_of(name: str) -> str:
    """One name of a tool, whatever its edition: ``semgrep`` of "Semgrep OSS"."""
    simple = _SIMPLE.sub("-", name.lower()).strip("-")[:40]
    return next((known for known in (*_AREAS, *_LINTERS) if _begins(simple, known)), simple)


def _begins(name: str, known: str) -> bool:
    return name == known or name.startswith(f"{known}-")


def area_of_tool(tool: str) -> Area:
    """What a tool looks at; code for one that is not known."""
    return _AREAS.get(tool, Area.CODE)


def area_of_rule(tool: str, rule: str, tags: frozenset[str]) -> Area:
    """What one rule looks at: tools such as Trivy find several kinds of things."""
    if vulnerability_of(rule):
        return Area.DEPENDENCIES
    if "secret" in tags or (area_of_tool(tool) is Area.CODE and _SECRET_RULE.search(rule)):
        return Area.SECRETS
    return area_of_tool(tool)


def vulnerability_of(rule: str) -> str:
    """The vulnerability that a rule is about, or nothing: Grype's are ``CVE-2022-28346-django``."""
    found = _VULNERABILITY.match(rule)
    if found is None:
        return ""
    name = found[0]
    return name.upper() if name[:3].upper() == "CVE" else f"GHSA{name[4:].lower()}"


def about_security(tool: str, rule: str, tags: frozenset[str], *, rated: bool) -> bool:
    """Whether a rule is about security at all; ``rated``: it has a security-severity or a CWE."""
    return tool not in _LINTERS or rated or "security" in tags or bool(_SECURITY.search(rule))


def fixed_severity(tool: str) -> Severity | None:
    """The severity of everything that a tool finds, where its levels tell nothing."""
    return _LEVELLESS.get(tool)
