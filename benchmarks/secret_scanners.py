#!/usr/bin/env python3
"""Times the search for secrets side by side with other tools, on checkouts that are there.

    python benchmarks/secret_scanners.py CHECKOUT...            whole trees
    python benchmarks/secret_scanners.py --hook FILE...         a commit hook on these files
    python benchmarks/secret_scanners.py --history CHECKOUT...  all of git's history

Peers are used where they are found on PATH: gitleaks, trivy, detect-secrets. Every command runs
three times; the run with the least CPU counts. CPU is that of the process and its children, and
the ratio is a peer's CPU to ours. Nothing is fetched. Run it by hand, on a machine with nothing
else to do.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cost import least

OURS = (sys.executable, "-m", "shopsec")


def megabytes(folder: Path) -> float:
    """Size of all files outside of .git."""
    total = 0
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        total += sum(os.lstat(os.path.join(path, name)).st_size for name in names)
    return total / 1_000_000


def of_tree(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Commands that search a whole tree."""
    yield (
        "shopsec",
        [*OURS, "scan", str(folder), "--only", "secrets", "--offline", "--no-cache", "-q"],
    )
    if shutil.which("gitleaks"):
        yield "gitleaks", ["gitleaks", "dir", str(folder), "--no-banner", "--exit-code", "0"]
    if shutil.which("trivy"):
        yield (
            "trivy",
            ["trivy", "fs", "--scanners", "secret", "--skip-dirs", ".git", "-q", str(folder)],
        )
    if shutil.which("detect-secrets"):
        yield "detect-secrets", ["detect-secrets", "scan", "-n", "--all-files", str(folder)]


def of_history(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Commands that search all commits."""
    yield (
        "shopsec",
        [*OURS, "scan", str(folder), "--only", "secrets", "--offline", "-q", "--history"],
    )
    if shutil.which("gitleaks"):
        yield "gitleaks", ["gitleaks", "git", str(folder), "--no-banner", "--exit-code", "0"]


def of_hook(names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Commands that look at what is staged in the current folder."""
    yield "shopsec", [*OURS, "scan", "--staged"]
    if shutil.which("gitleaks"):
        yield "gitleaks", ["gitleaks", "git", "--staged", "--no-banner", "--exit-code", "0"]
    if shutil.which("detect-secrets-hook"):
        yield "detect-secrets-hook", ["detect-secrets-hook", *names]


def compare(
    title: str, commands: Iterator[tuple[str, list[str]]], folder: Path, size: float
) -> None:
    """Print a table of one subject."""
    print(f"\n{title}, {size:.1f} MB\n")
    print("| tool | CPU s | wall s | MB memory | MB per CPU s | CPU to ours |")
    print("| --- | --- | --- | --- | --- | --- |")
    ours = 0.0
    for name, command in commands:
        cost = least(command, folder)
        ours = ours or cost.cpu
        print(
            f"| {name} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.memory:.0f} |"
            f" {size / cost.cpu:.1f} | {cost.cpu / ours:.1f} |"
        )


def hook(files: Sequence[Path]) -> None:
    """Stage the files in a new repository and compare hooks there."""
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{number}{file.suffix}" for number, file in enumerate(files)]
        for name, file in zip(names, files, strict=True):
            shutil.copyfile(file, Path(folder) / name)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
        size = sum(file.stat().st_size for file in files) / 1_000_000
        compare(f"{len(files)} staged files", of_hook(names), Path(folder), size)


def main() -> None:
    """Compare what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hook", action="store_true")
    parser.add_argument("--history", action="store_true")
    parser.add_argument("paths", nargs="+", type=Path)
    asked = parser.parse_args()
    if asked.hook:
        hook(asked.paths)
        return
    commands: Callable[[Path], Iterator[tuple[str, list[str]]]]
    commands = of_history if asked.history else of_tree
    for path in asked.paths:
        folder = path.resolve()
        compare(folder.name, commands(folder), folder, megabytes(folder))


if __name__ == "__main__":
    main()
