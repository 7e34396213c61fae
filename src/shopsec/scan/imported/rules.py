"""The rules of another tool, by what its results call them. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shopsec.model import Area, Rule, Severity, printable
from shopsec.scan.imported.document import (
    Descriptor,
    Run,
    SarifResult,
    ToolComponent,
    read_part,
)
from shopsec.scan.imported.ratings import cwe_of, score_of, severity_of, tags_of
from shopsec.scan.imported.tools import (
    about_security,
    area_of_rule,
    fixed_severity,
    tool_of,
    vulnerability_of,
)
from shopsec.scan.imported.wording import page_of, said, text_of

_TITLE, _WHY, _ID = 160, 600, 120
# Of hard-coded or readable credentials: messages of such rules quote them.
_OF_SECRETS = frozenset({256, 257, 259, 312, 319, 321, 522, 532, 540, 798})
_SOUNDS_SECRET = re.compile(
    r"secret|passw|passphrase|credential|token|(?:api|access|private|encryption|signing)[ _-]?key",
    re.IGNORECASE,
)
_REVOKE = (
    "Revoke it at its service. Then let the program read the new one from an environment variable"
    " or your CI's secret store."
)
_Key = tuple[str, int, int]


@dataclass(frozen=True)
class ToolRule:
    """A rule of the tool, and what it is here."""

    descriptor: Descriptor
    rule: Rule
    area: Area
    tables: tuple[Mapping[str, Any], ...]
    """Texts that messages of its results may name."""
    quotes_secrets: bool
    """Messages of its results may hold a secret."""
    vulnerability: str
    """The vulnerability that it is about, or nothing."""


class ToolRules:
    """Finds and translates the rules of one run, each once."""

    def __init__(self, run: Run, scanner: str, area: Area | None) -> None:
        """``area``: what the settings say that the tool looks at."""
        self._run, self._scanner, self._area = run, scanner, area
        self.tool = tool_of(run.tool.driver.name)
        self._shown = said(run.tool.driver.name, 40) or "the tool"
        self._known: dict[_Key, ToolRule] = {}
        components = [run.tool.driver, *run.tool.extensions]
        self._by_id = [(each, _by_id(each)) for each in components]

    def of(self, result: SarifResult) -> ToolRule:
        """The rule of a result, made up where the file does not describe it."""
        reference = result.rule
        component = reference.tool_component if reference is not None else None
        name, index = result.rule_id, result.rule_index
        if reference is not None:
            name, index = name or reference.id, max(index, reference.index)
        key = (name or "", index, component.index if component is not None else -1)
        if key not in self._known:
            self._known[key] = self._translated(*self._looked_up(*key))
        return self._known[key]

    def severity(self, rule: ToolRule, result: SarifResult | None = None) -> Severity:
        """How bad a result is, or its rule in general."""
        if rule.rule.impact == "advice":
            return Severity.INFO
        return self._rated(rule.descriptor, result)

    def _rated(self, descriptor: Descriptor, result: SarifResult | None = None) -> Severity:
        fixed = fixed_severity(self.tool)
        scored = score_of(descriptor, result) is not None
        return severity_of(descriptor, result) if fixed is None or scored else fixed

    def _looked_up(
        self, name: str, index: int, extension: int
    ) -> tuple[Descriptor, ToolComponent, str]:
        """By its index in a component of the tool (3.52.5), else by its id."""
        first = extension + 1 if 0 <= extension < len(self._run.tool.extensions) else 0
        component = self._by_id[first][0]
        if 0 <= index < len(component.rules):
            rule = read_part(Descriptor, component.rules[index])
            if rule is not None and (not name or _is_of(name, rule.id)):
                return rule, component, name or rule.id
        for component, by_id in (self._by_id[first], *self._by_id):
            rule = by_id.get(name) or by_id.get(name.rpartition("/")[0])
            if rule is not None:
                return rule, component, name
        return Descriptor(id=name), self._run.tool.driver, name

    def _translated(self, descriptor: Descriptor, component: ToolComponent, name: str) -> ToolRule:
        short = printable(name.removeprefix(f"{self.tool}/")[:_ID]) or "result"
        tags, cwe = tags_of(descriptor), cwe_of(descriptor)
        area = self._area or area_of_rule(self.tool, name, tags)
        rated = bool(cwe) or score_of(descriptor) is not None
        security = about_security(self.tool, name, tags, rated=rated)
        tables = (descriptor.message_strings, component.global_message_strings)
        title = _title(descriptor, tables, short)
        rule = Rule(
            id=f"{self.tool or 'tool'}.{short}",
            scanner=self._scanner,
            title=title,
            severity=self._rated(descriptor) if security else Severity.INFO,
            why=said(text_of(descriptor.full_description, *tables), _WHY) or title,
            fix=_REVOKE if area is Area.SECRETS else f"Look at what {self._shown} says of {short}.",
            help_uri=page_of(descriptor.help_uri),
            cwe=cwe or ((798,) if area is Area.SECRETS else ()),
            impact=_impact(area, security=security),
        )
        return ToolRule(
            descriptor=descriptor,
            rule=rule,
            area=area,
            tables=tables,
            quotes_secrets=area is Area.SECRETS
            or not _OF_SECRETS.isdisjoint(cwe)
            or _SOUNDS_SECRET.search(f"{name} {descriptor.name} {title}") is not None,
            vulnerability=vulnerability_of(name),
        )


def _by_id(component: ToolComponent) -> dict[str, Descriptor]:
    """The first of each id."""
    read = (read_part(Descriptor, value) for value in reversed(component.rules))
    return {each.id: each for each in read if each is not None}


def _is_of(name: str, rule: str) -> bool:
    """A result's rule may be below the one that is described (3.27.5)."""
    return name == rule or name.startswith(f"{rule}/")


def _impact(area: Area, *, security: bool) -> str | None:
    if not security:
        return "advice"
    return "credential" if area is Area.SECRETS else None


def _title(descriptor: Descriptor, tables: tuple[Mapping[str, Any], ...], short: str) -> str:
    """What the rule is called; Semgrep's short description only says its id again."""
    told = said(text_of(descriptor.short_description, *tables), _TITLE).removesuffix(".")
    if told and short not in told:
        return told
    full = said(text_of(descriptor.full_description, *tables), _TITLE).removesuffix(".")
    help_text = said(text_of(descriptor.help, *tables), _TITLE).removesuffix(".")
    name = said((descriptor.name or "").replace("_", " ").replace("-", " ").strip(), _TITLE)
    return full or help_text or f"{name[:1].upper()}{name[1:]}" or short
