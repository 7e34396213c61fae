"""bandit on Python files, in batches, from its JSON; one verdict for each file or none.

bandit 1.9.4 leaves out a file it cannot parse and still exits as if nothing were wrong, so the
files its metrics speak of are compared with the files that were handed in.
"""

import importlib.metadata
import os
import platform
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pydantic import BaseModel, Field, ValidationError

from shopsec.errors import ScannerError
from shopsec.model import Area, Confidence, Finding, Role, Rule, Severity, SourceFile, Status
from shopsec.scan.base import Ledger, Outcome, Readiness, Target, of_package
from shopsec.scan.cache.by_file import FileResults, Part
from shopsec.scan.code.bandit_rules import BanditRules, Wording, load_bandit_rules
from shopsec.scan.code.node_text import LITERAL, Node, text_of
from shopsec.scan.host import Completed, Host, Unreadable

_BATCH_FILES = 200
_BATCH_BYTES = 100_000
# Lines that it prints of each issue, half of them above: enough for most calls as a whole.
_LINES_SHOWN = "61"
_SYNTAX = f"is not Python {platform.python_version()} (syntax error)"
_SHEBANG = re.compile(rb"#!\s*\S*?(?:python[\d.]*|env\s+(?:-S\s+)?python[\d.]*)\b")


class _Cwe(BaseModel):
    id: int | None = None


class _Issue(BaseModel):
    filename: str
    line_number: int
    test_id: str
    test_name: str
    issue_text: str
    issue_severity: str
    issue_confidence: str
    more_info: str = ""
    code: str = ""
    line_range: list[int] = []
    col_offset: int = Field(default=0, ge=0)
    end_col_offset: int = 0
    issue_cwe: _Cwe = _Cwe()


class _Error(BaseModel):
    filename: str
    reason: str


class _Output(BaseModel):
    results: list[_Issue]
    errors: list[_Error]
    metrics: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Scanned:
    """What one batch gave. Paths are absolute, as they were handed in."""

    issues: tuple[_Issue, ...]
    missed: dict[str, str]
    """Reason by path, for every file without a verdict."""
    silenced: dict[str, int]
    """Findings left out because of a ``# nosec`` comment, by path."""


def parse(stdout: bytes, handed_in: list[str]) -> Scanned:
    """Parse bandit's JSON; ScannerError unless it is whole."""
    try:
        output = _Output.model_validate_json(stdout)
    except ValidationError as error:
        what = "nothing" if not stdout.strip() else "no complete JSON"
        raise ScannerError(f"bandit printed {what}") from error
    missed = {
        path: "bandit did not answer for it" for path in handed_in if path not in output.metrics
    }
    for problem in output.errors:
        missed[problem.filename] = _reason(problem.reason)
    return Scanned(
        issues=tuple(issue for issue in output.results if issue.filename not in missed),
        missed={path: why for path, why in missed.items() if path in set(handed_in)},
        silenced={
            path: int(counts.get("nosec", 0)) + int(counts.get("skipped_tests", 0))
            for path, counts in output.metrics.items()
            if path != "_totals"
        },
    )


def _reason(reason: str) -> str:
    if "syntax error" in reason:
        return _SYNTAX
    return "bandit: " + " ".join(reason.split())[:100]


class Bandit:
    """Finds dangerous Python."""

    name = "bandit"
    area = Area.CODE

    def scan(self, target: Target, host: Host) -> Outcome:
        """Scan every Python file that is not vendored."""
        files = [file for file in target.files if _is_python(file, host)]
        own = [file for file in files if _is_own(file)]
        ledger = Ledger(
            self.name,
            self.area,
            version=importlib.metadata.version("bandit"),
            handed_in=len(own),
            next_step="see the reasons; exclude = [...] in shopsec.toml leaves files out",
        )
        ledger.exclude("vendored files", len(files) - len(own))
        readable = self._readable(own, target, ledger)
        results = FileResults(
            self.name, self.area, host, target.settings.limits.file_bytes, circumstances=""
        )
        parts = results.known(readable)
        new = [file for file in readable if file.uri not in parts]
        before = host.digests(new, results.limit)
        for file, part in _parts(new, target, host):
            parts[file.uri] = part
            digest = before.get(file.uri)
            # bandit read the file some time between these two looks at it.
            if _lasts(part) and digest == host.digest(file, results.limit):
                results.keep(file, digest, part)
        results.close()
        ordered = [parts[file.uri] for file in readable]
        for part in ordered:
            ledger.add(part.books)
        failed = bool(ordered) and all(part.books.missed for part in ordered)
        return Outcome(
            ledger.close("no file could be scanned" if failed else "", _status(failed=failed)),
            tuple(finding for part in ordered for finding in part.findings),
            tuple({rule.id: rule for part in ordered for rule in part.rules}.values()),
        )

    def check(self, target: Target, host: Host) -> Readiness:
        """Look for bandit."""
        files = [file for file in target.inventory.files if _is_python(file, host)]
        count = sum(file.role is not Role.VENDORED for file in files)
        return of_package(self.name, self.area, "files", count, "bandit")

    @staticmethod
    def _readable(files: Sequence[SourceFile], target: Target, ledger: Ledger) -> list[SourceFile]:
        limit = target.settings.limits.file_bytes
        readable: list[SourceFile] = []
        for file in files:
            if file.size > limit:
                ledger.miss(file.as_item(), f"larger than {limit // 1_000} kB")
            elif not file.path.isprintable():
                # A name that is not UTF-8, or has a line end, does not survive bandit's JSON.
                ledger.miss(file.as_item(), "has a name that bandit cannot report")
            else:
                readable.append(file)
        return readable


def _parts(
    files: Sequence[SourceFile], target: Target, host: Host
) -> Iterator[tuple[SourceFile, Part]]:
    """Scan files; what each gave."""
    by_path = {host.path_of(file): file for file in files}
    batches = [
        *_batches([path for path, file in by_path.items() if file.role is Role.TEST]),
        *_batches([path for path, file in by_path.items() if file.role is not Role.TEST]),
    ]
    texts = load_bandit_rules()
    with ThreadPoolExecutor(max_workers=host.jobs) as pool:
        scanned = list(
            pool.map(
                lambda batch: _scan_batch(
                    batch,
                    texts.skipped(in_tests=by_path[batch[0]].role is Role.TEST),
                    target,
                    host,
                ),
                batches,
            )
        )
    for batch, found in zip(batches, scanned, strict=True):
        issues: dict[str, list[_Issue]] = defaultdict(list)
        for issue in found.issues:
            issues[issue.filename].append(issue)
        for path in batch:
            file, books = by_path[path], Ledger(Bandit.name, Bandit.area)
            books.exclude("findings silenced by # nosec", found.silenced.get(path, 0))
            if path in found.missed:
                books.miss(file.as_item(), found.missed[path])
            yield (
                file,
                Part(
                    books,
                    tuple(_finding(issue, file) for issue in issues[path]),
                    tuple({each.test_id: _rule(each, texts) for each in issues[path]}.values()),
                ),
            )


def _lasts(part: Part) -> bool:
    """It would be the same again: a syntax error stays one, a want of time need not."""
    return all(reason == _SYNTAX for reason, _ in part.books.missed)


def files_of(target: Target, host: Host) -> list[SourceFile]:
    """Files of a target that are handed to bandit."""
    return [file for file in target.files if _is_own(file) and _is_python(file, host)]


def _is_own(file: SourceFile) -> bool:
    return file.role is not Role.VENDORED


def _is_python(file: SourceFile, host: Host) -> bool:
    """By its ending, or by its first line where it has none, as scripts in bin/ do."""
    if "." in file.name:
        return file.name.endswith((".py", ".pyi", ".pyw"))
    try:
        return _SHEBANG.match(host.head(file, 64)) is not None
    except Unreadable:
        return False  # the secret scan, which reads every file, names it


def _status(*, failed: bool) -> Status | None:
    return Status.FAILED if failed else None


def _batches(paths: list[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    size = 0
    for path in paths:
        length = len(os.fsencode(path)) + 1
        if not batches or len(batches[-1]) >= _BATCH_FILES or size + length > _BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(path)
        size += length
    return batches


def _scan_batch(batch: list[str], skipped: tuple[str, ...], target: Target, host: Host) -> Scanned:
    limits = target.settings.limits
    with host.private_folder() as folder:
        config = os.path.join(folder, "bandit.yaml")
        with open(config, "w", encoding="ascii") as file:
            file.write("skips: []\n")
        # An empty --exclude: by default bandit leaves out whatever has ".git" in its path.
        command = host.python(
            "bandit", "--format", "json", "--quiet", "--configfile", config, "--exclude", "",
            "--skip", ",".join(skipped), "--number", _LINES_SHOWN, *batch,
        )  # fmt: skip
        completed = host.run(
            command, folder=folder, seconds=limits.scanner_seconds, output_limit=limits.output_bytes
        )
    try:
        if completed.end != "exited":
            return _nothing(batch, f"bandit {completed.end}")
        return parse(completed.stdout, batch)
    except ScannerError as error:
        return _nothing(batch, f"{error.message} ({_cause(completed)})")


def _nothing(batch: list[str], reason: str) -> Scanned:
    return Scanned((), dict.fromkeys(batch, reason), {})


def _cause(completed: Completed) -> str:
    return completed.last_line[:160] or f"exit code {completed.returncode}"


def _rule(issue: _Issue, texts: BanditRules) -> Rule:
    title = issue.test_name.replace("_", " ").capitalize()
    text = texts.tests.get(issue.test_id) or Wording(
        title=title,
        why=f"bandit's test {issue.test_id}: {title.lower()}.",
        fix="Look at the line; bandit's page on this test shows the safe way.",
    )
    return Rule(
        id=f"bandit.{issue.test_id}",
        scanner=Bandit.name,
        title=text.title,
        severity=text.severity,
        why=text.why,
        fix=text.fix,
        help_uri=issue.more_info or None,
        cwe=(issue.issue_cwe.id,) if issue.issue_cwe.id else (),
        impact=text.impact,
    )


def _severity(issue: _Issue) -> Severity:
    return {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}.get(
        issue.issue_severity, Severity.UNKNOWN
    )


def _finding(issue: _Issue, file: SourceFile) -> Finding:
    confidence = {"HIGH": Confidence.HIGH, "MEDIUM": Confidence.MEDIUM}
    return Finding(
        rule_id=f"bandit.{issue.test_id}",
        scanner=Bandit.name,
        area=Area.CODE,
        message=_message(issue),
        location=file.at(issue.line_number),
        severity=_severity(issue),
        confidence=confidence.get(issue.issue_confidence, Confidence.LOW),
        role=file.role,
        symbol=text_of(
            Node(issue.line_range, issue.col_offset, issue.end_col_offset),
            issue.line_number,
            issue.code,
        ),
    )


def _message(issue: _Issue) -> str:
    """Its message without what it quotes: the very password, which may hold quotes itself."""
    text = " ".join(issue.issue_text.split())
    return re.sub(r"(['\"])(?:.*\1|.*$)", LITERAL, text)
