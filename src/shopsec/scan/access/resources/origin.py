"""Whose repository this is, from the address of its origin."""

import re

_OWNER = re.compile(r"^(?:\w+://(?:[^@/]+@)?[\w.-]+(?::\d+)?/|[\w.-]+@[\w.-]+:)([\w.-]+)/[^/]")


def owner_of(remote: str) -> str:
    """The user, organisation or group in an address, in lower case; empty where none is named."""
    found = _OWNER.match(remote)
    return found[1].lower() if found else ""
