"""The policy engine as a scanner: documents, resources, rules, findings."""

from collections.abc import Iterator
from dataclasses import dataclass

from shopsec.model import Area, SourceFile
from shopsec.model import Role as FileRole
from shopsec.policy.rules import SCANNER, AccessRules, load_access_rules
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.evaluate import evaluate
from shopsec.scan.access.resources.base import Files, Resource
from shopsec.scan.access.resources.registry import KINDS, SOURCES, SUMMARIES
from shopsec.scan.base import Ledger, Outcome, Target
from shopsec.scan.host import Host, Unreadable


def load_rules() -> AccessRules:
    """The embedded rules, type-checked; PolicyError names what cannot be used."""
    return load_access_rules(KINDS)


@dataclass(frozen=True)
class _RepositoryFiles:
    """The inventory's files, read through the host."""

    target: Target
    host: Host

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
        rules = load_rules()
        ledger = Ledger(self.name, self.area, version=f"{len(rules.rules)} rules")
        resources = read_resources(_RepositoryFiles(target, host), ledger)
        findings, failures = evaluate(rules, resources)
        for uri, problem in {each.resource.file.uri: each.problem for each in failures}.items():
            ledger.miss(target.inventory.by_uri[uri].as_item(), f"a rule failed: {problem}")
        ledger.next_step = "mend the files named above: a pipeline or image build reads them too"
        used = {finding.rule_id for finding in findings}
        return Outcome(
            ledger.close(),
            tuple(findings),
            tuple(rule.spec.as_rule() for rule in rules.rules if rule.spec.id in used),
        )


def read_resources(files: Files, ledger: Ledger) -> list[Resource]:
    """Every resource of every file, then those of the whole; the ledger hears of what failed."""
    found = list(_of_files(files, ledger))
    return found + [each for summary in SUMMARIES for each in summary.build(files, found)]


def _of_files(files: Files, ledger: Ledger) -> Iterator[Resource]:
    for file in files.files:
        sources = [source for source in SOURCES if source.matches(file)]
        if not sources:
            continue
        if file.role is FileRole.VENDORED:
            ledger.exclude("vendored files")
            continue
        ledger.handed_in += 1
        try:
            content = files.read(file)
            found = [each for source in sources for each in source.build(file, content, files)]
        except Unreadable as error:
            ledger.miss(file.as_item(), str(error))
        except DocumentError as error:
            ledger.miss(file.as_item(), str(error))
        else:
            yield from found
