"""Places in files: SARIF's locations, regions and snippets (3.28 to 3.30)."""

from typing import Any

from shopsec.model import Location, Snippet
from shopsec.report.sarif.texts import said

ROOT = "%SRCROOT%"
"""Stands for the root of the repository; what it is on a machine is nobody's business."""


def location(place: Location, snippet: Snippet | None = None) -> dict[str, Any]:
    """A place; the first line where it has none, since GitLab joins what has no line."""
    region: dict[str, Any] = {"startLine": place.start_line or 1}
    last = place.end_line or place.start_line
    if place.start_line and last and last > place.start_line:
        region["endLine"] = last
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": place.uri, "uriBaseId": ROOT},
        "region": region,
    }
    if snippet is not None and place.start_line:
        end = region.get("endLine", place.start_line)
        physical |= _shown(snippet, region, end)
    return {"physicalLocation": physical}


def _shown(snippet: Snippet, region: dict[str, Any], end: int) -> dict[str, Any]:
    """The region with its own lines, and all lines as its context where these are more."""
    start, first = region["startLine"], snippet.start_line
    last = first + len(snippet.lines) - 1
    own = _text(snippet.lines[max(0, start - first) : max(0, end - first + 1)])
    shown = {"region": region | {"snippet": {"text": own}}} if own else {}
    around = _text(snippet.lines)
    if not around or (first >= start and last <= end):
        return shown
    lines = {"startLine": min(first, start), "endLine": max(last, end)}
    return shown | {"contextRegion": lines | {"snippet": {"text": around}}}


def _text(lines: tuple[str, ...]) -> str:
    return said("\n".join(lines)) if any(map(str.strip, lines)) else ""
