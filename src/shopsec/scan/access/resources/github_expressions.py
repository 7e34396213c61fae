"""GitHub's ``${{ }}`` expressions: which of them an outsider can fill with any text.

Fields from GitHub's own list of untrusted input
(https://docs.github.com/en/actions/concepts/security/script-injections).
"""

import re
from collections.abc import Iterator

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_INDEX = re.compile(r"""\[\s*['"]([\w.-]+)['"]\s*\]""")
_OUTSIDER = re.compile(
    r"\bgithub\.(?:head_ref\b"
    r"|event\.(?:issue|pull_request|discussion)\.(?:title|body)\b"
    r"|event\.pull_request\.head\.(?:ref|label|repo\.(?:default_branch|description|homepage))\b"
    r"|event\.(?:comment|review|review_comment)\.body\b"
    r"|event\.(?:head_commit|commits(?:\[\d+\]|\.\*)?)\.(?:message|author\.(?:name|email))\b"
    r"|event\.workflow_run\.(?:head_branch|display_title|head_commit\.(?:message|author\.\w+)"
    r"|pull_requests(?:\[\d+\]|\.\*)?\.head\.ref)\b"
    r"|event\.pages(?:\[\d+\]|\.\*)?\.page_name\b)",
    re.IGNORECASE,
)
# Whole contexts that hold such fields.
_OUTSIDER_WHOLE = re.compile(
    r"\btojson\(\s*github(?:\.event(?:\.(?:issue|pull_request|comment))?)?\s*\)", re.IGNORECASE
)
_SECRET = re.compile(r"\bsecrets\.([A-Za-z_]\w*)", re.IGNORECASE)
_ALL_SECRETS = re.compile(r"\btojson\(\s*secrets\s*\)|\bsecrets\[(?!\s*['\"])", re.IGNORECASE)
_UNTRUSTED_REF = re.compile(
    r"pull_request\.head|github\.head_ref|refs/pull/|workflow_run\.head_|"
    r"event\.(?:number|issue\.number|pull_request\.number)|merge_commit_sha",
    re.IGNORECASE,
)
# Functions whose answer is theirs, not the outsider's.
_HARMLESS = re.compile(
    r"\b(?:contains|startsWith|endsWith|hashFiles)\s*\([^()]*\)|[\w.*\[\]-]+\s*(?:==|!=)\s*'[^']*'",
    re.IGNORECASE,
)


def expressions(text: str) -> Iterator[str]:
    """The insides of every ``${{ }}``, with ``['x']`` written as ``.x``."""
    for match in _EXPRESSION.finditer(text):
        yield _INDEX.sub(r".\1", match[1]).strip()


def outsider_fields(text: str) -> tuple[str, ...]:
    """Fields in the text that anybody on the internet can fill, in order, each once."""
    found: dict[str, None] = {}
    for expression in expressions(text):
        bare = _HARMLESS.sub("", expression)
        for pattern in (_OUTSIDER, _OUTSIDER_WHOLE):
            found.update(dict.fromkeys(match[0] for match in pattern.finditer(bare)))
    return tuple(found)


def secret_names(text: str) -> tuple[str, ...]:
    """Names of secrets the text reads, GITHUB_TOKEN left out (every job has it), sorted."""
    names = {name.upper() for each in expressions(text) for name in _SECRET.findall(each)}
    return tuple(sorted(names - {"GITHUB_TOKEN"}))


def reads_all_secrets(text: str) -> bool:
    """True for ``toJSON(secrets)`` and ``secrets[expression]``."""
    return any(_ALL_SECRETS.search(each) for each in expressions(text))


def is_untrusted_ref(text: str) -> bool:
    """True when a checkout's ref or repository is a pull request's own."""
    return bool(_UNTRUSTED_REF.search(_INDEX.sub(r".\1", text)))
