"""What starts a workflow or action, and what its inputs hold, those of its callers included."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shopsec.scan.access.resources import github_expressions as expressions
from shopsec.scan.access.resources.github_workflow import event_of, names_of, options_of

_CHOSEN_TYPES = frozenset({"boolean", "number", "choice", "environment"})


@dataclass
class Surrounding:
    """Events and inputs; what is learned is only ever added."""

    triggers: dict[str, None] = field(default_factory=dict)
    outsider_inputs: set[str] = field(default_factory=set)
    insider_inputs: set[str] = field(default_factory=set)
    ref_inputs: set[str] = field(default_factory=set)
    """Those that hold a pull request's branch or commit."""

    def take(self, other: "Surrounding") -> None:
        """Know what another one knows, too."""
        self.triggers.update(other.triggers)
        self.outsider_inputs |= other.outsider_inputs
        self.insider_inputs |= other.insider_inputs
        self.ref_inputs |= other.ref_inputs

    @property
    def size(self) -> int:
        """How much is known."""
        return sum(
            map(len, (self.triggers, self.outsider_inputs, self.insider_inputs, self.ref_inputs))
        )


def own_surrounding(document: Mapping[str, Any]) -> Surrounding:
    """What a file itself says."""
    triggers = dict.fromkeys(names_of(document.get("on")))
    return Surrounding(triggers, set(), set(free_inputs(document, "workflow_dispatch")))


def free_inputs(workflow: Mapping[str, Any], event: str) -> Iterator[str]:
    """Inputs of an event that hold any text, not a choice or a number."""
    inputs = event_of(workflow, event).get("inputs")
    for name, spec in inputs.items() if isinstance(inputs, dict) else ():
        if not isinstance(spec, dict) or str(spec.get("type")) not in _CHOSEN_TYPES:
            yield str(name).lower()


def hand_on(caller: Surrounding, using: Mapping[str, Any], used: Surrounding) -> bool:
    """Carry a caller's events and inputs over; True when that was news."""
    before = used.size
    used.triggers.update(caller.triggers)
    where = expressions_around(caller)
    for name, value in options_of(using).items():
        text = str(value)
        if expressions.is_untrusted_ref(text, caller.ref_inputs):
            used.ref_inputs.add(str(name).lower())
        if expressions.outsider_fields(text, where):
            used.outsider_inputs.add(str(name).lower())
        elif expressions.insider_fields(text, where):
            used.insider_inputs.add(str(name).lower())
    return used.size > before


def expressions_around(surrounding: Surrounding) -> expressions.Surroundings:
    """What the inputs of a workflow or action hold, as expressions need it."""
    return expressions.Surroundings(
        frozenset(surrounding.outsider_inputs), frozenset(surrounding.insider_inputs)
    )
