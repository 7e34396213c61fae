"""Another tool's file from settings to exit code, as a pipeline runs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.imported.conftest import result, sarif

HIGH: dict[str, Any] = {"level": "error"}


@pytest.fixture
def shop(tree, git):
    """A shop in git in which only the imported file has something to say."""

    def make(files):
        root = tree({"app.py": "one\ntwo\n", ".gitignore": "reports/\n"} | files)
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "first")
        return root

    return make


def write(root: Path, name: str, document) -> Path:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def entry(ended, scanner):
    (found,) = [each for each in json.loads(ended.stdout)["coverage"] if each["scanner"] == scanner]
    return found


def reasons(ended):
    return {
        each["clause"]: each["scanners"] for each in json.loads(ended.stdout)["decision"]["reasons"]
    }


def scan(shopsec, root, *arguments):
    return shopsec("scan", root, "-q", "--offline", "--format", "json", *arguments)


ONE = 'imports = ["reports/zizmor.sarif"]\n'


def test_a_required_import_joins_results_ledger_and_gate(shop, shopsec):
    root = shop({"shopsec.toml": ONE})
    missing = scan(shopsec, root)
    assert missing.returncode == 3
    assert entry(missing, "import:zizmor")["status"] == "missing"
    assert reasons(missing)["imports"] == ["import:zizmor"]
    write(root, "reports/zizmor.sarif", sarif(result(**HIGH), tool="zizmor"))
    there = scan(shopsec, root)
    assert entry(there, "import:zizmor")["status"] == "succeeded"
    assert entry(there, "import:zizmor")["area"] == "access"
    assert "imports" not in reasons(there)
    (found,) = [
        each
        for each in json.loads(there.stdout)["results"]
        if each["finding"]["scanner"] == "import:zizmor"
    ]
    assert (found["finding"]["rule_id"], found["priority"], found["tier"]) == (
        "zizmor.R1",
        40,
        "planned",
    )


@pytest.mark.parametrize("policy", ["small-team", "strict", "import"])
def test_skipping_a_required_import_is_incomplete(shop, shopsec, policy):
    root = shop({"shopsec.toml": ONE})
    write(root, "reports/zizmor.sarif", sarif(tool="zizmor"))
    ended = scan(shopsec, root, "--skip", "import:zizmor", "--policy", policy)
    assert ended.returncode == 3
    assert reasons(ended)["imports"] == ["import:zizmor"]


def test_an_optional_import_is_said_and_no_more(shop, shopsec):
    root = shop({"shopsec.toml": '[[imports]]\nfile = "reports/semgrep.sarif"\nrequired = false\n'})
    for policy in ("small-team", "strict"):
        ended = scan(shopsec, root, "--policy", policy)
        named = {clause for clause, who in reasons(ended).items() if "import:semgrep" in who}
        assert named == {"not-required"}


def test_a_file_that_the_branch_brings_is_refused(shop, shopsec):
    document = json.dumps(sarif(tool="zizmor"))
    root = shop({"shopsec.toml": 'imports = ["zizmor.sarif"]\n', "zizmor.sarif": document})
    ended = scan(shopsec, root)
    assert entry(ended, "import:zizmor")["status"] == "failed"
    assert entry(ended, "import:zizmor")["message"] == (
        "zizmor.sarif is a file that git tracks: the branch's own word"
    )
    assert reasons(ended)["imports"] == ["import:zizmor"]
    # Also where the settings keep it out of the inventory.
    (root / "shopsec.toml").write_text('imports = ["zizmor.sarif"]\nexclude = ["*.sarif"]\n')
    assert entry(scan(shopsec, root), "import:zizmor")["status"] == "failed"


def test_a_link_of_the_repository_leads_nowhere(shop, shopsec):
    root = shop({"shopsec.toml": 'imports = ["out/zizmor.sarif", "eslint.sarif"]\n'})
    write(root, "reports/zizmor.sarif", sarif(tool="zizmor"))
    (root / "out").symlink_to("reports")
    (root / "eslint.sarif").symlink_to("reports/zizmor.sarif")
    ended = scan(shopsec, root)
    for name in ("zizmor", "eslint"):
        assert entry(ended, f"import:{name}")["message"].endswith(
            "is behind a symbolic link of the repository"
        )


def test_a_file_named_by_its_commit(shop, shopsec, git):
    root = shop({"shopsec.toml": 'imports = ["reports/zizmor-{commit}.sarif"]\n'})
    commit = git(root, "rev-parse", "HEAD").strip()
    write(root, f"reports/zizmor-{commit}.sarif", sarif(tool="zizmor"))
    assert entry(scan(shopsec, root), "import:zizmor")["status"] == "succeeded"
    git(root, "commit", "-q", "--allow-empty", "-m", "second")
    assert entry(scan(shopsec, root), "import:zizmor")["status"] == "missing"


def test_what_the_file_quotes_is_not_scanned_again(shop, shopsec):
    key = "q7Zr" + "T4vKx9Lm2PwB8sYd"
    root = shop({"shopsec.toml": 'imports = ["found.sarif"]\n'})
    write(root, "found.sarif", sarif(result(message={"text": f"api_key = '{key}'"})))
    ended = scan(shopsec, root, "--only", "secrets")
    assert [
        each["finding"]["location"]["uri"] for each in json.loads(ended.stdout)["results"]
    ] == []
    assert entry(ended, "inventory")["excluded"][0]["count"] == 1


@pytest.mark.parametrize(
    ("toml", "line", "message"),
    [
        ('[[imports]]\nfile = "a.sarif"\nrequried = true\n', 3, "unknown key 'imports.requried'"),
        ('offline = true\n[[imports]]\nname = "x"\n', 2, "imports.file: is missing"),
        ('[[imports]]\nfile = "a.sarif"\narea = "shop"\n', 3, "imports.area: "),
        ('[[imports]]\nfile = "a.sarif"\nrequired = 1\n', 3, "imports.required: "),
        ('imports = "a.sarif"\n', 1, "imports: "),
        ("imports = [7]\n", 1, "imports: "),
        ('imports = ["a b.sarif"]\n', 1, "imports: "),
        ('imports = [""]\n', 1, "imports: "),
        ('imports = ["a/x.sarif", "b/x.json"]\n', 1, "imports: two imports are called 'x'"),
    ],
)
def test_settings_that_cannot_be_used_name_the_line(shop, shopsec, toml, line, message):
    ended = scan(shopsec, shop({"shopsec.toml": toml}))
    assert ended.returncode == 2
    assert f"shopsec.toml:{line}: {message}" in ended.stderr


def test_the_command_ranks_one_file_alone(shop, shopsec):
    root = shop({"key.py": "password = 'hunter-2-secret'\n"})
    path = write(root, "reports/gitleaks.sarif", sarif(result(**HIGH), tool="gitleaks"))
    ended = shopsec("import", path, root, "--format", "json")
    assert (ended.returncode, ended.stderr) == (0, "")
    found = json.loads(ended.stdout)["results"]
    assert [each["finding"]["rule_id"] for each in found] == ["gitleaks.R1"]
    text = shopsec("import", path, root)
    assert "gitleaks.R1" in text.stdout
    path.write_text("{")
    broken = shopsec("import", path, root)
    assert broken.returncode == 3
    assert "gitleaks.sarif is no whole JSON" in broken.stdout
    assert shopsec("import", path, root, "--exit-zero").returncode == 0
    path.unlink()
    assert shopsec("import", path, root).returncode == 3
    named = shopsec("import", root / "a b.sarif", root)
    assert named.returncode == 2
    assert "give it a name" in named.stderr


def test_a_baseline_knows_imported_results(shop, shopsec):
    root = shop({})
    path = write(root, "reports/semgrep.sarif", sarif(result(line=1, **HIGH), result(line=2)))
    made = shopsec("baseline", "create", root, "-q", "--offline", "--import", path)
    assert "2 results known now" in made.stdout
    write(root, "reports/semgrep.sarif", sarif(result(line=1, **HIGH), result("R2", line=2)))
    ended = scan(shopsec, root, "--import", path)
    document = json.loads(ended.stdout)
    assert {each["finding"]["rule_id"]: each["state"] for each in document["results"]} == {
        "semgrep.R1": "unchanged",
        "semgrep.R2": "new",
    }
    assert [each["rule"] for each in document["absent"]] == ["semgrep.R1"]
    # Nothing is gone while nobody can tell.
    path.unlink()
    assert json.loads(scan(shopsec, root, "--import", path).stdout)["absent"] == []


def test_against_the_base_what_did_not_change_is_known(shop, shopsec, git):
    root = shop({"old.py": "old\n", "shopsec.toml": ONE})
    git(root, "branch", "base")
    (root / "app.py").write_text("one\nchanged\n")
    # The branch does not choose what is imported.
    (root / "shopsec.toml").write_text("imports = []\n")
    git(root, "commit", "-qam", "second")
    flow = [{"threadFlows": [{"locations": [{"location": result(line=2)["locations"][0]}]}]}]
    document = sarif(
        result("A", uri="app.py", line=2),
        result("B", uri="old.py"),
        result("C", uri="old.py", codeFlows=flow),
        tool="zizmor",
    )
    write(root, "reports/zizmor.sarif", document)
    ended = scan(shopsec, root, "--base-ref", "base")
    states = {
        each["finding"]["rule_id"]: each["state"]
        for each in json.loads(ended.stdout)["results"]
        if each["finding"]["scanner"] == "import:zizmor"
    }
    assert states == {"zizmor.A": "new", "zizmor.B": "unchanged", "zizmor.C": "new"}


def test_a_commit_hook_reads_no_imports(shop, shopsec, git):
    root = shop({"shopsec.toml": ONE})
    (root / "app.py").write_text("three\n")
    git(root, "add", "-A")
    ended = shopsec("scan", "--staged", "-q", "--format", "json", cwd=root)
    assert ended.returncode == 0
    assert entry(ended, "import:zizmor")["status"] in {"not_applicable", "skipped"}
