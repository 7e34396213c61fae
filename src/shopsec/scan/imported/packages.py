"""The package that an auditor of dependencies speaks of: SARIF has no place for it. Pure."""

import re

# Trivy, osv-scanner and Grype, in this order.
_MESSAGES = (
    re.compile(r"^Package: (?P<name>\S+)\s+Installed Version: (?P<version>\S+)"),
    re.compile(r"^Package '(?P<name>[^'\s]+)@(?P<version>[^'@\s]+)' is vulnerable"),
    re.compile(r"vulnerability in [\w-]+ package: (?P<name>\S+), version (?P<version>\S+) was"),
)


def package_of(text: str) -> str:
    """``name@version`` out of a tool's message; empty where it says neither."""
    for pattern in _MESSAGES:
        found = pattern.search(text[:600])
        if found is not None:
            return f"{found['name']}@{found['version']}"[:200]
    return ""
