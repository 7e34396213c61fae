"""Settings of package managers that switch a check off, read as the commands they stand for.

https://docs.npmjs.com/cli/configuring-npm/npmrc, https://yarnpkg.com/configuration/yarnrc,
https://getcomposer.org/doc/06-config.md#secure-http
"""

import re
from collections.abc import Iterator, Mapping

from shopsec.model import SourceFile
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources

# Where the switch stands, and the command that would set it.
_SWITCHES: Mapping[str, tuple[tuple[re.Pattern[bytes], str], ...]] = {
    name: tuple((re.compile(pattern, re.MULTILINE), command) for pattern, command in switches)
    for name, switches in {
        ".npmrc": ((rb"^[ \t]*strict-ssl[ \t]*=[ \t]*[\"']?false\b", "strict-ssl=false"),),
        ".yarnrc": ((rb"^[ \t]*\"?strict-ssl\"?[ \t]+[\"']?false\b", "strict-ssl=false"),),
        ".yarnrc.yml": (
            (rb"^enableStrictSsl[ \t]*:[ \t]*[\"']?false\b", "yarn config set strict-ssl false"),
        ),
        "composer.json": (
            (rb"\"secure-http\"[ \t\r\n]*:[ \t\r\n]*false\b", "composer config secure-http false"),
            (rb"\"disable-tls\"[ \t\r\n]*:[ \t\r\n]*true\b", "composer config disable-tls true"),
        ),
    }.items()
}


def is_settings(file: SourceFile) -> bool:
    """True for the files that npm, yarn and Composer take their settings from."""
    return file.name in _SWITCHES


def holds_switches(content: bytes) -> bool:
    """True where one of the switches may be in it."""
    return any(word in content for word in (b"trict", b"secure-http", b"disable-tls"))


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """A command for every switch that is off."""
    del files  # one file at a time
    for pattern, command in _SWITCHES[file.name]:
        found = pattern.search(content)
        if found is not None:
            line = content.count(b"\n", 0, found.end()) + 1
            owner = Owner("manifest", file.name, pipeline=False)
            yield from command_resources([Script(command, file, line, ())], owner)


SOURCE = Source("settings of a package manager", is_settings, build, holds_switches)
