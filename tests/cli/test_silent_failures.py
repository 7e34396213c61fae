"""Four ways in which a scan fails in silence elsewhere; here each is incomplete and named."""

import json
import sys
from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from shopsec.cli.main import cli
from shopsec.scan.host import Host
from tests.cli.conftest import FORMATS, Scanned
from tests.containers.image_archive import alpine, write_archive
from tests.containers.trivy_database import FRESH, write_database
from tests.dependencies.osv_stub import osv
from tests.tools import need


def check(scanned: Scanned, message: str, *scanners: str, beside: Sequence[str] = ()):
    """The run is incomplete, and all four reports say of which scanners and why.

    ``beside`` are those that did not finish either, and that the policy does not ask for.
    """
    assert scanned.returncode == 3
    assert scanned.document["decision"]["outcome"] == "incomplete"
    for text in scanned.reports.values():
        assert all(scanner in text for scanner in scanners)
        assert message in " ".join(text.replace("\\_", "_").split())
    count = f"INCOMPLETE  {len(scanners)} check"
    assert f"\n{count}" in scanned.reports["terminal"]
    assert f"**{count}" in scanned.reports["markdown"]
    assert scanned.sarif["properties"]["decision"] == "incomplete"
    assert [
        each["properties"]["scanner"]
        for each in scanned.sarif["invocations"]
        if not each["executionSuccessful"]
    ] == [*scanners, *beside]


@pytest.fixture
def image(tmp_path):
    write_database(tmp_path / "trivy-cache", FRESH)
    archive = tmp_path / "app.tar"
    write_archive(archive, [alpine("3.19.0")])
    return archive


@pytest.fixture
def cache(tmp_path):
    return {"TRIVY_CACHE_DIR": str(tmp_path / "trivy-cache")}


def test_a_scanner_that_is_not_installed(tree, image, monkeypatch, tmp_path):
    which = Host.which
    monkeypatch.setattr(
        Host, "which", lambda host, name: None if name == "trivy" else which(host, name)
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tree({"README.md": "A shop."})
    arguments = ["scan", str(root), "--offline", "-q", "--image", str(image)]
    for name in FORMATS:
        arguments += ["--output", f"{name}={tmp_path / name}"]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert result.exception is None
    reports = {name: (tmp_path / name).read_text() for name in FORMATS}
    scanned = Scanned(result.return_value, "", reports)
    check(scanned, "Trivy is not installed", "trivy-image", beside=["image-packages"])


@pytest.mark.parametrize("mode", ["405", "429", "500", "garbage", "truncated"])
def test_a_service_that_answers_anything_but_an_answer(scan, tree, mode):
    root = tree({"requirements.txt": "idna==3.7\n"})
    with osv(mode) as url:
        scanned = scan(root, environ={"SHOPSEC_OSV_URL": url})
    check(scanned, "pip-audit printed nothing", "pip-audit", "osv")
    assert list(scanned.missed("pip-audit")) == ["idna==3.7"]
    assert list(scanned.missed("osv")) == ["idna==3.7"]


def test_a_time_out_half_way(scan, tree):
    root = tree(
        {
            "requirements.txt": "django==2.2.28\nidna==3.7\n",
            "shopsec.toml": "[limits]\nscanner_seconds = 15\n",
        }
    )
    with osv("stalled", after=1) as url:
        scanned = scan(root, environ={"SHOPSEC_OSV_URL": url})
    check(scanned, "pip-audit ran out of time", "pip-audit")
    assert scanned.missed("osv") == {}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise SystemExit(0)", "Trivy printed nothing"),
        ("raise SystemExit(1)", "Trivy printed nothing"),
        ("out.write(b'{\"SchemaVersion\": 2, \"Results\": [{\"Tar')", "Trivy printed no complete JSON"),
        ("out.write(b'{\"Sch'); out.flush(); os.kill(os.getpid(), signal.SIGKILL)",
         "Trivy printed no complete JSON"),
    ],
    ids=["empty", "empty and 1", "truncated", "killed"],
)  # fmt: skip
def test_a_tool_that_dies_with_empty_or_truncated_output(
    scan, tree, image, cache, fake_trivy, body, message
):
    root = tree({"README.md": "A shop."})
    scanned = scan(root, "--offline", "--image", image, environ=fake_trivy(body) | cache)
    check(scanned, message, "trivy-image")


def test_the_same_image_is_looked_into_by_a_tool_that_works(scan, tree, image, cache):
    need("trivy")
    root = tree({"README.md": "A shop."})
    scanned = scan(root, "--offline", "--image", image, "--today", "2026-11-24", environ=cache)
    assert scanned.document["decision"]["outcome"] == "pass"
    for text in scanned.reports.values():
        assert "CVE-2023-5678" in text
        assert sys.executable not in text
    assert json.loads(scanned.reports["json"])["policy"] == "small-team"
