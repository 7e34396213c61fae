"""yarn.lock of any version."""

import re

from shopsec.scan.dependencies.lockfiles import yarn_berry, yarn_classic
from shopsec.scan.dependencies.lockfiles.base import Lockfile

_BERRY = re.compile(rf"^\"?{yarn_berry.METADATA}\"?:", re.MULTILINE)


def parse(text: str, manifest: str = "") -> Lockfile:
    """Parse yarn.lock; the text of the package.json beside it tells more of direct and dev."""
    berry = _BERRY.search(text) is not None
    return yarn_berry.parse(text, manifest) if berry else yarn_classic.parse(text, manifest)
