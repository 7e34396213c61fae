"""The places of a finding that stands for several, so that a new one among them is seen. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable

from shopsec.identify.fingerprint import words_of
from shopsec.model import Area, Finding, lines_of

Read = Callable[[str], bytes | None]
"""The content of a file by its reference; None where it cannot be read."""
Place = tuple[str, str]
"""A file's reference, and the words of the line there: both outlive edits elsewhere."""


def stands_for_several(finding: Finding) -> bool:
    """Whether more of the same would be the same finding: a rule's, of a file or the repository."""
    return finding.area is Area.ACCESS and (
        len(finding.extent) > 1 or (finding.of_repository and not finding.symbol)
    )


def places_of(finding: Finding, read: Read) -> Counter[Place]:
    """How often each place is among those of a finding."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for place in {finding.location, *finding.related, *finding.extent}:
        numbers[place.uri].append(place.start_line or 0)
    found: Counter[Place] = Counter()
    for uri, lines in numbers.items():
        content = read(uri) or b""
        text = lines_of(content.decode("utf-8", "replace"))
        found.update((uri, _words(text, line)) for line in lines)
    return found


def _words(text: tuple[str, ...], line: int) -> str:
    return words_of(text[line - 1]) if 0 < line <= len(text) else ""
