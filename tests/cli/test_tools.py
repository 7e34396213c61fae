"""``shopsec tools``: what a person sees, and a scan that uses what was installed."""

import json
import os

import pytest
from click.testing import CliRunner

import shopsec.cli.tools
from shopsec.cli.main import cli
from shopsec.scan.tools.install import this_platform
from tests.installing.releases import NAME, VERSION, release, tar_of, tool_of


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Run ``shopsec tools`` with a cache of its own and a made-up table."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*arguments, table=None):
        made_up = table or tool_of(release())
        monkeypatch.setattr(shopsec.cli.tools, "embedded_tools", lambda: {"trivy": made_up})
        return CliRunner().invoke(cli, ["tools", *map(str, arguments)], standalone_mode=False)

    return run


def folder(tmp_path):
    return tmp_path / "cache" / "shopsec" / "tools" / "trivy"


def test_install_and_list(tools, tmp_path):
    here = f"Trivy, for {this_platform()}, in {folder(tmp_path)}"
    assert tools("list").stdout.splitlines() == [
        here, "  9.9.9    default", "  refused: all before 0.1.0",
    ]  # fmt: skip
    (tmp_path / NAME).write_bytes(release())
    ended = tools("install", "trivy", "--from", tmp_path)
    assert (ended.return_value, ended.stdout) == (
        0, f"Trivy 9.9.9: {folder(tmp_path)}/9.9.9/trivy\n",
    )  # fmt: skip
    assert tools("list").stdout.splitlines()[1] == "  9.9.9    default, in use"
    newer = tool_of(release("9.9.10"), "9.9.10")
    assert tools("list", table=newer).stdout.splitlines() == [
        here, "  9.9.10   default", "  9.9.9    in use, no longer in the table",
        "  refused: all before 0.1.0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (b"#!/bin/sh\nexit 1\n", "does not run here: Trivy does not tell its version"),
        (b"\x7fELF", "does not run here: trivy could not be started: Exec format error"),
        (b"#!/bin/sh\necho Version: 9.9.8\n", "says that it is 9.9.8"),
    ],
)
def test_what_does_not_run_here_is_not_installed(tools, tmp_path, script, problem):
    content = tar_of(("trivy", script))
    (tmp_path / NAME).write_bytes(content)
    ended = tools("install", "trivy", "--from", tmp_path, table=tool_of(content))
    assert ended.exception.message == f"Trivy 9.9.9: {problem}"
    assert sorted(os.listdir(folder(tmp_path))) == []


def test_a_scan_uses_what_was_installed(tools, tmp_path, scan, tree):
    answer = {
        "SchemaVersion": 2, "ArtifactName": "copies",
        "Results": [{"Target": "0/Dockerfile", "Misconfigurations": []}],
    }  # fmt: skip
    script = f"#!/bin/sh\n[ $1 = --version ] && echo Version: {VERSION} && exit\n"
    content = tar_of(("trivy", f"{script}printf '{json.dumps(answer)}'\n".encode()))
    (tmp_path / NAME).write_bytes(content)
    assert tools("install", "trivy", "--from", tmp_path, table=tool_of(content)).return_value == 0
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    scanned = scan(tree({"Dockerfile": "FROM a\n"}), "--offline", environ=environ)
    (entry,) = [each for each in scanned.document["coverage"] if each["scanner"] == "trivy-config"]
    assert (entry["status"], entry["version"], entry["covered"]) == ("succeeded", VERSION, 1)


@pytest.mark.parametrize(
    ("arguments", "code", "stderr"),
    [
        (
            ["install", "trivy", "--version", "0.69.4"], 2,
            "shopsec: error: Trivy 0.69.4 is refused: it was published with a credential stealer "
            "in March 2026\n"
            "  renew every credential this machine can reach, then shopsec tools install trivy\n",
        ),
        (
            ["install", "trivy", "--version", "0.76.0"], 2,
            "shopsec: error: Trivy 0.76.0: its SHA-256 is not known here, so it is not installed\n"
            "  one of 0.75.0, 0.72.0, 0.70.0; any other you can install yourself and have found "
            "on PATH\n",
        ),
        (
            ["install", "trivy", "--from", " "], 2,
            "shopsec: error: --from: names nothing\n  name a server's address or a folder\n",
        ),
        (
            ["install", "trivy", "--from", "ftp://shop:word@a.example/x"], 2,
            "shopsec: error: --from: ftp://a.example/x is no http or https address\n"
            "  name a server's address or a folder\n",
        ),
        (
            ["install", "trivy", "--from", "/nowhere", "--version", "v0.72.0"], 3,
            "shopsec: error: /nowhere/trivy_0.72.0_Linux-64bit.tar.gz: no such file\n"
            "  copy https://github.com/aquasecurity/trivy/releases/download/v0.72.0/"
            "trivy_0.72.0_Linux-64bit.tar.gz there\n",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_installed(shopsec, tmp_path, arguments, code, stderr):
    if "/nowhere" in arguments and this_platform() != "linux-x86_64":
        pytest.skip("names the file of another platform")
    ended = shopsec("tools", *arguments, environ={"XDG_CACHE_HOME": str(tmp_path)})
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", stderr)
