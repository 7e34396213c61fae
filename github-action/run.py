"""What action.yml calls: a ``shopsec scan`` of each path, its outcome passed on in GitHub's ways.

Always exits 0, so that the reports are uploaded before the action's last step exits as shopsec
did. GitHub's side is https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPORTS = {
    "sarif": "shopsec.sarif",
    "json": "shopsec.json",
    "markdown": "shopsec.md",
    "html": "shopsec.html",
    "cyclonedx": "shopsec.cdx.json",
    "github": "annotations.txt",
    "comment": "comment.md",
    "decision": "shopsec.decision.json",
}
TIERS = ("fix-now", "sprint", "planned", "watch")
SUMMARY_BYTES = 1024 * 1024
"""What GitHub takes as the summary of one step; it drops a longer one whole."""
_WORST_FIRST = (2, 4, 1, 3, 0)
"""Exit codes: where nothing was decided, then as the gate itself weighs fail and incomplete."""


@dataclass(frozen=True)
class Ending:
    """How a scan ended, as the action's outputs tell it."""

    decision: str
    exit_code: int
    counts: dict[str, int]
    """Results by tier."""
    complete: bool = False
    """Nothing failed that would have found more: GitHub closes alerts that a file does not name."""


@dataclass(frozen=True)
class Scan:
    """A path of the workspace, and the folder for its reports."""

    path: str
    folder: Path


def without_report(exit_code: int) -> Ending:
    """A scan that left no whole report has not passed, whatever it exited with."""
    return Ending("error", exit_code if exit_code in {2, 3} else 4, {})


def main() -> None:
    """Scan, then tell GitHub."""
    folder = report_folder(os.environ)
    scans = scans_of(os.environ["INPUT_PATH"], folder)
    endings = [read_ending(each.folder, run(arguments(os.environ, each))) for each in scans]
    for scan, ending in zip(scans, endings, strict=True):
        if ending.counts:
            print((scan.folder / REPORTS["github"]).read_text("utf-8"), end="", flush=True)
    uploaded, held_back = to_upload(scans, endings)
    told = {
        **outputs(scans, endings, folder),
        "upload": sarif_of(uploaded, os.environ["RUNNER_TEMP"]),
        "held-back": "true" if held_back else "",
    }
    append(os.environ["GITHUB_OUTPUT"], output_lines(told))
    shown = (summary(ending, scan.folder) for scan, ending in zip(scans, endings, strict=True))
    append(os.environ["GITHUB_STEP_SUMMARY"], clipped("\n".join(shown), SUMMARY_BYTES))


def report_folder(environ: Mapping[str, str]) -> Path:
    """Make the folder for the reports; the workspace may hold a link in its place."""
    wanted = environ["INPUT_REPORT_FOLDER"]
    folder = Path(wanted or tempfile.mkdtemp(prefix="shopsec-", dir=environ["RUNNER_TEMP"]))
    if not folder.is_absolute() and not folder.resolve().is_relative_to(Path.cwd().resolve()):
        raise SystemExit(f"report-folder {wanted}: leads out of the workspace; name another one")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(f"report-folder {wanted}: cannot be made: {error.strerror}") from error
    return folder.resolve()


def scans_of(paths: str, folder: Path) -> list[Scan]:
    """The scans of some lines; of several paths each has a folder, without earlier reports."""
    lines = filter(None, map(str.strip, paths.splitlines()))
    named = list(dict.fromkeys(map(os.path.normpath, lines))) or ["."]
    scans = [Scan(path, folder / f"{number}{slug(path)}") for number, path in enumerate(named, 1)]
    if len(scans) == 1:
        scans = [Scan(named[0], folder)]
    for scan in scans:
        if scan.folder.is_symlink():
            scan.folder.unlink()
        scan.folder.mkdir(exist_ok=True)
        for name in REPORTS.values():
            (scan.folder / name).unlink(missing_ok=True)
    return scans


def slug(path: str) -> str:
    """A path as part of a name: letters, digits and hyphens; empty for the workspace itself.

    A digest tells it from others that have the same words, or none that can be shown.
    """
    words = re.findall(r"[A-Za-z0-9]+", path)
    shown = "".join(f"-{word}" for word in words)[:80]
    if path == "." or shown.replace("-", "/") == f"/{path}":
        return shown
    return f"{shown}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}"


def arguments(environ: Mapping[str, str], scan: Scan) -> list[str]:
    """Translate the action's inputs into options of ``shopsec scan``."""
    options = [f"--output={name}={scan.folder / file}" for name, file in REPORTS.items()]
    if environ["INPUT_POLICY"]:
        options.append(f"--policy={environ['INPUT_POLICY']}")
    if environ["INPUT_BASE_REF"] not in {"", "none"}:
        options.append(f"--base-ref={environ['INPUT_BASE_REF']}")
    if environ["INPUT_OFFLINE"] != "false":
        options.append("--offline")
    for option, name in (("--image", "INPUT_IMAGES"), ("--import", "INPUT_IMPORTS")):
        lines = (line.strip() for line in environ[name].splitlines())
        options += [f"{option}={line}" for line in lines if line]
    return [*options, "--", scan.path]


def run(options: list[str]) -> int:
    """Run shopsec, its output shown but not obeyed; return its exit code.

    A file name may hold a line that GitHub would take for a command. Both streams go through one
    pipe, since the runner reads stdout and stderr in no fixed order.
    """
    token = secrets.token_hex(32)
    print(f"::stop-commands::{token}", flush=True)
    command = [sys.executable, "-I", "-m", "shopsec", "scan", *options]
    exit_code = subprocess.run(command, stderr=subprocess.STDOUT, check=False).returncode
    print(f"\n::{token}::", flush=True)
    return exit_code


def read_ending(folder: Path, exit_code: int) -> Ending:
    """Believe an exit code only with all reports beside it, whole, that say the same."""
    try:
        document = json.loads((folder / REPORTS["json"]).read_bytes())
        told = Ending(
            document["decision"]["outcome"], document["exit_code"], document["counts"],
            is_complete(document),
        )  # fmt: skip
        whole = all((folder / name).stat().st_size for name in REPORTS.values())
    except (OSError, ValueError, LookupError, TypeError):
        return without_report(exit_code)
    return told if whole and told.exit_code == exit_code else without_report(exit_code)


def is_complete(document: Mapping[str, Any]) -> bool:
    """Whether what a report lacks is gone, and not only not looked for this time.

    What is never looked for here, such as what needs a Trivy that was not asked for, has no alerts.
    """
    reasons = (each["outcome"] for each in document["decision"]["reasons"])
    broken = {"failed"} if os.environ["INPUT_TRIVY"] == "none" else {"failed", "missing"}
    return "incomplete" not in reasons and not any(
        run["status"] in broken for run in document["coverage"]
    )


def to_upload(scans: Sequence[Scan], endings: Sequence[Ending]) -> tuple[list[Path], bool]:
    """Folders of the reports for code scanning, and whether there are others."""
    whole = [
        (scan.folder, each.complete)
        for scan, each in zip(scans, endings, strict=True)
        if each.counts
    ]
    uploaded = [folder for folder, complete in whole if complete]
    return uploaded, len(uploaded) < len(whole)


def outputs(scans: Sequence[Scan], endings: Sequence[Ending], folder: Path) -> dict[str, str]:
    """The action's outputs; a file is named only where it is whole."""
    worst = min(endings, key=lambda each: _WORST_FIRST.index(each.exit_code))
    if worst.exit_code == 0 and any(each.decision == "warn" for each in endings):
        worst = next(each for each in endings if each.decision == "warn")
    whole = [scan.folder for scan, each in zip(scans, endings, strict=True) if each.counts]
    first = whole[0] if whole else None
    return {
        "decision": worst.decision,
        "exit-code": str(worst.exit_code),
        "report-folder": str(folder),
        "sarif-file": sarif_of(whole, os.environ["RUNNER_TEMP"]),
        "commented": "\n".join(str(each) for each in whole),
        "html-file": str(first / REPORTS["html"]) if first else "",
        "record-file": str(first / REPORTS["decision"]) if first else "",
        "artifact": artifact(os.environ["INPUT_ARTIFACT"], scans),
        **{
            tier: str(sum(each.counts.get(tier, 0) for each in endings)) if whole else ""
            for tier in TIERS
        },
    }


def sarif_of(whole: Sequence[Path], temporary: str) -> str:
    """The SARIF file, or a folder with those of several paths; empty where none is whole."""
    if len(whole) < 2:
        return str(whole[0] / REPORTS["sarif"]) if whole else ""
    folder = Path(tempfile.mkdtemp(prefix="shopsec-sarif-", dir=temporary))
    for each in whole:
        (folder / f"{each.name}.sarif").write_bytes((each / REPORTS["sarif"]).read_bytes())
    return str(folder)


def artifact(wanted: str, scans: Sequence[Scan]) -> str:
    """Name of the artifact; of one path its own, so that several steps of a run keep theirs."""
    if wanted != "auto":
        return wanted
    return "shopsec" + (slug(scans[0].path) if len(scans) == 1 else "")


def output_lines(values: Mapping[str, str]) -> str:
    """Write values so that none can end early and start another: the delimiters are random."""
    lines: list[str] = []
    for name, value in values.items():
        delimiter = secrets.token_hex(32)
        lines += [f"{name}<<{delimiter}", value, delimiter]
    return "\n".join(lines) + "\n"


def summary(ending: Ending, folder: Path) -> str:
    """The Markdown report, or why there is none."""
    if not ending.counts:
        return f"## shopsec\n\nNo whole report (exit code {ending.exit_code}): see the job's log.\n"
    return (folder / REPORTS["markdown"]).read_text("utf-8")


def clipped(report: str, limit: int) -> str:
    """Cut a report after a line so that it, and the notice of the cut, take ``limit`` bytes."""
    whole = report.encode()
    if len(whole) <= limit:
        return report
    notice = f"\n**Cut off here: the report has {len(whole)} bytes, GitHub shows {limit}.**\n"
    kept = whole[: limit - len(notice.encode())]
    return kept[: kept.rfind(b"\n") + 1].decode() + notice


def append(file: str, text: str) -> None:
    """Add to one of the files that the runner reads."""
    with open(file, "a", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


if __name__ == "__main__":
    main()
