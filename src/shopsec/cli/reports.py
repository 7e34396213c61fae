"""Writing the reports of a scan, and the decision record that vouches for them."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from shopsec.cli.judged_by import JudgedBy
from shopsec.cli.output import DECISION, write_whole
from shopsec.model import Report
from shopsec.policy.gates import GatePolicy
from shopsec.policy.severity import PriorityModel
from shopsec.report import decision


def write_reports(
    report: Report,
    targets: Sequence[tuple[str, Path]],
    rendered: Callable[[str], Iterable[str]],
    grounds: Callable[[Sequence[decision.WrittenReport]], decision.Grounds],
) -> None:
    """Write every report to its file; the decision record last, with the others' hashes."""
    written: list[decision.WrittenReport] = []
    for name, file in targets:
        if name != DECISION:
            digest = hashlib.sha256()
            write_whole(file, _digested(rendered(name), digest))
            written.append(decision.WrittenReport(name, file.name, digest.hexdigest()))
    for name, file in targets:
        if name == DECISION:
            write_whole(file, decision.render(report, grounds(written)))


def _digested(pieces: Iterable[str], digest: "hashlib._Hash") -> Iterator[str]:
    for piece in pieces:
        digest.update(piece.encode())
        yield piece


def grounds_of(
    policy: GatePolicy,
    model: PriorityModel,
    files: JudgedBy,
) -> Callable[[Sequence[decision.WrittenReport]], decision.Grounds]:
    """What a decision rests on besides the report, waiting for the reports written.

    ``files``: those that judged.
    """

    def grounds(written: Sequence[decision.WrittenReport]) -> decision.Grounds:
        return decision.Grounds(
            policy_file=files.policy,
            policy_outside=files.policy_outside,
            policy_digest=policy.digest,
            severity_digest=model.digest,
            configuration=files.configuration,
            reports=tuple(written),
        )

    return grounds
