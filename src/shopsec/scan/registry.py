"""All scanners. Adding one is a module and a line here."""

from shopsec.scan.access.scanner import Access
from shopsec.scan.base import Scanner
from shopsec.scan.code.bandit import Bandit
from shopsec.scan.containers.trivy_config import TrivyConfig
from shopsec.scan.containers.trivy_image import TrivyImage
from shopsec.scan.dependencies.advisories import AdvisoryPack
from shopsec.scan.dependencies.pip_audit import PipAudit
from shopsec.scan.dependencies.python_packages import PythonPackages
from shopsec.scan.secrets.scanner import Past, Secrets


def all_scanners(past: Past | None = None) -> tuple[Scanner, ...]:
    """New scanners for one run, the slowest first; ``past`` is searched for secrets as well."""
    packages = PythonPackages()
    return (
        TrivyImage(),
        PipAudit(packages),
        TrivyConfig(),
        AdvisoryPack(packages),
        Bandit(),
        Secrets(past),
        Access(),
    )
