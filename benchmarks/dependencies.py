#!/usr/bin/env python3
"""Times the offline audit: making a store of advisories, and looking lockfiles up in it.

    python benchmarks/dependencies.py                  generated archives and lockfiles
    python benchmarks/dependencies.py CHECKOUT...      also: listing the packages of checkouts

Archives are generated: so many malicious-package notices as npm has of them, and advisories with
ranges as they are in OSV. With checkouts, `trivy fs` lists packages side by side, where it is on
PATH. CPU is that of the process and its children; nothing is fetched. Run it by hand.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cost import cost_of

OURS = (sys.executable, "-m", "shopsec")
SEED = 7


def measured(title: str, command: Sequence[str], cache: Path, folder: Path) -> None:
    """Run a command and print what it took."""
    cost = cost_of(command, folder, os.environ | {"XDG_CACHE_HOME": str(cache)})
    print(f"| {title} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.memory:.0f} |")


def malicious(number: int) -> dict[str, object]:
    """A notice of a malicious package, of OSV's shape."""
    return {
        "id": f"MAL-2024-{number}", "modified": "2024-06-01T00:00:00Z",
        "summary": f"Malicious code in bad-package-{number} (npm)",
        "details": "The package runs a command on install. " * 4,
        "affected": [{
            "package": {"ecosystem": "npm", "name": f"bad-package-{number}"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
            "database_specific": {"source": "x" * 64},
        }],
        "references": [{"type": "WEB", "url": "https://example.org/report"}],
    }  # fmt: skip


def advisory(number: int, rng: random.Random) -> dict[str, object]:
    """An advisory with ranges, of OSV's shape."""
    major = rng.randint(1, 9)
    ranges = [
        {
            "type": "SEMVER",
            "events": [
                {"introduced": f"{line}.0.0"},
                {"fixed": f"{line}.{rng.randint(0, 9)}.{rng.randint(1, 30)}"},
            ],
        }
        for line in range(major, major + rng.randint(1, 3))
    ]
    return {
        "id": f"GHSA-{number:04d}-{rng.randint(1000, 9999)}-abcd",
        "aliases": [f"CVE-2024-{10_000 + number}"], "modified": "2024-06-01T00:00:00Z",
        "summary": "A crafted request can exhaust the server or run code in it",
        "details": "Words about the hole and what to do about it. " * 40,
        "severity": [
            {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
        ],
        "affected": [
            {"package": {"ecosystem": "npm", "name": f"package-{number % 5_000}"}, "ranges": ranges}
        ],
        "references": [{"type": "WEB", "url": f"https://example.org/{n}"} for n in range(6)],
        "database_specific": {"cwe_ids": ["CWE-400"], "severity": "HIGH"},
    }  # fmt: skip


def write_archive(folder: Path, notices: int, advisories: int) -> None:
    """ECOSYSTEM/all.zip as OSV's bucket has it."""
    rng = random.Random(SEED)
    (folder / "npm").mkdir(parents=True)
    with zipfile.ZipFile(folder / "npm" / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(notices):
            archive.writestr(f"MAL-{number}.json", json.dumps(malicious(number)))
        for number in range(advisories):
            archive.writestr(f"GHSA-{number}.json", json.dumps(advisory(number, rng)))


def write_lockfile(folder: Path, count: int) -> None:
    """A package-lock.json of so many packages."""
    rng = random.Random(SEED)
    packages: dict[str, object] = {"": {"name": "shop", "dependencies": {"package-0": "*"}}}
    for number in range(count):
        version = f"{rng.randint(1, 12)}.{rng.randint(0, 9)}.{rng.randint(0, 30)}"
        packages[f"node_modules/package-{number}"] = {"version": version}
    folder.mkdir(parents=True)
    lock = {"name": "shop", "lockfileVersion": 3, "packages": packages}
    (folder / "package-lock.json").write_text(json.dumps(lock, indent=2))
    manifest = {"name": "shop", "dependencies": {"package-0": "*"}}
    (folder / "package.json").write_text(json.dumps(manifest))


def generated(top: Path) -> None:
    """A store, and audits of lockfiles of several sizes."""
    cache = top / "cache"
    for name, notices, advisories in (("small", 0, 40_000), ("whole", 210_000, 40_000)):
        source = top / name
        # In a process of its own: a child's peak memory begins with its parent's.
        made = [sys.executable, __file__, "--archive", str(source), str(notices), str(advisories)]
        subprocess.run(made, check=True)
        command = [*OURS, "db", "update", str(top), "--ecosystem", "npm", "--from", str(source)]
        measured(f"store of {notices + advisories:,} advisories", command, cache, top)
        size = (cache / "shopsec" / "advisories.sqlite").stat().st_size / 1e6
        print(f"| ... its size: {size:.1f} MB | | | |")
    for count in (0, 1_000, 3_000):
        folder = top / f"shop-{count}"
        subprocess.run(
            [sys.executable, __file__, "--lockfile", str(folder), str(count)], check=True
        )
        command = [*OURS, "scan", str(folder), "--only", "osv", "--offline", "-q"]
        measured(f"audit of {count:,} packages", command, cache, top)


def checkouts(folders: Sequence[Path], cache: Path) -> None:
    """The packages of real repositories."""
    for folder in folders:
        command = [*OURS, "scan", str(folder), "--only", "osv", "--offline", "-q"]
        measured(f"{folder.name}: shopsec, packages and audit", command, cache, folder)
        if shutil.which("trivy"):
            command = [
                "trivy", "fs", "--list-all-pkgs", "--include-dev-deps", "--offline-scan",
                "--skip-db-update", "--scanners", "license", "-q", "--format", "json", str(folder),
            ]  # fmt: skip
            measured(f"{folder.name}: trivy fs, packages only", command, cache, folder)


def main() -> None:
    """Measure."""
    if sys.argv[1:2] == ["--archive"]:
        write_archive(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        return
    if sys.argv[1:2] == ["--lockfile"]:
        write_lockfile(Path(sys.argv[2]), int(sys.argv[3]))
        return
    print("| what | CPU s | wall s | MB memory |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        generated(top)
        checkouts([Path(each).resolve() for each in sys.argv[1:]], top / "cache")


if __name__ == "__main__":
    main()
