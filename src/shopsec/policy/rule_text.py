"""A rule's text: the same words in ``shopsec explain``, in SARIF's help and on its page."""

from shopsec.policy.rules import AccessRule, ExampleFile

_FENCES = {
    ".yml": "yaml",
    ".yaml": "yaml",
    ".py": "python",
    ".php": "php",
    ".js": "js",
    ".ts": "ts",
    ".tf": "hcl",
    ".json": "json",
    ".toml": "toml",
}


def page(rule: AccessRule, level: int = 2) -> str:
    """A rule as GitHub-flavoured Markdown, headed at the level given."""
    facts = [f"severity {rule.severity}", f"confidence {rule.confidence}"]
    facts += [f"CWE-{number}" for number in rule.cwe]
    if rule.owasp_cicd:
        facts.append(f"OWASP CICD-{rule.owasp_cicd}")
    parts = [
        f"{'#' * level} {rule.id}: {rule.title}",
        " · ".join(facts),
        rule.why.strip(),
        f"**Do:** {rule.fix.strip()}",
        "Bad:",
        _example(rule.examples.bad[0]),
        "Good:",
        _example(rule.examples.good[0]),
    ]
    if rule.same_as:
        parts.append(f"The same in other tools: {', '.join(rule.same_as)}.")
    return "\n\n".join(parts) + "\n"


def _example(example: ExampleFile) -> str:
    name = example.file.rpartition("/")[2]
    kind = next((kind for ending, kind in _FENCES.items() if name.endswith(ending)), "")
    if "Dockerfile" in name:
        kind = "dockerfile"
    return f"`{example.file}`\n\n```{kind}\n{example.text.rstrip()}\n```"
