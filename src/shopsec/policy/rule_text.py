"""A rule's text: the same words in ``shopsec explain``, in SARIF's help and on its page."""

from shopsec.model import Rule
from shopsec.policy.rules import AccessRule, ExampleFile
from shopsec.policy.secret_formats import SecretFormat

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
        *(f"**Do** ({check.on}): {check.fix.strip()}" for check in rule.checks if check.fix),
        "Bad:",
        _example(rule.examples.bad[0]),
        "Good:",
        _example(rule.examples.good[0]),
    ]
    if rule.same_as:
        parts.append(f"The same in other tools: {', '.join(rule.same_as)}.")
    return "\n\n".join(parts) + "\n"


def secret_page(rule: Rule, form: SecretFormat | None) -> str:
    """A kind of secret as Markdown; ``form`` is its format, where it has one.

    Examples stay templates (``<hex 32>`` is 32 hexadecimal digits): nothing in them is a key.
    """
    facts = [f"severity {rule.severity}", *(f"CWE-{number}" for number in rule.cwe)]
    parts = [f"## {rule.id}: {rule.title}", "", rule.why.strip(), f"**Do:** {rule.fix.strip()}"]
    if form is not None:
        facts += [f"confidence {form.confidence}", f"provider {form.provider}"]
        facts += [f"{form.mode} key"] if form.mode != "unknown" else []
        for title, lines in (("Bad:", form.examples.bad), ("Good:", form.examples.good)):
            parts += [title, "\n".join(["```", *lines, "```"])]
        parts += [f"Goes with {form.pair}: both near each other are one finding."] * bool(form.pair)
    if rule.help_uri:
        parts.append(f"How to replace it: {rule.help_uri}")
    parts[1] = " · ".join(facts)
    return "\n\n".join(parts) + "\n"


def _example(example: ExampleFile) -> str:
    name = example.file.rpartition("/")[2]
    kind = next((kind for ending, kind in _FENCES.items() if name.endswith(ending)), "")
    if "Dockerfile" in name:
        kind = "dockerfile"
    return f"`{example.file}`\n\n```{kind}\n{example.text.rstrip()}\n```"
