"""The lines around a finding as a report may show them. Pure."""

import re
from collections.abc import Set as AbstractSet

from shopsec.identify.redaction import MASK, redacted, without_values
from shopsec.model import Area, FileText, Finding, Snippet, path_of, printable

_AROUND, _MOST_LINES, _MOST_CHARACTERS = 2, 7, 200
# Files that are there to hold secrets, by their names.
_KEY_STORE = re.compile(
    r"""(?:^|.*[._-])env(?:[._-].*)?$
      | .*\.(?:pem|key|p12|pfx|jks|keystore|ppk|tfvars|tfstate|kdbx)$
      | [._](?:npmrc|yarnrc(?:\.yml)?|netrc|pypirc|pgpass|htpasswd|my\.cnf|dockercfg)$
      | \.git-credentials$ | id_(?:rsa|dsa|ecdsa|ed25519) | \.secrets\.baseline$
      | auth\.json$ | env\.php$ | local\.xml$ | parameters\.ya?ml$ | s?ftp(?:sync)?\.json$
      | .*(?:secret|credential|password)s?[^/]*\.(?:ya?ml|json|toml|ini|txt|php)$""",
    re.VERBOSE | re.IGNORECASE,
)


def snippet_of(finding: Finding, text: FileText, hidden: AbstractSet[int]) -> Snippet | None:
    """At most seven lines; none where one of the finding's own may hold a secret.

    ``hidden``: numbers of the lines on which a secret was found.
    """
    place = finding.location
    if text.shown is None or place.start_line is None or place.start_line > len(text.shown):
        return None
    last = min(place.end_line or place.start_line, place.start_line + _MOST_LINES - 1)
    if finding.area is Area.SECRETS or not hidden.isdisjoint(range(place.start_line, last + 1)):
        return None
    first = max(1, place.start_line - _AROUND)
    numbers = range(first, min(last + _AROUND, first + _MOST_LINES - 1, len(text.shown)) + 1)
    name = path_of(place.uri).rpartition("/")[2]
    show = without_values if _KEY_STORE.match(name) else redacted
    lines = tuple(
        MASK if number in hidden else _fit(show(text.shown[number - 1])) for number in numbers
    )
    return Snippet(start_line=first, lines=lines)


def _fit(line: str) -> str:
    """One line as it is printed: tabs are blanks, nothing else is a control character."""
    safe = printable(line.expandtabs(4).rstrip())
    return safe if len(safe) <= _MOST_CHARACTERS else safe[: _MOST_CHARACTERS - 3] + "..."
