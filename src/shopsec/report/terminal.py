"""What a person reads first, 80 columns wide."""

import io

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shopsec.model import Action, Outcome, Report, ScannerRun, Tier, printable
from shopsec.report import wording

_RESULTS_SHOWN = 30
_SUPPRESSIONS_SHOWN = 20
_TEXT_SHOWN = 400
_STYLE = {
    Tier.FIX_NOW: "bold red",
    Tier.SPRINT: "yellow",
    Tier.PLANNED: "cyan",
    Tier.WATCH: "dim",
}
_OUTCOME_STYLE = {
    Outcome.PASS: "bold green",
    Outcome.WARN: "bold yellow",
    Outcome.FAIL: "bold red",
    Outcome.INCOMPLETE: "bold magenta",
}


def render(report: Report, *, width: int, color: bool) -> str:
    """Return the report as text; ANSI colours only when asked."""
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(
        Text(
            printable(
                f"shopsec {report.version} · {wording.subject(report)} · policy {report.policy}"
            ),
            style="bold",
        )
    )
    for verdict in wording.verdicts(report):  # in the words of a policy, maybe the repository's
        console.print(Text(printable(verdict), style=_OUTCOME_STYLE[report.decision.outcome]))
    if report.actions:
        console.print("\nFix these first")
        for number, action in enumerate(report.actions, 1):
            _print_action(console, number, action)
    _print_gaps(console, report)
    _print_suppressions(console, report)
    console.print()
    for line in (wording.summary(report), *wording.gone(report)):
        console.print(Text(printable(line)))
    console.print(_coverage(report.coverage))
    if any(result.active for result in report.results):
        _print_results(console, report)
    return "".join(line.rstrip() + "\n" for line in buffer.getvalue().splitlines())


def _print_action(console: Console, number: int, action: Action) -> None:
    urgency = f"{action.tier.value.replace('-', ' ')}  {action.priority:>3}"
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=2, justify="right")
    grid.add_column(ratio=1, overflow="fold")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(
        str(number), Text(printable(action.title), "bold"), Text(urgency, _STYLE[action.tier])
    )
    console.print(grid)
    for line in (f"{action.location} · {action.why}", f"do: {action.how}"):
        console.print(Padding(Text(printable(line), overflow="fold"), (0, 0, 0, 4)))


def _print_gaps(console: Console, report: Report) -> None:
    gaps = list(wording.gaps(report))
    if not gaps:
        return
    console.print("\nNot checked")
    for scanner, lines in gaps:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=16, no_wrap=True)
        grid.add_column(ratio=1, overflow="fold")
        for index, line in enumerate(lines):
            grid.add_row(f"  {scanner}" if index == 0 else "", Text(printable(line)))
        console.print(grid)


def _print_suppressions(console: Console, report: Report) -> None:
    """What is suppressed and by whom; every suppression is in the JSON report."""
    uses = wording.suppressions(report)
    if not uses:
        return
    console.print(f"\nSuppressed: {wording.suppression_counts(report)}")
    for use in uses[:_SUPPRESSIONS_SHOWN]:
        text = f"{use.suppression.place} · {wording.suppression(use)}"
        console.print(Padding(Text(printable(text)[:_TEXT_SHOWN], overflow="fold"), (0, 0, 0, 2)))
        if use.note:
            note = Text(printable(use.note)[:_TEXT_SHOWN], "yellow", overflow="fold")
            console.print(Padding(note, (0, 0, 0, 4)))
    rest = len(uses) - _SUPPRESSIONS_SHOWN
    if rest > 0:
        console.print(f"  and {rest} more: --format json")


def _coverage(runs: tuple[ScannerRun, ...]) -> Table:
    table = Table(box=None, pad_edge=False, title="Coverage", title_justify="left")
    for name in ("scanner", "status", "version", "covered", "compared with"):
        table.add_column(name, overflow="fold")
    for run in runs:
        databases = "; ".join(f"{each.name} {each.date or ''}".strip() for each in run.databases)
        table.add_row(
            run.scanner,
            run.status.value.replace("_", " "),
            printable(run.version or ""),
            f"{run.covered} of {run.handed_in} {run.unit}",
            printable(databases),
        )
        if run.excluded:
            table.add_row("", "left out", "", "", Text(printable(wording.excluded(run))))
    return table


def _print_results(console: Console, report: Report) -> None:
    table = Table(box=None, pad_edge=False, title="Results", title_justify="left")
    compared = bool(report.compared_with)
    for name in ("tier", *(["state"] if compared else []), "P", "place", "what"):
        table.add_column(name, overflow="fold")
    results = [result for result in report.results if result.active]
    for result in results[:_RESULTS_SHOWN]:
        finding = result.finding
        table.add_row(
            Text(result.tier.value.replace("-", " "), _STYLE[result.tier]),
            *([wording.state_word(result)] if compared else []),
            str(result.priority),
            Text(str(finding.location)),
            Text(printable(f"{finding.rule_id}: {finding.message}"[:160])),
        )
    console.print(table)
    rest = len(results) - _RESULTS_SHOWN
    if rest > 0:
        console.print(f"and {rest} more: --format json")
