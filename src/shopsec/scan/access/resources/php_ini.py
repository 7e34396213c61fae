"""PHP's own switches: php.ini, .user.ini, and the pools of PHP-FPM.

https://www.php.net/manual/en/ini.list.php
"""

import re
from collections.abc import Iterator

from shopsec.model import SourceFile
from shopsec.scan.access.documents.ini_file import parse_ini
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.settings import Place
from shopsec.scan.access.resources.stages import stage_of

_PATH = re.compile(
    r"(?:^|/)(?:\.user\.ini|php[\w.-]*\.ini(?:[.-][\w.-]+)?|[\w.-]*php[\w.-]*\.ini)$"
    r"|(?:^|/)[\w.-]*php[\w.-]*/(?:[\w.-]+/)*[\w.-]+\.(?:ini|conf)$"
    r"|(?:^|/)conf\.d/[\w.-]+\.ini$"
    r"|(?:^|/)(?:php-fpm|www|[\w-]+\.pool)[\w.-]*\.conf$"
)
_CANONICAL = frozenset({"php.ini", ".user.ini"})
_SWITCHES = re.compile(
    rb"^[ \t]*(?:php_(?:admin_)?(?:flag|value)\[|display_errors|display_startup_errors|expose_php"
    rb"|allow_url_|session\.|error_reporting|memory_limit|xdebug\.|disable_functions|open_basedir)",
    re.MULTILINE,
)


def is_php_ini(file: SourceFile) -> bool:
    """True for php.ini and what PHP reads beside it."""
    named = ".ini" in file.name or file.name.endswith(".conf")
    return named and _PATH.search(file.path) is not None


def holds_switches(content: bytes) -> bool:
    """True where some line sets one of PHP's switches."""
    return _SWITCHES.search(content) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """PHP's switches as settings."""
    del files
    place = Place(file, "php", stage=stage_of(file))
    for each in parse_ini(content):
        yield place.setting(each)


SOURCE = Source(
    "PHP switches", is_php_ini, build, holds_switches, lambda file: file.name in _CANONICAL
)
