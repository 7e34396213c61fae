"""Which operating system and release an image has.

https://www.freedesktop.org/software/systemd/man/latest/os-release.html
"""

import re
import shlex
from dataclasses import dataclass

from shopsec.model import printable

_ALPINE = re.compile(r"(\d+)\.(\d+)(?:\.\d+)?")
_RELEASE = re.compile(r"\d+(?:\.\d+)*")
_LTS_MONTH = "04"
# Names of the lifecycle table, by ID.
_PRODUCTS = {
    "alpine": "alpine-linux",
    "almalinux": "almalinux",
    "amzn": "amazon-linux",
    "centos": "centos",
    "debian": "debian",
    "rhel": "rhel",
    "rocky": "rocky-linux",
    "ubuntu": "ubuntu",
}


@dataclass(frozen=True)
class System:
    """An operating system, as it calls itself; text of others, fit to print."""

    id: str
    version: str
    """Empty where it has none, as Debian's testing."""

    @property
    def release(self) -> str:
        """For people: ``debian 12``."""
        return f"{self.id} {self.version}".strip()

    @property
    def product(self) -> str:
        """Its name in the table of lifecycles, or nothing."""
        return _PRODUCTS.get(self.id, "")

    @property
    def ecosystem(self) -> str:
        """OSV's name of the release (``Alpine:v3.19``, ``Ubuntu:22.04:LTS``), or nothing."""
        if self.id == "alpine":
            found = _ALPINE.fullmatch(self.version)
            return f"Alpine:v{found[1]}.{found[2]}" if found else ""
        if not _RELEASE.fullmatch(self.version):
            return ""
        if self.id == "debian":
            return f"Debian:{self.version.partition('.')[0]}"
        if self.id == "ubuntu":
            year, _, month = self.version.partition(".")
            long_term = month == _LTS_MONTH and int(year) % 2 == 0
            return f"Ubuntu:{self.version}{':LTS' if long_term else ''}"
        return ""


def parse_system(release: bytes, alpine_release: bytes, debian_version: bytes) -> System | None:
    """From the files that were found; an empty one was not. None where none tells."""
    fields = dict(filter(None, map(_field, release.decode("utf-8", "replace").splitlines())))
    name, version = fields.get("ID", "").lower(), fields.get("VERSION_ID", "")
    if not name and alpine_release:
        name = "alpine"
    if not name and debian_version:
        name = "debian"
    if name == "alpine":
        version = version or _line(alpine_release)
    point_release = _RELEASE.fullmatch(_line(debian_version))
    if name == "debian" and point_release and point_release[0].startswith(version):
        version = point_release[0]
    return System(_shown(name), _shown(version)) if name else None


def _field(line: str) -> tuple[str, str] | None:
    name, found, value = line.strip().partition("=")
    if not found or name.startswith("#"):
        return None
    try:
        words = shlex.split(value[:1000])
    except ValueError:
        return None
    return name, " ".join(words)


def _line(content: bytes) -> str:
    return content.decode("utf-8", "replace").strip().partition("\n")[0]


def _shown(text: str) -> str:
    return printable(" ".join(text.split()))[:60]
