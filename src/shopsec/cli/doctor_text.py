"""What ``shopsec doctor`` prints for people, in 80 columns."""

import textwrap
from collections.abc import Iterator

from shopsec import __version__
from shopsec.diagnosis import Checked, Diagnosis, Provision
from shopsec.model import Database, Status, printable

_WIDTH = 80
_INDENT = " " * 15
_REFRESH = "shopsec db update, or change the policy"
_WORDS = {
    Status.SUCCEEDED: "ready",
    Status.PARTIAL: "in part",
    Status.FAILED: "cannot run",
    Status.MISSING: "missing",
    Status.SKIPPED: "skipped",
    Status.NOT_APPLICABLE: "not needed",
}


def rendered(found: Diagnosis, name: str, policy: str, *, offline: bool) -> str:
    """The whole text, with a line end."""
    network = " · offline" if offline else ""
    lines = [
        printable(f"shopsec {__version__} · {name} · policy {policy}{network}"),
        "",
        f"{'scanner':<14} {'state':<11} {'required':<9} {'looks at':<17} needs",
    ]
    for checked in found.scanners:
        lines += _of_scanner(checked)
    lines += ["", "This machine"]
    for provision in found.machine:
        lines += _of_machine(provision)
    lines += ["", *_verdict(found)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _of_scanner(checked: Checked) -> Iterator[str]:
    ready = checked.readiness
    unit = ready.unit.removesuffix("s") if ready.applies_to == 1 else ready.unit
    what = f"{ready.applies_to} {unit}" if ready.applies_to else "nothing here"
    program = f"{ready.needs} {ready.version or ''}".strip()
    yield (
        f"{ready.scanner:<14} {_state(checked):<11} "
        f"{'yes' if checked.required else 'no':<9} {what:<17} {program}"
    )
    if ready.place:
        yield from _wrapped(ready.place)
    for database in ready.databases:
        yield from _wrapped(_described(database))
    if ready.message:
        yield from _wrapped(ready.message)
    if _is_ready_in_vain(checked):
        yield from _wrapped(f"the policy counts what {checked.stops}")
    next_step = ready.next_step or (_REFRESH if _is_ready_in_vain(checked) else "")
    if next_step:
        yield from _wrapped(f"next: {next_step}")


def _is_ready_in_vain(checked: Checked) -> bool:
    """Nothing is missing, and the policy is not content: with the age of a database, say."""
    return bool(checked.stops) and checked.readiness.status is Status.SUCCEEDED


def _state(checked: Checked) -> str:
    return "refused" if _is_ready_in_vain(checked) else _WORDS[checked.readiness.status]


def _described(database: Database) -> str:
    if database.date is None:
        return database.name
    shipped = ", shipped with shopsec" if database.embedded else ""
    return f"{database.name}, of {database.date}{shipped}"


def _of_machine(provision: Provision) -> Iterator[str]:
    first, *rest = _wrapped(provision.detail)
    yield f"{provision.name:<14} {first.strip()}"
    yield from rest
    if provision.next_step:
        yield from _wrapped(f"next: {provision.next_step}")


def _verdict(found: Diagnosis) -> Iterator[str]:
    stopped = [each for each in found.scanners if each.stops]
    if not stopped:
        yield "Nothing that the policy requires is missing."
        return
    names = ", ".join(each.readiness.scanner for each in stopped)
    yield from _wrapped(f"INCOMPLETE  what the policy requires could not finish here: {names}", "")


def _wrapped(text: str, indent: str = _INDENT) -> list[str]:
    return textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    ) or [indent]
