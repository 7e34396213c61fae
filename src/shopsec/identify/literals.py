"""Lines of code without what texts and comments in them say. Pure.

No attempt is made to tell which text is a secret. What cannot be told apart for certain is left
out: the rest behind a lone quote, and lines that mix code with markup.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

CUT = "…"
MASK = "***"

_COMMENTS = {
    "py": r"\#[^\n]*",
    "js": r"//[^\n]*|/\*.*?(?:\*/|\Z)",
    "ts": r"//[^\n]*|/\*.*?(?:\*/|\Z)",
    "php": r"(?:\#|//)[^\n]*|/\*.*?(?:\*/|\Z)",
}
_LANGUAGES = {
    ".py": "py", ".pyi": "py", ".js": "js", ".mjs": "js", ".cjs": "js", ".jsx": "js", ".ts": "ts",
    ".tsx": "js", ".java": "ts", ".php": "php", ".phtml": "php",
}  # fmt: skip
# Possessive: a long unclosed text is looked at once.
_TEXT = (
    r'"""(?:[^"\\]|\\(?:.|\Z)|"(?!""))*+(?:"""|\Z)'
    r"|'''(?:[^'\\]|\\(?:.|\Z)|'(?!''))*+(?:'''|\Z)"
    r'|"(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z)'
    r"|'(?:[^'\\]|\\(?:.|\Z))*+(?:'|\Z)"
    r"|`(?:[^`\\]|\\(?:.|\Z))*+(?:`|\Z)"
)
_HEREDOC = r"|<<<[ \t]*[\"']?(?P<tag>\w+).*?(?:\n[ \t]*(?P=tag)\b|\Z)"
_MARKUP = re.compile(r"(?<!<)<[A-Za-z/!?]|\?>")
# What a slash or a backslash may begin: an expression of JavaScript, in which quotes mean nothing.
_UNSURE = re.compile(r"[/\\]")
_RUN = re.compile(r"\w{16,}")
_LONGEST_NAME = 30
_NUMBER = re.compile(r"(?<![\w.])[0-9]{4,}(?![\w.])")


class Language(NamedTuple):
    """How texts and comments are told in a language."""

    name: str
    token: re.Pattern[str]


def language_of(name: str) -> Language | None:
    """By the name of a file; None for what is not read as code here."""
    found = _LANGUAGES.get(name[name.rfind(".") :].lower() if "." in name else "")
    return _language(found) if found else None


@lru_cache
def _language(name: str) -> Language:
    text = _TEXT + (_HEREDOC if name == "php" else "")
    pattern = re.compile(f"(?P<text>{text})|(?P<comment>{_COMMENTS[name]})", re.DOTALL)
    return Language(name, pattern)


def begun_before(lines: Sequence[str], language: Language) -> frozenset[int]:
    """Numbers of the lines that begin within a text or a comment."""
    inside: set[int] = set()
    line, before = 1, 0
    text = "\n".join(lines)
    for found in language.token.finditer(text):
        line += text.count("\n", before, found.start())
        ends = line + found[0].count("\n")
        inside.update(range(line + 1, ends + 1))
        line, before = ends, found.end()
    return frozenset(inside)


def without_texts(lines: Sequence[str], language: Language) -> list[str]:
    """As many lines, in which texts are ``"…"`` and comments are left out."""
    if language.name in {"js", "php"} and any(map(_MARKUP.search, lines)):
        return [MASK] * len(lines)
    text = "\n".join(lines)
    shown = "".join(_pieces(text, language)).split("\n")
    return [_without_words(line) for line in shown]


def _pieces(text: str, language: Language) -> Iterator[str]:
    before = 0
    for found in language.token.finditer(text):
        code = text[before : found.start()]
        yield code
        unsure = _has_code(found[0], code) or (language.name != "py" and _UNSURE.search(code))
        ends = "\n" * found[0].count("\n")
        closed = len(found[0]) > 1 and found[0][-1] == found[0][0] and found[0][0] in "\"'`"
        if found["comment"] is not None:
            yield ends
        elif closed and not unsure:
            yield f"{found[0][0]}{CUT}{ends}{found[0][0]}"
        else:
            yield f"{found[0][0]}{CUT}" + "\n" * text.count("\n", found.start())
            return
        before = found.end()
    yield text[before:]


def _has_code(text: str, before: str) -> bool:
    """Code within a text may hold texts of its own."""
    formatted = text[0] == "`" or before[-2:].strip("rRbB")[-1:] in {"f", "F"}
    return formatted and "{" in text


def _without_words(line: str) -> str:
    return _NUMBER.sub(CUT, _RUN.sub(_without_word, line.rstrip()))


def _without_word(found: re.Match[str]) -> str:
    word = found[0]
    mixed = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    return MASK if mixed or max(map(len, word.split("_"))) > _LONGEST_NAME else word
