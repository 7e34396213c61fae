"""What ``shopsec fix`` says: what it raised, the commands that follow, and what is left."""

import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from shopsec.model import ScannerRun, display_path, printable
from shopsec.scan.dependencies.bumps.plan import Edit, Note, Plan

_WIDTH = 80
_IDS_SHOWN = 3
_NAMES_SHOWN = 3


def lines_of(planned: Plan, runs: Sequence[ScannerRun], *, written: bool) -> Iterator[str]:
    """The lines, at most 80 wide but for commands and names, which are kept whole."""
    parts = [
        _section("Raised" if written else "Would raise", _raised(planned)),
        _section("Next, each in the folder of its file", _next(planned)),
        _section("By hand", _notes(planned.by_hand)),
        _section("Not edited", _refused(planned)),
        _section("Not looked up", _gaps(runs)),
    ]
    said = [part for part in parts if part]
    if not planned.edits and not planned.locks and not planned.by_hand:
        whole = all(run.complete for run in runs)
        yield f"Nothing to raise in what was looked up{'.' if whole else ', which is not all:'}"
    for number, part in enumerate(said):
        if number:
            yield ""
        yield from part


def _section(title: str, lines: Iterator[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return [title, *found] if found else []


def _raised(planned: Plan) -> Iterator[str]:
    for edit in planned.changed:
        for raised in sorted(edit.raised, key=lambda each: each.change.line):
            upgrade, change = raised.upgrade, raised.change
            place = f"{display_path(edit.file.uri)}:{change.line}"
            before, after = printable(change.before.strip()), printable(change.after.strip())
            yield f"{place}  {printable(upgrade.key.name)} {before} -> {after}"
            ids = ", ".join(upgrade.closes[:_IDS_SHOWN])
            more = len(upgrade.closes) - _IDS_SHOWN
            yield from _wrapped(f"closes {ids}" + (f" and {more} more" if more > 0 else ""))


def _next(planned: Plan) -> Iterator[str]:
    commands = list(_commands(planned))
    if commands:
        yield from [*commands, "then run the tests, and shopsec scan again"]


def _commands(planned: Plan) -> Iterator[str]:
    for uri, notes in sorted(planned.locks.items()):
        yield from _in_folder(uri, dict.fromkeys(note.text for note in notes))
    for edit in planned.changed:
        if not edit.locked:
            yield from _in_folder(edit.file.uri, [_install(edit)])


def _install(edit: Edit) -> str:
    name = printable(edit.file.name)
    quoted = shlex.quote(name)
    if name.endswith(".in"):
        return f"pip-compile {quoted}"
    return {"package.json": "npm install", "composer.json": "composer update",
            "pyproject.toml": "pip install ."}.get(name, f"pip install -r {quoted}")  # fmt: skip


def _in_folder(uri: str, commands: Iterable[str]) -> Iterator[str]:
    yield display_path(uri)
    for command in commands:
        yield f"  {printable(command)}"


def _notes(notes: Sequence[Note]) -> Iterator[str]:
    for note in sorted(dict.fromkeys(notes), key=lambda each: (each.location.uri, each.package)):
        yield f"{note.location}  {printable(note.package)}"
        yield from _wrapped(printable(note.text))


def _refused(planned: Plan) -> Iterator[str]:
    for uri, reason in sorted(planned.refused.items()):
        yield from _wrapped(f"{display_path(uri)}: {printable(reason)}", indent="")


def _gaps(runs: Sequence[ScannerRun]) -> Iterator[str]:
    for run in runs:
        if run.complete:
            continue
        if run.message or not run.not_covered:
            yield from _wrapped(f"{run.scanner}: {printable(run.message or run.status.value)}", "")
        for group in run.not_covered:
            names = ", ".join(printable(item.name) for item in group.items[:_NAMES_SHOWN])
            more = " ..." if len(group.items) > _NAMES_SHOWN else ""
            text = f"{run.scanner}: {len(group.items)}: {printable(group.reason)}: {names}{more}"
            yield from _wrapped(text, "")
        if run.next_step:
            yield from _wrapped(f"next: {printable(run.next_step)}")


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH - 2, initial_indent=indent, subsequent_indent="  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
