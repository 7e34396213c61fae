"""What action.yml calls: one ``shopsec scan``, its outcome passed on in GitHub's ways.

Always exits 0, so that the reports are uploaded before the action's last step exits as shopsec
did. GitHub's side is https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPORTS = {"sarif": "shopsec.sarif", "json": "shopsec.json", "markdown": "shopsec.md"}
TIERS = ("fix-now", "sprint", "planned", "watch")
SUMMARY_BYTES = 1024 * 1024
"""What GitHub takes as the summary of one step; it drops a longer one whole."""


@dataclass(frozen=True)
class Ending:
    """How the scan ended, as the action's outputs tell it."""

    decision: str
    exit_code: int
    counts: dict[str, int]
    """Results by tier."""


def without_report(exit_code: int) -> Ending:
    """A scan that left no whole report has not passed, whatever it exited with."""
    return Ending("error", exit_code if exit_code in {2, 3} else 4, {})


def main() -> None:
    """Scan, then tell GitHub."""
    folder = report_folder(os.environ)
    ending = read_ending(folder, scan(arguments(os.environ, folder)))
    append(os.environ["GITHUB_OUTPUT"], output_lines(outputs(ending, folder)))
    append(os.environ["GITHUB_STEP_SUMMARY"], summary(ending, folder))


def report_folder(environ: Mapping[str, str]) -> Path:
    """Make the folder for the reports, without any of an earlier scan."""
    wanted = environ["INPUT_REPORT_FOLDER"]
    folder = Path(wanted or tempfile.mkdtemp(prefix="shopsec-", dir=environ["RUNNER_TEMP"]))
    folder.mkdir(parents=True, exist_ok=True)
    for name in REPORTS.values():
        (folder / name).unlink(missing_ok=True)
    return folder.resolve()


def arguments(environ: Mapping[str, str], folder: Path) -> list[str]:
    """Translate the action's inputs into options of ``shopsec scan``."""
    options = [f"--output={name}={folder / file}" for name, file in REPORTS.items()]
    if environ["INPUT_POLICY"]:
        options.append(f"--policy={environ['INPUT_POLICY']}")
    if environ["INPUT_OFFLINE"] != "false":
        options.append("--offline")
    images = (line.strip() for line in environ["INPUT_IMAGES"].splitlines())
    return [
        *options,
        *(f"--image={image}" for image in images if image),
        "--",
        environ["INPUT_PATH"],
    ]


def scan(options: list[str]) -> int:
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
    """Believe an exit code only with three whole reports beside it that say the same."""
    try:
        document = json.loads((folder / REPORTS["json"]).read_bytes())
        told = Ending(document["decision"]["outcome"], document["exit_code"], document["counts"])
        whole = all((folder / name).stat().st_size for name in REPORTS.values())
    except (OSError, ValueError, LookupError, TypeError):
        return without_report(exit_code)
    return told if whole and told.exit_code == exit_code else without_report(exit_code)


def outputs(ending: Ending, folder: Path) -> dict[str, str]:
    """The action's outputs; a file is named only where it is whole."""
    return {
        "decision": ending.decision,
        "exit-code": str(ending.exit_code),
        "report-folder": str(folder),
        "sarif-file": str(folder / REPORTS["sarif"]) if ending.counts else "",
        **{tier: str(ending.counts.get(tier, "")) for tier in TIERS},
    }


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
    return clipped((folder / REPORTS["markdown"]).read_text("utf-8"), SUMMARY_BYTES)


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
