"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as each reader needs it."""

from collections.abc import Iterator

from shopsec.model import Report
from shopsec.report.sarif.document import pieces_of, text_of
from shopsec.report.sarif.flavour import ALL, GITHUB, GITLAB
from shopsec.report.sarif.selection import selection


def render(report: Report) -> str:
    """Return the report for GitHub's code scanning: what counts, the worst of it, within limits."""
    return text_of(report, GITHUB)


def render_gitlab(report: Report) -> str:
    """Return the report for ``artifacts:reports:sarif`` of GitLab, within its limits."""
    return text_of(report, GITLAB)


def render_all(report: Report) -> Iterator[str]:
    """All results, with who suppressed them and why (3.27.23), and those that are gone.

    They may be very many: the text comes in pieces.
    """
    return pieces_of(report, ALL, selection(report, ALL))
