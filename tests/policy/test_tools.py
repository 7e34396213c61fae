"""The table of tools, and what it refuses."""

import pytest

from shopsec.errors import PolicyError
from shopsec.policy.tools import Refusal, embedded_tools, load_tools

PLATFORMS = [
    "linux-x86_64", "linux-aarch64", "macos-x86_64", "macos-aarch64", "windows-x86_64",
]  # fmt: skip
SHA = "0" * 64


def test_every_release_is_there_for_every_platform():
    trivy = embedded_tools()["trivy"]
    assert trivy.default == trivy.releases[0].version == "0.75.0"
    for release in trivy.releases:
        assert [each.platform for each in release.assets] == PLATFORMS
        assert [each.name for each in release.assets] == [
            f"trivy_{release.version}_{suffix}"
            for suffix in (
                "Linux-64bit.tar.gz", "Linux-ARM64.tar.gz", "macOS-64bit.tar.gz",
                "macOS-ARM64.tar.gz", "windows-64bit.zip",
            )
        ]  # fmt: skip
    digests = [each.sha256 for release in trivy.releases for each in release.assets]
    assert len(set(digests)) == len(digests) == 15


STEALER = "it was published with a credential stealer in March 2026"
RENEW = "renew every credential this machine can reach, then shopsec tools install trivy"
OLD = "it is older than 0.67.2, the oldest that shopsec was tried with"
INSTALL = "shopsec tools install trivy"


@pytest.mark.parametrize(
    ("version", "why", "next_step"),
    [
        ("0.69.4", STEALER, RENEW),
        ("0.69.5-rc.1", STEALER, RENEW),
        ("v0.69.6", STEALER, RENEW),
        ("0.67.1", OLD, INSTALL),
        ("0.9.0", OLD, INSTALL),
        ("dev", OLD, INSTALL),
    ],
)
def test_refused_versions(version, why, next_step):
    assert embedded_tools()["trivy"].refusal(version) == Refusal(
        f"Trivy {version} is refused: {why}", next_step
    )


@pytest.mark.parametrize("version", ["0.67.2", "0.69.3", "0.69.40", "0.70.0", "0.76.0", "1.0.0"])
def test_versions_that_may_be_used(version):
    assert embedded_tools()["trivy"].refusal(version) is None


TABLE = """
as_of: 2026-11-24
tools:
  - name: trivy
    title: Trivy
    url: https://h/a
    default: {default}
    oldest: {oldest}
    releases:
      - {{version: 1.0.0, assets: [{{platform: {platform}, name: {asset}, sha256: "{sha}"}}]}}
    bad: [{{versions: [{bad}], why: w, source: https://h/b}}]
"""
GOOD = {
    "default": "1.0.0", "oldest": "0.9.0", "platform": "linux-x86_64", "asset": "a.zip",
    "sha": SHA, "bad": "0.9.1",
}  # fmt: skip


def test_a_table(tmp_path):
    (tmp_path / "tools.yaml").write_text(TABLE.format(**GOOD))
    (tool,) = load_tools(tmp_path / "tools.yaml").tools
    assert tool.refusal("0.9.1") == Refusal("Trivy 0.9.1 is refused: w", INSTALL)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"default": "1.0.1"}, "trivy: the default 1.0.1 is not among the releases"),
        ({"bad": "1.0.0"}, "trivy: 1.0.0 is a release and refused"),
        ({"oldest": "1.0.1"}, "trivy: 1.0.0 is a release and refused"),
        ({"sha": "0" * 63}, "must look like ^[0-9a-f]{64}$"),
        ({"asset": "../a.zip"}, "must look like"),
        ({"platform": "beos-x86_64"}, "must look like"),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path, change, message):
    (tmp_path / "tools.yaml").write_text(TABLE.format(**GOOD | change))
    with pytest.raises(PolicyError) as error:
        load_tools(tmp_path / "tools.yaml")
    assert message in error.value.message
