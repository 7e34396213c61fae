import json

import pytest
from shopsec.scan.dependencies.advisories import AdvisoryPack, load_packs
from shopsec.scan.dependencies.python_packages import PythonPackages

from shopsec.errors import ScannerError
from shopsec.model import Role, Severity, Status
from shopsec.scan.dependencies.pip_audit import PipAudit, parse
from tests.dependencies.osv_stub import osv

REQUIREMENTS = "django==2.2.0\nrequests>=2\nidna==3.7\n"


@pytest.fixture
def audit(tree, target_of):
    def run(url=None, *, offline=False, files=None, seconds=60):
        toml = f"[limits]\nscanner_seconds = {seconds}\n"
        root = tree({"requirements.txt": REQUIREMENTS, "shopsec.toml": toml} | (files or {}))
        environ = {"SHOPSEC_OSV_URL": url, "NO_PROXY": "127.0.0.1"} if url else {}
        target, host = target_of(root, offline=offline, environ=environ)
        return PipAudit(PythonPackages()).scan(target, host)

    return run


def reasons(outcome):
    return {
        item.name: (item.location.start_line, group.reason)
        for group in outcome.run.not_covered
        for item in group.items
    }


def test_a_real_audit_against_recorded_answers(audit):
    with osv() as url:
        outcome = audit(url)
    assert outcome.run.status is Status.PARTIAL
    assert (outcome.run.handed_in, outcome.run.covered) == (3, 2)
    assert reasons(outcome) == {"requests>=2": (2, "is not pinned to one version")}
    (finding,) = outcome.findings
    assert finding.rule_id == "PYSEC-2022-190"
    assert finding.advisory.aliases == ("CVE-2022-28346", "GHSA-2gwj-7jmv-h26r")
    assert finding.advisory.fixed_versions == ("2.2.28",)
    assert finding.location.uri == "requirements.txt"
    assert finding.location.start_line == 1
    assert finding.severity is Severity.UNKNOWN
    assert finding.role is Role.PRODUCTION


@pytest.mark.parametrize("mode", ["405", "429", "500", "garbage", "truncated"])
def test_a_service_that_fails_is_named_and_never_clean(audit, mode):
    with osv(mode) as url:
        outcome = audit(url)
    assert outcome.run.status is Status.FAILED
    assert outcome.run.covered == 0
    assert outcome.run.handed_in == 3
    assert outcome.findings == ()
    line, reason = reasons(outcome)["django==2.2.0"]
    assert line == 1
    assert reason.startswith("pip-audit printed nothing (")
    assert reason.endswith("3 tries")


def test_a_service_that_stalls_is_bounded(audit):
    with osv("stalled") as url:
        outcome = audit(url, seconds=2)
    assert outcome.run.status is Status.FAILED
    assert reasons(outcome)["idna==3.7"] == (3, "pip-audit ran out of time, 1 tries")


def test_a_service_that_fails_half_way_gives_no_half_verdict(audit):
    with osv("500", after=1) as url:
        outcome = audit(url)
    assert outcome.run.covered == 0


def test_offline_is_told_apart(audit):
    outcome = audit(offline=True)
    assert outcome.run.status is Status.SKIPPED
    assert reasons(outcome)["idna==3.7"] == (
        3,
        "not looked up (--offline), only compared with the embedded pack",
    )
    assert outcome.run.covered == 0


def test_one_name_in_two_versions_is_audited_twice(audit):
    with osv() as url:
        outcome = audit(
            url,
            files={
                "requirements.txt": "",
                "a/requirements.txt": "django==2.2.1\n",
                "b/requirements.txt": "Django==2.2.0\n",
            },
        )
    assert outcome.run.status is Status.SUCCEEDED
    assert [f.location.uri for f in outcome.findings] == [
        "a/requirements.txt",
        "b/requirements.txt",
    ]


def test_nested_files_and_constraints(audit):
    files = {
        "requirements.txt": "-r deep/more.txt\n-c pins.txt\nidna\n-r gone.txt\n-r https://x.org/a\n",
        "deep/more.txt": "django==2.2.0\n-r ../requirements.txt\n",
        "pins.txt": "idna==3.7\n",
    }
    with osv() as url:
        outcome = audit(url, files=files)
    assert outcome.run.covered == 2
    assert reasons(outcome) == {
        "gone.txt": (4, "includes a file that is not in the repository"),
        "https://x.org/a": (5, "includes a file from the network"),
    }
    assert [str(f.location) for f in outcome.findings] == ["deep/more.txt:1"]


def test_other_ecosystems_and_manifests_are_named(audit):
    files = {
        "requirements.txt": "",
        "package-lock.json": "{}",
        "theme/composer.json": "{}",
        "lib/setup.py": "raise SystemExit('never run')",
        "lib/pyproject.toml": '[project]\ndependencies = ["attrs"]\n',
    }
    outcome = audit(offline=True, files=files)
    assert reasons(outcome) == {
        "package-lock.json": (None, "npm packages are not audited by this version"),
        "theme/composer.json": (None, "Composer manifest without a lockfile"),
    }


def test_nothing_to_audit_is_not_applicable(audit):
    assert audit(files={"requirements.txt": ""}).run.status is Status.NOT_APPLICABLE


KEYS = [("django", "2.2.0"), ("idna", "3.7")]


@pytest.mark.parametrize(
    "text",
    [b"", b"  ", b"{", b'{"dependencies": [', b"[]", b"No known vulnerabilities found", b"\xff"],
)
def test_only_whole_json_counts(text):
    with pytest.raises(ScannerError, match="pip-audit printed"):
        parse(text, KEYS)


def test_skipped_and_forgotten_packages_are_not_clean():
    text = json.dumps(
        {"dependencies": [{"name": "Django", "skip_reason": "not found\non the index"}]}
    )
    audited = parse(text.encode(), KEYS)
    assert audited.vulnerabilities == {}
    assert audited.skipped == {
        ("django", "2.2.0"): "skipped: not found\\non the index",
        ("idna", "3.7"): "pip-audit did not answer for it",
    }


def test_versions_are_compared_normalised():
    text = json.dumps({"dependencies": [{"name": "idna", "version": "3.7.0", "vulns": []}]})
    assert parse(text.encode(), [("idna", "3.7")]).skipped == {
        ("idna", "3.7"): "pip-audit did not answer for it"
    }


def test_the_embedded_pack_finds_the_worst_without_network(tree, target_of):
    root = tree({"requirements.txt": "Django==3.2.0\nrequests==2.31.0\n"})
    target, host = target_of(root)
    outcome = AdvisoryPack(PythonPackages()).scan(target, host)
    found = {finding.rule_id: finding for finding in outcome.findings}
    assert outcome.run.status is Status.SUCCEEDED
    worst = found["CVE-2022-28346"]
    assert worst.advisory is not None
    assert worst.advisory.cvss_score == 9.8
    assert worst.advisory.fixed_versions == ("3.2.13",)
    assert worst.severity is Severity.CRITICAL
    assert "CVE-2018-18074" not in found


def test_the_pack_is_well_formed():
    advisories = [each for pack in load_packs() for each in pack.advisories]
    assert len(advisories) >= 12
    assert len({each.id for each in advisories}) == len(advisories)
    assert all(each.source.startswith("https://") and each.aliases for each in advisories)


def test_what_is_no_requirement_is_named_by_its_line_alone(audit):
    key = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dcQX"
    token = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
    lines = [f"STRIPE={key}", token, f"foo==password={key}", f"-e git+https://h/x?token={key}", "a"]
    lock = f'version = 1\n[[package]]\nname = "{key} x"\nversion = "1.0"\n[[package]]\n' + (
        f'name = "b"\nversion = "{token}"\n'
    )
    outcome = audit(offline=True, files={"requirements.txt": "\n".join(lines), "sub/uv.lock": lock})
    assert outcome.run.not_covered_count == 7
    assert key not in repr(outcome)
    assert token not in repr(outcome)
    assert reasons(outcome)["a"] == (5, "is not pinned to one version")


@pytest.mark.parametrize(
    ("name", "text", "item", "reason"),
    [
        ("uv.lock", "", "uv.lock", "is empty"),
        ("poetry.lock", "\n", "poetry.lock", "is empty"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3"\ndjango = "3.2"\n', "django",
         "is named in pyproject.toml without a lockfile"),
        ("pyproject.toml", '[dependency-groups]\ndev = ["attrs"]\n', "attrs",
         "is named in pyproject.toml without a lockfile"),
        ("pyproject.toml", '[project]\ndynamic = ["dependencies"]\n', "dependencies",
         "are computed when the package is built"),
        ("setup.cfg", "[options]\n", "setup.cfg", "may name packages; no lockfile"),
        ("requirements.in", "django\n", "requirements.in",
         "names packages that no requirements file beside it pins"),
        ("environment.yml", "a: 1\n", "environment.yml", "Conda manifest without a lockfile"),
        ("bun.lockb", "x", "bun.lockb", "npm packages are not audited by this version"),
    ],
)  # fmt: skip
def test_packages_that_nothing_pins_are_never_left_out_in_silence(
    tree, target_of, name, text, item, reason
):
    target, host = target_of(tree({name: text}))
    outcome = PipAudit(PythonPackages()).scan(target, host)
    assert {key: why for key, (_, why) in reasons(outcome).items()} == {item: reason}
    assert not outcome.run.complete
    assert "--offline" not in outcome.run.next_step
