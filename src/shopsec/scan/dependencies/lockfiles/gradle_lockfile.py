"""gradle.lockfile (https://docs.gradle.org/current/userguide/dependency_locking.html)."""

import re

from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict

_ENTRY = re.compile(r"([^\s:=]+:[^\s:=]+):([^\s:=]+)(?:=(.*))?$")
_TESTS = re.compile(r"^(test|androidTest)(?=[A-Z]|$)|Test(?=[A-Z]|s?$)|TestFixtures(?=[A-Z]|$)")
# Those of the plugins that check code and come with Gradle.
_TOOLS = frozenset({"checkstyle", "codenarc", "jacocoAgent", "jacocoAnt", "pmd", "pmdAux"})
_END = "empty="


def parse(text: str) -> Lockfile:
    """Parse gradle.lockfile; what only configurations of tests and checks use is marked dev.

    The file does not tell direct dependencies from others. Names are ``group:artifact``.
    """
    refuse_merge_conflict(text)
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    last, ended = 0, False
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        last, ended = number, line.startswith(_END)
        if ended:  # configurations without any dependency
            continue
        if match := _ENTRY.match(line):
            pins.append(Pin(match[1], match[2], number, dev=_only_for_development(match[3])))
        else:
            unpinned.append(Unpinned(f"line {number}", number, "cannot be parsed"))
    one_file_for_each_configuration = "=" not in text  # as Gradle before 7 wrote them
    if last and not ended and not one_file_for_each_configuration:
        unpinned.append(Unpinned(_END, last, "is missing at the end: the file may be cut off"))
    return Lockfile(tuple(pins), tuple(unpinned))


def _only_for_development(configurations: str | None) -> bool:
    names = [name.strip() for name in (configurations or "").split(",") if name.strip()]
    return bool(names) and all(name in _TOOLS or _TESTS.search(name) for name in names)
