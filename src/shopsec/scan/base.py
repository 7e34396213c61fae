"""What a scanner is, and what it returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from shopsec.config import Settings
from shopsec.model import (
    LISTED,
    Area,
    Database,
    Excluded,
    Finding,
    Inventory,
    Item,
    NotCovered,
    PinnedPackage,
    Rule,
    ScannerRun,
    SourceFile,
    Status,
    group_not_covered,
)
from shopsec.scan.host import Host
from shopsec.scan.shares import Share

BUG = "a bug in shopsec"
"""Begins the reason in the ledger where our own code broke."""


@dataclass(frozen=True)
class Target:
    """What is scanned, and how."""

    inventory: Inventory
    settings: Settings
    today: str
    """ISO 8601 date that stands for now."""
    silencers: Mapping[str, bytes] | None = None
    """Files of other scanners that say what is no finding, where not the inventory's own count."""
    share: Share | None = None
    """What this runner has of the files that scanners look at one by one; None for all."""

    @cached_property
    def files(self) -> tuple[SourceFile, ...]:
        """Files for a scanner whose findings in a file depend on that file alone."""
        return self.inventory.files if self.share is None else self.share.files(self.inventory)


@dataclass(frozen=True)
class Outcome:
    """What one scanner found and what it looked at."""

    run: ScannerRun
    findings: tuple[Finding, ...] = ()
    rules: tuple[Rule, ...] = ()
    packages: tuple[PinnedPackage, ...] = ()
    """Of a scanner that reads lockfiles: all that they pin, whatever is known of it."""


@dataclass(frozen=True)
class Readiness:
    """What can be said of a scanner before it runs: what it needs, and whether that is here."""

    scanner: str
    area: Area
    status: Status
    """As it could end at best: ``succeeded`` where nothing is missing."""
    unit: str
    applies_to: int
    """How many files, packages or images it would look at, as far as their names tell."""
    needs: str = ""
    """The program or package that it runs; empty where it is shopsec's own code."""
    place: str = ""
    """Where that program is."""
    version: str | None = None
    databases: tuple[Database, ...] = ()
    message: str = ""
    """What is missing or will happen, in one sentence."""
    next_step: str = ""
    """The command or change that mends it."""

    def as_run(self) -> ScannerRun:
        """As the ledger's entry of a scan that ends like this, for a gate to judge."""
        whole = self.status is Status.SUCCEEDED
        items = tuple(Item(name=f"{self.unit} {number}") for number in range(self.applies_to))
        missed = () if whole or not items else (NotCovered(reason=self.message, items=items),)
        return ScannerRun(
            scanner=self.scanner,
            area=self.area,
            status=self.status,
            unit=self.unit,
            databases=self.databases,
            handed_in=self.applies_to,
            covered=self.applies_to if not missed else 0,
            not_covered=missed,
        )


def of_package(scanner: str, area: Area, unit: str, applies_to: int, package: str) -> Readiness:
    """The readiness of a scanner that needs one Python package."""
    import importlib.metadata  # noqa: PLC0415 -- takes time, and a scan does not need it

    status = Status.SUCCEEDED if applies_to else Status.NOT_APPLICABLE
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return Readiness(
            scanner, area, Status.MISSING, unit, applies_to, needs=package,
            message=f"{package} is not installed beside shopsec",
            next_step="install shopsec again, with all that it depends on",
        )  # fmt: skip
    return Readiness(scanner, area, status, unit, applies_to, needs=package, version=version)


class Scanner(Protocol):
    """One scanner. Adding one is a module and a line in scan/registry.py."""

    @property
    def name(self) -> str:
        """What --only, --skip and the ledger call it."""
        ...  # pragma: no cover

    @property
    def area(self) -> Area:
        """What it looks at."""
        ...  # pragma: no cover

    def scan(self, target: Target, host: Host) -> Outcome:
        """Scan; raise ScannerError only when nothing at all can be said."""
        ...  # pragma: no cover


class CheckedScanner(Scanner, Protocol):
    """A scanner that can say, without scanning and without a network, whether it could."""

    def check(self, target: Target, host: Host) -> Readiness:
        """Look for what it needs."""
        ...  # pragma: no cover


@dataclass
class Ledger:
    """Gathers one scanner's books while it works; :meth:`close` balances them."""

    scanner: str
    area: Area
    unit: str = "files"
    version: str | None = None
    databases: tuple[Database, ...] = ()
    handed_in: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    next_step: str = ""
    listed: dict[str, list[Item]] = field(default_factory=dict)
    """Of those excluded, the ones that somebody silenced, by the reason."""
    missed: list[tuple[str, Item]] = field(default_factory=list)
    """Reasons and items."""

    def miss(self, item: Item, reason: str) -> None:
        """Book an item that was handed in but not looked at."""
        self.missed.append((reason, item))

    def exclude(self, reason: str, count: int = 1, item: Item | None = None) -> None:
        """Count items deliberately not handed in; ``item`` names one that somebody silenced."""
        if count:
            self.excluded[reason] = self.excluded.get(reason, 0) + count
        if item is not None and len(listed := self.listed.setdefault(reason, [])) < LISTED:
            listed.append(item)

    def add(self, part: "Ledger") -> None:
        """Take over the books of a part."""
        self.handed_in += part.handed_in
        self.missed += part.missed
        for reason, count in part.excluded.items():
            self.exclude(reason, count)
        for reason, items in part.listed.items():
            for item in items:
                self.exclude(reason, 0, item)

    def close(self, message: str = "", status: Status | None = None) -> ScannerRun:
        """Close the books. Without a status: succeeded, partial or not applicable."""
        missed = len(self.missed)
        if status is None:
            status = Status.SUCCEEDED
            if self.handed_in == 0:
                status = Status.NOT_APPLICABLE
            elif missed:
                status = Status.PARTIAL
        return ScannerRun(
            scanner=self.scanner,
            area=self.area,
            status=status,
            unit=self.unit,
            version=self.version,
            databases=self.databases,
            handed_in=self.handed_in,
            covered=self.handed_in - missed,
            not_covered=group_not_covered(self.missed),
            excluded=tuple(
                Excluded(reason=reason, count=count, items=tuple(self.listed.get(reason, ())))
                for reason, count in sorted(self.excluded.items())
            ),
            message=message,
            next_step=self.next_step if status is not Status.SUCCEEDED else "",
        )


def entry_without_scan(scanner: Scanner, status: Status, message: str) -> Outcome:
    """The ledger's entry of a scanner that was not run at all."""
    return Outcome(
        ScannerRun(scanner=scanner.name, area=scanner.area, status=status, message=message)
    )
