"""Markup that cannot be forgotten to escape: whatever is not :class:`Html` becomes text."""

from collections.abc import Iterable
from html import escape

from shopsec.model import printable

_VOID = frozenset({"input", "link", "meta", "rect"})


class Html(str):
    """Markup. Joined or formatted as a plain str it is a plain str again, and escaped again."""

    __slots__ = ()


def text(value: str) -> Html:
    """Text of others as markup; control, format and bidi characters are spelt out."""
    return value if isinstance(value, Html) else Html(escape(clean(value)))


def clean(value: str, limit: int | None = None) -> str:
    """Printable text, cut where it is longer than any person reads."""
    if limit is not None and len(value) > limit:
        value = f"{value[:limit]} ... ({len(value) - limit} more characters)"
    return value if value.isprintable() else printable(value)


def tag(name: str, /, *children: str, **attributes: str | bool | None) -> Html:
    """An element; ``class_`` is class, ``aria_label`` aria-label; False and None are left out."""
    opening = name
    for key, value in attributes.items():
        if value is False or value is None:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        opening += f" {attribute}" if value is True else f' {attribute}="{text(value)}"'
    if name in _VOID:
        return Html(f"<{opening}>" if name != "rect" else f"<{opening}/>")
    return Html(f"<{opening}>{join(children)}</{name}>")


def join(parts: Iterable[str], between: str = "") -> Html:
    """Markup after markup; plain text among it is escaped."""
    return Html(text(between).join(text(part) for part in parts))


def table(caption: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Html:
    """A table whose first column heads its rows; it scrolls by itself where it is too wide."""
    head = tag("tr", *(tag("th", column, scope="col") for column in columns))
    body = (_row(cells) for cells in rows)
    return tag(
        "div",
        tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body)),
        class_="scroll",
        role="region",
        aria_label=caption,
        tabindex="0",
    )


def _row(cells: Iterable[str]) -> Html:
    first, *others = cells
    return tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in others))
