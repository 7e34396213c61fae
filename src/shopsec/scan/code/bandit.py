"""bandit on Python files, in processes of ours; one verdict for each file or none.

Tests and examples are left out unless ``test_code`` asks for them: nobody who buys in the shop
reaches them, and they are half of the code.
"""

import importlib.metadata
import re
from collections.abc import Iterator, Sequence

from shopsec.model import Area, Confidence, Finding, Role, Rule, Severity, SourceFile, Status
from shopsec.scan.base import Ledger, Outcome, Readiness, Target, of_package
from shopsec.scan.cache.by_file import FileResults, Part
from shopsec.scan.code.bandit_rules import BanditRules, Wording, load_bandit_rules
from shopsec.scan.code.bandit_workers import Asked, Issue, ask
from shopsec.scan.code.node_text import LITERAL
from shopsec.scan.host import Host, Unreadable

_SHEBANG = re.compile(rb"#!\s*\S*?(?:python[\d.]*|env\s+(?:-S\s+)?python[\d.]*)\b")


_LEFT_OUT = {
    Role.VENDORED: "vendored files",
    Role.TEST: "test files (test_code is off)",
    Role.EXAMPLE: "example files (test_code is off)",
}


class Bandit:
    """Finds dangerous Python."""

    name = "bandit"
    area = Area.CODE

    def scan(self, target: Target, host: Host) -> Outcome:
        """Scan the Python files that are a target's own."""
        files = [file for file in target.files if _is_python(file, host)]
        own = [file for file in files if not _left_out(file, target)]
        ledger = Ledger(
            self.name,
            self.area,
            version=importlib.metadata.version("bandit"),
            handed_in=len(own),
            next_step="see the reasons; exclude = [...] in shopsec.toml leaves files out",
        )
        for file in files:
            if reason := _left_out(file, target):
                ledger.exclude(reason)
        readable = self._readable(own, target, ledger)
        results = FileResults(
            self.name, self.area, host, target.settings.limits.file_bytes, circumstances=""
        )
        parts = results.known(readable)
        new = [file for file in readable if file.uri not in parts]
        judged: dict[str, bytes] = {}
        for file, part in _parts(new, target, host, judged):
            parts[file.uri] = results.slim(part)
            if _lasts(part):
                results.keep(file, judged.get(file.uri), part)
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
        return of_package(self.name, self.area, "files", len(files_of(target, host)), "bandit")

    @staticmethod
    def _readable(files: list[SourceFile], target: Target, ledger: Ledger) -> list[SourceFile]:
        limit = target.settings.limits.file_bytes
        for file in files:
            if file.size > limit:
                ledger.miss(file.as_item(), f"larger than {limit // 1_000} kB")
        return [file for file in files if file.size <= limit]


def _parts(
    files: Sequence[SourceFile], target: Target, host: Host, judged: dict[str, bytes]
) -> Iterator[tuple[SourceFile, Part]]:
    """Scan files; what each gave, and in ``judged`` the digests of their contents."""
    texts = load_bandit_rules()
    asked = [Asked(file, texts.skipped(in_tests=file.role is Role.TEST)) for file in files]
    answers = ask(asked, target.settings.limits, host, judged)
    for file, answer in zip(files, answers, strict=True):
        books = Ledger(Bandit.name, Bandit.area)
        books.exclude("findings silenced by # nosec", answer.silenced)
        if answer.missed:
            books.miss(file.as_item(), answer.missed)
        yield (
            file,
            Part(
                books,
                tuple(_finding(issue, file) for issue in answer.issues),
                tuple({each.test_id: _rule(each, texts) for each in answer.issues}.values()),
            ),
        )


def _lasts(part: Part) -> bool:
    """It would be the same again: a syntax error stays one, a want of time need not."""
    return all(reason.endswith("(syntax error)") for reason, _ in part.books.missed)


def files_of(target: Target, host: Host) -> list[SourceFile]:
    """Files of a target that are handed to bandit."""
    return [file for file in target.files if not _left_out(file, target) and _is_python(file, host)]


def _left_out(file: SourceFile, target: Target) -> str:
    """Why a file is not looked at; empty where it is."""
    if target.settings.test_code and file.role is not Role.VENDORED:
        return ""
    return _LEFT_OUT.get(file.role, "")


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


def _rule(issue: Issue, texts: BanditRules) -> Rule:
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
        help_uri=issue.help_uri,
        cwe=(issue.cwe,) if issue.cwe else (),
        impact=text.impact,
    )


def _severity(issue: Issue) -> Severity:
    return {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}.get(
        issue.severity, Severity.UNKNOWN
    )


def _finding(issue: Issue, file: SourceFile) -> Finding:
    confidence = {"HIGH": Confidence.HIGH, "MEDIUM": Confidence.MEDIUM}
    return Finding(
        rule_id=f"bandit.{issue.test_id}",
        scanner=Bandit.name,
        area=Area.CODE,
        message=_message(issue),
        location=file.at(issue.line),
        severity=_severity(issue),
        confidence=confidence.get(issue.confidence, Confidence.LOW),
        role=file.role,
        symbol=issue.symbol,
    )


def _message(issue: Issue) -> str:
    """Its message without what it quotes: the very password, which may hold quotes itself."""
    text = " ".join(issue.text.split())
    return re.sub(r"(['\"])(?:.*\1|.*$)", LITERAL, text)
