"""detect-secrets on every text file, in child processes of ours, with our rules and settings."""

import importlib.metadata
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from shopsec.model import Area, Confidence, Finding, Role, Severity, SourceFile, Status
from shopsec.scan.base import Ledger, Outcome, Target
from shopsec.scan.host import Host
from shopsec.scan.secrets.conversation import ask
from shopsec.scan.secrets.protocol import BY_NAME, Answer, Order, Sighting
from shopsec.scan.secrets.rules import PREFIX, RULES

# Below this a second worker costs more than it saves: each takes 0.25 s of CPU to start.
_WORTH_A_WORKER = 2_000_000


class DetectSecrets:
    """Finds credentials in files."""

    name = "detect-secrets"
    area = Area.SECRETS

    def scan(self, target: Target, host: Host) -> Outcome:
        """Search every file that is not vendored."""
        limits = target.settings.limits
        deadline = time.monotonic() + limits.scanner_seconds
        own = [file for file in target.inventory.files if file.role is not Role.VENDORED]
        ledger = Ledger(
            self.name,
            self.area,
            version=importlib.metadata.version("detect-secrets"),
            handed_in=len(own),
            next_step="see the reasons; exclude = [...] in shopsec.toml leaves files out",
        )
        ledger.exclude("vendored files", len(target.inventory.files) - len(own))
        order = Order(target.inventory.root, limits.file_bytes, target.today)
        shares = _shares(own, host.jobs)
        with ThreadPoolExecutor(max_workers=max(1, len(shares))) as pool:
            talks = pool.map(lambda share: list(ask(share, order, host, limits, deadline)), shares)
            answers = [pair for talk in talks for pair in talk]
        for file, answer in answers:
            _book(file, answer, ledger)
        findings = [finding for pair in answers for finding in _findings(*pair)]
        searched = any(answer.searched for _, answer in answers)
        failed = ledger.handed_in > 0 and not searched
        return Outcome(
            ledger.close(
                "no file could be searched" if failed else "", Status.FAILED if failed else None
            ),
            tuple(findings),
            tuple(RULES[rule] for rule in sorted({finding.rule_id for finding in findings})),
        )


def _shares(files: Sequence[SourceFile], jobs: int) -> list[list[SourceFile]]:
    """Deal files out to at most ``jobs`` workers, about the same number of bytes each.

    Small files first, so that the fewest are left should time run out.
    """
    total = sum(file.size for file in files)
    count = max(1, min(jobs, total // _WORTH_A_WORKER))
    shares: list[list[SourceFile]] = [[] for _ in range(count)]
    sizes = [0] * count
    for file in sorted(files, key=lambda each: (-each.size, each.uri)):
        least = sizes.index(min(sizes))
        shares[least].append(file)
        sizes[least] += file.size
    return [sorted(share, key=lambda each: (each.size, each.uri)) for share in shares if share]


def _book(file: SourceFile, answer: Answer, ledger: Ledger) -> None:
    if answer.binary:
        ledger.handed_in -= 1
        ledger.exclude("binary files")
    if answer.missed:
        ledger.miss(file.as_item(), answer.missed)
    for reason, count in answer.left_out.items():
        ledger.exclude(reason, count)
    ledger.exclude(
        "passwords by name in tests", sum(_is_test_dummy(file, each) for each in answer.sightings)
    )


def _findings(file: SourceFile, answer: Answer) -> Iterator[Finding]:
    for sighting in answer.sightings:
        if not _is_test_dummy(file, sighting):
            yield _finding(file, sighting)


def _is_test_dummy(file: SourceFile, sighting: Sighting) -> bool:
    """Dummy passwords are what tests are made of; a key in a known format counts there too."""
    return file.role is Role.TEST and sighting.rule in BY_NAME


def _finding(file: SourceFile, sighting: Sighting) -> Finding:
    rule = RULES[f"{PREFIX}{sighting.rule}"]
    shown = f" {sighting.shown}" if sighting.shown else ""
    name = f" as {sighting.name}" if sighting.name else ""
    return Finding(
        rule_id=rule.id,
        scanner=DetectSecrets.name,
        area=Area.SECRETS,
        message=f"{rule.title}{shown}{name}",
        location=file.at(sighting.line),
        severity=Severity(sighting.severity or rule.severity),
        confidence=Confidence(sighting.confidence),
        role=file.role,
        symbol=sighting.name,
    )
