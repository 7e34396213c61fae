"""Comments by which a person says that a value is no secret: they count, and are counted."""

import re

from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

# The comment is at a line's end; longer lines are not read as a whole.
_REACH = 1_000
# The ids that Trivy gives misconfigurations, https://avd.aquasec.com/misconfig: AVD-AWS-0086,
# DS002, KSV014, and their long form aws-s3-enable-versioning. Those of secrets are words only.
_MISCONFIGURATION = (
    r"(?:(?:[a-z]{1,20}-){0,4}[a-z]{1,20}-?\d{3,}"
    r"|(?:aws|azure|google|digitalocean|openstack|nifcloud|oracle)-"
    r"(?!access-key-id|secret-access-key))"
)
_TRIVY = rf"trivy:ignore\b(?!:\s?{_MISCONFIGURATION})"
# detect-secrets', gitleaks' and Trivy's own.
_ON_LINE = Pattern(
    rf"pragma:\s?(?:allow|white)list[ -]secret|gitleaks:allow|{_TRIVY}", re.IGNORECASE
)
_LINE_BEFORE = Pattern(
    rf"pragma:\s?(?:allow|white)list[ -]nextline[ -]secret|{_TRIVY}", re.IGNORECASE
)
# How comments begin: in batch files, TeX, Basic and templates (Twig, Django, ERB, Handlebars) too.
_LINE_ALONE = Pattern(
    r"^\s*(?:#|//|--|;|<!--|/\*|\*|@?rem\b|::|%|'|\{#|\{%-?\s*comment\b|<%(?:#|--)|\{\{!|\{-)",
    re.IGNORECASE,
)


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
