#!/usr/bin/env python3
"""Times whole scans side by side with other tools, and how the time grows with the files.

    python benchmarks/scans.py CHECKOUT...                 shops that are there
    python benchmarks/scans.py --generated 1000 10000      repositories made here, of so many files
    python benchmarks/scans.py --page docs/speed.md ...    also write the results as a page

Each checkout is copied first and the copies are scanned: with nothing known, once more, after a
change of ten files, and with one process and with four; the reports of all but the third must be
the same. Peers are used where they are on PATH: bandit, detect-secrets, gitleaks, trivy, zizmor,
hadolint, checkov. Each does a part of what shopsec does, which the table names, and bandit looks at
tests as well, which shopsec leaves out; none has a cache of results, and what they keep goes with
the copies. One that fails is named, for its time says nothing. pip-audit asks a server for every
package, and nothing is fetched here: it is not timed.
Every command of shopsec runs three times and the run with the least CPU counts, a peer's once (it
may take minutes; it is ended after --seconds). Run it by hand, on a machine with nothing else to
do.
"""

import argparse
import datetime
import hashlib
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cost import Cost, cost_of, least

OURS = (sys.executable, "-P", "-m", "shopsec")
TODAY = "2026-11-24"
RUNS = 3
CHANGED = 10
_CODE = (".py", ".ts", ".js", ".php", ".tsx", ".twig", ".yaml", ".yml")
_WORDS = ("order", "cart", "price", "customer", "address", "stock", "invoice", "session")


@dataclass(frozen=True)
class Peer:
    """Another tool, and what of ours it does."""

    name: str
    part: str
    arguments: tuple[str, ...]
    """``{}`` stands for the folder."""


PEERS = (
    Peer("trivy", "configuration", ("config", "-q", "--skip-check-update",
                                    "--skip-version-check", "{}")),
    Peer("trivy", "secrets", ("fs", "--scanners", "secret", "--skip-dirs", ".git", "-q",
                              "--skip-version-check", "--disable-telemetry", "{}")),
    Peer("gitleaks", "secrets", ("dir", "{}", "--no-banner", "--exit-code", "0")),
    Peer("detect-secrets", "secrets", ("scan", "-n", "{}")),
    Peer("bandit", "Python code, tests too", ("-r", "{}", "-q", "-f", "json", "--exit-zero")),
    Peer("zizmor", "pipelines", ("--offline", "--no-exit-codes", "-q", "{}")),
    Peer("hadolint", "Dockerfiles", ("--no-fail",)),
    Peer("checkov", "configuration", ("-d", "{}", "--quiet", "--compact", "--soft-fail",
                                      "--skip-download", "--skip-framework", "secrets")),
)  # fmt: skip


class Checkout:
    """A copy of a shop, and the folder that its scans keep their results in."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder = folder
        self._cache = scratch / "cache"
        self._reports = scratch / "reports"
        self._reports.mkdir()

    def forget(self) -> None:
        """As on a machine that has never scanned anything."""
        shutil.rmtree(self._cache, ignore_errors=True)

    def scan(self, *arguments: str) -> Cost:
        """Scan it; what it ends with is the gate's."""
        command = [*OURS, "scan", str(self.folder), "--offline", "--today", TODAY, "-q",
                   "--format", "json", *arguments]  # fmt: skip
        cost = cost_of(command, self.folder, self._environment, output=self._reports / "report")
        if cost.code not in {0, 1, 3}:
            raise SystemExit(f"shopsec ended with {cost.code}")
        return cost

    @property
    def _environment(self) -> Mapping[str, str]:
        return os.environ | {"XDG_CACHE_HOME": str(self._cache), "SHOPSEC_SALT": "benchmark"}

    @property
    def report(self) -> str:
        """Digest of the report that was written last."""
        return hashlib.sha256((self._reports / "report").read_bytes()).hexdigest()

    def best(self, *arguments: str, cold: bool = False) -> Cost:
        """Of some scans, the one with the least CPU."""
        costs = []
        for _ in range(RUNS):
            if cold:
                self.forget()
            costs.append(self.scan(*arguments))
        return min(costs, key=lambda cost: cost.cpu)

    def changed(self) -> Cost:
        """The least of some scans, each after a change of ten files of code."""
        files = [each for each in sorted(self.folder.rglob("*")) if _is_code(each)]
        if len(files) < CHANGED:
            raise SystemExit(f"{self.folder.name}: has fewer than {CHANGED} files of code")
        rng, costs = random.Random(7), []
        for _ in range(RUNS):
            for file in rng.sample(files, CHANGED):
                with file.open("a", encoding="utf-8") as text:
                    text.write("\n")
            costs.append(self.scan())
        return min(costs, key=lambda cost: cost.cpu)

    def peer(self, peer: Peer, seconds: float) -> Cost | None:
        """What a peer takes; None where it is not there or has nothing to look at."""
        program = shutil.which(peer.name)
        arguments = [each.format(self.folder) for each in peer.arguments]
        if peer.name == "hadolint":
            named = self.folder.rglob("*Dockerfile*")
            found = sorted(str(each) for each in named if each.is_file())
            if not found:
                return None
            arguments += found
        if program is None:
            return None
        return cost_of([program, *arguments], self.folder, self._environment, seconds)


def _is_code(path: Path) -> bool:
    return path.suffix in _CODE and path.is_file() and ".git" not in path.parts


def side_by_side(source: Path, scratch: Path, seconds: float) -> Iterator[str]:
    """The lines of a checkout's table."""
    folder = scratch / source.name
    shutil.copytree(source, folder, symlinks=True)
    checkout = Checkout(folder, scratch)
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=folder, capture_output=True, check=True
    ).stdout.split(b"\0")[:-1]
    size = sum(os.lstat(os.path.join(os.fsencode(folder), each)).st_size for each in files) / 1e6
    yield f"\n## {source.name}: {len(files):,} files, {size:.0f} MB\n"
    yield "| | CPU s | wall s | MB of memory | wall to CPU | CPU to shopsec's |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    cold = checkout.best(cold=True)
    first = checkout.report
    yield _row("shopsec, first scan", cold, cold)
    again = checkout.best()
    same = [first == checkout.report]
    yield _row("shopsec, again", again, cold)
    for jobs in ("1", "4"):
        checkout.forget()
        cost = checkout.scan("--jobs", jobs)
        same.append(first == checkout.report)
        yield _row(f"shopsec, first scan, --jobs {jobs}", cost, cold)
    yield _row(f"shopsec, {CHANGED} files changed", checkout.changed(), cold)
    for peer in PEERS:
        peers = checkout.peer(peer, seconds)
        title = f"{peer.name}: {peer.part}"
        if peers is not None and peers.wall > seconds:
            # What its processes took is not told of those that were ended with it.
            yield f"| {title}, ended after {seconds:.0f} s | | | | | |"
        elif peers is not None:
            yield _row(
                title + (f" (failed with exit code {peers.code})" if peers.code else ""),
                peers,
                cold,
            )
    if not all(same):
        raise SystemExit(f"{source.name}: the reports differ")
    yield "\nReports of the first scan, the second, and with 1 and 4 processes: the same bytes."


def _row(title: str, cost: Cost, ours: Cost) -> str:
    return (
        f"| {title} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.memory:.0f}"
        f" | {cost.wall / cost.cpu:.2f} | {cost.cpu / ours.cpu:.2f} |"
    )


def growth(counts: Sequence[int], scratch: Path) -> Iterator[str]:
    """The lines of the table of generated repositories."""
    yield "\n## Generated repositories: half Python, half TypeScript, 2 kB a file\n"
    yield "| files | CPU s | wall s | MB of memory | ms of CPU a file more | again, CPU s |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: |"
    before: tuple[int, float] | None = None
    for count in (0, *counts):
        place = scratch / str(count)
        place.mkdir()
        folder = place / "shop"
        write_repository(folder, count)
        checkout = Checkout(folder, place)
        cold = checkout.best(cold=True)
        again = checkout.best()
        more = ""
        if before is not None and count > before[0]:
            more = f"{1_000 * (cold.cpu - before[1]) / (count - before[0]):.3f}"
        before = (count, cold.cpu)
        yield (
            f"| {count:,} | {cold.cpu:.2f} | {cold.wall:.2f} | {cold.memory:.0f} | {more}"
            f" | {again.cpu:.2f} |"
        )
        shutil.rmtree(place)


def write_repository(folder: Path, count: int) -> None:
    """A git repository of so many files of code, the same at every call."""
    rng = random.Random(7)
    folder.mkdir()
    for number in range(count):
        place = folder / f"app{number // 1_000}" / f"part{number // 50 % 20}"
        place.mkdir(parents=True, exist_ok=True)
        if number % 2:
            (place / f"file{number}.ts").write_text(_typescript(number, rng), encoding="utf-8")
        else:
            (place / f"file{number}.py").write_text(_python(number, rng), encoding="utf-8")
    author = ("-c", "user.name=Shop", "-c", "user.email=shop@example.org")
    for arguments in (("init", "-q"), ("add", "-A"), (*author, "commit", "-qm", "Shop",
                                                     "--allow-empty")):  # fmt: skip
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def _python(number: int, rng: random.Random) -> str:
    return "".join(
        f"def {rng.choice(_WORDS)}_{number}_{part}(value: int, name: str) -> str:\n"
        f'    """The {rng.choice(_WORDS)} of a {rng.choice(_WORDS)}."""\n'
        f"    if value > {rng.randint(0, 99)}:\n"
        "        return name + str(value)\n"
        "    return name.upper()\n\n\n"
        for part in range(12)
    )


def _typescript(number: int, rng: random.Random) -> str:
    return "".join(
        f"export function {rng.choice(_WORDS)}{number}x{part}(value: number, name: string) {{\n"
        f"  // The {rng.choice(_WORDS)} of a {rng.choice(_WORDS)}.\n"
        f"  if (value > {rng.randint(0, 99)}) {{\n"
        "    return name + String(value);\n"
        "  }\n"
        "  return name.toUpperCase();\n}\n\n"
        for part in range(10)
    )


def starts(scratch: Path) -> Iterator[str]:
    """The lines of what every run takes, whatever there is to look at."""
    empty = scratch / "empty"
    write_repository(empty, 0)
    environment = os.environ | {"XDG_CACHE_HOME": str(scratch / "cache")}
    yield "\n## Start\n"
    yield "| | CPU s | wall s | MB of memory |"
    yield "| --- | ---: | ---: | ---: |"
    for title, command in {
        "python -c pass": [sys.executable, "-c", "pass"],
        "shopsec --version": [*OURS, "--version"],
        "shopsec scan of an empty repository": [*OURS, "scan", str(empty), "--offline", "-q"],
    }.items():
        cost = least(command, empty, environment, runs=10)
        yield f"| {title} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.memory:.0f} |"


def about() -> Iterator[str]:
    """The machine, the day, and the versions of all tools."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text(encoding="utf-8").splitlines()
        names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    day = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    yield (
        f"{day}; {model}, {os.cpu_count()} cores; {platform.system()},"
        f" Python {platform.python_version()}."
    )
    ours = subprocess.run([*OURS, "--version"], capture_output=True, text=True, check=True).stdout
    named = [" ".join(ours.split())]
    for name in dict.fromkeys(peer.name for peer in PEERS):
        program = shutil.which(name)
        if program is not None:
            argument = "version" if name == "gitleaks" else "--version"
            told = subprocess.run([program, argument], capture_output=True, text=True, check=False)
            first = (told.stdout.strip() or told.stderr.strip()).splitlines()[0]
            named.append(first if name in first.lower() else f"{name} {first}")
    yield f"Versions: {'; '.join(named)}.\n"


def main() -> None:
    """Measure what was asked for, and print it as it comes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("checkouts", nargs="*", type=Path)
    parser.add_argument("--generated", nargs="*", type=int, default=())
    parser.add_argument("--seconds", type=float, default=900.0, help="most for a run of a peer")
    parser.add_argument("--page", type=Path, help="write the results here, below its first part")
    asked = parser.parse_args()
    lines: list[str] = []
    with tempfile.TemporaryDirectory(prefix="scans-") as name:
        top = Path(name)
        tables = [about(), starts(top)]
        for number, source in enumerate(asked.checkouts):
            scratch = top / f"checkout-{number}"
            scratch.mkdir()
            tables.append(side_by_side(source.resolve(), scratch, asked.seconds))
        if asked.generated:
            tables.append(growth(asked.generated, top))
        for table in tables:
            for line in table:
                print(line, flush=True)
                lines.append(line)
    if asked.page is not None:
        write_page(asked.page, lines)


MARK = "<!-- measured: python benchmarks/scans.py -->\n"


def write_page(page: Path, lines: Sequence[str]) -> None:
    """Put the results below the mark, in place of former ones."""
    text = page.read_text(encoding="utf-8")
    page.write_text(text.partition(MARK)[0] + MARK + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
