"""Outcomes as files and caches hold them."""

from collections.abc import Sequence
from typing import Any

from pydantic import field_serializer

from shopsec.model import Finding, Location, Package, PinnedPackage, Role, Rule, ScannerRun
from shopsec.model.base import Frozen
from shopsec.scan.base import Outcome

_INTERNAL = tuple(name for name, each in Finding.model_fields.items() if each.exclude)


class _Pin(Frozen):
    package: Package
    location: Location
    role: Role
    direct: bool | None
    via: tuple[str, ...]


class StoredFindings(Frozen):
    """Findings with what no report shows of them: it is needed to join them."""

    findings: tuple[Finding, ...]
    rules: tuple[Rule, ...]

    @field_serializer("findings")
    def _with_internal_fields(self, findings: Sequence[Finding]) -> list[dict[str, Any]]:
        return [
            each.model_dump(mode="json")
            | {
                name: [place.model_dump(mode="json") for place in value]
                if isinstance(value := getattr(each, name), tuple)
                else value
                for name in _INTERNAL
            }
            for each in findings
        ]


class StoredOutcome(StoredFindings):
    """One scanner's outcome."""

    run: ScannerRun
    packages: tuple[_Pin, ...]

    def outcome(self) -> Outcome:
        """As the scanner returned it."""
        return Outcome(
            self.run,
            self.findings,
            self.rules,
            tuple(
                PinnedPackage(pin.package, pin.location, pin.role, pin.direct, pin.via)
                for pin in self.packages
            ),
        )


def stored(outcome: Outcome) -> StoredOutcome:
    """An outcome as a file holds it."""
    return StoredOutcome(
        run=outcome.run,
        findings=outcome.findings,
        rules=outcome.rules,
        packages=tuple(
            _Pin(
                package=pin.package,
                location=pin.location,
                role=pin.role,
                direct=pin.direct,
                via=pin.via,
            )
            for pin in outcome.packages
        ),
    )
