import json

import pytest


def test_the_same_scan_gives_the_same_bytes(scan, tree):
    files = {"requirements.txt": "django==3.2.0\n", "a.py": "eval(x)\n", "Dockerfile": "FROM php\n"}
    first, second = (scan(tree(files), "--offline", "--today", "2026-11-24") for _ in range(2))
    assert first == second
    for text in first.reports.values():
        assert "CVE-2022-28346" in text
        assert "CONTAINER-001" in text


def test_outputs_and_exit_zero(shopsec, tree, tmp_path):
    root = tree({"requirements.txt": "pillow==8.4.0\n"})
    target = tmp_path / "report.json"
    ended = shopsec("scan", root, "--offline", "-q", "--output", f"json={target}")
    assert (ended.returncode, ended.stderr) == (1, "")
    document = json.loads(target.read_text())
    assert document["decision"]["outcome"] == "fail"
    assert document["counts"]["fix-now"] == 1
    assert shopsec("scan", root, "--offline", "--exit-zero").returncode == 0


def test_an_empty_folder_is_incomplete(shopsec, tree):
    ended = shopsec("scan", tree({}), "--offline")
    assert ended.returncode == 3
    assert "1 check found no file to look at" in " ".join(ended.stdout.split())


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('\npolcy = "strict"\n', "shopsec.toml:2: unknown key 'polcy'"),
        ("exclude = 3\n", "shopsec.toml:1: exclude: Input should be a valid array (got int)"),
        ("[limits]\n\nfile_bytes = 1\n", "shopsec.toml:3: limits.file_bytes: Input should be"),
        ("a = = 1\n", "shopsec.toml:1: not valid TOML"),
        ('policy = "nope"\n', "shopsec.toml:1: policy: unknown policy 'nope'"),
        ('skip = ["nope"]\n', "shopsec.toml:1: skip: unknown scanner 'nope'"),
        ('offline = "yes"\n', "shopsec.toml:1: offline: Input should be a valid boolean (got str)"),
        ("[limits]\nfile_bytes = 5e6\n", "shopsec.toml:2: limits.file_bytes: Input should be"),
        ('[rules]\n"SHOP-001" = "of"\n', "shopsec.toml:2: rules.SHOP-001: Input should be 'off'"),
        ('[rules]\n"SHOP-999" = "off"\n', "shopsec.toml:2: rules.SHOP-999: there is no such rule"),
        ('policies = ["no.yaml"]\n', "shopsec.toml:1: policies: no.yaml: no such file below"),
        ('policies = ["../*"]\n', "policies: "),
        ('policies = ["shopsec.toml"]\n', "shopsec.toml:1:1: must be keys with values, not "),
    ],
)
def test_configuration_errors_name_file_and_line(shopsec, tree, toml, message):
    ended = shopsec("scan", tree({"shopsec.toml": toml}), "--offline")
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-folder"], "no such folder"),
        ([".", "--only", "nope"], "unknown scanner 'nope'"),
        ([".", "--today", "yesterday"], "is no date"),
        ([".", "--output", "xml=a"], "must be FORMAT=FILE"),
    ],
)
def test_usage_errors(shopsec, arguments, message):
    ended = shopsec("scan", *arguments)
    assert ended.returncode == 2
    assert message in ended.stderr


def test_schema_and_version(shopsec):
    schema = json.loads(shopsec("schema").stdout)
    assert schema["title"] == "shopsec.toml"
    assert schema["additionalProperties"] is False
    assert shopsec("--version").stdout.startswith("shopsec 0.1.0\n  pip-audit 2.")


def test_an_sbom_beside_the_report(shopsec, tree, tmp_path):
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"dependencies": {"express": "4.17.0"}},
            "node_modules/express": {"version": "4.17.0", "dependencies": {"ws": "7.0.0"}},
            "node_modules/ws": {"version": "7.0.0"},
        },
    }
    root = tree(
        {
            "requirements.txt": "django==3.2.0\nflask>=1\n",
            "web/package-lock.json": json.dumps(lock),
            "web/package.json": '{"dependencies": {"express": "4.17.0"}}',
        }
    )
    sbom = root / "bom.json"
    written = []
    for _ in range(2):
        shopsec(
            "scan",
            root,
            "--offline",
            "-q",
            "--today",
            "2026-11-24",
            "--output",
            f"cyclonedx={sbom}",
        )
        written.append(sbom.read_bytes())
    assert written[0] == written[1]
    document = json.loads(written[0])
    assert [each["purl"] for each in document["components"]] == [
        "pkg:pypi/django@3.2.0", "pkg:npm/express@4.17.0", "pkg:npm/ws@7.0.0",
    ]  # fmt: skip
    gaps = [each["value"] for each in document["metadata"]["properties"]]
    assert "osv: flask>=1 (requirements.txt:2): is not pinned to one version" in gaps
    affected = {
        entry["id"]: [each["ref"] for each in entry["affects"]]
        for entry in document["vulnerabilities"]
    }
    assert affected["CVE-2024-37890"] == ["pkg:npm/ws@7.0.0"]
    assert affected["CVE-2022-28346"] == ["pkg:pypi/django@3.2.0"]
    printed = shopsec(
        "scan", root, "--offline", "-q", "--today", "2026-11-24", "--format", "cyclonedx"
    )
    assert json.loads(printed.stdout)["bomFormat"] == "CycloneDX"
