"""Texts of others in GitHub-flavoured Markdown, where nothing of them becomes markup."""

import re

from shopsec.model import printable


def escape(text: str) -> str:
    """Escape what Markdown, HTML or GitHub (mentions, references) would act on."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+|!~])", r"\\\1", printable(text))
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("@", "@\u200b").replace("://", ":\u200b//")


def paragraphs(text: str) -> str:
    """Escape a text whose paragraphs stay apart; its lines are joined, so that none is a list."""
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return "\n\n".join(escape(part) for part in parts if part)
