"""Advisories of Debian, Alpine and Ubuntu in the shape that OSV gives them."""

from typing import Any

from tests.dependencies.osv_stub import Record

HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def record(id_: str, package: str, *releases: tuple[str, str | None], **fields: Any) -> Record:
    """One record; of each release the version that mends it, or None."""
    affected = []
    for ecosystem, fixed in releases:
        events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
        affected.append(
            {
                "package": {"ecosystem": ecosystem, "name": package},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
                "ecosystem_specific": {"urgency": fields.pop("urgency", "not yet assigned")},
            }
        )
    found: Record = {
        "id": id_,
        "modified": "2026-11-20T00:00:00Z",
        "upstream": ["CVE-" + id_.partition("CVE-")[2]],
        "affected": affected,
    }
    return found | fields


def scored(vector: str) -> list[dict[str, str]]:
    """A severity in OSV's form."""
    return [{"type": "CVSS_V3", "score": vector}]


ZLIB = record(
    "DEBIAN-CVE-2023-45853", "zlib", ("Debian:12", None), ("Debian:13", "1:1.3.dfsg-3.1"),
    details="MiniZip in zlib through 1.3 has an integer overflow.", severity=scored(CRITICAL),
)  # fmt: skip
OPENSSL = record(
    "ALPINE-CVE-2023-5678", "openssl", ("Alpine:v3.18", "3.1.4-r1"), ("Alpine:v3.19", "3.1.4-r3"),
    summary="Long checks of DH keys", severity=scored(HIGH),
)  # fmt: skip
