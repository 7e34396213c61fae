import json

import pytest

from shopsec.errors import ScannerError
from shopsec.model import Role, Severity, Status
from shopsec.scan.dependencies.packages import Packages
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
        return PipAudit(Packages()).scan(target, host)

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
    assert outcome.run.status is Status.SUCCEEDED
    assert (outcome.run.handed_in, outcome.run.covered) == (2, 2)
    assert reasons(outcome) == {}
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
    assert outcome.run.handed_in == 2
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


def test_offline_it_does_not_apply_and_says_who_answers(audit):
    run = audit(offline=True).run
    assert run.status is Status.NOT_APPLICABLE
    assert run.message == "not run offline: the scanner osv answers from the local store"
    assert (run.handed_in, run.not_covered) == (0, ())


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
