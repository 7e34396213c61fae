"""Writes a vulnerability database that Trivy accepts as its own, with four vulnerabilities.

Its tables: https://github.com/aquasecurity/trivy-db/blob/main/pkg/db. Severities are numbers from
1 (low) to 4 (critical); as a float Trivy takes them for unknown, or for an error.
"""

import json
from pathlib import Path

from tests.containers.bbolt import Bucket, bolt_file

# Four days before the day that tests take for today.
FRESH = "2026-11-20T06:00:00.5Z"
_PYPI = "pip::GitHub Security Advisory Pip"
_NPM = "npm::GitHub Security Advisory npm"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


_TABLES: Bucket = {
    "alpine 3.19": {"openssl": {"CVE-2023-5678": _json({"FixedVersion": "3.1.4-r3"})}},
    "debian 12": {"zlib": {"CVE-2023-45853": _json({"FixedVersion": "", "Severity": 1})}},
    _PYPI: {
        "django": {
            "CVE-2021-33203": _json(
                {
                    "PatchedVersions": ["3.2.4", "3.1.12"],
                    "VulnerableVersions": [">=3.2, <3.2.4"],
                    "VendorIDs": ["GHSA-68w8-qjq3-2gfm"],
                }
            )
        }
    },
    _NPM: {
        "lodash": {
            "CVE-2021-23337": _json(
                {"PatchedVersions": ["4.17.21"], "VulnerableVersions": ["<4.17.21"]}
            )
        }
    },
    "vulnerability": {
        "CVE-2021-23337": _json({"Title": "lodash: injection", "VendorSeverity": {"ghsa": 3}}),
        "CVE-2023-5678": _json(
            {
                "Title": "openssl: long checks of \u202eDH keys\n",
                "VendorSeverity": {"nvd": 2, "redhat": 1},
                "CVSS": {
                    "nvd": {
                        "V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L",
                        "V3Score": 5.3,
                    },
                    "alma": {"V3Vector": "CVSS:3.1/x", "V3Score": 9.9},
                },
                "CweIDs": ["CWE-754", "NVD-CWE-Other"],
            }
        ),
        "CVE-2023-45853": _json(
            {"Description": "An overflow in zipOpen. More.", "VendorSeverity": {"nvd": 4}}
        ),
        "CVE-2021-33203": _json({"Title": "django: traversal", "VendorSeverity": {"ghsa": 2}}),
    },
    "data-source": {
        "alpine 3.19": _json({"ID": "alpine", "Name": "Alpine", "URL": "https://example.org/"}),
        "debian 12": _json({"ID": "debian", "Name": "Debian", "URL": "https://example.org/"}),
        _NPM: _json({"ID": "ghsa", "Name": "GitHub", "URL": "https://example.org/"}),
        _PYPI: _json({"ID": "ghsa", "Name": "GitHub", "URL": "https://example.org/"}),
    },
}


def write_database(cache: Path, updated_at: str) -> None:
    """Write the database and the file that tells its age (RFC 3339)."""
    folder = cache / "db"
    folder.mkdir(parents=True)
    (folder / "trivy.db").write_bytes(bolt_file(_TABLES))
    (folder / "metadata.json").write_bytes(_json({"Version": 2, "UpdatedAt": updated_at}))
