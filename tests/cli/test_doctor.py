"""``shopsec doctor``: what is here, what is missing, and whether the policy minds."""

import importlib.metadata
import json
import socket

import pytest
from click.testing import CliRunner

from shopsec.cli.main import cli
from shopsec.scan.host import Host
from tests.containers.image_archive import alpine, write_archive
from tests.containers.trivy_database import write_database
from tests.dependencies.osv_stub import advisory, archive
from tests.tools import need

TODAY = "2026-11-24"
FILES = {
    "app.py": "import os\n",
    "requirements.txt": "idna==3.7\n",
    "Dockerfile": "FROM a\n",
    "node_modules/a/x.py": "",
}


@pytest.fixture
def doctor(tmp_path, tree, monkeypatch):
    """Run ``shopsec doctor`` on a shop, with an empty cache and no way to any network."""
    root = tree(FILES)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TRIVY_CACHE_DIR", str(tmp_path / "trivy-cache"))

    def no_network(*_):
        pytest.fail("asks the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)

    def run(*arguments, settings=""):
        (root / "shopsec.toml").write_text(settings)
        command = ["doctor", str(root), "--today", TODAY, *map(str, arguments)]
        return CliRunner().invoke(cli, command, standalone_mode=False)

    return run


def scanners(ended):
    assert ended.exception is None
    return {each["scanner"]: each for each in json.loads(ended.stdout)["scanners"]}


def states(ended):
    return {name: each["status"] for name, each in scanners(ended).items()}


@pytest.fixture
def with_trivy(fake_trivy, monkeypatch):
    """A machine whose Trivy has this version."""

    def use(version="0.76.0"):
        monkeypatch.setenv("PATH", fake_trivy("raise SystemExit('runs a scan')", version)["PATH"])

    return use


@pytest.fixture
def without_trivy(monkeypatch):
    """A machine that has all programs but Trivy."""
    which = Host.which
    monkeypatch.setattr(
        Host, "which", lambda host, name: None if name == "trivy" else which(host, name)
    )


def test_nothing_is_missing(doctor, with_trivy):
    with_trivy()
    ended = doctor("--format", "json")
    assert ended.return_value == 0
    document = json.loads(ended.stdout)
    assert (document["policy"], document["offline"], document["exit_code"]) == (
        "small-team", False, 0,
    )  # fmt: skip
    assert {
        name: (each["status"], each["required"], each["applies_to"], each["unit"])
        for name, each in scanners(ended).items()
    } == {
        "trivy-image": ("not_applicable", False, 0, "images"),
        "image-packages": ("not_applicable", False, 0, "images"),
        "pip-audit": ("succeeded", True, 1, "packages"),
        "trivy-config": ("succeeded", False, 1, "files"),
        "osv": ("succeeded", True, 1, "packages"),
        "bandit": ("succeeded", True, 1, "files"),
        "unread-code": ("not_applicable", False, 0, "languages"),
        "secrets": ("succeeded", True, 4, "files"),
        "access": ("succeeded", True, 2, "files"),
    }
    assert scanners(ended)["trivy-config"]["version"] == "0.76.0"
    assert scanners(ended)["bandit"]["version"] == importlib.metadata.version("bandit")
    assert [(each["name"], each["good"]) for each in document["machine"]] == [
        ("Python", True), ("git", True), ("cache", True),
    ]  # fmt: skip


def test_a_scanner_that_the_policy_does_not_require(doctor, without_trivy):
    ended = doctor("--format", "json")
    assert ended.return_value == 0
    config = scanners(ended)["trivy-config"]
    assert (config["status"], config["message"], config["next_step"], config["stops"]) == (
        "missing", "Trivy is not installed", "shopsec tools install trivy", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "settings"), [(("--policy", "strict"), ""), ((), 'policy = "strict"\n')]
)
def test_a_scanner_that_the_policy_requires(doctor, without_trivy, arguments, settings):
    ended = doctor(*arguments, settings=settings)
    assert ended.return_value == 3
    text = ended.stdout.splitlines()
    at = text.index("trivy-config   missing     yes       1 file            Trivy")
    assert text[at + 1 : at + 3] == [
        "               Trivy is not installed",
        "               next: shopsec tools install trivy",
    ]
    assert text[-1] == "INCOMPLETE  what the policy requires could not finish here: trivy-config"


def test_a_version_that_is_refused(doctor, with_trivy):
    with_trivy("0.69.4")
    ended = doctor("--policy", "strict", "--format", "json")
    assert ended.return_value == 3
    config = scanners(ended)["trivy-config"]
    assert (config["status"], config["version"], config["stops"]) == (
        "failed", None, "did not finish",
    )  # fmt: skip
    assert config["message"] == (
        "Trivy 0.69.4 is refused: it was published with a credential stealer in March 2026"
    )
    assert config["next_step"] == (
        "renew every credential this machine can reach, then shopsec tools install trivy"
    )


def test_an_image_needs_a_database(doctor, with_trivy, tmp_path):
    with_trivy()
    write_archive(tmp_path / "a.tar", [alpine("3.19.0")])
    image = ("--image", tmp_path / "a.tar", "--format", "json")
    found = scanners(doctor(*image))["trivy-image"]
    assert (found["status"], found["message"]) == (
        "succeeded", "the vulnerability database is fetched when it runs",
    )  # fmt: skip
    found = scanners(doctor(*image, "--offline"))["trivy-image"]
    assert (found["status"], found["message"], found["stops"]) == (
        "failed",
        "Trivy has no vulnerability database, and the network is off",
        "could not look into an image that was named",
    )
    write_database(tmp_path / "trivy-cache", "2026-11-10T06:00:00Z")
    found = scanners(doctor(*image, "--offline"))["trivy-image"]
    assert found["databases"] == [
        {"name": "Trivy's vulnerability database", "date": "2026-11-10", "embedded": False}
    ]
    assert (found["status"], found["message"], found["next_step"]) == (
        "partial",
        "the vulnerability database is 14 days old (2026-11-10)",
        "run once without --offline",
    )
    found = scanners(doctor(*image))["trivy-image"]
    assert (found["status"], found["message"]) == (
        "succeeded",
        "the vulnerability database is 14 days old (2026-11-10); a newer one is fetched when it "
        "runs",
    )


def test_offline_needs_a_store_with_what_is_pinned(doctor, tmp_path, with_trivy):
    with_trivy()
    offline = ("--offline", "--format", "json")
    ended = doctor(*offline)
    assert ended.return_value == 3
    found = scanners(ended)["osv"]
    assert (found["status"], found["message"], found["next_step"]) == (
        "skipped",
        "the local store has no advisories of PyPI",
        "shopsec db update once with a network, or scan without --offline",
    )
    fill(tmp_path, "npm")
    assert scanners(doctor(*offline))["osv"]["status"] == "partial"
    fill(tmp_path, "PyPI")
    ended = doctor(*offline)
    assert (ended.return_value, scanners(ended)["osv"]["status"]) == (0, "succeeded")
    names = [each["name"] for each in scanners(ended)["osv"]["databases"]]
    assert sorted(names[:2]) == ["OSV PyPI, 1 advisories", "OSV npm, 1 advisories"]


def test_a_store_that_is_too_old_for_the_policy(doctor, tmp_path, with_trivy):
    with_trivy()
    fill(tmp_path, "PyPI", modified="2026-10-01T12:00:00Z")
    ended = doctor("--offline")
    assert ended.return_value == 3
    text = ended.stdout.splitlines()
    at = text.index("osv            refused     yes       1 package")
    assert text[at + 1] == "               OSV PyPI, 1 advisories, of 2026-10-01"
    assert " ".join(line.strip() for line in text[at + 5 : at + 8]) == (
        "the policy counts what compared with advisories that are more than a month old "
        "next: shopsec db update, or change the policy"
    )


def fill(tmp_path, ecosystem, modified="2026-11-20T12:00:00Z"):
    folder = tmp_path / "mirror" / ecosystem
    folder.mkdir(parents=True)
    record = advisory("X-1", ecosystem, "a", ("introduced", "0"), modified=modified)
    (folder / "all.zip").write_bytes(archive([record]))
    arguments = ["db", "update", str(tmp_path), "--ecosystem", ecosystem]
    arguments += ["--from", str(tmp_path / "mirror")]
    ended = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert ended.return_value == 0, ended.output


def test_what_is_left_out_by_the_settings(doctor, with_trivy):
    with_trivy()
    ended = doctor("--format", "json", settings='skip = ["bandit"]\n')
    assert ended.return_value == 3
    found = scanners(ended)["bandit"]
    assert (found["status"], found["message"]) == (
        "skipped", "left out by --skip or the configuration",
    )  # fmt: skip


def test_a_package_that_is_gone(doctor, with_trivy, monkeypatch):
    with_trivy()
    version = importlib.metadata.version

    def without_bandit(name):
        if name == "bandit":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_bandit)
    ended = doctor("--format", "json")
    assert ended.return_value == 3
    found = scanners(ended)["bandit"]
    assert (found["status"], found["message"], found["next_step"]) == (
        "missing",
        "bandit is not installed beside shopsec",
        "install shopsec again, with all that it depends on",
    )


def test_a_cache_that_cannot_be_written(doctor, with_trivy, tmp_path, monkeypatch):
    with_trivy()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    ended = doctor("--format", "json")
    assert json.loads(ended.stdout)["machine"][2] == {
        "name": "cache",
        "good": False,
        "detail": f"{tmp_path}/file/shopsec: cannot be written: Not a directory",
        "next_step": "let XDG_CACHE_HOME name a folder that can be written",
    }
    assert ended.return_value == 0


def test_a_machine_without_git(doctor, with_trivy, monkeypatch):
    with_trivy()
    which = Host.which
    monkeypatch.setattr(
        Host, "which", lambda host, name: None if name == "git" else which(host, name)
    )
    ended = doctor("--format", "json")
    assert ended.return_value == 0
    assert json.loads(ended.stdout)["machine"][1] == {
        "name": "git",
        "good": False,
        "detail": "is not installed: what .gitignore names is scanned too, and there is no history",
        "next_step": "install git",
    }


def test_it_leaves_no_trace(doctor, with_trivy, tmp_path):
    with_trivy()
    assert doctor().return_value == 0
    assert not (tmp_path / "cache").exists()


def test_it_fits_into_80_columns(doctor, with_trivy):
    with_trivy()
    lines = doctor("--offline", "--policy", "strict").stdout.splitlines()
    assert lines[0] == "shopsec 0.1.0 · shop · policy strict · offline"
    paths = [line for line in lines if "/" in line]
    assert max(len(line) for line in lines if line not in paths) <= 80


@pytest.mark.real
def test_with_the_real_trivy(doctor, tmp_path, monkeypatch):
    trivy = need("trivy")
    monkeypatch.setenv("SHOPSEC_TRIVY", trivy)
    found = scanners(doctor("--format", "json"))["trivy-config"]
    assert (found["version"], found["place"]) == ("0.76.0", trivy)
    assert found["databases"] == [
        {"name": "the checks within Trivy 0.76.0", "date": None, "embedded": False}
    ]


def test_what_it_says_is_what_a_scan_then_does(doctor, without_trivy, tmp_path):
    root = tmp_path / "shop"
    expected = states(doctor("--offline", "--format", "json"))
    arguments = ["scan", str(root), "--offline", "-q", "--format", "json", "--today", TODAY]
    ended = CliRunner().invoke(cli, arguments, standalone_mode=False)
    coverage = json.loads(ended.stdout)["coverage"]
    assert {
        each["scanner"]: each["status"] for each in coverage if each["scanner"] in expected
    } == expected
