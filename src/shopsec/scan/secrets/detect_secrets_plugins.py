"""Plugins for detect-secrets, one for each format: ``detect-secrets scan -p THIS_FILE``.

detect-secrets runs a file of plugins anew for each one that a baseline names, and takes the classes
among its attributes. They are made once, when the package's own module is imported.

A plugin is handed one line after the other. It searches the line with the five before and behind
it, which detect-secrets hands over too, as shopsec searches a file: what is a placeholder for one
is none for the other. What a service could tell about a value is never asked.
"""

import re
from collections import Counter
from collections.abc import Generator, Iterable
from functools import lru_cache
from importlib import import_module
from typing import Any

from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.util.code_snippet import CodeSnippet

from shopsec.policy.secret_formats import load_formats
from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.reading import text_of
from shopsec.scan.secrets.rules import PREFIX, rules
from shopsec.scan.secrets.secrets_baseline import STOCK_TYPES, OwnPlugin
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.stock_plugins import as_read
from shopsec.scan.secrets.table import load_table

_MODULE = "shopsec.scan.secrets.detect_secrets_plugins"
GENERAL = ("url-password", "command-password", "keyword", "high-entropy")
"""Rules without a format, which have plugins too."""
# Longer neighbours are data: each line would be searched eleven times.
_LONGEST_NEIGHBOUR = 1_000


class _Plugin(RegexBasedDetector):
    """What all of them do; a subclass says which rule's finds are its own."""

    rule = ""
    denylist: tuple[re.Pattern[str], ...] = ()
    """The format's pattern; what must hold besides it is the engine's to know."""

    def analyze_string(self, string: str, **_: Any) -> Generator[str, None, None]:
        """Yield the values in a text of unknown origin."""
        yield from dict.fromkeys(value for rule, _, value in _hits(string, "") if rule == self.rule)

    def analyze_line(
        self,
        filename: str,
        line: str,
        line_number: int = 0,
        context: CodeSnippet | None = None,
        **_: Any,
    ) -> set[PotentialSecret]:
        """The secrets that begin on a line."""
        text, number = _text_around(line, context)
        return {
            PotentialSecret(self.secret_type, filename, value, line_number)
            for rule, at, value in _hits(text, filename)
            if rule == self.rule and at == number
        }


def _text_around(line: str, context: CodeSnippet | None) -> tuple[str, int]:
    """A line with its neighbours, and which of the text's lines it is, from 1."""
    if context is None or not 0 <= context.target_index < len(context.lines):
        return line, 1
    lines = [each.rstrip("\r\n") for each in context.lines]
    lines = [each if len(each) <= _LONGEST_NEIGHBOUR else "" for each in lines]
    lines[context.target_index] = line
    return "\n".join(lines), context.target_index + 1


@lru_cache(maxsize=4)
def _hits(text: str, path: str) -> tuple[tuple[str, int, str], ...]:
    """Rule, line and value of all finds, for all plugins that ask about the same line."""
    source = Source(text_of(text.encode("utf-8", "replace")), path)
    return tuple(
        (hit.rule, source.line_number(hit.begins), as_read(hit.place.value))
        for hit in _engine().search(source).hits
    )


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return Engine(load_table(), 0)


def _own() -> tuple[OwnPlugin, ...]:
    """A type belongs to one plugin, or detect-secrets cannot load the others.

    A title that is there twice gets its rule behind it.
    """
    titles = {form.id: form.title for form in load_formats() if form.mode != "public"}
    titles |= {rule: rules()[PREFIX + rule].title for rule in GENERAL}
    taken = Counter([*titles.values(), *STOCK_TYPES])
    return tuple(
        OwnPlugin(rule, _class_name(rule), title if taken[title] == 1 else f"{title} ({rule})")
        for rule, title in titles.items()
    )


def _class_name(rule: str) -> str:
    return "Shopsec" + "".join(part.capitalize() for part in rule.split("-"))


def _generated(own: Iterable[OwnPlugin]) -> dict[str, type[_Plugin]]:
    patterns = {form.id: (re.compile(form.pattern),) for form in load_formats()}
    return {
        each.class_name: type(
            each.class_name,
            (_Plugin,),
            {
                "__doc__": f"Finds what {each.rule!r} does in shopsec.",
                "__module__": _MODULE,
                "rule": each.rule,
                "secret_type": each.secret_type,
                "denylist": patterns.get(each.rule, ()),
            },
        )
        for each in own
    }


OWN: tuple[OwnPlugin, ...] = _own() if __name__ == _MODULE else import_module(_MODULE).OWN
"""All plugins by their rules."""
PLUGINS: dict[str, type[_Plugin]] = (
    _generated(OWN) if __name__ == _MODULE else import_module(_MODULE).PLUGINS
)
"""The classes by their names, each an attribute of this module as well."""
globals().update(PLUGINS)
__all__ = list(PLUGINS)
