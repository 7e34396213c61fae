"""Writing the reports of a scan, and the decision record that vouches for them."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from shopsec.cli.output import DECISION, write_whole
from shopsec.cli.verify import configuration_digest
from shopsec.config import Settings
from shopsec.model import Report
from shopsec.policy.gates import GatePolicy
from shopsec.policy.severity import PriorityModel
from shopsec.report import decision


def write_reports(
    report: Report,
    targets: Sequence[tuple[str, Path]],
    rendered: Callable[[str], str],
    grounds: Callable[[Sequence[decision.WrittenReport]], decision.Grounds],
) -> None:
    """Write every report to its file; the decision record last, with the others' hashes."""
    written: list[decision.WrittenReport] = []
    for name, file in targets:
        if name != DECISION:
            text = rendered(name)
            write_whole(file, text)
            digest = hashlib.sha256(text.encode()).hexdigest()
            written.append(decision.WrittenReport(name, file.name, digest))
    for name, file in targets:
        if name == DECISION:
            write_whole(file, decision.render(report, grounds(written)))


def grounds_of(
    settings: Settings,
    policy: GatePolicy,
    model: PriorityModel,
    of_base: decision.Configuration | None = None,
) -> Callable[[Sequence[decision.WrittenReport]], decision.Grounds]:
    """What a decision rests on besides the report, waiting for the reports written.

    ``of_base``: the configuration of the base, where that judged.
    """
    source = Path(settings.base) / settings.source

    def grounds(written: Sequence[decision.WrittenReport]) -> decision.Grounds:
        return decision.Grounds(
            policy_file=settings.policy,
            policy_digest=policy.digest,
            severity_digest=model.digest,
            configuration=of_base
            or decision.Configuration(
                settings.source, configuration_digest(source) if settings.source else ""
            ),
            reports=tuple(written),
        )

    return grounds
