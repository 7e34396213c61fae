"""A file that another tool wrote, as a scanner: read whole or not at all, and for this commit."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from shopsec.errors import ScannerError
from shopsec.model import (
    Area,
    Finding,
    Item,
    Rule,
    Status,
    display_path,
    printable,
    uri_of,
)
from shopsec.scan.base import Ledger, Outcome, Readiness, Target
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.imported.document import (
    Invocation,
    Notification,
    Place,
    Run,
    SarifResult,
    read_part,
    runs_of,
)
from shopsec.scan.imported.imported_file import ImportedFile
from shopsec.scan.imported.places import Elsewhere, Places
from shopsec.scan.imported.reading import ResultReader
from shopsec.scan.imported.rules import ToolRules
from shopsec.scan.imported.tools import tool_of
from shopsec.scan.imported.wording import reported, said, text_of

FILE_BYTES = 50_000_000
"""A larger file is not read: its JSON takes eight times as much memory."""
RESULTS = 25_000
"""As many as GitHub takes of a run; of more the worst are read."""
_NOTICES = 50
_REVISION = re.compile(r"[0-9a-f]{7,64}")
_OTHER_KINDS = frozenset({"pass", "notApplicable", "informational"})
_AGAIN = "let the tool run on this commit, then shopsec"
_UNTRACK = "take it out of git: git rm --cached, and a line in .gitignore"
_WHERE = "run the tool in the folder that shopsec scans; exclude = [...] leaves files out"


class Imported:
    """Takes what another tool found."""

    def __init__(self, file: ImportedFile) -> None:
        self._file = file
        self.name = file.asked.scanner
        self.area = file.area

    def scan(self, target: Target, host: Host) -> Outcome:
        """Read the file; ScannerError says why it says nothing of this commit."""
        ledger = Ledger(self.name, self.area, unit="results")
        if target.inventory.staged:
            return Outcome(ledger.close("speaks of a commit, not of what is staged"))
        commit = target.inventory.repository.commit
        file = self._file
        shown = display_path(uri_of(os.path.basename(file.path)))
        ledger.next_step = _AGAIN
        if file.refused:
            ledger.next_step = _UNTRACK
            return Outcome(ledger.close(f"{shown} {file.refused}", Status.FAILED))
        try:
            runs = runs_of(host.read_named(file.path, FILE_BYTES))
        except FileNotFoundError:
            return Outcome(ledger.close(f"{shown} is not there", Status.MISSING))
        except (Unreadable, ScannerError) as error:
            return Outcome(ledger.close(f"{shown} {error}", Status.FAILED))
        ledger.version = ", ".join(dict.fromkeys(map(_tool_and_version, runs)))[:200]
        refused = _refused(runs, commit)
        if refused:
            return Outcome(ledger.close(f"{shown} {refused}", Status.FAILED))
        return self._read(runs, target, ledger)

    def check(self, target: Target, _: Host) -> Readiness:
        """Whether the file is there and may be believed; it is not read."""
        file = self._file
        shown = display_path(uri_of(os.path.basename(file.path)))
        ready = Readiness(self.name, self.area, Status.SUCCEEDED, "files", 1)
        if target.inventory.staged or (not file.refused and os.path.isfile(file.path)):
            return ready
        return replace(
            ready,
            status=Status.FAILED if file.refused else Status.MISSING,
            message=f"{shown} {file.refused or 'is not there'}",
            next_step=_UNTRACK if file.refused else _AGAIN,
        )

    def _read(self, runs: list[Run], target: Target, ledger: Ledger) -> Outcome:
        findings: dict[Finding, None] = {}
        rules: dict[str, Rule] = {}
        area = Area(self._file.asked.area) if self._file.asked.area else None
        counted = [(ToolRules(run, self.name, area), list(_counted(run, ledger))) for run in runs]
        worst = _worst(counted)
        too_many = sum(len(results) for _, results in counted) - sum(map(len, worst))
        for run, (tool_rules, _), results in zip(runs, counted, worst, strict=True):
            places = Places(run, target.inventory, target.settings.exclude)
            places.learn(results)
            reader = ResultReader(self.name, tool_rules, places)
            for result in results:
                read = reader.read(result)
                if isinstance(read, Elsewhere):
                    _book_elsewhere(read, ledger)
                    continue
                finding, rule = read
                if finding in findings:
                    ledger.exclude("results that the tool says twice")
                    continue
                ledger.handed_in += 1
                findings[finding] = None
                rules.setdefault(rule.id, rule)
            _book_notices(run, places, ledger)
        message, status = _ended(runs, target.inventory.repository.commit, ledger, too_many)
        return Outcome(ledger.close(message, status), tuple(findings), tuple(rules.values()))


def _ended(
    runs: Iterable[Run], commit: str | None, ledger: Ledger, too_many: int
) -> tuple[str, Status | None]:
    failures = [why for run in runs for each in run.invocations if (why := _failure(each))]
    if failures:
        return failures[0], Status.FAILED
    if too_many:
        ledger.exclude(f"milder results beyond the {RESULTS} worst", too_many)
        return f"holds more than {RESULTS} results; the worst were read", Status.PARTIAL
    missed = ledger.close().not_covered_count
    known = commit is None or all(run.version_control_provenance for run in runs)
    message = "" if known else "the tool does not say which commit it looked at"
    return message, None if missed else Status.SUCCEEDED


def _counted(run: Run, ledger: Ledger) -> Iterator[SarifResult]:
    """Results that speak of a flaw that is there; the others are in the books."""
    for value in run.results or ():
        result = read_part(SarifResult, value)
        if result is None:
            ledger.handed_in += 1
            ledger.miss(Item(name="a result"), "is not as SARIF says")
        elif result.kind in _OTHER_KINDS:
            ledger.exclude("results that are no flaw (kind)")
        elif result.baseline_state == "absent":
            ledger.exclude("results that the tool says are gone (baselineState)")
        elif result.suppressed:
            ledger.exclude("results suppressed in the tool or beside the code")
        else:
            yield result


def _worst(runs: Sequence[tuple[ToolRules, list[SarifResult]]]) -> list[list[SarifResult]]:
    """Results by run, in the file's order: all, or of too many the worst of all runs together."""
    if sum(len(results) for _, results in runs) <= RESULTS:
        return [results for _, results in runs]
    ranked = sorted(
        (rules.severity(rules.of(result), result).rank, number, index)
        for number, (rules, results) in enumerate(runs)
        for index, result in enumerate(results)
    )
    kept = {(number, index) for _, number, index in ranked[:RESULTS]}
    return [
        [result for index, result in enumerate(results) if (number, index) in kept]
        for number, (_, results) in enumerate(runs)
    ]


def _book_elsewhere(place: Elsewhere, ledger: Ledger) -> None:
    if place.left_out:
        ledger.exclude("results in files that are not scanned")
        return
    ledger.handed_in += 1
    ledger.next_step = _WHERE
    name = printable(place.name)[:200] or "no file named"
    ledger.miss(Item(name=name), "points to no file of the folder scanned")


def _book_notices(run: Run, places: Places, ledger: Ledger) -> None:
    """What the tool says that it could not do."""
    values = [
        value
        for each in run.invocations
        for value in (*each.tool_execution_notifications, *each.tool_configuration_notifications)
    ]
    notices = [
        notice
        for value in values
        if (notice := read_part(Notification, value)) is not None and notice.level == "error"
    ]
    for notice in notices[:_NOTICES]:
        place = next(filter(None, (read_part(Place, each) for each in notice.locations)), Place())
        name = printable(places.name_of(place))[:200] or "the tool itself"
        reason = reported(text_of(notice.message), 160) or "an error without words"
        ledger.handed_in += 1
        ledger.miss(Item(name=name), f"the tool says: {reason}")
    ledger.exclude("further errors of the tool", len(notices[_NOTICES:]))


def _failure(invocation: Invocation) -> str:
    """Why an invocation counts as failed (3.20); tools exit with 1 where they find something."""
    words = invocation.process_start_failure_message or invocation.exit_signal_name
    if words:
        return f"the tool did not run to its end: {reported(words, 120)}"
    if invocation.execution_successful is False:
        return "the tool says that it did not succeed"
    if invocation.exit_code is not None and not 0 <= invocation.exit_code <= 1:
        return f"the tool ended with exit code {str(invocation.exit_code)[:12]}"
    return ""


def _refused(runs: Iterable[Run], commit: str | None) -> str:
    """Why a whole file says nothing of this commit; nothing where it may."""
    for run in runs:
        if tool_of(run.tool.driver.name) == "shopsec":
            return "is a report of shopsec itself"
        told = [each.revision_id for each in run.version_control_provenance if each.revision_id]
        if commit is not None and told and not any(_same(each, commit) for each in told):
            return f"is of another commit: {printable(told[0])[:12]}, not {commit[:12]}"
    return ""


def _same(revision: str, commit: str) -> bool:
    """Whether a tool's word for a commit, which may be short, means this one."""
    return bool(_REVISION.fullmatch(revision.lower())) and commit.startswith(revision.lower())


def _tool_and_version(run: Run) -> str:
    driver = run.tool.driver
    version = driver.semantic_version or driver.version or ""
    return f"{said(driver.name, 40)} {said(version, 40)}".strip()
