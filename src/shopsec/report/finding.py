"""One result as a page: what was found, why it got its priority, and what to do."""

from collections.abc import Iterator

from shopsec.model import Finding, Result, Rule, Snippet, printable

_PLACES = 50


def page(result: Result, rule: Rule | None) -> str:
    """Return the page; ``rule`` is the result's own, where the report has it."""
    return "".join(f"{printable(line)}\n" for line in _lines(result, rule))


def _lines(result: Result, rule: Rule | None) -> Iterator[str]:
    finding = result.finding
    yield f"{finding.fingerprint}  {finding.rule_id}  {finding.location}"
    yield finding.message
    yield ""
    if finding.snippet is not None:
        yield from _numbered(finding.snippet, finding)
        yield ""
    yield from _sum(result)
    if result.suppressed_by is not None:
        yield f"Suppressed until {result.suppressed_by.until}: {result.suppressed_by.reason}"
    yield ""
    if rule is not None:
        yield f"Why: {rule.why}"
    step = finding.fix or (rule.fix if rule is not None else "")
    if step:
        yield f"Do: {step}"
    places = [str(place) for place in finding.related[:_PLACES]]
    if places:
        more = len(finding.related) - len(places)
        yield f"Also at: {', '.join(places)}" + (f" and {more} more" if more else "")
    if finding.also_reported_as:
        yield f"Also reported as: {', '.join(finding.also_reported_as)}"


def _numbered(snippet: Snippet, finding: Finding) -> Iterator[str]:
    first = finding.location.start_line or 0
    last = finding.location.end_line or first
    for number, line in enumerate(snippet.lines, snippet.start_line):
        mark = ">" if first <= number <= last else " "
        yield f"{mark} {number:>5}  {line}".rstrip()


def _sum(result: Result) -> Iterator[str]:
    """The priority as the sum that it is."""
    for term in result.terms:
        yield f"{term.points:>+5}  {term.text}"
    total = sum(term.points for term in result.terms)
    limits = "" if total == result.priority else f" (the sum is {total}; 0 to 100 are given)"
    yield f"{result.priority:>5}  priority, tier {result.tier.value}{limits}"
    if result.fix_now_because:
        yield f"       fix now: {result.fix_now_because}"
