"""What the files say around findings, each file read once. Pure but for the reader it is given."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from shopsec.identify.fingerprint import with_fingerprints
from shopsec.identify.snippet import FileShown, snippet_of
from shopsec.identify.traits import Traits, title_of, traits_of
from shopsec.model import Area, FileText, Finding, Location

Reader = Callable[[str], FileText | None]
"""The text of a file by its reference; None where it cannot be read."""


def identify(findings: Iterable[Finding], read: Reader) -> tuple[Finding, ...]:
    """The findings in their order, each with its fingerprint, and a snippet where it may be."""
    return identify_compared(findings, read, lambda finding: finding)[0]


def identify_compared(
    findings: Iterable[Finding], read: Reader, compared: Callable[[Finding], Finding | None]
) -> tuple[tuple[Finding, ...], dict[str, Finding]]:
    """Identified findings, and by their fingerprint what each of them is ``compared`` as.

    That is identified among its own: equal findings are numbered, and those that are left out of
    a comparison would shift the numbers of the others.
    """
    looked, traits = _look_around(tuple(findings), read)
    found = with_fingerprints(looked, traits)
    others = {index: other for index, each in enumerate(looked) if (other := compared(each))}
    if list(others.values()) == list(looked):
        return found, {each.fingerprint: each for each in found}
    around = {number: traits[i] for number, i in enumerate(others) if i in traits}
    again = with_fingerprints(tuple(others.values()), around)
    return found, {found[i].fingerprint: each for i, each in zip(others, again, strict=True)}


def _look_around(
    findings: tuple[Finding, ...], read: Reader
) -> tuple[tuple[Finding, ...], dict[int, Traits]]:
    by_uri: dict[str, list[int]] = defaultdict(list)
    for index, finding in enumerate(findings):
        by_uri[finding.location.uri].append(index)
    hidden = _lines_of_secrets(findings)
    looked = list(findings)
    traits: dict[int, Traits] = {}
    for uri, indexes in sorted(by_uri.items()):
        text = read(uri)
        if text is None:
            continue
        title = title_of(uri, text.lines)
        file = FileShown(uri, text)
        for index in indexes:
            finding = findings[index]
            traits[index] = traits_of(finding, text, title)
            snippet = snippet_of(finding, file, hidden[uri])
            looked[index] = finding.model_copy(update={"snippet": snippet})
    return tuple(looked), traits


def _lines_of_secrets(findings: Iterable[Finding]) -> defaultdict[str, set[int]]:
    """Numbers of the lines that hold a secret, by file."""
    hidden: defaultdict[str, set[int]] = defaultdict(set)
    places = (
        place
        for finding in findings
        if finding.area is Area.SECRETS
        for place in (finding.location, *finding.related)
    )
    for place in places:
        hidden[place.uri].update(_numbers(place))
    return hidden


def _numbers(place: Location) -> range:
    first = place.start_line or 0
    return range(first, (place.end_line or first) + 1)
