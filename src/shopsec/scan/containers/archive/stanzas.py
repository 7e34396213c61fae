"""The package lists of dpkg and apk: paragraphs of fields, one package each.

https://manpages.debian.org/bookworm/dpkg-dev/deb-control.5.en.html,
https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2
"""

import io
import re
from collections.abc import Iterator, Mapping

from shopsec.scan.containers.archive.packages import PackageList, SystemPackage

_SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")
# https://www.debian.org/doc/debian-policy/ch-controlfields.html#source; apk's have _ and capitals.
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z+._-]{0,199}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+:~_-]{0,199}")


def parse_dpkg(content: bytes) -> PackageList:
    """``var/lib/dpkg/status``; a file of ``status.d`` has no Status: it is of what is there."""
    found: list[SystemPackage | None] = []
    for fields in _paragraphs(content, ": "):
        status = fields.get("Status", "install ok installed").split()
        if status[-1:] == ["installed"]:
            found.append(_of_dpkg(fields))
    return _listed(found)


def _of_dpkg(fields: Mapping[str, str]) -> SystemPackage | None:
    name, version = fields.get("Package", ""), fields.get("Version", "")
    source = _SOURCE.fullmatch(fields.get("Source", name))
    return _package("deb", name, version, *((source[1], source[2]) if source else ("", "")))


def parse_apk(content: bytes) -> PackageList:
    """``lib/apk/db/installed``; ``o`` is the source package, which has the same version."""
    found = [
        _package(
            "apk",
            fields.get("P", ""),
            fields.get("V", ""),
            fields.get("o") or fields.get("P", ""),
            "",
        )
        for fields in _paragraphs(content, ":")
    ]
    return _listed(found)


def _package(
    kind: str, name: str, version: str, source: str, source_version: str | None
) -> SystemPackage | None:
    source_version = source_version or version
    names = all(map(_NAME.fullmatch, (name, source)))
    if not names or not all(map(_VERSION.fullmatch, (version, source_version))):
        return None
    return SystemPackage(kind, name, version, source, source_version)


def _listed(found: list[SystemPackage | None]) -> PackageList:
    packages = tuple(dict.fromkeys(each for each in found if each is not None))
    broken = found.count(None)
    return PackageList(packages, f"{broken} of its entries cannot be read" if broken else "")


def _paragraphs(content: bytes, separator: str) -> Iterator[dict[str, str]]:
    """The fields of each paragraph; of apk's files and folders inside one the last."""
    fields: dict[str, str] = {}
    for raw in io.BytesIO(content):
        line = raw.decode("utf-8", "replace")
        if not line.strip():
            if fields:
                yield fields
            fields = {}
            continue
        name, found, value = line.partition(separator)
        if found and not line[0].isspace():
            fields[name] = value.strip()
    if fields:
        yield fields
