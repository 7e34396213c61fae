"""What the outcome of ``trivy config`` depends on besides the repository's files."""

from collections.abc import Iterable

from shopsec.model import Status
from shopsec.scan.base import Outcome, Target
from shopsec.scan.cache.recall import Remembered
from shopsec.scan.containers.trivy import TrivyUnusableError, locate
from shopsec.scan.host import Host


def _further(target: Target, host: Host) -> Iterable[str]:
    del target, host
    return ()


def _still(outcome: Outcome, host: Host) -> bool:
    """The checks are within Trivy, so its version says which ones; without files, none is run."""
    if outcome.run.version is None:
        return True
    try:
        return locate(host).version == outcome.run.version
    except TrivyUnusableError:
        return False


TRIVY_CONFIG = Remembered(_further, _still, frozenset({Status.SUCCEEDED, Status.NOT_APPLICABLE}))
"""What it could not look at may be for want of time or room, so it is tried again."""
