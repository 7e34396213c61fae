"""The same bytes of report with and without results of former scans, whatever happens to these."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
EXAMPLES = sorted(path.name for path in (TOP / "examples").iterdir())
FORMATS = ("json", "sarif", "terminal", "decision")


@pytest.fixture
def reports(shopsec, tmp_path):
    """Scan a folder; its reports as one text."""

    def scan(root: Path, *options: object) -> str:
        files = {name: tmp_path / f"report.{name}" for name in FORMATS}
        outputs = [
            part
            for name, file in files.items()
            if name != "terminal"
            for part in ("--output", f"{name}={file}")
        ]
        ended = shopsec(
            "scan", root, "-q", "--offline", "--exit-zero", "--today", "2026-11-24",
            *outputs, *options, environ={"XDG_CACHE_HOME": str(tmp_path / "cache")},
        )  # fmt: skip
        assert (ended.returncode, ended.stderr) == (0, "")
        written = [file.read_text() for name, file in files.items() if name != "terminal"]
        return "".join((ended.stdout, *written))

    return scan


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "shopsec" / "results.sqlite3"


@pytest.fixture
def shop(tree):
    """Something for every scanner."""
    return tree({
        "shop/views.py": "def price(text):\n    return eval(text)\n",
        "shop/models.py": "import pickle\npickle.loads(b'')\n",
        ".env": "STRIPE=sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc\n",
        "copy.env": "STRIPE=sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc\n",
        "Dockerfile": "FROM debian:10\nUSER root\n",
        "requirements.txt": "django==3.2.0\n",
        "broken.yml": "a: [\n",
    })  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_give_the_same_bytes(reports, example, results, tmp_path):
    # A copy: reports name the commit, and whether anything has changed since.
    root = Path(shutil.copytree(TOP / "examples" / example, tmp_path / example))
    without = reports(root, "--no-cache", "--jobs", "1")
    assert not results.exists()
    cold = reports(root, "--jobs", "4")
    assert results.exists()
    for warm in (reports(root, "--jobs", "1"), reports(root, "--jobs", "4")):
        assert warm == without
    assert cold == without


def test_a_damaged_cache_gives_the_same_bytes(reports, shop, results):
    cold = reports(shop)
    whole = results.read_bytes()
    for damaged in (
        b"no database",
        whole[: len(whole) // 2],
        whole[:4_096] + b"\xff" * (len(whole) - 4_096),
        whole.replace(b'"severity":"high"', b'"severity":"info"'),
    ):
        results.write_bytes(damaged)
        assert reports(shop) == cold
        assert reports(shop) == cold


def test_a_cache_that_cannot_be_written_gives_the_same_bytes(reports, shop, results):
    cold = reports(shop)
    results.unlink()
    results.mkdir()
    assert reports(shop) == cold


def _command(root: Path, file: Path) -> list[str]:
    return [
        sys.executable, "-P", "-m", "shopsec", "scan", str(root), "-q", "--offline", "--exit-zero",
        "--today", "2026-11-24", "--output", f"json={file}",
    ]  # fmt: skip


def test_scans_side_by_side_give_the_same_bytes(reports, shop, tmp_path, results):
    reports(shop, "--no-cache")
    expected = (tmp_path / "report.json").read_bytes()
    environ = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    for _ in range(2):
        files = [tmp_path / f"side-{number}.json" for number in range(3)]
        running = [
            subprocess.Popen(_command(shop, file), env=environ, stdout=subprocess.DEVNULL)
            for file in files
        ]
        assert [each.wait() for each in running] == [0, 0, 0]
        assert [file.read_bytes() for file in files] == [expected] * 3
    assert results.exists()


def _running_with(mark: str) -> list[bytes]:
    """Command lines of the processes whose environment has a word."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes())
    return found


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_scan_that_is_ended_leaves_nothing_wrong(reports, shop, tmp_path, results, ending):
    cold = reports(shop, "--no-cache")
    whole = (tmp_path / "report.json").read_text()
    mark, scratch, file = tmp_path / "of-this-test", tmp_path / "scratch", tmp_path / "ended.json"
    scratch.mkdir()
    environ = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path), "TMPDIR": str(scratch),
        "PATH": f"{os.environ['PATH']}{os.pathsep}{mark}",  # which children are given too
    }  # fmt: skip
    command = [*(each for each in _command(shop, file) if each != "-q"), "-v"]
    for seconds in (0.0, 0.1, 0.3, 0.6, 1.0):
        file.write_text("old")
        child = subprocess.Popen(
            command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
        assert child.stderr is not None
        assert child.stderr.readline().endswith(b": started\n")
        try:
            _, said = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(ending)
            _, said = child.communicate()
        assert file.read_text() in {"old", whole}
        if ending is not signal.SIGKILL:
            assert b"Traceback" not in said
            ended = said.endswith(b"\nshopsec: interrupted; nothing was written\n")
            assert ended == (child.returncode != 0)
            assert _running_with(str(mark)) == []
            assert list(scratch.iterdir()) == []
            assert not list(tmp_path.glob(".ended*"))
        assert reports(shop) == cold
        results.unlink()


def test_info_and_clear(shopsec, shop, reports, tmp_path, results):
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert shopsec("cache", "info", environ=environ).stdout == f"{results}: no results\n"
    cold = reports(shop, "--only", "secrets", "--only", "bandit")
    size = results.stat().st_size
    lines = shopsec("cache", "info", environ=environ).stdout.splitlines()
    assert lines[0] == f"{results}: {size / 1e6:.1f} MB of at most 200 MB"
    assert [line.partition(",")[0] for line in lines[1:]] == [
        "  bandit: 2 entries", "  secrets: 7 entries", "  words: 1 entries",
    ]  # fmt: skip
    assert shopsec("cache", "clear", environ=environ).stdout == (
        f"{results}: {size / 1e6:.1f} MB removed\n"
    )
    assert not results.exists()
    assert reports(shop, "--only", "secrets", "--only", "bandit") == cold


def test_other_commands_use_it_too_and_may_be_told_not_to(shopsec, shop, tmp_path, results):
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    arguments = ("baseline", "create", shop, "--offline", "-q", "--only", "secrets")
    ended = shopsec(*arguments, "--no-cache", environ=environ)
    assert (ended.returncode, results.exists()) == (3, False)
    (shop / "shopsec-baseline.json").unlink(missing_ok=True)
    ended = shopsec(*arguments, environ=environ)
    assert (ended.returncode, results.exists()) == (3, True)
