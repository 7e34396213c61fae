"""Comments by which a person says that a value is no secret: they count, and are counted."""

import re

from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

# The comment is at a line's end; longer lines are not read as a whole.
_REACH = 1_000
# detect-secrets', gitleaks' and Trivy's own.
_ON_LINE = Pattern(
    r"pragma:\s?(?:allow|white)list[ -]secret|gitleaks:allow|trivy:ignore",
    re.IGNORECASE,
)
_LINE_BEFORE = Pattern(
    r"pragma:\s?(?:allow|white)list[ -]nextline[ -]secret|trivy:ignore", re.IGNORECASE
)
_LINE_ALONE = Pattern(r"^\s*(?:#|//|--|;|<!--|/\*|\*)")


def is_silenced(source: Source, offset: int) -> bool:
    """The line of ``offset``, or the one before it, has such a comment."""
    line = source.line_start(offset)
    own = source.text[line : source.line_end(offset)][-_REACH:]
    if _ON_LINE.search(own):
        return True
    if line == 0:
        return False
    before = source.text[source.line_start(line - 1) : line - 1][:_REACH]
    return _LINE_BEFORE.search(before) is not None and _LINE_ALONE.match(before) is not None
