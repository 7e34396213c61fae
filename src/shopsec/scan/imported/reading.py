"""From one result of another tool to a finding of ours. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shopsec.model import Advisory, Area, Finding, Location, Rule, SourceFile, printable, uri_of
from shopsec.scan.imported.document import Place, SarifResult, read_part
from shopsec.scan.imported.packages import package_of
from shopsec.scan.imported.places import Elsewhere, Places
from shopsec.scan.imported.ratings import confidence_of, score_of
from shopsec.scan.imported.rules import ToolRule, ToolRules
from shopsec.scan.imported.wording import reported, text_of

_MESSAGE = 300
_MOST_LINES, _LAST_LINE = 1_000, 100_000_000
_MOST_RELATED = 20


@dataclass(frozen=True)
class ResultReader:
    """Reads the results of one run."""

    scanner: str
    rules: ToolRules
    places: Places

    def read(self, result: SarifResult) -> tuple[Finding, Rule] | Elsewhere:
        """A finding with its rule, or where the result is, if not in a file of the inventory."""
        rule = self.rules.of(result)
        place = result.locations[0] if result.locations else Place()
        file = self.places.file_of(place)
        if isinstance(file, SourceFile):
            finding = self._finding(result, rule, _location(file.uri, place))
            return finding.model_copy(update={"role": file.role}), rule.rule
        if rule.area is Area.SECRETS and _commit_of(result) and _is_inside(file.name):
            finding = self._finding(result, rule, _location(uri_of(file.name), place))
            return finding.model_copy(update={"past": True}), rule.rule
        return file

    def _finding(self, result: SarifResult, rule: ToolRule, location: Location) -> Finding:
        message = text_of(result.message, *rule.tables)
        advisory = None
        if rule.vulnerability:
            score = score_of(rule.descriptor, result)
            advisory = Advisory(id=rule.vulnerability, cvss_score=score or None)
        return Finding(
            rule_id=rule.rule.id,
            scanner=self.scanner,
            area=rule.area,
            message=_message(message, rule),
            location=location,
            severity=self.rules.severity(rule, result),
            confidence=confidence_of(rule.descriptor, result),
            symbol=printable(package_of(message)) if rule.vulnerability else "",
            advisory=advisory,
            related=self._related(result, location),
        )

    def _related(self, result: SarifResult, main: Location) -> tuple[Location, ...]:
        """Other places of the result, and those that its data flows through."""
        found: dict[Location, None] = {}
        for value in (*result.related_locations[:_MOST_RELATED], *_steps(result)):
            place = read_part(Place, value)
            file = self.places.file_of(place) if place is not None else None
            if place is not None and isinstance(file, SourceFile):
                found[_location(file.uri, place)] = None
        return tuple(each for each in found if each != main)[:_MOST_RELATED]


def _message(text: str, rule: ToolRule) -> str:
    """Its own words; of a rule about secrets the rule's title, since such messages quote them."""
    title = rule.rule.title
    return title if rule.quotes_secrets else reported(text, _MESSAGE) or title


def _location(uri: str, place: Place) -> Location:
    region = place.physical_location.region if place.physical_location is not None else None
    start = region.start_line if region is not None else None
    if start is None or not 1 <= start <= _LAST_LINE:
        return Location(uri=uri)
    end = (region.end_line if region is not None else None) or start
    if end <= start:
        return Location(uri=uri, start_line=start)
    return Location(uri=uri, start_line=start, end_line=min(end, start + _MOST_LINES))


def _is_inside(path: str) -> bool:
    return bool(path) and not path.startswith(("/", "../"))


def _commit_of(result: SarifResult) -> str:
    """The commit in which Gitleaks found a secret, where it went through the history."""
    value = result.partial_fingerprints.get("commitSha")
    return value if isinstance(value, str) else ""


def _steps(result: SarifResult) -> Iterator[Any]:
    """Locations of the first data flow (3.36), from where the data comes to where it harms."""
    for flow in result.code_flows[:1]:
        threads = flow.get("threadFlows") if isinstance(flow, dict) else None
        for thread in threads[:1] if isinstance(threads, list) else ():
            steps = thread.get("locations") if isinstance(thread, dict) else None
            for step in steps[:_MOST_RELATED] if isinstance(steps, list) else ():
                if isinstance(step, dict):
                    yield step.get("location")
