"""``shopsec verify``."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from shopsec.checkout_root import top_of
from shopsec.cli.contradictions import of_actions, of_coverage, of_results, of_suppressions
from shopsec.cli.judged_by import configuration_digest
from shopsec.cli.regular_file import regular_content
from shopsec.errors import ConfigError, PolicyError, ScannerError, UsageError
from shopsec.gate import decide
from shopsec.model import Report, Tier, printable
from shopsec.policy.gates import GatePolicy, embedded_gates, load_gate
from shopsec.policy.severity import load_priority_model
from shopsec.repo.git import Git, GitUnavailableError
from shopsec.repo.trees import Trees
from shopsec.report.decision import PREDICATE, STATEMENT, digest_of, subjects_of
from shopsec.suppress.terms import date_of


@click.command(short_help="Check a decision record.")
@click.argument("record", type=click.Path(path_type=Path))
@click.option(
    "--repository", type=click.Path(path_type=Path), help="Also compare with this checkout."
)
def verify(record: Path, repository: Path | None) -> int:
    """Check RECORD, which scan --output decision=RECORD wrote.

    The reports that it names are looked for beside it and their hashes compared; the decision is
    made again from the results and the coverage that it holds. With --repository the commit, the
    configuration and the policy are compared too. Exit codes: 0 all as recorded, 1 something
    differs, 2 the record cannot be read.
    """
    document = _document(record)
    predicate = document["predicate"]
    report = _report(record, predicate)
    try:
        problems = list(_problems(record, document, report, repository))
    except (ValueError, OverflowError, RecursionError) as error:
        # Of the right form, and still nothing that a scan writes: a date, a name, a depth.
        raise UsageError(f"{record}: holds what no scan writes: {error}", _AGAIN) from error
    for problem in problems:
        click.echo(printable(f"differs: {problem}"))
    if problems:
        return 1
    click.echo(
        printable(
            f"{record}: as recorded: {report.decision.outcome.value} on {report.today},"
            f" policy {report.policy}, {len(report.results)} results"
        )
    )
    return 0


def _document(record: Path) -> dict[str, Any]:
    """The statement, with a predicate of ours."""
    try:
        content = regular_content(record)
        document = json.loads(content, object_pairs_hook=_without_twins)
    except OSError as error:
        raise UsageError(f"{record}: cannot be read: {error.strerror}") from error
    except _TwiceError as error:
        raise UsageError(
            f"{record}: {error.args[0][:60]!r} is set twice, so that it can be read in two ways",
            _AGAIN,
        ) from error
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise UsageError(
            f"{record}:{line}: is not JSON: {getattr(error, 'msg', error)}", _AGAIN
        ) from error
    except RecursionError as error:
        raise UsageError(f"{record}: is nested too deeply", _AGAIN) from error
    if not isinstance(document, dict) or document.get("_type") != STATEMENT:
        raise UsageError(f"{record}: is no in-toto statement", _AGAIN)
    if document.get("predicateType") != PREDICATE:
        raise UsageError(
            f"{record}: its type is {str(document.get('predicateType'))[:80]!r}, not {PREDICATE}",
            "verify it with the shopsec that wrote it",
        )
    predicate = document.get("predicate")
    if not isinstance(predicate, dict):
        raise UsageError(f"{record}: has no predicate", _AGAIN)
    for name in _names(predicate):
        if "\0" in name:
            raise UsageError(f"{record}: names {name[:80]!r}, which is no file", _AGAIN)
    return document


class _TwiceError(ValueError):
    """A key that an object has twice."""


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


def _names(predicate: dict[str, Any]) -> Iterator[str]:
    """What names files in it."""
    for table, key in (("policy", "file"), ("configuration", "name")):
        told = predicate.get(table)
        if isinstance(told, dict):
            yield str(told.get(key, ""))
    reports = predicate.get("reports")
    for entry in reports if isinstance(reports, list) else ():
        yield str(entry.get("name", "")) if isinstance(entry, dict) else ""


_AGAIN = "write it anew: shopsec scan --output decision=FILE"


def _report(record: Path, predicate: dict[str, Any]) -> Report:
    try:
        report = Report.model_validate_json(json.dumps(predicate.get("report")))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{record}: predicate.report.{place}: {first['msg']}",
            "it was changed by hand, or is of another version of shopsec",
        ) from error
    if date_of(report.today) is None:
        raise UsageError(
            f"{record}: predicate.report.today: {report.today[:40]!r} is no date", _AGAIN
        )
    return report


def _problems(
    record: Path, document: dict[str, Any], report: Report, repository: Path | None
) -> Iterator[str]:
    predicate = document["predicate"]
    if predicate.get("digest") != {"sha256": digest_of(predicate)}:
        yield "the record is not what was written: its own hash does not match"
    if document.get("subject") != _subject(predicate, report):
        yield "subject is not the commit and the reports that the record is about"
    yield from _contradictions(predicate, report)
    yield from _weighed(predicate, report)
    yield from of_coverage(report)
    yield from of_actions(report)
    yield from _files(record.parent, predicate)
    try:
        policy = _policy(predicate, repository)
    except PolicyError as error:
        yield f"the policy cannot be read: {error.message}"
    else:
        yield from _replayed(predicate, report, policy)
    if repository is not None:
        yield from _beside(repository, predicate, report)


def _policy(predicate: dict[str, Any], repository: Path | None) -> GatePolicy | None:
    """The policy that the record names; None where it is not here."""
    told = predicate.get("policy")
    name = str(told.get("file", "")) if isinstance(told, dict) else ""
    if name in embedded_gates():
        return load_gate(name, Path())
    if not name or (isinstance(told, dict) and told.get("outside")):
        return None
    top = top_of(repository or Path())
    commit = str(_configuration(predicate).get("commit", ""))
    if commit:
        content = _content_of(top, commit, name)
        if content is not None:
            with tempfile.TemporaryDirectory(prefix="shopsec-") as copy:
                Path(copy, "policy.yaml").write_bytes(content)
                return load_gate("policy.yaml", Path(copy))
    return load_gate(name, Path(top)) if Path(top, name).is_file() else None


def _configuration(predicate: dict[str, Any]) -> dict[str, Any]:
    told = predicate.get("configuration")
    return told if isinstance(told, dict) else {}


def _content_of(top: str, commit: str, path: str) -> bytes | None:
    """A file of a commit of a checkout; None where there is none."""
    try:
        trees = Trees(top)
        known = trees.commit_of(commit)
        return trees.content_of(known, path) if known else None
    except (GitUnavailableError, ScannerError):
        return None


def _contradictions(predicate: dict[str, Any], report: Report) -> Iterator[str]:
    """What the summary says, against the report that it sums up."""
    counts = {tier.value: report.count(tier) for tier in Tier}
    told = {
        "outcome": report.decision.outcome.value,
        "exitCode": report.decision.outcome.exit_code,
        "counts": counts,
        "date": report.today,
        "repository": report.repository.model_dump(mode="json"),
    }
    for key, value in told.items():
        if predicate.get(key) != value:
            yield f"{key} is {json.dumps(predicate.get(key))[:120]}, the report has it otherwise"


def _subject(predicate: dict[str, Any], report: Report) -> list[dict[str, Any]]:
    """What the statement must be about, by its reports and the report in it."""
    reports = predicate.get("reports")
    listed = [
        (str(entry.get("name", "")), str(entry.get("sha256", "")))
        for entry in (reports if isinstance(reports, list) else ())
        if isinstance(entry, dict)
    ]
    return subjects_of(report.repository, listed)


def _weighed(predicate: dict[str, Any], report: Report) -> Iterator[str]:
    model = load_priority_model()
    same = predicate.get("severity") == {"sha256": model.digest}
    if not same:
        yield "this shopsec weighs results otherwise (severity.yaml)"
    yield from of_results(report, model, same=same)


def _files(folder: Path, predicate: dict[str, Any]) -> Iterator[str]:
    reports = predicate.get("reports")
    for entry in reports if isinstance(reports, list) else ():
        name = str(entry.get("name", "")) if isinstance(entry, dict) else ""
        if not name or Path(name).name != name:
            yield f"a report is named {name[:80]!r}, which is no file's name"
            continue
        try:
            digest = hashlib.sha256(regular_content(folder / name)).hexdigest()
        except OSError as error:
            yield f"{name}: cannot be read beside the record: {error.strerror}"
            continue
        except UsageError as error:
            yield error.message
            continue
        if digest != entry.get("sha256"):
            yield f"{name}: its content is not what was written"


def _replayed(
    predicate: dict[str, Any], report: Report, policy: GatePolicy | None
) -> Iterator[str]:
    if policy is None:
        yield f"the policy {report.policy} is not here, so the decision cannot be replayed"
        return
    recorded = predicate.get("policy")
    if not isinstance(recorded, dict) or recorded.get("sha256") != policy.digest:
        yield f"the policy {policy.name} is not the one that decided"
    elif {recorded.get("name"), report.policy, report.decision.policy} != {policy.name}:
        yield f"the policy's name is {policy.name}, the record has it otherwise"
    yield from of_suppressions(report, policy)
    run = {
        "offline": report.offline,
        "images": report.images,
        "files": report.files,
    }
    again = decide(
        report.results,
        report.coverage,
        policy,
        run,
        today=report.today,
        absent=report.absent,
        suppressions=report.suppressions,
    )
    if again.outcome is not report.decision.outcome:
        yield f"decided anew it is {again.outcome.value}, not {report.decision.outcome.value}"
    elif again != report.decision:
        yield "decided anew the reasons are others"


def _beside(repository: Path, predicate: dict[str, Any], report: Report) -> Iterator[str]:
    try:
        commit = Git(str(repository.resolve())).state().commit
    except GitUnavailableError as error:
        yield f"{repository}: {error}"
        commit = None
    if commit is not None and commit != report.repository.commit:
        yield f"{repository} is at {commit[:12]}, the record at {report.repository.commit}"
    if report.repository.dirty:
        yield (
            "the record was made with uncommitted changes, which commit "
            f"{(report.repository.commit or '')[:12]} does not have"
        )
    told = _configuration(predicate)
    if told.get("outside"):
        yield f"{str(told.get('name'))[:80]}: lies outside of the repository, and is not compared"
        return
    top = top_of(repository)
    name, commit = str(told.get("name") or ""), str(told.get("commit") or "")
    try:
        digest = configuration_digest(Path(top, name)) if name and not commit else ""
    except ConfigError as error:
        yield error.message
        return
    if commit and name:
        content = _content_of(top, commit, name)
        if content is None:
            yield f"{name}: is not in commit {commit[:12]}, or that is not here"
            return
        digest = hashlib.sha256(content).hexdigest()
    if digest != told.get("sha256"):
        yield f"{name or 'the configuration'}: is not the one that was used"
