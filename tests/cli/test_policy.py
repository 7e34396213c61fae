import json
import subprocess
import sys

import pytest


def scan(shopsec, root):
    ended = shopsec("scan", root, "--offline", "-q", "--only", "access", "--format", "json")
    document = json.loads(ended.stdout)
    (entry,) = [each for each in document["coverage"] if each["scanner"] == "access"]
    found = {each["finding"]["rule_id"]: each["finding"] for each in document["results"]}
    return found, {each["reason"]: each["count"] for each in entry["excluded"]}


def test_a_pack_is_started_tested_and_used(shopsec, tree):
    root = tree(
        {
            "shopsec.toml": 'policies = ["security/*.yaml"]\n',
            "security/.keep": "",
            ".github/workflows/w.yml": "on: push\njobs:\n  a:\n    permissions: {contents: write}\n"
            "    runs-on: x\n    steps: [{run: make}]\n",
        }
    )
    pack = root / "security" / "own.yaml"
    assert shopsec("policy", "init", pack).returncode == 0
    again = shopsec("policy", "init", pack)
    assert (again.returncode, "File exists" in again.stderr) == (2, True)
    tested = shopsec("policy", "test", pack)
    assert (tested.returncode, tested.stdout) == (0, "1 rules, 3 examples, 0 problems\n")
    found, _ = scan(shopsec, root)
    assert found["OWN-001"]["location"] == {
        "uri": ".github/workflows/w.yml",
        "start_line": 3,
        "end_line": None,
    }


def test_a_condition_that_no_example_shows_is_a_warning(shopsec, tree):
    pack = tree({}) / "own.yaml"
    shopsec("policy", "init", pack)
    text = pack.read_text()
    pack.write_text(text.replace("when: job.writes && ", 'when: job.writes && job.name != "x" && '))
    tested = shopsec("policy", "test", pack)
    assert tested.returncode == 0
    assert tested.stdout == (
        f'warning: {pack}:9:11: OWN-001: no example shows the condition job.name != "x"\n'
        "1 rules, 3 examples, 0 problems\n"
    )


def test_a_wrong_example_is_named(shopsec, tree):
    root = tree({})
    pack = root / "own.yaml"
    shopsec("policy", "init", pack)
    pack.write_text(pack.read_text().replace("line: 3", "line: 4"))
    tested = shopsec("policy", "test", pack)
    assert tested.returncode == 1
    assert tested.stdout == (
        f"{pack}:16:11: OWN-001: bad example 1 (.github/workflows/build.yml): expected one finding "
        "at .github/workflows/build.yml:4, found .github/workflows/build.yml:3\n"
        "1 rules, 3 examples, 1 problems\n"
    )


def test_a_rule_that_is_too_much_work_is_a_problem_of_its_own(shopsec, tree):
    pack = tree({}) / "own.yaml"
    shopsec("policy", "init", pack)
    loop = "true"
    for name in "abcd":
        loop = f"[{', '.join('1' * 15)}].all({name}, {loop})"
    pack.write_text(pack.read_text().replace("when: job.writes", f"when: '{loop}' #"))
    tested = shopsec("policy", "test", pack)
    assert (tested.returncode, tested.stderr) == (1, "")
    assert "'[1, 1, 1" in tested.stdout
    assert tested.stdout.startswith(f"{pack}:16:11: OWN-001: bad example 1 ")
    assert f": rule OWN-001 of {pack}:9:11: " in tested.stdout
    assert "...' is too much work: Iteration budget exceeded\n" in tested.stdout


def test_a_pack_that_cannot_be_used_ends_with_file_line_and_next_step(shopsec, tree):
    root = tree({"deep.yaml": "[" * 900})
    deep = root / "deep.yaml"
    ended = shopsec("policy", "test", deep)
    message = f"shopsec: error: {deep}:1:101: nested more than 100 levels deep\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", message)


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ("", "'': is no file or pattern\n  as in security/*.yaml\n"),
        ("a\\u0000b", "a\\x00b: no such file below {root}\n"),
        ("a\\u001b[31m", "a\\x1b[31m: no such file below {root}\n"),
    ],
)
def test_a_name_of_a_pack_that_is_none(shopsec, tree, policies, message):
    root = tree({"shopsec.toml": f'offline = true\npolicies = ["{policies}"]\n'})
    ended = shopsec("scan", root, "-q", "--only", "access")
    assert (ended.returncode, ended.stdout) == (2, "")
    expected = f"shopsec: error: {root}/shopsec.toml:2: policies: {message.format(root=root)}"
    assert ended.stderr == expected


def test_control_characters_of_a_pack_stay_in_it(shopsec, tree):
    pack = tree({}) / "own.yaml"
    shopsec("policy", "init", pack)
    text = pack.read_text()
    pack.write_text(text.replace("title: A job", 'title: "\\e[31mA job"\n    #'))
    assert shopsec("policy", "list", pack).stdout == "OWN-001          low       \\x1b[31mA job\n"
    shown = shopsec("policy", "show", "OWN-001", pack).stdout
    assert shown.startswith("## OWN-001: \\x1b[31mA job\n\n")
    pack.write_text(text.replace("OWN-001", '"\\e]0;own\\a"'))
    ended = shopsec("policy", "list", pack)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"shopsec: error: {pack}:6:9: \\x1b]0;own\\x07.id: must look like "
        "^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-[0-9]{3,}$, not '\\x1b]0;own\\x07'\n"
    )


def test_rules_are_switched_off_and_changed(shopsec, tree):
    files = {"Dockerfile": "FROM php\n"}
    found, excluded = scan(shopsec, tree(files))
    assert found["CONTAINER-001"]["severity"] == "medium"
    assert found["PATCH-010"]["severity"] == "medium"
    toml = '[rules]\n"CONTAINER-001" = "off"\n"PATCH-010" = "critical"\n'
    found, excluded = scan(shopsec, tree(files | {"shopsec.toml": toml}))
    assert "CONTAINER-001" not in found
    assert found["PATCH-010"]["severity"] == "critical"
    assert excluded == {"rules switched off in the configuration": 1}


def test_list_show_explain_and_fields(shopsec):
    listed = shopsec("policy", "list").stdout.splitlines()
    assert "SHOP-002         medium    The shop answers to any host name" in listed
    shown = shopsec("policy", "show", "shop-002").stdout
    assert shown.startswith("## SHOP-002: The shop answers to any host name\n")
    assert shopsec("explain", "SHOP-002").stdout == shown
    missing = shopsec("explain", "SHOP-02")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "did you mean SHOP-0" in missing.stderr
    fields = shopsec("policy", "fields", "job").stdout
    assert "  job.has_secrets (BOOL): it reads a secret other than the automatic token" in fields


def test_explain_knows_every_kind_of_secret_and_prints_no_key(shopsec):
    shown = shopsec("explain", "secrets.aws-secret-key").stdout
    assert shown.startswith("## secrets.aws-secret-key: AWS secret access key in a file\n")
    assert "severity critical · CWE-798 · confidence high · provider AWS" in shown
    assert "AWS_SECRET_ACCESS_KEY=<b64 40>" in shown
    assert "Goes with aws-access-key" in shown
    general = shopsec("explain", "secrets.URL-password").stdout
    assert general.startswith("## secrets.url-password: Password in a URL or connection string\n")
    missing = shopsec("explain", "secrets.url-passwort")
    assert missing.returncode == 2
    assert "did you mean secrets.url-password" in missing.stderr


def test_the_parts_of_a_scan_that_are_not_asked_for_are_not_imported(tmp_path):
    (tmp_path / "a.txt").write_text("a\n")
    code = (
        "import sys; sys.argv = ['shopsec', 'scan', sys.argv[1], '--only', 'secrets', '-q'];"
        "from shopsec.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m in {'bandit', 'pip_audit', 'tree_sitter',"
        " 'shopsec.scan.access.scanner', 'shopsec.scan.secrets.scanner'}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "['shopsec.scan.secrets.scanner']"
