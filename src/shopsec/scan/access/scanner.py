"""The policy engine as a scanner: documents, resources, rules, findings."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shopsec.config import Settings
from shopsec.errors import PolicyError
from shopsec.model import Area, Database, SourceFile
from shopsec.model import Role as FileRole
from shopsec.policy.lifecycle import (
    FILE_NAME,
    Lifecycles,
    embedded_lifecycles,
    newest_lifecycles,
)
from shopsec.policy.rules import (
    SCANNER,
    AccessRules,
    embedded_access_packs,
    load_access_rules,
    own_packs,
)
from shopsec.scan.access.documents import DocumentError, NotRendered
from shopsec.scan.access.documents.shell import too_long
from shopsec.scan.access.evaluate import evaluate
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.registry import KINDS, SUMMARIES, sources_of
from shopsec.scan.base import Ledger, Outcome, Target
from shopsec.scan.host import Host, Unreadable


def load_rules(settings: Settings | None = None) -> AccessRules:
    """The embedded rules and a team's own, as its configuration changes them, type-checked.

    PolicyError names what cannot be used.
    """
    if settings is None:
        return load_access_rules(KINDS)
    try:
        own = own_packs(settings.policies, Path(settings.base))
    except PolicyError as error:
        raise PolicyError(settings.at("policies") + error.message, error.hint) from error
    rules = load_access_rules(KINDS, (*embedded_access_packs(), *own))
    return rules.adjusted(settings.rules, settings.places)


@dataclass(frozen=True)
class _RepositoryFiles:
    """The inventory's files, read through the host."""

    target: Target
    host: Host
    lifecycles: Lifecycles
    memo: dict[str, Any] = field(default_factory=dict)

    @property
    def whole_repository(self) -> bool:
        inventory = self.target.inventory
        return not inventory.repository.path_in_repository and not inventory.staged

    @property
    def remote(self) -> str:
        return self.target.inventory.repository.remote or ""

    @property
    def today(self) -> datetime.date:
        return _day(self.target)

    @property
    def files(self) -> tuple[SourceFile, ...]:
        return self.target.inventory.files

    def read(self, file: SourceFile) -> bytes:
        return self.host.read(file, self.target.settings.limits.file_bytes)

    def find(self, uri: str) -> SourceFile | None:
        return self.target.inventory.by_uri.get(uri)


class Access:
    """Checks pipelines, Dockerfiles, Compose files and settings against policies/access."""

    name = SCANNER
    area = Area.ACCESS

    def scan(self, target: Target, host: Host) -> Outcome:
        """Check every file that some resource comes from; one that cannot be used is named."""
        rules = load_rules(target.settings)
        ledger = Ledger(self.name, self.area, version=f"{len(rules.rules)} rules")
        ledger.exclude(
            "rules switched off in the configuration",
            sum(change == "off" for change in target.settings.rules.values()),
        )
        lifecycles, table, note = _lifecycles(host, target)
        files = _RepositoryFiles(target, host, lifecycles)
        ledger.databases = (table,)
        resources = read_resources(files, ledger)
        findings, failures = evaluate(rules, resources)
        for uri, problem in {each.resource.file.uri: each.problem for each in failures}.items():
            ledger.miss(target.inventory.by_uri[uri].as_item(), f"a rule failed: {problem}")
        ledger.next_step = "mend the files named above: a pipeline or image build reads them too"
        used = {finding.rule_id for finding in findings}
        return Outcome(
            ledger.close(note),
            tuple(findings),
            tuple(rule.spec.as_rule() for rule in rules.rules if rule.spec.id in used),
        )


def _day(target: Target) -> datetime.date:
    return datetime.date.fromisoformat(target.today)


def _lifecycles(host: Host, target: Target) -> tuple[Lifecycles, Database, str]:
    """The table of lifecycles, its entry in the ledger, and what there is to say about it."""
    note = ""
    try:
        table = newest_lifecycles(Path(host.cache) / FILE_NAME)
    except PolicyError as error:
        table = embedded_lifecycles()
        note = f"the refreshed product lifecycles cannot be used, see to it: {error.message}"
    name, age = "product lifecycles", table.stale_days(_day(target))
    if age:
        name += f", {age} days old"
        note = note or f"ends of support announced in the last {age} days are not known here"
    return table, Database(name=name, date=table.as_of.isoformat()), note


def read_resources(files: Files, ledger: Ledger) -> list[Resource]:
    """Every resource of every file, then those of the whole; the ledger hears of what failed."""
    found = list(_of_files(files, ledger))
    return found + [each for summary in SUMMARIES for each in summary.build(files, found)]


def _of_files(files: Files, ledger: Ledger) -> Iterator[Resource]:
    for file in files.files:
        sources = sources_of(file)
        if not sources:
            continue
        if file.role is FileRole.VENDORED:
            ledger.exclude("vendored files")
            continue
        try:
            content = files.read(file)
        except Unreadable as error:
            ledger.handed_in += 1
            ledger.miss(file.as_item(), str(error))
            continue
        yield from _of_file(file, content, sources, files, ledger)


def _of_file(
    file: SourceFile, content: bytes, sources: Sequence[Source], files: Files, ledger: Ledger
) -> Iterator[Resource]:
    holding = [source for source in sources if source.holds is None or source.holds(content)]
    if not holding:
        return
    ledger.handed_in += 1
    try:
        found = [each for source in holding for each in source.build(file, content, files)]
    except (Unreadable, DocumentError) as error:
        ledger.miss(file.as_item(), str(error))
    except NotRendered as left_out:
        ledger.handed_in -= 1
        ledger.exclude(left_out.kind)
    else:
        # A manifest in JSON is one line a script, however many lines it has.
        if any(source.scripts for source in holding) and not file.name.endswith(".json"):
            left_out_too = too_long(content.decode("utf-8", "replace"))
            if left_out_too:
                ledger.miss(file.as_item(), left_out_too)
        yield from found
