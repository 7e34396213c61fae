"""What makes one shopsec give other results than another: its code, its rules, its libraries."""

import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from functools import lru_cache

import shopsec
from shopsec.policy.bundled import policies_folder


@lru_cache(maxsize=1)
def own_code() -> str:
    """Digest of every file of shopsec, Python's version, and the versions of all packages here.

    Contents, not the version's number: a checkout changes without one. Takes 25 ms.
    """
    digest = hashlib.sha256(f"{sys.version}\0{platform.machine()}\0".encode())
    for top in (os.path.dirname(os.path.abspath(shopsec.__file__)), str(policies_folder())):
        for path in sorted(_files(top)):
            with open(path, "rb") as file:
                content = file.read()
            name = os.path.relpath(path, top)
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    digest.update("\0".join(sorted(set(_packages()))).encode())
    return digest.hexdigest()


def _files(top: str) -> Iterator[str]:
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (os.path.join(folder, name) for name in names)


def _packages() -> Iterator[str]:
    """Names such as ``bandit-1.9.4.dist-info``, from all folders that Python imports from."""
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        yield from (name for name in names if name.endswith((".dist-info", ".egg-info")))
