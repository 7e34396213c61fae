"""The policy engine as a scanner: documents, resources, rules, findings."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shopsec.config import Settings
from shopsec.errors import PolicyError, ShopsecError
from shopsec.model import Area, Database, Item, SourceFile
from shopsec.model import Role as FileRole
from shopsec.policy.rules import (
    SCANNER,
    AccessRules,
    embedded_access_packs,
    load_access_rules,
    own_packs,
)
from shopsec.scan.access.documents import DocumentError, NotRendered, refuse_binary
from shopsec.scan.access.documents.shell import too_long
from shopsec.scan.access.evaluate import evaluate
from shopsec.scan.access.repository_files import RepositoryFiles, known_lifecycles
from shopsec.scan.access.resources.base import Files, Resource, Source, Summary
from shopsec.scan.access.resources.registry import KINDS, SUMMARIES, sources_of
from shopsec.scan.base import BUG, Ledger, Outcome, Readiness, Target, of_package
from shopsec.scan.host import Host, Unreadable

_NAMED = 5
"""Most names of files that are left out on purpose."""


def load_rules(settings: Settings | None = None) -> AccessRules:
    """The embedded rules and a team's own, as its configuration changes them, type-checked.

    PolicyError names what cannot be used.
    """
    if settings is None:
        return load_access_rules(KINDS)
    try:
        own = own_packs(settings.policies, Path(settings.rules_base))
    except PolicyError as error:
        raise PolicyError(settings.at("policies") + error.message, error.hint) from error
    rules = load_access_rules(KINDS, (*embedded_access_packs(), *own))
    return rules.adjusted(settings.rules, settings.places)


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
        lifecycles, table, note = known_lifecycles(host, target)
        files = RepositoryFiles(target, host, lifecycles)
        ledger.databases = (table,)
        resources = read_resources(files, ledger)
        findings, failures = evaluate(rules, resources)
        for rule, problem in {each.rule.spec.id: each.problem for each in failures}.items():
            ledger.handed_in += 1  # the pack is at fault, not what it was asked about
            ledger.miss(Item(name=f"rule {rule}"), problem)
        ledger.next_step = "mend what is named above: a pipeline or image build reads the files too"
        used = {finding.rule_id for finding in findings}
        return Outcome(
            ledger.close(note),
            tuple(findings),
            tuple(rule.spec.as_rule() for rule in rules.rules if rule.spec.id in used),
        )

    def check(self, target: Target, host: Host) -> Readiness:
        """Load the rules, a team's own too, and the table of lifecycles."""
        rules = load_rules(target.settings)
        _, table, note = known_lifecycles(host, target)
        files = (file for file in target.inventory.files if file.role is not FileRole.VENDORED)
        count = sum(bool(sources_of(file)) for file in files)
        found = of_package(self.name, self.area, "files", count, "cel-expr-python")
        rules_read = Database(name=f"{len(rules.rules)} rules", embedded=True)
        return replace(
            found,
            databases=(rules_read, table),
            message=found.message or note,
            next_step=found.next_step or ("shopsec db update" if note else ""),
        )


def read_resources(files: Files, ledger: Ledger) -> list[Resource]:
    """Every resource of every file, then those of the whole; the ledger hears of what failed."""
    left_out: dict[str, list[str]] = defaultdict(list)
    found = list(_of_files(files, ledger, left_out))
    for kind, names in left_out.items():
        ledger.exclude(f"{kind}: {_some(names)}", len(names))
    return found + [
        each for summary in SUMMARIES for each in _of_all(summary, files, found, ledger)
    ]


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _of_all(
    summary: Summary, files: Files, found: Sequence[Resource], ledger: Ledger
) -> Sequence[Resource]:
    try:
        return list(summary.build(files, found))
    except ShopsecError:
        raise
    except Exception as error:  # noqa: BLE001 -- a bug of ours must not lose the other findings
        ledger.handed_in += 1
        ledger.miss(Item(name=f"the whole of the repository: {summary.name}"), _bug(error))
        return ()


def _of_files(files: Files, ledger: Ledger, left_out: dict[str, list[str]]) -> Iterator[Resource]:
    for file in files.files:
        sources = sources_of(file)
        if not sources:
            continue
        if file.role is FileRole.VENDORED:
            ledger.exclude("vendored files")
            continue
        try:
            read = _of_file(file, sources, files)
            if read is None:
                continue
        except NotRendered as template:
            left_out[template.kind].append(file.as_item().name)
            continue
        except (Unreadable, DocumentError) as error:
            read = _Read(missed=str(error))
        except ShopsecError:
            raise
        except Exception as error:  # noqa: BLE001 -- a bug of ours must cost this file only
            read = _Read(missed=_bug(error))
        ledger.handed_in += 1
        if read.missed:
            ledger.miss(file.as_item(), read.missed)
        yield from read.resources


@dataclass(frozen=True)
class _Read:
    """What came of a file."""

    resources: Sequence[Resource] = ()
    missed: str = ""
    """Why it is not covered, or not as a whole; empty where it is."""


def _of_file(file: SourceFile, sources: Sequence[Source], files: Files) -> _Read | None:
    """What a file holds; None for one that is none of ours."""
    content = files.read(file)
    asked = [source for source in sources if source.holds is None or source.holds(content)]
    if not asked:
        asked = [source for source in sources if source.canonical and source.canonical(file)]
        if asked:
            refuse_binary(content)
    if not asked:
        return None
    found = [each for source in asked for each in source.build(file, content, files)]
    missed = ""
    # A manifest in JSON is one line a script, however many lines it has.
    if any(source.scripts for source in asked) and not file.name.endswith(".json"):
        missed = too_long(content.decode("utf-8", "replace"))
    return _Read(found, missed)


def _bug(error: Exception) -> str:
    """A reason without the error's own words, which may quote the file."""
    return f"{BUG}, please report it: {type(error).__name__}"
