"""All scanners. Adding one is a module, a function and a line here.

A scanner's modules are imported when it runs: what is not asked for costs no start.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shopsec.levels import Area
from shopsec.scan.base import Outcome, Scanner, Target
from shopsec.scan.dependencies.packages import Packages
from shopsec.scan.host import Host
from shopsec.scan.secrets.past import Past


@dataclass(frozen=True)
class Deferred:
    """A scanner that is made, and its modules imported, when it is asked to scan."""

    name: str
    area: Area
    make: Callable[[], Scanner]
    by_file: bool = False
    """What it finds in a file depends on nothing but that file."""

    def scan(self, target: Target, host: Host) -> Outcome:
        """Scan with the scanner itself."""
        return self.make().scan(target, host)


def all_scanners(past: Past | None = None) -> tuple[Deferred, ...]:
    """New scanners for one run, the slowest first; ``past`` is searched for secrets as well."""
    packages = Packages()
    return (
        Deferred("trivy-image", Area.CONTAINERS, _trivy_image),
        Deferred("pip-audit", Area.DEPENDENCIES, lambda: _pip_audit(packages)),
        Deferred("trivy-config", Area.CONTAINERS, _trivy_config),
        Deferred("osv", Area.DEPENDENCIES, lambda: _osv(packages)),
        Deferred("bandit", Area.CODE, _bandit, by_file=True),
        Deferred("unread-code", Area.CODE, _unread_code),
        Deferred("secrets", Area.SECRETS, lambda: _secrets(past), by_file=True),
        Deferred("access", Area.ACCESS, _access),
    )


def dependency_scanners(packages: Packages) -> tuple[Scanner, ...]:
    """New scanners of what lockfiles pin, which is read once into ``packages``."""
    return _pip_audit(packages), _osv(packages)


# ruff: noqa: PLC0415 -- each function here imports what it makes


def _pip_audit(packages: Packages) -> Scanner:
    from shopsec.scan.dependencies.pip_audit import PipAudit

    return PipAudit(packages)


def _osv(packages: Packages) -> Scanner:
    from shopsec.scan.dependencies.osv import Osv

    return Osv(packages)


def _trivy_image() -> Scanner:
    from shopsec.scan.containers.trivy_image import TrivyImage

    return TrivyImage()


def _trivy_config() -> Scanner:
    from shopsec.scan.containers.trivy_config import TrivyConfig

    return TrivyConfig()


def _bandit() -> Scanner:
    from shopsec.scan.code.bandit import Bandit

    return Bandit()


def _unread_code() -> Scanner:
    from shopsec.scan.code.unread import UnreadCode

    return UnreadCode()


def _secrets(past: Past | None) -> Scanner:
    from shopsec.scan.secrets.scanner import Secrets

    return Secrets(past)


def _access() -> Scanner:
    from shopsec.scan.access.scanner import Access

    return Access()
