#!/usr/bin/env python3
"""Times the scan of container images against Trivy alone, and weighs many of them side by side.

    python benchmarks/images.py                        ten archives of 30 MB
    python benchmarks/images.py --images 4 --megabytes 500
    python benchmarks/images.py --cache ~/.cache/trivy  with a real vulnerability database

The archives are made of files of this interpreter's own packages, so that there is something to
read; without --cache the database is the tests' own, of four vulnerabilities. Trivy alone gets
the arguments that shopsec gives it. Each run begins without results of former ones, and the least
of five counts. Memory is the most resident at one time of shopsec and all its children, looked at
20 times a second. Nothing is fetched.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.containers.image_archive import DEBIAN
from tests.containers.trivy_database import FRESH, write_database
from tests.tools import need

from benchmarks.cost import Cost, cost_of

RUNS = 5
TODAY = "2026-11-24"
PACKAGES = Path(os.__file__).parent / "site-packages"


def write_image(path: Path, megabytes: int, number: int) -> None:
    """A Debian of which each image has a layer of its own: files, again and again, to the size."""
    with tempfile.TemporaryDirectory() as folder:
        layer = Path(folder) / "layer.tar"
        left = megabytes * 1_000_000
        with tarfile.open(layer, "w") as archive:
            _add(archive, "app/number", str(number).encode())
            for name, text in DEBIAN.items():
                _add(archive, name, text.encode())
            files = sorted(path for path in PACKAGES.rglob("*") if path.is_file())
            copy = 0
            while left > 0:
                for file in files:
                    name = f"opt/{copy}/site-packages/{file.relative_to(PACKAGES)}"
                    content = file.read_bytes()
                    _add(archive, name, content)
                    left -= len(content)
                    if left <= 0:
                        break
                copy += 1
        digest = subprocess.run(
            ["sha256sum", layer], check=True, capture_output=True, text=True
        ).stdout.split()[0]
        config = {
            "architecture": "amd64", "os": "linux", "config": {"User": "10001"},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }  # fmt: skip
        manifest = [{"Config": "config.json", "RepoTags": ["shop:1"], "Layers": ["layer.tar"]}]
        with tarfile.open(path, "w") as image:
            _add(image, "manifest.json", json.dumps(manifest).encode())
            _add(image, "config.json", json.dumps(config).encode())
            image.add(layer, "layer.tar")


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def run(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Cost:
    """Run a command to its end."""
    with tempfile.TemporaryDirectory() as no_results:
        cost = cost_of(command, folder, environment | {"XDG_CACHE_HOME": no_results})
    if cost.code not in {0, 1}:
        raise SystemExit(f"{command[0]} ended with {cost.code}")
    return cost


def _least(costs: Sequence[Cost], kind: str) -> float:
    return min(float(getattr(each, kind)) for each in costs)


def main() -> None:
    """Make the archives and measure."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--images", type=int, default=10)
    options.add_argument("--megabytes", type=int, default=30)
    options.add_argument("--cache", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="images-") as name:
        folder = Path(name)
        cache = given.cache or folder / "cache"
        if given.cache is None:
            write_database(cache, FRESH)
        measure(folder, cache, given.images, given.megabytes)


def measure(folder: Path, cache: Path, count: int, megabytes: int) -> None:
    """Print what one image and many cost."""
    archives = [folder / f"{number}.tar" for number in range(count)]
    for number, archive in enumerate(archives):
        write_image(archive, megabytes, number)
    shop = folder / "shop"
    shop.mkdir()
    environment = os.environ | {"TRIVY_CACHE_DIR": str(cache)}
    shopsec = [sys.executable, "-P", "-m", "shopsec", "scan", str(shop), "--offline", "--today",
               TODAY, "--only", "trivy-image", "-q", "--exit-zero"]  # fmt: skip
    trivy = [need("trivy"), "image", "--scanners", "vuln,secret", "--list-all-pkgs",
             "--no-progress", "--skip-db-update", "--skip-java-db-update", "--offline-scan",
             "--cache-dir", str(cache), "--format", "json",
             "--input", str(archives[0])]  # fmt: skip
    one = ["--image", str(archives[0])]
    commands = {
        "trivy alone": (trivy, environment | {"TRIVY_CACHE_BACKEND": "memory"}),
        "shopsec scan": (shopsec, environment),
        "shopsec scan --image": ([*shopsec, *one], environment),
    }
    costs: dict[str, list[Cost]] = {title: [] for title in commands}
    for _ in range(RUNS):  # in turn, so that what else the machine does falls on all
        for title, (command, variables) in commands.items():
            costs[title].append(run(command, shop, variables))
    print(f"one image of {megabytes} MB, least of {RUNS}:")
    for title, each in costs.items():
        print(f"  {title:20} {_least(each, 'wall'):6.2f} s, {_least(each, 'cpu'):6.2f} s of CPU")
    for kind in ("wall", "cpu"):
        alone, without, with_image = (_least(each, kind) for each in costs.values())
        print(f"  the image adds to both, {kind}: {with_image - without - alone:.2f} s")
    named = [part for archive in archives for part in ("--image", str(archive))]
    for jobs in (1, 2, 4):
        cost = run([*shopsec, "--jobs", str(jobs), *named], shop, environment)
        print(f"{count} images, --jobs {jobs}: {cost.wall:.1f} s, {cost.memory:.0f} MB together")


if __name__ == "__main__":
    main()
