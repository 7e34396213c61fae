"""GitLab's security reports: every field by its value, and whole files by GitLab's own schemas."""

import json
import subprocess

import pytest

from shopsec.model import (
    Advisory,
    Area,
    BaselineState,
    Location,
    Outcome,
    Package,
    Repository,
    Tier,
)
from shopsec.report import gitlab
from tests.report.ci_reports import (
    MISSING,
    NOTHING_THERE,
    OLD,
    PARTIAL,
    SKIPPED,
    SUCCEEDED,
    decided,
    everything,
    misses,
    of_dockerfile,
    of_image,
    of_old_image,
    of_package,
    of_secret,
)
from tests.report.reports import HOSTILE, full, large, report, result
from tests.report.schemas import gitlab_schema
from tests.tools import need

RENDER = {
    "sast": gitlab.render_sast,
    "secret-detection": gitlab.render_secret_detection,
    "dependency-scanning": gitlab.render_dependency_scanning,
    "container-scanning": gitlab.render_container_scanning,
}


def rendered(kind, given):
    return json.loads(RENDER[kind](given))


def only(kind, given):
    """The only vulnerability of a report with one result."""
    (found,) = rendered(kind, report((given,)))["vulnerabilities"]
    return found


def names(given):
    """What each report holds, by kind."""
    return {
        kind: [each["name"] for each in rendered(kind, given)["vulnerabilities"]] for kind in RENDER
    }


def test_a_package():
    assert only("dependency-scanning", of_package(1)) == {
        "id": "19714b81-e115-5fe3-a8e9-649f58757b46",
        "name": "A setting is wide open",
        "description": "pillow 8.4.0: a crafted picture overwrites memory\n\n"
        "Anyone on the internet can reach the shop's orders through this setting.",
        "severity": "Critical",
        "solution": "set pillow to 10.0.1",
        "identifiers": [
            {
                "type": "cve",
                "name": "CVE-2023-4863",
                "value": "CVE-2023-4863",
                "url": "https://nvd.nist.gov/vuln/detail/CVE-2023-4863",
            },
            {
                "type": "ghsa",
                "name": "GHSA-j7hp-h8jx-5ppr",
                "value": "GHSA-j7hp-h8jx-5ppr",
                "url": "https://github.com/advisories/GHSA-j7hp-h8jx-5ppr",
            },
            {
                "type": "osv",
                "name": "PYSEC-2023-175",
                "value": "PYSEC-2023-175",
                "url": "https://osv.dev/vulnerability/PYSEC-2023-175",
            },
            {
                "type": "cwe",
                "name": "CWE-284",
                "value": "284",
                "url": "https://cwe.mitre.org/data/definitions/284.html",
            },
            {
                "type": "cwe",
                "name": "CWE-732",
                "value": "732",
                "url": "https://cwe.mitre.org/data/definitions/732.html",
            },
        ],
        "links": [{"url": "https://example.org/rules/demo-001"}],
        "cvss_vectors": [
            {"vendor": "unknown", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"}
        ],
        "location": {
            "file": "requirements.txt",
            "dependency": {"package": {"name": "pillow"}, "version": "8.4.0"},
        },
        "details": {
            "priority": {
                "type": "text",
                "name": "Priority",
                "value": "72 of 100: open data store +67, in what faces the internet +10, in a test -5",
            },
            "severity": {"type": "text", "name": "Technical severity", "value": "high"},
        },
    }


def test_an_image_and_what_is_in_it():
    assert only("container-scanning", of_image(1))["location"] == {
        "image": "registry.example.org/shop:1.2",
        "operating_system": "alpine 3.18.4",
        "dependency": {"package": {"name": "libcrypto3"}, "version": "3.1.3-r0"},
    }
    assert only("container-scanning", of_old_image(1))["location"] == {
        "image": "registry.example.org/shop:1.2",
        "operating_system": "alpine 3.18.4",
        "dependency": {"package": {"name": "alpine"}, "version": "3.18.4"},
    }


def test_an_image_of_an_unknown_system():
    image = of_image(1).finding.image.model_copy(update={"system": ""})
    location = only("container-scanning", of_image(1, image=image))["location"]
    assert location["operating_system"] == "unknown"
    assert location["dependency"]["package"] == {"name": "libcrypto3"}


def test_a_secret_is_in_a_commit():
    (found,) = rendered("secret-detection", report((of_secret(1),)))["vulnerabilities"]
    assert found["location"] == {
        "file": "settings.py",
        "start_line": 7,
        "end_line": 7,
        "commit": {"sha": "c0ffee1234567890"},
    }
    assert found["identifiers"][0] == {
        "type": "shopsec_rule_id",
        "name": "shopsec secrets.stripe",
        "value": "secrets:secrets.stripe",
    }


def test_a_secret_outside_of_git_and_one_of_the_past():
    loose = report((of_secret(1, past=True),), repository=Repository(name="shop", note="no git"))
    (found,) = rendered("secret-detection", loose)["vulnerabilities"]
    assert found["location"] == {"file": "settings.py", "commit": {"sha": "0000000"}}


def test_misconfigurations_are_code():
    found = only("sast", of_dockerfile(1, state=BaselineState.UNCHANGED))
    assert found["location"] == {"file": "Dockerfile", "start_line": 1, "end_line": 4}
    assert found["details"]["state"] == {"type": "text", "name": "State", "value": "known before"}


@pytest.mark.parametrize(
    ("tier", "severity"),
    [
        (Tier.FIX_NOW, "Critical"),
        (Tier.SPRINT, "High"),
        (Tier.PLANNED, "Medium"),
        (Tier.WATCH, "Low"),
    ],
)
def test_severity_is_our_tier(tier, severity):
    assert only("sast", result(1, tier=tier))["severity"] == severity


def test_every_result_that_counts_is_in_one_report_worst_first():
    found = {
        kind: [each["severity"] for each in rendered(kind, everything())["vulnerabilities"]]
        for kind in RENDER
    }
    assert found == {
        "sast": ["Medium", "Medium"],
        "secret-detection": ["High"],
        "dependency-scanning": ["Critical"],
        "container-scanning": ["Low"],
    }
    places = [
        each["location"]["file"] for each in rendered("sast", everything())["vulnerabilities"]
    ]
    assert places == ["shop/settings_4.py", "Dockerfile"]  # 45 before 40


def test_a_package_without_its_name_is_not_lost():
    odd = of_package(1, package=None)
    assert [len(each) for each in names(report((odd,))).values()] == [1, 0, 0, 0]


def test_the_repositorys_own_findings_are_code():
    change = result(1, area=Area.REPOSITORY, scanner="settings")
    assert [len(each) for each in names(report((change,))).values()] == [1, 0, 0, 0]


def statuses(*coverage, decision=None):
    given = report((), coverage=coverage, decision=decision or decided(Outcome.PASS))
    return {kind: rendered(kind, given)["scan"]["status"] for kind in RENDER}


def test_what_did_not_finish_is_a_failure_of_its_report_only():
    fine = dict.fromkeys(RENDER, "success")
    assert statuses(SUCCEEDED, NOTHING_THERE) == fine
    assert statuses(PARTIAL) == fine | {"sast": "failure"}
    assert statuses(MISSING) == fine | {"sast": "failure"}
    assert statuses(SKIPPED) == fine | {"dependency-scanning": "failure"}
    images = MISSING.model_copy(update={"scanner": "trivy-image"})
    assert statuses(images) == fine | {"container-scanning": "failure"}
    secrets = PARTIAL.model_copy(update={"scanner": "secrets", "area": Area.SECRETS})
    assert statuses(secrets) == fine | {"secret-detection": "failure"}


def test_files_that_nobody_could_read_are_missing_everywhere():
    walk = PARTIAL.model_copy(update={"scanner": "inventory", "area": Area.REPOSITORY})
    assert statuses(walk) == dict.fromkeys(RENDER, "failure")


def test_a_complete_run_that_the_gate_objects_to():
    text = "compared with advisories that are more than a month old"
    decision = decided(Outcome.INCOMPLETE, misses("osv", text=text))
    given = report((), coverage=(OLD,), decision=decision)
    scan = rendered("dependency-scanning", given)["scan"]
    assert (scan["status"], scan["messages"]) == (
        "failure",
        [{"level": "warn", "value": f"osv: not checked: {text}"}],
    )


def test_messages_say_what_was_not_checked():
    assert rendered("sast", everything())["scan"]["messages"] == [
        {
            "level": "warn",
            "value": "bandit: not checked: 1 file: newer syntax: shop/tax.py; "
            "next: run with Python 3.14",
        },
        {"level": "fatal", "value": "trivy-config: not checked: Trivy is not installed"},
    ]
    assert rendered("container-scanning", everything())["scan"]["messages"] == [
        {"level": "info", "value": "trivy-image: there is nothing that it applies to"}
    ]


def test_the_scan_is_of_the_reports_day():
    scan = rendered("secret-detection", everything())["scan"]
    tool = {
        "id": "shopsec",
        "name": "shopsec",
        "version": "0.1.0",
        "vendor": {"name": "shopsec"},
    }
    assert scan == {
        "type": "secret_detection",
        "status": "success",
        "start_time": "2026-11-24T00:00:00",
        "end_time": "2026-11-24T00:00:00",
        "analyzer": tool,
        "scanner": tool,
        "messages": [],
    }


@pytest.mark.parametrize(
    "vector",
    [
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "CVSS:3.1/AV:N/AC:L",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H/XX:Y",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H\n",
        "CVSS:3.1" + "/AV:N/AC:L" * 20,
    ],
)
def test_a_vector_that_the_schema_refuses_is_left_out(vector):
    advisory = Advisory(id="CVE-2024-1", cvss_vector=vector)
    assert "cvss_vectors" not in only("dependency-scanning", of_package(1, advisory=advisory))


def test_limits_of_the_schema():
    advisory = Advisory(id="CVE-2024-1", aliases=tuple(f"GHSA-{number}" for number in range(40)))
    found = only(
        "dependency-scanning", of_package(1, advisory=advisory, fix="f" * 9000, message="m" * 99999)
    )
    assert (len(found["identifiers"]), len(found["solution"]), len(found["description"])) == (
        20, 7000, 10_000,
    )  # fmt: skip
    assert found["identifiers"][0]["name"] == "CVE-2024-1"


def test_ids_are_uuids_and_unique():
    found = rendered("sast", large(400))["vulnerabilities"]
    assert len({each["id"] for each in found}) == len(found) == 200


def _given():
    yield "empty", report((), coverage=())
    yield "everything", everything()
    yield "large", large(2000)
    yield "image", report((of_image(1), of_old_image(2)))
    for number, text in enumerate(HOSTILE):
        yield f"hostile-{number}", full(text, help_uri=f"https://x/{text}")
        yield (
            f"hostile-image-{number}",
            report(
                (
                    of_image(
                        1,
                        rule_id=text,
                        location=Location(uri="image/x"),
                        package=Package(ecosystem=text, name=text, version=text),
                        advisory=Advisory(id=text, aliases=(text, "")),
                        image=of_image(1).finding.image.model_copy(update={"name": text}),
                    ),
                    of_secret(2, rule_id=""),
                    of_package(3, advisory=Advisory(id="", aliases=("",))),
                )
            ),
        )


@pytest.mark.real
@pytest.mark.parametrize("kind", RENDER)
def test_gitlabs_own_schemas(kind, tmp_path):
    files = []
    for name, given in _given():
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(RENDER[kind](given))
    schema = gitlab_schema(kind)
    command = [need("check-jsonschema"), "--schemafile", schema, *files]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.real
def test_the_schemas_would_notice(tmp_path):
    document = rendered("sast", everything())
    document["scan"]["end_time"] += "Z"
    document["vulnerabilities"][0]["identifiers"] = []
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(document))
    schema = gitlab_schema("sast")
    command = [need("check-jsonschema"), "--schemafile", schema, file]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert "end_time" in checked.stdout
    assert "identifiers" in checked.stdout
