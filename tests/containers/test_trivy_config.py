import json
import os
import socket
import threading
from contextlib import contextmanager

import pytest

from shopsec.model import Confidence, Role, Severity, Status
from shopsec.scan.containers.trivy_config import TrivyConfig
from tests.containers.outcomes import excluded, places, reasons
from tests.tools import need

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    securityContext: {privileged: true}
"""
BUCKET = """\
resource "aws_s3_bucket" "orders" {
  bucket = "orders"
  acl    = "public-read"
}
"""
CHART = {
    "deploy/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "deploy/values.yaml": "image: nginx:1.27\njobs: false\n",
    "deploy/templates/web.yaml": "{{- /* a comment */ -}}\n"
    + POD.replace("nginx:1.27", "{{ .Values.image }}"),
    "deploy/templates/job.yaml": "{{ if .Values.jobs }}" + POD + "{{ end }}",
}


@pytest.fixture
def trivy_config(tree, target_of):
    def run(files, environ=None, **overrides):
        target, host = target_of(tree(files), environ=environ, **overrides)
        return TrivyConfig().scan(target, host)

    return run


@pytest.mark.real
def test_dockerfile_kubernetes_and_terraform(trivy_config):
    need("trivy")
    outcome = trivy_config(
        {
            "Dockerfile": "FROM python:latest\nRUN apt-get install -y curl\nENV API_TOKEN=hunter-2-secret\n",
            "tests/Dockerfile": "FROM python:3.12\nUSER 1000\nHEALTHCHECK CMD true\n",
            "deploy/web.yaml": POD,
            "deploy/map.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}',
            "infra/main.tf": BUCKET,
            "infra/empty.tf": "",
            "infra/plain.tf.json": '{"variable": {"name": {"default": "a"}}}',
            "vendor/Dockerfile": "FROM python:latest\n",
            "package.json": '{"name": "shop"}',
        }
    )
    assert outcome.run.status is Status.SUCCEEDED
    assert (outcome.run.handed_in, outcome.run.covered) == (7, 7)
    assert excluded(outcome) == {"vendored files": 1}
    assert outcome.run.databases[0].name == f"the checks within Trivy {outcome.run.version}"
    found = {(str(each.location), each.rule_id): each for each in outcome.findings}
    assert {place for place in found if "ockerfile" in place[0]} == {
        ("Dockerfile:1", "trivy.DS-0001"),
        ("Dockerfile", "trivy.DS-0002"),
        ("Dockerfile", "trivy.DS-0026"),
        ("Dockerfile:2", "trivy.DS-0029"),
        ("Dockerfile:3", "trivy.DS-0031"),
    }
    assert found["Dockerfile", "trivy.DS-0002"].severity is Severity.MEDIUM
    assert found["Dockerfile:2", "trivy.DS-0029"].severity is Severity.LOW
    assert found["Dockerfile:3", "trivy.DS-0031"].confidence is Confidence.MEDIUM
    assert found["deploy/web.yaml:6", "trivy.KSV-0017"].severity is Severity.HIGH
    assert found["infra/main.tf:3", "trivy.AWS-0092"].symbol == "aws_s3_bucket.orders"
    assert not [place for place in found if "empty.tf" in place[0] or "plain.tf" in place[0]]
    impacts = {rule.id: rule.impact for rule in outcome.rules}
    assert impacts["trivy.DS-0002"] == "root-container"
    assert impacts["trivy.DS-0029"] == "advice"
    assert impacts["trivy.KSV-0017"] is None
    assert "hunter" not in repr(outcome)


@pytest.mark.real
def test_files_without_a_verdict_are_named(trivy_config):
    need("trivy")
    outcome = trivy_config(
        {
            "Dockerfile": "FROM python:3.12\nUSER 1000\nHEALTHCHECK CMD true\n",
            "a/Dockerfile": "this is no Dockerfile\n",
            "b/Dockerfile": "",
            "infra/broken.tf": 'resource "aws_s3_bucket" "a" {{{\n',
            "infra/comment.tf": BUCKET + "/* not closed\n",
            "infra/broken.tf.json": '{"resource": ',
            "infra/fine.tf": BUCKET,
            "web.yaml": POD + "---\nkind: [\n",
            "list.yaml": "apiVersion: v1\nkind: List\nmetadata: {}\nitems: []\n",
            "web.json": '{"apiVersion": "v1", "kind": "Pod", "metadata": ',
        }
    )
    assert outcome.run.status is Status.PARTIAL
    assert set(reasons(outcome)) == {
        "a/Dockerfile",
        "b/Dockerfile",
        "infra/broken.tf",
        "infra/broken.tf.json",
        "infra/comment.tf",
        "list.yaml",
        "web.json",
        "web.yaml",
    }
    assert (outcome.run.handed_in, outcome.run.covered) == (10, 2)
    assert {str(each.location).partition(":")[0] for each in outcome.findings} == {"infra/fine.tf"}


@pytest.mark.real
def test_helm_charts_are_rendered(trivy_config):
    need("trivy")
    broken = {
        "bad/Chart.yaml": CHART["deploy/Chart.yaml"],
        "bad/templates/web.yaml": POD.replace("nginx:1.27", '{{ required "no image" .Values.a }}'),
    }
    outcome = trivy_config(CHART | broken)
    assert reasons(outcome) == {"bad/templates/web.yaml": "Trivy could not render its Helm chart"}
    assert excluded(outcome) == {"chart templates that give nothing by default": 1}
    assert (outcome.run.handed_in, outcome.run.covered) == (2, 1)
    assert ("deploy/templates/web.yaml", "trivy.KSV-0017") in places(outcome)


@pytest.mark.real
def test_a_hostile_repository(trivy_config, tree, tmp_path):
    need("trivy")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "Dockerfile").write_text("FROM python:latest\n")
    root = tree({"trivy.yaml": "severity: [CRITICAL]\nscan: {skip-files: ['**/*']}\n"})
    (root / "Dockerfile").symlink_to(outside / "Dockerfile")
    (root / "loop").symlink_to(root)
    named = b"-f\n\xff \x1b[31m.dockerfile"
    (root / os.fsdecode(named)).write_bytes(b"FROM python:3.12\nUSER root\nHEALTHCHECK CMD true\n")
    outcome = trivy_config(
        {
            ".trivyignore": "DS-0002\nAWS-0092\n",
            ".trivyignore.yaml": "misconfigurations: [{id: DS-0002}]\n",
            "--help/main.tf": BUCKET,
            "mod ule/\n/main.tf": BUCKET,
            "ignored.tf": "#trivy:ignore:*\n" + BUCKET + "# tfsec:ignore:*\n",
            "k.yaml": POD.replace("spec:", "spec: # trivy:exp:2999-01-01:ignore:KSV-0017"),
            "x" * 200 + "/" + "y" * 200 + ".tf": BUCKET,
            "/".join(["d"] * 100) + "/main.tf": BUCKET,
        }
    )
    weird = "-f\\n\\udcff \\x1b[31m.dockerfile"
    assert (f"{weird}:2", "trivy.DS-0002") in places(outcome)
    for name in ("--help/main.tf:3", "mod ule/\\n/main.tf:3", "ignored.tf:4"):
        assert (name, "trivy.AWS-0092") in places(outcome)
    assert ("k.yaml:6", "trivy.KSV-0017") in places(outcome)
    assert excluded(outcome)["trivy:ignore comments (not honoured)"] == 3
    deep = "/".join(["d"] * 100) + "/main.tf"
    assert reasons(outcome) == {deep: "cannot be copied: too many folders"}
    assert not [each for each in outcome.findings if str(each.location).startswith("Dockerfile")]


@contextmanager
def listener():
    """A server that counts who comes to it."""
    callers = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            callers.append(connection)
            connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()[1], callers
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


@pytest.mark.real
def test_no_module_is_fetched(trivy_config):
    need("trivy")
    with listener() as (port, callers):
        here = f"127.0.0.1:{port}"
        proxy = f"http://{here}"
        outcome = trivy_config(
            {
                "main.tf": "".join(
                    f'module "m{number}" {{\n  source = "{source}"\n}}\n'
                    for number, source in enumerate(
                        (
                            f"git::http://{here}/a.git",
                            f"git::https://{here}/a.git",
                            f"https://{here}/a.zip",
                            "registry.example/a/b/c",
                            "./near",
                        )
                    )
                ),
                "near/main.tf": BUCKET,
            },
            offline=False,
            environ={"HTTPS_PROXY": proxy, "https_proxy": proxy, "HTTP_PROXY": proxy},
        )
        assert callers == []
    assert outcome.run.status is Status.SUCCEEDED
    assert excluded(outcome) == {"Terraform modules from elsewhere (never fetched)": 4}
    assert ("near/main.tf:3", "trivy.AWS-0092") in places(outcome)


def test_large_files(trivy_config, no_trivy):
    outcome = trivy_config(
        {
            "shopsec.toml": "[limits]\nfile_bytes = 1000\n",
            "Dockerfile": "# " + "x" * 1000,
            "data.json": '{"a": "' + "x" * 1000 + '"}',
        },
        environ=no_trivy,
    )
    assert outcome.run.status is Status.PARTIAL
    assert reasons(outcome)["Dockerfile"] == "larger than 1 kB"
    assert excluded(outcome) == {
        "YAML and JSON files too large or unreadable to see what they are": 1
    }


def test_nothing_to_look_at_is_not_applicable(trivy_config, no_trivy):
    outcome = trivy_config({"a.py": "", "compose.yaml": "services: {}\n"}, environ=no_trivy)
    assert outcome.run.status is Status.NOT_APPLICABLE


def test_without_trivy(trivy_config, no_trivy):
    outcome = trivy_config({"Dockerfile": "FROM a\n"}, environ=no_trivy)
    assert outcome.run.status is Status.MISSING
    assert outcome.run.message == "Trivy is not installed"
    assert outcome.run.next_step == "shopsec tools install trivy"
    assert reasons(outcome) == {"Dockerfile": "Trivy is not installed"}


def answer(*results):
    return {"SchemaVersion": 2, "ArtifactName": "copies", "Results": list(results)}


def failure(number, **cause):
    return {
        "ID": number, "Title": "T", "Severity": "HIGH", "Status": "FAIL", "Message": "hunter-2",
        "CauseMetadata": cause,
    }  # fmt: skip


def test_older_numbers_and_findings_of_a_whole_module(trivy_config, fake_trivy):
    text = json.dumps(
        answer(
            {
                "Target": "0/Dockerfile",
                "Misconfigurations": [failure("DS002") | {"AVDID": "AVD-DS-0002"}],
            },
            {"Target": "terraform/infra", "Misconfigurations": [failure("AWS-0056")]},
            {
                "Target": "terraform/infra/a.tf",
                "Misconfigurations": [
                    failure("NIF-0002", StartLine=3),
                    failure("AWS-1", StartLine=1, Resource='module.a["hunter-2"].aws_x.b'),
                    failure("AWS-2", StartLine=1, Resource="terraform/infra/a.tf:1-2"),
                ],
            },
            {"Target": "../elsewhere", "Misconfigurations": [failure("AWS-3")]},
        )
    )
    outcome = trivy_config(
        {"Dockerfile": "FROM a\n", "infra/a.tf": "a"},
        environ=fake_trivy(f"out.write({text.encode()!r})"),
    )
    assert outcome.run.status is Status.SUCCEEDED
    assert {(str(each.location), each.rule_id, each.symbol) for each in outcome.findings} == {
        ("Dockerfile", "trivy.DS-0002", ""),
        ("infra/a.tf", "trivy.AWS-0056", ""),
        ("infra/a.tf:1", "trivy.AWS-1", "module.a.aws_x.b"),
        ("infra/a.tf:1", "trivy.AWS-2", ""),
    }
    assert {each.role for each in outcome.findings} == {Role.PRODUCTION}
    assert "hunter" not in repr(outcome)


WHOLE = json.dumps(answer({"Target": "0/Dockerfile", "Type": "dockerfile"}))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "Trivy printed nothing (exit code 0)"),
        ("out.write(b'  \\n')", "Trivy printed nothing (exit code 0)"),
        (f"out.write({WHOLE[:40].encode()!r})", "Trivy printed no complete JSON (exit code 0)"),
        ("out.write(b'\\xff\\x00')", "Trivy printed no complete JSON (exit code 0)"),
        (
            "out.write(b'{}')",
            "Trivy printed a report of another shape than shopsec knows, at SchemaVersion "
            "(exit code 0)",
        ),
        (
            f"out.write({WHOLE[:40].encode()!r}); out.flush(); os.kill(os.getpid(), 9)",
            "Trivy printed no complete JSON (somebody ended it with signal 9, as a machine "
            "without free memory does)",
        ),
        (
            "print('x\\tFATAL\\tunknown flag\\x1b[0m', file=sys.stderr); sys.exit(1)",
            "Trivy printed nothing (x FATAL unknown flag [0m)",
        ),
        (
            f"out.write({WHOLE[:40].encode()!r}); out.flush(); time.sleep(60)",
            "Trivy timed out half-way",
        ),
        (
            "while True: out.write(b'[' * 65536)",
            "Trivy printed too much",
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_none(trivy_config, fake_trivy, body, reason):
    outcome = trivy_config(
        {
            "Dockerfile": "FROM a\n",
            "shopsec.toml": "[limits]\nscanner_seconds = 1\noutput_bytes = 1000000\n",
        },
        environ=fake_trivy(body),
    )
    assert outcome.run.status is Status.FAILED
    assert reasons(outcome) == {"Dockerfile": reason}
    assert outcome.findings == ()


def test_the_exit_code_is_no_verdict(trivy_config, fake_trivy):
    environ = fake_trivy(f"out.write({WHOLE.encode()!r}); sys.stdout.flush(); sys.exit(1)")
    outcome = trivy_config({"Dockerfile": "FROM a\n"}, environ=environ)
    assert outcome.run.status is Status.SUCCEEDED


def test_an_answer_about_nothing_is_a_failure(trivy_config, fake_trivy):
    environ = fake_trivy(f"out.write({json.dumps(answer()).encode()!r})")
    outcome = trivy_config({"Dockerfile": "FROM a\n"}, environ=environ)
    assert outcome.run.status is Status.FAILED
    assert outcome.run.message == "Trivy had no answer for any file"


@pytest.mark.parametrize("version", ["0.69.4", "v0.69.5", "0.69.6"])
def test_malicious_versions_are_refused(trivy_config, fake_trivy, version):
    environ = fake_trivy("raise SystemExit('must not be run')", version)
    outcome = trivy_config({"Dockerfile": "FROM a\n"}, environ=environ)
    assert outcome.run.status is Status.FAILED
    assert "was published with a credential stealer in March 2026" in outcome.run.message
    assert outcome.run.next_step.startswith("renew every credential this machine can reach")


def test_a_program_that_is_not_trivy(trivy_config, fake_trivy):
    outcome = trivy_config({"Dockerfile": "FROM a\n"}, environ=fake_trivy("", version="no"))
    assert outcome.run.status is Status.FAILED
    assert outcome.run.message == "Trivy does not tell its version"


def test_a_program_that_cannot_be_started(trivy_config, fake_trivy, tmp_path):
    environ = fake_trivy("")
    (tmp_path / "bin" / "trivy").write_bytes(b"\x7fELF no program")
    outcome = trivy_config({"Dockerfile": "FROM a\n"}, environ=environ)
    assert outcome.run.status is Status.FAILED
    assert outcome.run.message == "trivy could not be started: Exec format error"
    assert reasons(outcome) == {"Dockerfile": outcome.run.message}
