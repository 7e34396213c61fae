import json

import pytest

from shopsec.model import Status
from shopsec.normalise import normalise
from tests.conftest import TODAY
from tests.containers.outcomes import reasons, vulnerabilities


def report(**vulnerability):
    found = {
        "VulnerabilityID": "CVE-2026-1", "PkgName": "a", "InstalledVersion": "1",
        "Severity": "HIGH", "Title": "T",
    }  # fmt: skip
    result = {
        "Class": "lang-pkgs",
        "Type": "npm",
        "Packages": [{"Name": "a"}],
        "Vulnerabilities": [found | vulnerability] * 2,
    }
    return {"SchemaVersion": 2, "ArtifactName": "x", "Results": [result]}


WHOLE = json.dumps(report()).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "Trivy printed nothing (exit code 0)"),
        (f"out.write({WHOLE[:90]!r})", "Trivy printed no complete JSON (exit code 0)"),
        (
            f"out.write({WHOLE[:90]!r}); out.flush(); os.kill(os.getpid(), 9)",
            "Trivy printed no complete JSON (somebody ended it with signal 9, as a machine "
            "without free memory does)",
        ),
        ("out.write(b'<html>')", "Trivy printed no complete JSON (exit code 0)"),
        (f"out.write({WHOLE[:90]!r}); out.flush(); time.sleep(60)", "Trivy timed out half-way"),
        ("while True: out.write(b'[' * 65536)", "Trivy printed too much"),
        (
            "print('remote error: UNAUTHORIZED', file=sys.stderr)",
            "its registry asks for credentials",
        ),
        (
            "print('remote error: MANIFEST_UNKNOWN', file=sys.stderr)",
            "its registry does not have it",
        ),
        ("os.kill(os.getpid(), 15)", "Trivy printed nothing (somebody ended it with signal 15)"),
        (
            "print('x FATAL run error: ' + 'scan error: ' * 20 + 'no room', file=sys.stderr)",
            f"Trivy printed nothing ({'scan error: ' * 12}no room)",
        ),
        (
            "print('remote error: unexpected status code 500', file=sys.stderr)",
            "is not on this machine, and its registry answers with an error of its own",
        ),
        (
            "print('remote error: dial tcp', file=sys.stderr)",
            "is not on this machine, and its registry cannot be reached",
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_none(trivy_image, fake_trivy, body, reason):
    files = {"shopsec.toml": "[limits]\nscanner_seconds = 1\noutput_bytes = 1000000\n"}
    outcome = trivy_image(["shop:1"], files, environ=fake_trivy(body))
    assert outcome.run.status is Status.FAILED
    assert reasons(outcome) == {"shop:1": reason}
    assert ("DOCKER_CONFIG" in outcome.run.next_step) is ("credentials" in reason)
    assert outcome.findings == ()


def test_the_place_of_an_image_is_the_line_that_names_it(trivy_image, fake_trivy):
    environ = fake_trivy(f"out.write({WHOLE!r}); sys.stdout.flush(); sys.exit(1)")
    files = {"shopsec.toml": "images = [\n  'example.org/shop:1',\n]\n"}
    outcome = trivy_image(
        ["example.org/shop:2", "example.org/web@sha256:ab"], files, environ=environ
    )
    assert outcome.run.status is Status.SUCCEEDED
    assert vulnerabilities(outcome) == {
        ("shopsec.toml:2", "CVE-2026-1", "example.org/shop:1 a@1"),
        ("image/example.org/shop:2", "CVE-2026-1", "example.org/shop:2 a@1"),
        ("image/example.org/web", "CVE-2026-1", "example.org/web a@1"),
    }


def test_a_new_tag_keeps_the_fingerprint(trivy_image, fake_trivy, target_of, tree):
    environ = fake_trivy(f"out.write({WHOLE!r})")
    prints = set()
    for tag in ("1", "2"):
        outcome = trivy_image([f"localhost:5000/shop:{tag}"], environ=environ)
        target, _ = target_of(tree({}))
        (finding,), _ = normalise(outcome.findings, outcome.rules, target.inventory.repository)
        prints.add(finding.fingerprint)
        assert finding.message == f"a 1 in localhost:5000/shop:{tag}: T"
    assert len(prints) == 1


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({}, (None, None)),
        ({"nvd": {"V3Vector": "CVSS:3.1/n", "V3Score": 5.0}}, ("CVSS:3.1/n", 5.0)),
        (
            {
                "bitnami": {"V3Vector": "CVSS:3.1/b", "V3Score": 1.0},
                "ghsa": {"V3Vector": "CVSS:3.1/g", "V3Score": 2.0},
            },
            ("CVSS:3.1/g", 2.0),
        ),
        ({"ghsa": {"V40Vector": "CVSS:4.0/g", "V40Score": 8.7}}, ("CVSS:4.0/g", 8.7)),
        ({"nvd": {"V2Vector": "AV:N", "V2Score": 5.0}}, (None, None)),
    ],
)
def test_whose_score_counts(trivy_image, fake_trivy, scores, expected):
    text = json.dumps(report(CVSS=scores)).encode()
    (finding,) = trivy_image(["shop:1"], environ=fake_trivy(f"out.write({text!r})")).findings
    assert (finding.advisory.cvss_vector, finding.advisory.cvss_score) == expected


def seen_by(fake_trivy, log):
    """A Trivy that logs what it is given."""
    return fake_trivy(f"""
names = [name for name in os.environ if name.startswith(("TRIVY_", "DOCKER_"))]
print(sorted(names), sys.argv[1:], file=open({str(log)!r}, "a"))
out.write({WHOLE!r})
""")


CREDENTIALS = {
    "TRIVY_USERNAME": "u", "TRIVY_PASSWORD": "p", "TRIVY_REGISTRY_TOKEN": "t",
    "DOCKER_CONFIG": "/login", "TRIVY_SEVERITY": "LOW",
}  # fmt: skip
ALWAYS = ["TRIVY_CACHE_BACKEND", "TRIVY_DISABLE_TELEMETRY", "TRIVY_SKIP_VERSION_CHECK"]


@pytest.mark.parametrize(
    ("registry", "extra"),
    [
        (None, []),
        ("registry.example", ["TRIVY_PASSWORD", "TRIVY_REGISTRY_TOKEN", "TRIVY_USERNAME"]),
        ("docker.io", []),
    ],
)
def test_credentials_go_to_the_registry_they_are_for(
    trivy_image, fake_trivy, tmp_path, registry, extra
):
    log = tmp_path / "log"
    environ = seen_by(fake_trivy, log) | CREDENTIALS
    environ |= {"SHOPSEC_REGISTRY": registry} if registry else {}
    trivy_image(["registry.example/shop:1"], environ=environ)
    assert log.read_text().startswith(str(sorted(["DOCKER_CONFIG", *ALWAYS, *extra])))


def test_offline_asks_no_registry(trivy_image, fake_trivy, tmp_path):
    log = tmp_path / "log"
    environ = seen_by(fake_trivy, log)
    trivy_image(["shop:1"], environ=environ)
    (offline,) = log.read_text().splitlines()
    trivy_image(["shop:1"], environ=environ, offline=False)
    _, refresh, online = log.read_text().splitlines()
    assert "'--image-src', 'docker,containerd,podman', '--', 'shop:1'" in offline
    assert "--download-db-only" in refresh
    assert "--image-src" not in online
    assert "--skip-db-update" in online


def test_a_refresh_that_fails_is_told_when_the_database_is_old(trivy_image, fake_trivy):
    body = (
        "if '--download-db-only' in sys.argv:\n"
        "    sys.exit('FATAL failed to download vulnerability DB')\n"
        f"out.write({WHOLE!r})"
    )
    environ = fake_trivy(body)
    outcome = trivy_image(
        ["shop:1"], environ=environ, offline=False, updated_at="2026-11-16T00:00:00Z"
    )
    assert TODAY == "2026-11-24"
    assert outcome.run.status is Status.PARTIAL
    assert outcome.run.message == (
        "the vulnerability database is 8 days old (2026-11-16): "
        "the servers that hold it cannot be reached"
    )
    assert outcome.run.next_step.startswith("let this machine reach mirror.gcr.io")


@pytest.mark.parametrize(
    ("images", "step"),
    [
        (["gone.tar"], "name an archive that is there, or build it before"),
        (["gone.tar", "shop:1"], "docker pull it before, or docker save it and give the archive"),
        (["a b"], "see the reasons, then run again"),
    ],
)
def test_the_next_step_is_about_what_went_wrong(trivy_image, fake_trivy, images, step):
    environ = fake_trivy("print('podman error: x', file=sys.stderr)")
    outcome = trivy_image(images, environ=environ)
    assert outcome.run.next_step == step
