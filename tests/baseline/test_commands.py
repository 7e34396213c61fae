"""create, show, scan, update, prune: the ratchet, as a team lives with it."""

import json
import os

import pytest

from shopsec.baseline.file import FILE_NAME, render_baseline
from shopsec.model import KnownResult, Tier
from tests.secrets import planted

ONLY = ("--only", "bandit", "--only", "secrets")
OLD = {"a.py": "eval(x)\n", "b.py": "import pickle\npickle.loads(x)\n"}
SECRET = f'STRIPE = "{planted.stripe()}"\n'


@pytest.fixture
def known_shop(shop, run):
    root = shop(OLD)
    assert run("baseline create", root, *ONLY).code == 3  # dependencies and access were not asked
    return root


def scanned(run, root, *arguments):
    return run("scan", root, *ONLY, "--format", "json", *arguments)


def test_what_was_there_is_known_and_what_comes_is_new(known_shop, run):
    assert set(scanned(run, known_shop).states().values()) == {"unchanged"}
    (known_shop / "c.py").write_text(SECRET)
    ended = scanned(run, known_shop)
    new = [key for key, state in ended.states().items() if state == "new"]
    assert new == [("secrets.stripe-live-key", "c.py")]
    assert ended.code == 1
    assert ended.document["states"] == {"new": 1, "unchanged": 2, "absent": 0}
    assert ended.document["compared_with"] == FILE_NAME


def test_what_is_fixed_leaves_and_is_new_when_it_comes_back(known_shop, run):
    (known_shop / "a.py").write_text("x = 1\n")
    ended = run("scan", known_shop, *ONLY)
    assert "1 result: 0 new; 1 known (1 planned)" in ended.stdout
    assert "1 known result is gone: shopsec baseline prune" in ended.stdout
    before = (known_shop / FILE_NAME).read_text()
    pruned = run("baseline prune", known_shop, *ONLY)
    assert "gone: a.py  bandit.B307" in pruned.stdout
    assert "1 result known now, 0 added, 1 taken out" in pruned.stdout
    after = (known_shop / FILE_NAME).read_text()
    assert set(after.splitlines()) < set(before.splitlines())
    assert "gone" not in run("scan", known_shop, *ONLY).stdout
    (known_shop / "a.py").write_text(OLD["a.py"])
    assert scanned(run, known_shop).states()["bandit.B307", "a.py"] == "new"


def test_a_scanner_that_did_not_run_takes_nothing_out(known_shop, run):
    for name in ("a.py", "b.py"):
        (known_shop / name).unlink()
    before = (known_shop / FILE_NAME).read_text()
    ended = run("scan", known_shop, "--only", "secrets", "--format", "json")
    assert ended.document["absent"] == []
    run("baseline prune", known_shop, "--only", "secrets")
    run("baseline update", known_shop, "--skip", "bandit", "--only", "secrets")
    assert (known_shop / FILE_NAME).read_text() == before
    run("baseline prune", known_shop, *ONLY)
    assert (known_shop / FILE_NAME).read_text() == render_baseline([])


def test_a_scanner_that_missed_a_file_takes_nothing_out(known_shop, run):
    (known_shop / "a.py").unlink()
    (known_shop / "b.py").write_text("def (:\n")
    assert scanned(run, known_shop).document["absent"] == []


def test_update_takes_in_and_out_and_only_new_does_not_take_out(known_shop, run):
    (known_shop / "a.py").unlink()
    (known_shop / "d.py").write_text("exec(x)\n")
    run("baseline update", known_shop, "--only-new", *ONLY)
    assert [each["uri"] for each in entries(known_shop)] == ["a.py", "b.py", "d.py"]
    run("baseline update", known_shop, *ONLY)
    assert [each["uri"] for each in entries(known_shop)] == ["b.py", "d.py"]


def entries(root):
    return json.loads((root / FILE_NAME).read_text())["results"]


def test_what_must_be_fixed_now_is_never_taken_in_silently(shop, run):
    root = shop({"a.py": SECRET, "b.py": "eval(x)\n"})
    ended = run("baseline create", root, *ONLY)
    assert "left out, for it must be fixed now (1):" in ended.stdout
    assert "a.py:1  secrets.stripe-live-key" in ended.stdout
    assert [each["uri"] for each in entries(root)] == ["b.py"]
    assert scanned(run, root).code == 1
    run("baseline update", root, *ONLY)
    assert [each["uri"] for each in entries(root)] == ["b.py"]
    run("baseline update", root, "--include-fix-now", *ONLY)
    assert [each["tier"] for each in entries(root)] == ["fix-now", "planned"]
    ended = scanned(run, root)
    reasons = {each["clause"]: each for each in ended.document["decision"]["reasons"]}
    assert reasons["known-fix-now"]["outcome"] == "warn"
    assert "fix-now" not in reasons
    strict = scanned(run, root, "--policy", "strict")
    assert strict.code == 1


def test_a_secret_that_is_mended_in_one_of_its_files_is_not_new_in_the_others(shop, run):
    root = shop({"a.py": SECRET, "z.py": SECRET})
    run("baseline create", root, "--include-fix-now", *ONLY)
    before = (root / FILE_NAME).read_text()
    (root / "a.py").write_text("x = 1\n")
    ended = scanned(run, root)
    assert ended.states() == {("secrets.stripe-live-key", "z.py"): "unchanged"}
    assert ended.document["absent"] == []
    run("baseline update", root, *ONLY)
    assert (root / FILE_NAME).read_text() == before
    (root / "z.py").write_text(SECRET.replace(planted.stripe()[-4:], "AbC9"))
    assert scanned(run, root).states() == {("secrets.stripe-live-key", "z.py"): "new"}


def test_nothing_of_a_secret_or_of_the_machine_is_written(shop, run):
    root = shop({"a.py": SECRET, "b.py": f'PASSWORD = "{planted.password()}"\n'})
    run("baseline create", root, "--include-fix-now", *ONLY)
    text = (root / FILE_NAME).read_text()
    assert len(entries(root)) == 2
    assert not [part for part in planted.parts() if part in text]
    assert str(root) not in text
    assert root.name not in text
    # Nor does the file itself look like secrets.
    assert {uri for _, uri in scanned(run, root).states()} == {"a.py", "b.py"}


def test_create_never_overwrites(known_shop, run):
    before = (known_shop / FILE_NAME).read_text()
    ended = run("baseline create", known_shop, *ONLY)
    assert ended.code == 2
    assert "is there already" in ended.error
    assert "shopsec baseline update" in ended.error
    assert (known_shop / FILE_NAME).read_text() == before


@pytest.mark.parametrize("command", ["update", "prune", "show"])
def test_without_a_file_the_others_say_how_to_begin(shop, run, command):
    ended = run(f"baseline {command}", shop(OLD))
    assert ended.code == 2
    assert "shopsec baseline create" in ended.error


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"version": 9, "results": []}', f"{FILE_NAME}:1: has version 9"),
        ("<<<<<<< HEAD\n", f"{FILE_NAME}:1: a merge conflict"),
        ("{", f"{FILE_NAME}:1: not valid JSON"),
    ],
)
def test_a_baseline_that_is_not_right_ends_every_command(shop, run, content, message):
    root = shop(OLD | {FILE_NAME: content})
    for command in ("scan", "baseline show", "baseline update", "baseline prune"):
        ended = run(command, root)
        assert ended.code == 2
        assert message in ended.error
    assert (root / FILE_NAME).read_text() == content


def test_a_file_of_another_name(shop, run):
    root = shop(OLD | {"shopsec.toml": 'baseline = "security/known.json"\n', "security/x": ""})
    assert "there is no such file" in run("scan", root, *ONLY).error
    run("baseline create", root, *ONLY)
    assert not (root / FILE_NAME).exists()
    assert (root / "security" / "known.json").exists()
    assert scanned(run, root).document["compared_with"] == "security/known.json"


def test_show_counts_and_lists(known_shop, run):
    ended = run("baseline show", known_shop)
    assert "2 results\n  0 fix now, 0 sprint, 2 planned, 0 watch\n  code 2\n" in ended.stdout
    assert "planned  a.py  bandit.B307  " in ended.stdout


def test_the_same_shop_gives_the_same_bytes(known_shop, run):
    before = (known_shop / FILE_NAME).read_bytes()
    run("baseline update", known_shop, *ONLY)
    assert (known_shop / FILE_NAME).read_bytes() == before


def test_a_commit_hook_knows_the_baseline_too(shop, git, run, monkeypatch):
    root = shop({"a.py": SECRET})
    run("baseline create", root, "--include-fix-now", *ONLY)
    (root / "a.py").write_text(f"# one line more\n{SECRET}")
    git(root, "add", "-A")
    monkeypatch.chdir(root)
    ended = run("scan", "--staged", "--format", "json")
    assert set(ended.states().values()) == {"unchanged"}
    assert ended.code == 0
    assert ended.document["absent"] == []


def test_every_report_says_what_is_new_known_and_gone(known_shop, run, tmp_path):
    (known_shop / "a.py").write_text("x = 1\n")
    (known_shop / "d.py").write_text("exec(x)\n")
    outputs = {name: tmp_path / name for name in ("sarif", "sarif-all", "sarif-gitlab", "markdown")}
    flags = [each for name, file in outputs.items() for each in ("--output", f"{name}={file}")]
    terminal = run("scan", known_shop, *ONLY, *flags).stdout
    assert "2 results: 1 new (1 planned); 1 known (1 planned)" in terminal
    assert "planned  new    " in terminal
    assert "planned  known  " in terminal
    markdown = outputs["markdown"].read_text()
    assert "1 known result is gone: shopsec baseline prune" in markdown
    assert "| planned | new | " in markdown
    for name in ("sarif", "sarif-gitlab"):  # they would open an alert for what is gone
        (sarif,) = json.loads(outputs[name].read_text())["runs"]
        states = {result["ruleId"]: result["baselineState"] for result in sarif["results"]}
        assert states == {"bandit.B102": "new", "bandit.B301": "unchanged"}
    (sarif,) = json.loads(outputs["sarif-all"].read_text())["runs"]
    states = {result["ruleId"]: result["baselineState"] for result in sarif["results"]}
    assert states == {"bandit.B102": "new", "bandit.B301": "unchanged", "bandit.B307": "absent"}
    (gone,) = [each for each in sarif["results"] if each["baselineState"] == "absent"]
    assert gone["level"] == "none"
    assert gone["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a.py"


def test_a_folder_of_a_repository_keeps_to_itself(shop, run):
    root = shop({f"apps/{name}": text for name, text in OLD.items()} | {"c.py": "eval(y)\n"})
    run("baseline create", root, *ONLY)
    assert [each["uri"] for each in entries(root)] == ["apps/a.py", "apps/b.py", "c.py"]
    os.rename(root / FILE_NAME, root / "apps" / FILE_NAME)
    ended = run("scan", root / "apps", *ONLY, "--format", "json")
    assert ended.document["states"] == {"new": 0, "unchanged": 2, "absent": 0}


def test_a_name_of_control_characters_stays_off_the_terminal(shop, run):
    known = KnownResult(
        fingerprint="0" * 16, rule="R", scanner="s", uri="a%1B%5B31m%0Ab", tier=Tier.WATCH
    )
    ended = run("baseline show", shop({FILE_NAME: render_baseline([known])}))
    assert "\x1b" not in ended.stdout
    assert r"a\x1b[31m\nb" in ended.stdout
