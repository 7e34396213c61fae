"""From the places where values stand, or stood, to findings: one a value."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shopsec.model import Area, Finding, Role, Severity, SourceFile, display_path, uri_of
from shopsec.scan.secrets.history import PastPlace
from shopsec.scan.secrets.hits import FORMAT, SERVICE, Hit
from shopsec.scan.secrets.redaction import Redactor, shown
from shopsec.scan.secrets.rules import PREFIX, SCANNER, rules

# A mistake outside production is lowered, never silenced.
_LOWER = {Role.TEST: 2, Role.DOCS: 2, Role.EXAMPLE: 2, Role.DEV: 1, Role.VENDORED: 1}


@dataclass(frozen=True)
class Sighting:
    """One hit in a file, with what may be told of its surroundings."""

    file: SourceFile
    line: int
    hit: Hit
    name: str
    """What the value is assigned to, where that may be printed."""
    identity: str = field(repr=False)
    """What tells the secret from others: its value, or of a private key what follows the header."""
    past: PastPlace | None = None
    """Where and when it came to the repository, of a value that git's history holds."""
    in_head: bool | None = None
    """Of such a value: whether HEAD still has it; None where that is not known."""

    def severity(self, usual: Severity) -> Severity:
        """How bad it is here."""
        severity = self.hit.verdict.severity or usual
        return severity.lowered(_LOWER.get(self.file.role, 0))


def findings_of(
    sightings: Iterable[Sighting], redactor: Redactor, folder: str = ""
) -> Iterator[Finding]:
    """One finding for each value that a rule found, wherever it stands or stood.

    ``folder`` is the one that is scanned, as seen from the repository's top.
    """
    groups: dict[tuple[str, str], list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        groups[sighting.hit.rule, sighting.identity].append(sighting)
    for (_, identity), group in groups.items():
        symbol = redactor.digest(identity)
        present = [each for each in group if each.past is None]
        finding = joined([_finding(each, symbol) for each in present or group])
        history = _in_history(group, folder, gone=not present)
        yield finding.model_copy(update={"message": finding.message + history, "past": not present})


def findings_by_place(
    sightings: Iterable[Sighting], redactor: Redactor, folder: str = ""
) -> Iterator[Finding]:
    """One finding for each place, in their order; :func:`joined` makes one of those of a value."""
    for sighting in sightings:
        yield from findings_of([sighting], redactor, folder)


def joined(places: Sequence[Finding]) -> Finding:
    """One finding of those of one value, which have a place each: at the worst of them."""
    first = min(
        places,
        key=lambda each: (each.severity.rank, each.location.uri, each.location.start_line or 0),
    )
    others = sorted(
        {each.location for each in places} - {first.location},
        key=lambda each: (each.uri, each.start_line or 0),
    )
    if not others:
        return first
    return first.model_copy(
        update={
            "message": f"{first.message} ({len(others) + 1} places)",
            "related": tuple(others),
        }
    )


def _finding(sighting: Sighting, symbol: str) -> Finding:
    """What is found at one place."""
    hit, rule = sighting.hit, rules()[f"{PREFIX}{sighting.hit.rule}"]
    known = hit.rank in {FORMAT, SERVICE} and not hit.opaque
    seen = shown(hit.place.value) if known else ""
    message = rule.title + (f" {seen}" if seen else "")
    message += f" as {sighting.name}" if sighting.name else ""
    return Finding(
        rule_id=rule.id,
        scanner=SCANNER,
        area=Area.SECRETS,
        message=message,
        location=sighting.file.at(sighting.line),
        severity=sighting.severity(rule.severity),
        confidence=hit.verdict.confidence,
        role=sighting.file.role,
        symbol=symbol,
    )


# By whether HEAD has it, and whether the files have not.
_IN_HEAD = {
    (True, True): ", no longer in the files, but still in HEAD",
    (False, True): ", neither in the files any more nor in HEAD",
    (None, True): ", no longer in the files",
    (True, False): ", also in HEAD",
    (False, False): ", not in HEAD",
    (None, False): "",
}


def _in_history(group: Sequence[Sighting], folder: str, *, gone: bool) -> str:
    """What the history tells of a value: whether HEAD has it, and what brought it where."""
    past = [(each.past, each.in_head) for each in group if each.past is not None]
    if not past:
        return ""
    first, in_head = min(past, key=lambda each: each[0].date)
    path = display_path(uri_of(f"{folder}/{first.path}" if folder else first.path))
    since = f"since commit {first.commit[:12]} of {first.date[:10]}"
    return f"{_IN_HEAD[in_head, gone]}, in the history {since}, which brought it to {path}"
