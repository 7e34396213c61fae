"""Copies of the files that Trivy has checks for, in a private folder, under harmless names.

Trivy never walks the repository: no symbolic link, no name and no file of its own configuration
in there can reach it. What a repository writes to silence Trivy is taken out of the copies.
"""

import errno
import os
import re
from dataclasses import dataclass, field

from shopsec.model import Role, SourceFile
from shopsec.scan.base import Ledger, Target
from shopsec.scan.containers.config_files import (
    TERRAFORM_SUFFIXES,
    YAML_SUFFIXES,
    Kind,
    chart_of,
    charts_of,
    foreign_modules,
    is_kubernetes_list,
    is_manifest,
    kind_by_name,
    may_be_manifest,
)
from shopsec.scan.containers.silencers import without_silencers
from shopsec.scan.containers.terraform_probe import with_probe
from shopsec.scan.host import Host, Unreadable

# Deeper paths are nobody's, and a hostile one would not fit below our folder.
_DEEPEST = 60
_HARMLESS = re.compile(r"(?!\.+$)[A-Za-z0-9_.][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Copy:
    """A file of the repository as Trivy gets to see it."""

    file: SourceFile
    kind: Kind
    chart: str | None = None
    """Folder of the Helm chart it belongs to."""
    last_line: int | None = None
    """For Terraform: findings on later lines are the probe's."""
    is_list: bool = False
    """A Kubernetes List: Trivy (0.76) passes it without looking at its items."""


@dataclass
class Copies:
    """All copies, by path relative to ``folder``: what Trivy calls a target."""

    folder: str
    charts: frozenset[str]
    by_target: dict[str, Copy] = field(default_factory=dict)
    _stand_ins: dict[str, str] = field(default_factory=dict)

    @property
    def handed_in(self) -> dict[str, Copy]:
        """The copies that are to be looked at, without what they merely need."""
        return {
            target: copy
            for target, copy in self.by_target.items()
            if copy.kind is not Kind.CHART_PART
        }

    def add(self, file: SourceFile, kind: Kind, content: bytes) -> None:
        """Write a copy; OSError when it cannot be written."""
        number = len(self.by_target)
        chart, last_line, is_list = None, None, False
        if kind is Kind.TERRAFORM:
            content, last_line = with_probe(content, number, is_json=file.path.endswith(".json"))
        elif kind is Kind.CHART_TEMPLATE:
            chart = chart_of(file.path, self.charts)
        elif kind is Kind.MANIFEST:
            is_list = is_kubernetes_list(content)
        target = self._target(file, kind, number)
        path = os.path.join(self.folder, target)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as copy:
            copy.write(content)
        self.by_target[target] = Copy(file, kind, chart, last_line, is_list)

    def _target(self, file: SourceFile, kind: Kind, number: int) -> str:
        """Only where files refer to each other do their folders stay as they are."""
        if kind is Kind.DOCKERFILE:
            return f"{number}/Dockerfile"
        if kind is Kind.MANIFEST:
            return f"{number}/manifest{_suffix(file.path.lower(), (*YAML_SUFFIXES, '.json'))}"
        parts = file.path.split("/")
        if len(parts) > _DEEPEST:
            raise OSError(errno.ENAMETOOLONG, "too many folders")
        top = "terraform" if kind is Kind.TERRAFORM else "charts"
        return "/".join((top, *map(self._harmless, parts)))

    def _harmless(self, name: str) -> str:
        """A part of a path, or the same stand-in for it every time."""
        if _HARMLESS.fullmatch(name):
            return name
        # "~" is in no harmless name, so that stand-ins are unique.
        suffix = _suffix(name, (*TERRAFORM_SUFFIXES, *YAML_SUFFIXES))
        return self._stand_ins.setdefault(name, f"~{len(self._stand_ins)}{suffix}")


def _suffix(name: str, known: tuple[str, ...]) -> str:
    return next((suffix for suffix in known if name.endswith(suffix)), "")


def copy_files(folder: str, target: Target, host: Host, ledger: Ledger) -> Copies:
    """Copy what Trivy has checks for below ``folder``; book what is handed in and what is not."""
    own = [file for file in target.inventory.files if not _is_vendored(file)]
    copies = Copies(folder, charts_of(file.path for file in own))
    reader = _Reader(copies, host, target.settings.limits.file_bytes, ledger)
    for file in target.inventory.files:
        kind = kind_by_name(file.path, copies.charts)
        if _is_vendored(file):
            ledger.exclude("vendored files", int(kind is not None or may_be_manifest(file.path)))
        elif kind is not None:
            reader.take(file, kind)
        elif may_be_manifest(file.path):
            reader.take_manifest(file)
    return copies


def count_files(target: Target, host: Host) -> int:
    """How many files would be handed in, without copying any."""
    own = [file for file in target.inventory.files if not _is_vendored(file)]
    charts = charts_of(file.path for file in own)
    return sum(_is_checked(file, charts, target, host) for file in own)


def _is_checked(file: SourceFile, charts: frozenset[str], target: Target, host: Host) -> bool:
    kind = kind_by_name(file.path, charts)
    if kind is not None or not may_be_manifest(file.path):
        return kind not in {None, Kind.CHART_PART}
    try:
        return is_manifest(host.read(file, target.settings.limits.file_bytes))
    except Unreadable:
        return False


def _is_vendored(file: SourceFile) -> bool:
    """Also what `terraform init` downloads."""
    return file.role is Role.VENDORED or "/.terraform/" in f"/{file.path}"


@dataclass(frozen=True)
class _Reader:
    """Reads files of the repository and books them."""

    copies: Copies
    host: Host
    limit: int
    ledger: Ledger

    def take(self, file: SourceFile, kind: Kind) -> None:
        """Copy a file that is one of ours by its name."""
        self._hand_in(kind)
        try:
            self._add(file, kind, self.host.read(file, self.limit))
        except Unreadable as error:
            self._miss(file, kind, str(error))

    def take_manifest(self, file: SourceFile) -> None:
        """Copy a file if its content is of interest."""
        try:
            content = self.host.read(file, self.limit)
        except Unreadable:
            self.ledger.exclude("YAML and JSON files too large or unreadable to see what they are")
            return
        if is_manifest(content):
            self._hand_in(Kind.MANIFEST)
            self._add(file, Kind.MANIFEST, content)

    def _add(self, file: SourceFile, kind: Kind, content: bytes) -> None:
        content, silencers = without_silencers(content)
        self.ledger.exclude("trivy:ignore comments (not honoured)", silencers)
        if kind is Kind.TERRAFORM:
            modules = foreign_modules(content)
            self.ledger.exclude("Terraform modules from elsewhere (never fetched)", modules)
        try:
            self.copies.add(file, kind, content)
        except OSError as error:
            self._miss(file, kind, f"cannot be copied: {error.strerror}")

    def _hand_in(self, kind: Kind) -> None:
        self.ledger.handed_in += kind is not Kind.CHART_PART

    def _miss(self, file: SourceFile, kind: Kind, reason: str) -> None:
        if kind is not Kind.CHART_PART:
            self.ledger.miss(file.as_item(), reason)
