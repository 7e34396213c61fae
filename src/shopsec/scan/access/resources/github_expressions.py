"""GitHub's ``${{ }}`` expressions: which of them somebody can fill with any text.

Fields from GitHub's own list of untrusted input
(https://docs.github.com/en/actions/concepts/security/script-injections).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

# Most characters of an expression that are looked at; GitHub itself stops at 21,000.
_LENGTH = 2_000
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
_INSIDER = re.compile(
    r"\bgithub\.(?:ref_name|base_ref|ref)\b"
    r"|\bgithub\.event\.(?:inputs\.[\w-]+|client_payload(?:\.[\w-]+)+"
    r"|release\.(?:tag_name|name|body)|deployment\.(?:ref|payload[\w.-]*))",
    re.IGNORECASE,
)
_INPUT = re.compile(r"(?<![\w.])inputs\.([\w-]+)", re.IGNORECASE)
_MATRIX = re.compile(r"\bmatrix\.[\w-]+(?:\.[\w-]+)*", re.IGNORECASE)
_OUTPUT = re.compile(r"\bsteps\.([\w-]+)\.outputs\.([\w-]+)|\bneeds\.[\w-]+\.outputs\.([\w-]+)")
# What such an output can hold is no text of anybody's choice.
_PLAIN_OUTPUT = re.compile(
    r"(?:^|[_-])(?:hit|sha\d*|commit|digest|id|ids|number|count|changed|modified|outcome|matched"
    r"|exists?|status|state|result|hash|url|path|dir|directory|file|folder|token|version|timestamp"
    r"|date|time|port|key|arch|os|success|skip|enabled|should[_-]?\w*|has[_-]?\w*|is[_-]?\w*)$",
    re.IGNORECASE,
)
_SECRET = re.compile(r"\bsecrets\.([A-Za-z_]\w*)", re.IGNORECASE)
_ALL_SECRETS = re.compile(r"\btojson\(\s*secrets\s*\)|\bsecrets\[(?!\s*['\"])", re.IGNORECASE)
_SECRET_APART = re.compile(r"\bfromjson\(\s*secrets\.", re.IGNORECASE)
_UNTRUSTED_REF = re.compile(
    r"pull_request\.head|github\.head_ref|refs/pull/|workflow_run\.head_|"
    r"event\.(?:number|issue\.number|pull_request\.number)|merge_commit_sha",
    re.IGNORECASE,
)
_MOVING_REF = re.compile(r"refs/pull/|head_ref|head\.ref|head_branch|\.number\b", re.IGNORECASE)
# Functions whose answer is theirs, not the outsider's.
_HARMLESS = re.compile(
    r"\b(?:contains|startsWith|endsWith|hashFiles)\s*\([^()]*\)|(?<![\w.*\[\]-])[\w.*\[\]-]+\s*"
    r"(?:==|!=)\s*'[^']*'",
    re.IGNORECASE,
)
# Outputs of these actions are names of files, branches or titles of a pull request.
_LISTS_FOREIGN_NAMES: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(action, re.IGNORECASE), re.compile(output, re.IGNORECASE))
    for action, output in (
        (r"(?:tj-actions|step-security)/changed-files@v?(?:[1-3]?\d|40)(?:\.|$)", r"\w*_files$"),
        (r"dorny/paths-filter@", r"\w*_files$"),
        (
            r"(?:jitterbit|Ana06|masesgroup)/(?:get|retrieve)-changed-files@",
            r"all|\w*files?|\w*ed$",
        ),
        (r"trilom/file-changes-action@", r"files\w*"),
        (r"tj-actions/branch-names@v?[1-7](?:\.|$)", r"\w*branch$|ref_branch"),
        (r"(?:xt0rted/pull-request-comment-branch|eficode/resolve-pr-refs)@", r"head_ref|ref"),
        (r"potiuk/get-workflow-origin@", r"sourceHeadBranch"),
    )
)


@dataclass(frozen=True)
class Surroundings:
    """What an expression's names stand for where it is written."""

    outsider_inputs: frozenset[str] = frozenset()
    """Inputs that a caller fills with an outsider's text."""
    insider_inputs: frozenset[str] = frozenset()
    """Inputs that whoever may start a run fills with any text."""
    foreign_steps: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """Ids of steps whose outputs hold an outsider's text, with the names of those outputs."""
    own_steps: frozenset[str] = frozenset()
    """Ids of steps of somebody else's action, or with a script, whose outputs may be any text."""
    dynamic_matrix: bool = False
    """The matrix is worked out when it runs."""


NOWHERE = Surroundings()


def foreign_outputs(uses: str) -> re.Pattern[str] | None:
    """Names of an action's outputs that hold an outsider's text; None where there are none."""
    return next((names for action, names in _LISTS_FOREIGN_NAMES if action.match(uses)), None)


def expressions(text: str) -> Iterator[str]:
    """The insides of every ``${{ }}``, with ``['x']`` written as ``.x``."""
    end = 0
    while (start := text.find("${{", end)) >= 0 and (end := text.find("}}", start)) >= 0:
        yield _INDEX.sub(r".\1", text[start + 3 : min(end, start + _LENGTH)]).strip()


def outsider_fields(text: str, where: Surroundings = NOWHERE) -> tuple[str, ...]:
    """Fields in the text that anybody on the internet can fill, in order, each once."""
    if "${{" not in text:
        return ()
    found: dict[str, None] = {}
    for expression in expressions(text):
        bare = _HARMLESS.sub("", expression)
        for pattern in (_OUTSIDER, _OUTSIDER_WHOLE):
            found.update(dict.fromkeys(match[0] for match in pattern.finditer(bare)))
        for match in _INPUT.finditer(bare):
            if match[1].lower() in where.outsider_inputs:
                found[match[0]] = None
        for match in _OUTPUT.finditer(bare):
            names = where.foreign_steps.get(match[1] or "")
            if names is not None and names.fullmatch(match[2]):
                found[match[0]] = None
    return tuple(found)


def insider_fields(text: str, where: Surroundings = NOWHERE) -> tuple[str, ...]:
    """Fields in the text that whoever may push or start a run can fill, in order, each once."""
    if "${{" not in text:
        return ()
    outside = set(outsider_fields(text, where))
    found: dict[str, None] = {}
    for expression in expressions(text):
        bare = _HARMLESS.sub("", expression)
        found.update(dict.fromkeys(match[0] for match in _INSIDER.finditer(bare)))
        for match in _INPUT.finditer(bare):
            if match[1].lower() in where.insider_inputs:
                found[match[0]] = None
        if where.dynamic_matrix:
            found.update(dict.fromkeys(match[0] for match in _MATRIX.finditer(bare)))
        for match in _OUTPUT.finditer(bare):
            if match[1] in where.own_steps and not _PLAIN_OUTPUT.search(match[2]):
                found[match[0]] = None
    return tuple(each for each in found if each not in outside)


def secret_names(text: str) -> tuple[str, ...]:
    """Names of secrets the text reads, GITHUB_TOKEN left out (every job has it), sorted."""
    if "${{" not in text:
        return ()
    names = {name.upper() for each in expressions(text) for name in _SECRET.findall(each)}
    return tuple(sorted(names - {"GITHUB_TOKEN"}))


def reads_all_secrets(text: str) -> bool:
    """True for ``toJSON(secrets)`` and ``secrets[expression]``."""
    return "${{" in text and any(_ALL_SECRETS.search(each) for each in expressions(text))


def takes_secret_apart(text: str) -> bool:
    """True for ``fromJSON(secrets.X)``: GitHub hides the whole in logs, not its parts."""
    return "${{" in text and any(_SECRET_APART.search(each) for each in expressions(text))


def is_untrusted_ref(text: str, inputs: Collection[str] = ()) -> bool:
    """True when a checkout's ref or repository is a pull request's own.

    ``inputs`` are those that callers fill with one.
    """
    plain = _INDEX.sub(r".\1", text)
    if _UNTRUSTED_REF.search(plain):
        return True
    return any(match[1].lower() in inputs for match in _INPUT.finditer(plain))


def is_moving_ref(text: str) -> bool:
    """True when such a ref is a name, which may stand for another commit a moment later."""
    return bool(_MOVING_REF.search(text))
