"""Reports of many repositories, read and published as one."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from shopsec.cli.output import print_report, write_whole
from shopsec.cli.saved_report import read_report
from shopsec.errors import UsageError
from shopsec.model import NamedReport, Organisation, Outcome, Report
from shopsec.rank.organisation import join
from shopsec.report.organisation import render_json, render_markdown, render_text

_FORMATS: dict[str, Callable[[Organisation], str]] = {
    "terminal": render_text,
    "markdown": render_markdown,
    "json": render_json,
}


def publish_organisation(
    files: Sequence[Path], targets: Sequence[tuple[str, Path]], format_: str
) -> Outcome:
    """Write what the reports in files give together; the worst of their decisions."""
    for name in (format_, *(name for name, _ in targets)):
        if name not in _FORMATS:
            raise UsageError(
                f"{name}: is no format of many reports", f"formats: {', '.join(_FORMATS)}"
            )
    organisation = join(_named(files))
    for name, file in targets:
        write_whole(file, _FORMATS[name](organisation))
    print_report(_FORMATS[format_](organisation))
    return organisation.outcome


def _named(files: Sequence[Path]) -> list[NamedReport]:
    """The reports, each by its repository's name."""
    reports = [(file, read_report(file)) for file in files]
    short = [_name(report, full=False) for _, report in reports]
    seen: dict[str, Path] = {}
    found = []
    for file, report in reports:
        name = _name(report, full=short.count(_name(report, full=False)) > 1)
        one = _name(report, full=True)  # whatever the folder of the checkout is called
        if one in seen:
            raise UsageError(
                f"{file}: is of the repository of {seen[one]}, {one}",
                "give one report of each repository",
            )
        seen[one] = file
        found.append(NamedReport(name=name, report=report))
    return found


def _name(report: Report, *, full: bool) -> str:
    """Name of a repository; in full with where it comes from, where that is known."""
    repository = report.repository
    name = repository.name
    if full and repository.remote:
        name = re.sub(r"^\w+://|^[\w.-]+@|\.git/?$", "", repository.remote).replace(":", "/")
    folder = repository.path_in_repository
    return f"{name}/{folder}" if folder else name
