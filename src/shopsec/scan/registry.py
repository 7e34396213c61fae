"""All scanners. Adding one is a module, a function and a line here.

A scanner's modules are imported when it runs: what is not asked for costs no start.
"""

# ruff: noqa: PLC0415 -- what is made here is imported when it is asked for

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from shopsec.levels import Area
from shopsec.model import Finding, ImageUse, Inventory, SourceFile, Status
from shopsec.scan.base import (
    CheckedScanner,
    Outcome,
    Readiness,
    Scanner,
    Target,
    entry_without_scan,
)
from shopsec.scan.host import Host

if TYPE_CHECKING:
    from shopsec.scan.cache.recall import Remembered
    from shopsec.scan.dependencies.packages import Packages
    from shopsec.scan.imported.imported_file import ImportedFile
    from shopsec.scan.secrets.past import Past

T = TypeVar("T")


@dataclass(frozen=True)
class ByFile:
    """How a scanner is dealt whose findings in a file depend on nothing but that file."""

    files: Callable[[Target, Host], Sequence[SourceFile]]
    """Those of ``target.files`` that it is handed."""
    join: Callable[[Sequence[Finding], Target, Host], tuple[Finding, ...]]
    """Of all shards' findings, those that a scan of all files gives."""


@dataclass(frozen=True)
class Deferred:
    """A scanner that is made, and its modules imported, when it is asked to scan."""

    name: str
    area: Area
    make: Callable[[], CheckedScanner]
    by_file: ByFile | None = None
    """Where what it finds in a file depends on nothing but that file."""

    inventory: Inventory | None = None
    """The files that it looks at, where those are not all of the target's."""
    remembered: "Callable[[], Remembered] | None" = None
    """Where its outcome depends on nothing but what can be compared with a former scan's."""
    of_commit: bool = False
    """Another tool looked at the commit that is scanned, and cannot be asked about any other."""
    applies: Callable[[Target], bool] | None = None
    """Whether there may be something to look at; None where only the scanner itself can tell."""

    def scan(self, target: Target, host: Host) -> Outcome:
        """Scan with the scanner itself, or take the outcome of a scan that was the same."""
        if self.applies is not None and not self.applies(target):
            return entry_without_scan(self, Status.NOT_APPLICABLE, "")
        if self.remembered is None or host.results is None:
            return self.make().scan(self.target(target), host)
        from shopsec.scan.cache.recall import recalled

        def scan(target: Target, host: Host) -> Outcome:
            return self.make().scan(target, host)

        return recalled(self.name, scan, self.remembered(), self.target(target), host)

    def target(self, target: Target) -> Target:
        """The target as this scanner is given it."""
        if self.by_file is None:
            return replace(target, share=None)
        return target if self.inventory is None else replace(target, inventory=self.inventory)

    def narrowed(self, inventory: Inventory) -> "Deferred":
        """The same, of fewer files where that makes no difference for those."""
        return replace(self, inventory=inventory) if self.by_file else self

    def check(self, target: Target, host: Host) -> Readiness:
        """Let the scanner itself say whether it could scan."""
        return self.make().check(target, host)


def _has_files(target: Target) -> bool:
    # With a configuration it is asked all the same: its rules may be what must be mended.
    return bool(target.inventory.files or target.settings.source)


def _has_files_or_images(target: Target) -> bool:
    return _has_files(target) or target.settings.images_asked > 0


def all_scanners(
    past: "Past | None" = None, imports: "Sequence[ImportedFile]" = ()
) -> tuple[Deferred, ...]:
    """New scanners for one run, the slowest first; ``past`` is searched for secrets as well."""
    packages, uses = Shared(_packages), _ImageUses()
    # Whether a value of the files is one of the past, too, only who has both can say.
    by_file = _secrets_by_file() if past is None else None
    return (
        Deferred(
            "trivy-image", Area.CONTAINERS, lambda: _trivy_image(uses), applies=_has_files_or_images
        ),
        Deferred(
            "image-packages",
            Area.CONTAINERS,
            lambda: _image_packages(uses),
            applies=_has_files_or_images,
        ),
        Deferred(
            "pip-audit", Area.DEPENDENCIES, lambda: _pip_audit(packages.get()), applies=_has_files
        ),
        Deferred(
            "trivy-config",
            Area.CONTAINERS,
            _trivy_config,
            remembered=_trivy_config_remembered,
            applies=_has_files,
        ),
        Deferred("osv", Area.DEPENDENCIES, lambda: _osv(packages.get()), applies=_has_files),
        Deferred("bandit", Area.CODE, _bandit, _bandit_by_file(), applies=_has_files),
        Deferred("unread-code", Area.CODE, _unread_code, applies=_has_files),
        Deferred(
            "secrets",
            Area.SECRETS,
            lambda: _secrets(past),
            by_file,
            applies=_has_files if past is None else None,
        ),
        Deferred("access", Area.ACCESS, _access, remembered=_access_remembered, applies=_has_files),
        *map(_of_import, imports),
    )


def dependency_scanners(packages: "Packages") -> tuple[Scanner, ...]:
    """New scanners of what lockfiles pin, which is read once into ``packages``."""
    return _pip_audit(packages), _osv(packages)


class Shared(Generic[T]):
    """What several scanners use, made once when the first of them asks."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: T | None = None
        self._lock = threading.Lock()

    def get(self) -> T:
        """The one that all get."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


def _packages() -> "Packages":
    from shopsec.scan.dependencies.packages import Packages

    return Packages()


def _pip_audit(packages: "Packages") -> CheckedScanner:
    from shopsec.scan.dependencies.pip_audit import PipAudit

    return PipAudit(packages)


def _osv(packages: "Packages") -> CheckedScanner:
    from shopsec.scan.dependencies.osv import Osv

    return Osv(packages)


class _ImageUses:
    """Which images the repository's files name, found once for all scanners of images."""

    def __init__(self) -> None:
        self._found: tuple[Inventory, tuple[ImageUse, ...]] | None = None
        self._lock = threading.Lock()

    def __call__(self, target: Target, host: Host) -> tuple[ImageUse, ...]:
        from shopsec.scan.access.image_uses import image_uses

        with self._lock:
            if self._found is None or self._found[0] is not target.inventory:
                self._found = target.inventory, image_uses(target, host)
            return self._found[1]


def _trivy_image(uses: _ImageUses) -> CheckedScanner:
    from shopsec.scan.containers.trivy_image import TrivyImage

    return TrivyImage(uses)


def _image_packages(uses: _ImageUses) -> CheckedScanner:
    from shopsec.scan.image_packages.scanner import ImagePackages

    return ImagePackages(uses)


def _trivy_config() -> CheckedScanner:
    from shopsec.scan.containers.trivy_config import TrivyConfig

    return TrivyConfig()


def _trivy_config_remembered() -> "Remembered":
    from shopsec.scan.containers.remembered import TRIVY_CONFIG

    return TRIVY_CONFIG


def _bandit() -> CheckedScanner:
    from shopsec.scan.code.bandit import Bandit

    return Bandit()


def _unread_code() -> CheckedScanner:
    from shopsec.scan.code.unread import UnreadCode

    return UnreadCode()


def _bandit_by_file() -> ByFile:
    def files(target: Target, host: Host) -> Sequence[SourceFile]:
        from shopsec.scan.code.bandit import files_of

        return files_of(target, host)

    return ByFile(files, lambda findings, *_: tuple(findings))


def _secrets(past: "Past | None") -> CheckedScanner:
    from shopsec.scan.secrets.scanner import Secrets

    return Secrets(past)


def _secrets_by_file() -> ByFile:
    def files(target: Target, _: Host) -> Sequence[SourceFile]:
        from shopsec.scan.secrets.scanner import files_of

        return files_of(target)

    def join(findings: Sequence[Finding], target: Target, host: Host) -> tuple[Finding, ...]:
        from shopsec.scan.secrets.joining import join_places

        return join_places(findings, target, host, {})

    return ByFile(files, join)


def _access() -> CheckedScanner:
    from shopsec.scan.access.scanner import Access

    return Access()


def _access_remembered() -> "Remembered":
    from shopsec.scan.access.remembered import ACCESS

    return ACCESS


def _of_import(file: "ImportedFile") -> Deferred:
    from shopsec.scan.imported.scanner import Imported

    return Deferred(file.asked.scanner, file.area, lambda: Imported(file), of_commit=True)
