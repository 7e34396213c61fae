"""INI files as PHP reads them (https://www.php.net/manual/en/configuration.file.php)."""

import re

from shopsec.scan.access.documents import DocumentError, lines_of, text_of
from shopsec.scan.access.documents.assignments import ASSIGNMENTS, Assignment, Value

# PHP-FPM's pools set PHP's switches as php_admin_flag[name] = value.
# https://www.php.net/manual/en/install.fpm.configuration.php
_LINE = re.compile(
    r"""\s*(?:php(?:_admin)?_(?:flag|value)\[(?P<pool>[\w.-]+)\]|(?P<name>[A-Za-z][\w.-]*))
        \s*=\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^;]*))""",
    re.VERBOSE,
)


def parse_ini(content: bytes) -> tuple[Assignment, ...]:
    """Every ``name = value``, sections left aside; DocumentError for what is no text."""
    found = []
    # To PHP a carriage return alone ends a line, though git does not count it.
    parts = (
        (number, part)
        for number, line in enumerate(lines_of(text_of(content)), 1)
        for part in line.split("\r")
    )
    for number, part in parts:
        match = _LINE.match(part)
        if match is None:
            continue
        value = match["plain"].strip() if match["quoted"] is None else match["quoted"]
        found.append(Assignment(match["pool"] or match["name"], number, Value("literal", value)))
        if len(found) > ASSIGNMENTS:
            raise DocumentError(f"holds more than {ASSIGNMENTS} settings", number)
    return tuple(found)
