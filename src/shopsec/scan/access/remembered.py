"""What the outcome of the access rules depends on besides the repository's files.

Imports nothing of the scanner: where its outcome is remembered, its modules need not be loaded.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from shopsec.errors import PolicyError
from shopsec.model import Status
from shopsec.policy.lifecycle import FILE_NAME
from shopsec.policy.rules import own_packs
from shopsec.scan.base import Outcome, Target
from shopsec.scan.cache.recall import Remembered
from shopsec.scan.host import Host


def _further(target: Target, host: Host) -> Iterable[str] | None:
    """Today, for ends of support; the refreshed table of these; a team's own rules."""
    settings = target.settings
    further = [target.today]
    lifecycles = Path(host.cache) / FILE_NAME
    try:
        packs = own_packs(settings.policies, Path(settings.rules_base))
        for path in (*packs, *([lifecycles] if lifecycles.is_file() else ())):
            further += [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
    except (PolicyError, OSError):
        return None  # the scanner says it better
    return further


def _still(outcome: Outcome, host: Host) -> bool:
    del outcome, host  # no programs are run
    return True


ACCESS = Remembered(
    _further, _still, frozenset({Status.SUCCEEDED, Status.PARTIAL, Status.NOT_APPLICABLE})
)
"""A file that cannot be parsed is none the next time either."""
