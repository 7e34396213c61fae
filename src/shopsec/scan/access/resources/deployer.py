"""Deployer's recipes: the commands that deploy.php runs on the server.

https://deployer.org/docs/7.x/api. Read are the strings handed to a few functions; PHP is not run.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice

from shopsec.model import SourceFile
from shopsec.scan.access.documents.shell import LENGTH
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources

COMMANDS = 1_000
"""Most calls of each kind that are looked at."""

_STRING = r"(?:'(?P<single>(?:[^'\\]++|\\.)*+)'|\"(?P<double>(?:[^\"\\]++|\\.)*+)\")"
_RUN = re.compile(rf"\b(?:run|runLocally)\s{{0,9}}\(\s{{0,99}}{_STRING}", re.DOTALL)
_OPTION = re.compile(
    rf"(?:\bsetSshArguments\s{{0,9}}\(\s{{0,99}}\[|['\"]ssh_arguments['\"]\s{{0,9}},\s{{0,99}}\[)"
    rf"\s{{0,99}}{_STRING}",
    re.DOTALL,
)
_USER = re.compile(
    rf"(?:\bsetRemoteUser\s{{0,9}}\(|->\s{{0,9}}user\s{{0,9}}\(|['\"]remote_user['\"]\s{{0,9}},)"
    rf"\s{{0,99}}{_STRING}",
    re.DOTALL,
)
_READ = ((_RUN, "{}"), (_OPTION, "ssh {} server"), (_USER, "ssh {}@server"))


def is_recipe(file: SourceFile) -> bool:
    """True for the file that Deployer looks for."""
    return file.name == "deploy.php"


def is_deployers(content: bytes) -> bool:
    """True where the file speaks to Deployer."""
    return b"Deployer" in content


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """The commands worth a look."""
    del files  # recipes of packages are not part of the repository
    text = content.decode("utf-8", "replace")
    breaks = [match.start() for match in re.finditer("\n", text)]
    owner = Owner("script", file.name, pipeline=False, deploys=True)
    scripts = []
    for pattern, form in _READ:
        for match in islice(pattern.finditer(text), COMMANDS):
            words = match["single"] if match["single"] is not None else match["double"]
            line = bisect_left(breaks, match.start()) + 1
            scripts.append((line, form.format(words[:LENGTH])))
    yield from command_resources(
        (Script(words, file, line, ()) for line, words in sorted(scripts)), owner
    )


SOURCE = Source("Deployer's recipe", is_recipe, build, is_deployers, bulk=("php",))
