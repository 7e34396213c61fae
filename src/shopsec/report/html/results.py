"""The list of results: the first as markup, all of them as data for the page's script."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from shopsec.report.html.markup import Html, join, tag
from shopsec.report.html.view import Block, Row

SHOWN = 200
"""Results that are there without JavaScript, and a screenful of the script."""


def items(rows: Sequence[Row]) -> Html:
    """The first results, unfolded by the browser itself; ``page.js`` makes the same elements."""
    return join(_item(row) for row in rows[:SHOWN])


def _item(row: Row) -> Html:
    facts = tag("dl", *(tag("div", *_fact(block)) for block in row.blocks), class_="facts")
    return tag(
        "li",
        tag("details", _summary(row), facts),
        id=row.id,
        class_=f"result {'suppressed' if row.suppressed else row.tier}",
    )


def _summary(row: Row) -> Html:
    tier = row.tier.replace("-", " ")
    about = [row.rule, row.scanner]
    about += [row.area] if row.area != row.scanner else []
    about += [row.state] if row.state else []
    about += [f"would be {tier}"] if row.suppressed else []
    return tag(
        "summary",
        tag("span", "suppressed" if row.suppressed else tier, class_="tier"),
        tag("span", tag("span", "priority ", class_="unseen"), str(row.priority), class_="points"),
        tag("span", row.title, class_="title"),
        tag("span", row.place, class_="place"),
        tag("span", *(tag("span", each) for each in about), class_="about"),
    )


def _fact(block: Block) -> tuple[Html, Html]:
    return tag("dt", block.label), tag("dd", _KINDS[block.kind](block.value))


def _text(value: str) -> Html:
    return join([value])


def _mono(value: str) -> Html:
    return tag("code", value)


def _link(value: str) -> Html:
    return tag("a", value, href=value, rel="noreferrer")


def _list(values: Sequence[str]) -> Html:
    return tag("ul", *(tag("li", value) for value in values))


def _sum(values: Sequence[tuple[str, int]]) -> Html:
    *terms, (said, total) = values
    addends = [tag("li", text, tag("b", f"{points:+d}")) for text, points in terms]
    return tag("ul", *addends, tag("li", said, tag("b", f"= {total}")), class_="sum")


def _code(value: tuple[int, int, int, Sequence[str]]) -> Html:
    start, first, last, lines = value
    return tag(
        "ol",
        *(
            tag(
                "li",
                tag("span", str(number), class_="number"),
                tag("code", line),
                class_="marked" if first <= number <= last else None,
            )
            for number, line in enumerate(lines, start)
        ),
        class_="code",
        tabindex="0",
        aria_label="Lines of the file",
    )


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_KINDS: dict[str, Callable[[Any], Html]] = {
    "text": _text,
    "mono": _mono,
    "link": _link,
    "list": _list,
    "sum": _sum,
    "code": _code,
}


def data(rows: Sequence[Row]) -> Html:
    """Every result as JSON; what many share, such as a rule's reason, is there once.

    ``forms`` are pairs of label and kind, ``facts`` pairs of a form's number and a value.
    """
    forms: dict[str, int] = {}
    facts: dict[str, int] = {}

    def number_of(block: Block) -> int:
        form = forms.setdefault(_json([block.label, block.kind]), len(forms))
        return facts.setdefault(_json([form, block.value]), len(facts))

    results = [
        [
            row.id, row.tier, row.priority, row.title, row.place, row.rule, row.scanner, row.area,
            row.state, int(row.suppressed), [number_of(block) for block in row.blocks],
        ]
        for row in rows
    ]  # fmt: skip
    parts = (f'"forms":[{",".join(forms)}]', f'"facts":[{",".join(facts)}]')
    document = f'{{{",".join(parts)},"results":{_json(results)}}}'
    return Html(document.replace("<", "\\u003c"))  # no tag and no comment can end the element


def _json(value: object) -> str:
    return _ENCODER.encode(value)
