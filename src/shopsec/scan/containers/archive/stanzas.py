"""The package lists of dpkg and apk: paragraphs of fields, one package each.

https://manpages.debian.org/bookworm/dpkg-dev/deb-control.5.en.html,
https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping

from shopsec.scan.containers.archive.packages import PackageList, SystemPackage

# The largest distributions have 100,000 packages, and nobody installs them all.
_MOST = 100_000
_FIELDS = frozenset({"Package", "Status", "Source", "Version", "P", "V", "o"})
_SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")
# https://www.debian.org/doc/debian-policy/ch-controlfields.html#source; apk's have _ and capitals.
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z+._-]{0,199}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+:~_-]{0,199}")


def parse_dpkg(content: bytes) -> PackageList:
    """``var/lib/dpkg/status``; a file of ``status.d`` has no Status: it is of what is there."""
    return _listed(
        _of_dpkg(fields)
        for fields in _paragraphs(content, ": ")
        if fields.get("Status", "install ok installed").split()[-1:] == ["installed"]
    )


def _of_dpkg(fields: Mapping[str, str]) -> SystemPackage | None:
    name, version = fields.get("Package", ""), fields.get("Version", "")
    source = _SOURCE.fullmatch(fields.get("Source", name))
    if source is None:
        return None
    return _package("deb", name, version, source[1], source[2])


def parse_apk(content: bytes) -> PackageList:
    """``lib/apk/db/installed``; ``o`` is the source package, which has the same version."""
    return _listed(
        _package("apk", fields.get("P", ""), fields.get("V", ""), fields.get("o"), None)
        for fields in _paragraphs(content, ":")
    )


def _package(
    kind: str, name: str, version: str, source: str | None, source_version: str | None
) -> SystemPackage | None:
    """A package; without a source package, or its version, those are its own."""
    source, source_version = source or name, source_version or version
    names = all(map(_NAME.fullmatch, (name, source)))
    if not names or not all(map(_VERSION.fullmatch, (version, source_version))):
        return None
    return SystemPackage(kind, name, version, source, source_version)


def _listed(found: Iterable[SystemPackage | None]) -> PackageList:
    packages: dict[SystemPackage, None] = {}
    broken = 0
    for each in found:
        if each is None:
            broken += 1
        else:
            packages[each] = None
        if len(packages) > _MOST:
            return PackageList(problem=f"lists more than {_MOST} packages")
    problem = f"{broken} of its entries cannot be read" if broken else ""
    return PackageList(tuple(packages), problem)


def _paragraphs(content: bytes, separator: str) -> Iterator[dict[str, str]]:
    """The fields of each paragraph that are read here."""
    fields: dict[str, str] = {}
    for raw in io.BytesIO(content):
        line = raw.decode("utf-8", "replace")
        if not line.strip():
            if fields:
                yield fields
            fields = {}
            continue
        name, found, value = line.partition(separator)
        if found and name in _FIELDS:
            fields[name] = value.strip()
    if fields:
        yield fields
