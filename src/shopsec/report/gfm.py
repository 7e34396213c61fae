"""Texts of others in Markdown of GitHub and GitLab, where nothing of them becomes markup."""

import re

from shopsec.model import printable

# A slash at the start of a line is a command to GitLab.
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+|!~$]|^/)")
# Broken by a space of no width, since GitHub and GitLab look for references in the text that
# Markdown has become, where a backslash is gone: @user, #1, www.example.org, https://example.org.
_REFERENCE = re.compile(r"@|#|://|www(?=\.)", re.IGNORECASE)
_SPACE = "\u200b"


def escape(text: str, limit: int | None = None) -> str:
    """Escape what Markdown, HTML, GitHub or GitLab would act on; cut to so many characters."""
    shown = printable(text)
    if limit is not None and len(shown) > limit:
        shown = f"{shown[:limit]} ..."
    escaped = _MARKUP.sub(r"\\\1", shown)
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _REFERENCE.sub(_broken, escaped)


def _broken(match: re.Match[str]) -> str:
    found = match[0]
    return f":{_SPACE}//" if found == "://" else f"{found}{_SPACE}"


def paragraphs(text: str) -> str:
    """Escape a text whose paragraphs stay apart; its lines are joined, so that none is a list."""
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return "\n\n".join(escape(part) for part in parts if part)
