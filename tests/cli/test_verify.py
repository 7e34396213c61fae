"""The decision record, and what shopsec verify says of one that was changed."""

import hashlib
import json
import os

import pytest

from shopsec.report.decision import PREDICATE, STATEMENT, digest_of


@pytest.fixture
def recorded(shopsec, tree, git, tmp_path):
    files = {
        "requirements.txt": "django==3.2.0\n",
        "shopsec.toml": 'skip = ["trivy-config"]\n',
        "app.py": "print('shop')\n",
    }
    root = tree(files)
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    record = tmp_path / "decision.json"
    ended = shopsec(
        "scan", root, "--offline", "-q", "--today", "2026-11-24",
        "--output", f"decision={record}", "--output", f"sarif={tmp_path / 'a.sarif'}",
    )  # fmt: skip
    assert ended.returncode == 3
    return root, record


def test_a_record_holds_what_was_decided_and_on_what_grounds(recorded, git):
    root, record = recorded
    statement = json.loads(record.read_text())
    assert (statement["_type"], statement["predicateType"]) == (STATEMENT, PREDICATE)
    commit = git(root, "rev-parse", "HEAD").strip()
    sarif = hashlib.sha256((record.parent / "a.sarif").read_bytes()).hexdigest()
    assert statement["subject"] == [
        {"name": root.name, "digest": {"gitCommit": commit}},
        {"name": "a.sarif", "digest": {"sha256": sarif}},
    ]
    predicate = statement["predicate"]
    assert predicate["outcome"] == "incomplete"
    assert predicate["exitCode"] == 3
    assert predicate["reports"] == [{"format": "sarif", "name": "a.sarif", "sha256": sarif}]
    toml = hashlib.sha256((root / "shopsec.toml").read_bytes()).hexdigest()
    assert predicate["configuration"] == {"name": "shopsec.toml", "sha256": toml}
    assert predicate["policy"]["file"] == "small-team"
    assert predicate["repository"]["dirty"] is False
    assert predicate["digest"] == {"sha256": digest_of(predicate)}
    scanners = {each["scanner"]: each for each in predicate["report"]["coverage"]}
    assert scanners["osv"]["databases"][0]["name"].startswith("embedded pack, ")


def test_an_untouched_record_is_as_recorded(recorded, shopsec):
    root, record = recorded
    ended = shopsec("verify", record, "--repository", root)
    assert ended.returncode == 0
    assert ": as recorded: incomplete on 2026-11-24, policy small-team, " in ended.stdout


def changed(record, change, *, rehash=True):
    statement = json.loads(record.read_text())
    change(statement["predicate"])
    if rehash:
        predicate = statement["predicate"]
        predicate["digest"] = {"sha256": digest_of(predicate)}
    record.write_text(json.dumps(statement))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda p: p.update(outcome="pass"), "outcome is \"pass\", the report has it otherwise"),
        (lambda p: p["report"]["decision"].update(outcome="pass"),
         "decided anew it is incomplete, not pass"),
        (lambda p: p["report"]["decision"]["reasons"].pop(), "decided anew"),
        (lambda p: p["policy"].update(sha256="0" * 64),
         "the policy small-team is not the one that decided"),
        (lambda p: p["policy"].update(file="ours.yaml"),
         "the policy small-team is not here, so the decision cannot be replayed"),
        (lambda p: p["configuration"].update(sha256="0" * 64),
         "shopsec.toml: is not the one that was used"),
        (lambda p: p["reports"][0].update(name="../a.sarif"), "which is no file's name"),
        (lambda p: p["report"]["repository"].update(commit="f" * 40), "the record at ffff"),
    ],
)  # fmt: skip
def test_what_was_changed_is_told(recorded, shopsec, change, told):
    root, record = recorded
    changed(record, change)
    ended = shopsec("verify", record, "--repository", root)
    assert ended.returncode == 1
    assert told in ended.stdout


def test_a_record_with_a_suppression_is_as_recorded(shopsec, tree, tmp_path):
    allow = "shopsec: allow bandit.B307 until 2026-12-05 by Bob because only the build runs it"
    root = tree({"app.py": f"eval(input())  # {allow}\n"})
    record = tmp_path / "decision.json"
    shopsec(
        "scan", root, "--offline", "-q", "--only", "bandit", "--today", "2026-11-24",
        "--output", f"decision={record}",
    )  # fmt: skip
    assert json.loads(record.read_text())["predicate"]["report"]["suppressions"]
    ended = shopsec("verify", record)
    assert ended.returncode == 0, ended.stdout


@pytest.fixture
def suppressed(shopsec, tree, tmp_path):
    allow = "shopsec: allow bandit.B307 until 2026-12-05 by Bob because only the build runs it"
    root = tree({"app.py": f"eval(input())  # {allow}\n", "b.py": "eval(input())\n"})
    record = tmp_path / "decision.json"
    shopsec(
        "scan", root, "--offline", "-q", "--only", "bandit", "--today", "2026-11-24",
        "--output", f"decision={record}",
    )  # fmt: skip
    return record


def allowed(report):
    (result,) = [each for each in report["results"] if each["suppressed_by"]]
    (use,) = report["suppressions"]
    return result, use


def alter(**values):
    def change(predicate):
        result, use = allowed(predicate["report"])
        result["suppressed_by"].update(values)
        use["suppression"].update(values)

    return change


def suppress_another(predicate):
    results = predicate["report"]["results"]
    result, _ = allowed(predicate["report"])
    (other,) = [each for each in results if not each["suppressed_by"]]
    other["suppressed_by"] = result["suppressed_by"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (alter(until="2020-01-01"), "what suppresses it is not what the record says: nothing does"),
        (alter(owner=""), "suppression app.py:1: has no owner or no reason"),
        (alter(reason=""), "suppression app.py:1: has no owner or no reason"),
        (lambda p: p["report"].update(suppressions=[]), "not what the record says: nothing does"),
        (suppress_another, "what suppresses it is not what the record says: nothing does"),
        (lambda p: allowed(p["report"])[0].update(suppressed_by=None),
         "what suppresses it is not what the record says: app.py:1 does"),
        (lambda p: allowed(p["report"])[1].update(fingerprints=[]), "what became of the suppressions"),
        (lambda p: p["report"].update(actions=[]), "the actions do not follow from the results"),
        (lambda p: p["report"].update(coverage=p["report"]["coverage"][:1]),
         "coverage: nothing is said of bandit"),
        (lambda p: p["report"]["coverage"].append(p["report"]["coverage"][0]),
         "coverage: inventory is there 2 times"),
        (lambda p: p["report"]["results"].append(p["report"]["results"][0]), "is there 2 times"),
        (lambda p: p["policy"].update(name="strict"), "the policy's name is small-team, the record"),
        (lambda p: p["report"].update(policy="strict"), "the policy's name is small-team, the reco"),
        (lambda p: p["report"].update(rules=[]), "its rule is not in the record"),
        (lambda p: p["report"]["results"][0].update(state="unchanged"), "its state does not go with"),
    ],
)  # fmt: skip
def test_what_a_record_does_not_bear_out_is_told(suppressed, shopsec, change, told):
    before = shopsec("verify", suppressed)
    assert before.returncode == 0, before.stdout
    changed(suppressed, change)
    ended = shopsec("verify", suppressed)
    assert ended.returncode == 1
    assert told in ended.stdout


def test_terms_are_weighed_again(recorded, shopsec):
    _, record = recorded

    def milder(predicate):
        result = predicate["report"]["results"][0]
        result.update(
            terms=[{"text": "severity low", "points": 10}], fix_now_because="", priority=10,
            tier="watch",
        )  # fmt: skip

    changed(record, milder)
    ended = shopsec("verify", record)
    assert ended.returncode == 1
    assert "its terms do not follow from what was found" in ended.stdout


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["subject"][0]["digest"].update(gitCommit="f" * 40),
        lambda s: s["subject"][1]["digest"].update(sha256="f" * 64),
        lambda s: s["subject"].pop(),
        lambda s: s.pop("subject"),
    ],
)
def test_a_subject_that_is_another_is_told(recorded, shopsec, change):
    _, record = recorded
    statement = json.loads(record.read_text())
    change(statement)
    record.write_text(json.dumps(statement))
    ended = shopsec("verify", record)
    assert ended.returncode == 1
    assert "subject is not the commit and the reports" in ended.stdout


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"terms": []}, "is not the sum of its terms"),
        ({"priority": 1}, "its priority 1 is not the sum of its terms"),
        ({"tier": "watch", "fix_now_because": ""}, "its tier watch does not follow"),
    ],
)
def test_sums_are_made_again(recorded, shopsec, values, told):
    _, record = recorded
    changed(record, lambda p: p["report"]["results"][0].update(values))
    ended = shopsec("verify", record)
    assert ended.returncode == 1
    assert told in ended.stdout


def test_a_second_predicate_is_refused(recorded, shopsec):
    _, record = recorded
    text = record.read_text().rstrip()
    record.write_text(text.removesuffix("}") + ', "predicate": {}}')
    ended = shopsec("verify", record)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "'predicate' is set twice" in ended.stderr


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p["reports"][0].update(name="a\0b"),
        lambda p: p["policy"].update(file="a\0b"),
        lambda p: p["configuration"].update(name="a\0b"),
        lambda p: p["reports"][0].update(name="a\ud800b"),
        lambda p: p["report"].update(today="gestern"),
    ],
)
def test_what_no_scan_writes_is_refused(recorded, shopsec, change):
    root, record = recorded
    changed(record, change)
    ended = shopsec("verify", record, "--repository", root)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_what_has_no_end_is_not_read(recorded, shopsec):
    _, record = recorded
    pipe = record.parent / "pipe"
    os.mkfifo(pipe)
    ended = shopsec("verify", pipe)
    assert ended.returncode == 2
    assert "pipe: is no regular file" in ended.stderr
    (record.parent / "a.sarif").unlink()
    os.mkfifo(record.parent / "a.sarif")
    ended = shopsec("verify", record)
    assert ended.returncode == 1
    assert "a.sarif: is no regular file" in ended.stdout


def test_a_slip_of_the_hand_and_a_lost_report_are_told(recorded, shopsec):
    _, record = recorded
    changed(record, lambda p: p["counts"].update(sprint=99), rehash=False)
    (record.parent / "a.sarif").unlink()
    ended = shopsec("verify", record)
    assert ended.returncode == 1
    assert "its own hash does not match" in ended.stdout
    assert "a.sarif: cannot be read beside the record: No such file" in ended.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is not JSON"),
        ("{\n'a'", ":2: is not JSON"),
        ("[]", "is no in-toto statement"),
        ("[" * 100_000, "decision.json"),
        (json.dumps({"_type": STATEMENT, "predicateType": "https://slsa.dev/provenance/v1"}),
         "its type is 'https://slsa.dev/provenance/v1'"),
        (json.dumps({"_type": STATEMENT, "predicateType": PREDICATE}), "has no predicate"),
        (json.dumps({"_type": STATEMENT, "predicateType": PREDICATE, "predicate": {"report": {}}}),
         "predicate.report.version: Field required"),
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused(shopsec, tmp_path, text, told):
    record = tmp_path / "decision.json"
    record.write_text(text)
    ended = shopsec("verify", record)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert told in ended.stderr


GATE = """\
policy: ours
title: Ours
incomplete:
  - {id: secrets, text: did not finish, when: 'coverage.area == "secrets" && !coverage.complete'}
"""


@pytest.fixture
def shop(tree, git, tmp_path):
    root = tree(
        {
            "ci/shopsec.toml": 'policy = "gates/ours.yaml"\n',
            "ci/gates/ours.yaml": GATE,
            "gates/own.yaml": GATE,
            "apps/shop/shopsec.toml": 'policy = "own.yaml"\n',
            "apps/shop/own.yaml": GATE,
            "apps/shop/a.py": "a = 1\n",
        }
    )
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    (tmp_path / "outside.yaml").write_text(GATE)
    (tmp_path / "outside.toml").write_text("skip = []\n")
    return root


@pytest.mark.parametrize(
    ("folder", "options", "configuration", "policy"),
    [
        (".", ("--config", "ci/shopsec.toml"), "ci/shopsec.toml", "ci/gates/ours.yaml"),
        (".", ("--policy", "gates/own.yaml"), "", "gates/own.yaml"),
        (".", ("--policy", "{root}/gates/own.yaml"), "", "gates/own.yaml"),
        ("apps/shop", (), "apps/shop/shopsec.toml", "apps/shop/own.yaml"),
        ("apps/shop", ("--policy", "gates/own.yaml"), "apps/shop/shopsec.toml", "gates/own.yaml"),
        ("apps/shop", ("--base-ref", "HEAD"), "apps/shop/shopsec.toml", "apps/shop/own.yaml"),
    ],
)
def test_files_are_named_from_the_top_of_the_repository(
    shop, shopsec, tmp_path, folder, options, configuration, policy
):
    record = tmp_path / "decision.json"
    ended = shopsec(
        "scan", folder, "--offline", "-q", "--only", "secrets", "--output", f"decision={record}",
        *(each.format(root=shop) for each in options), cwd=shop,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    predicate = json.loads(record.read_text())["predicate"]
    assert predicate["configuration"]["name"] == configuration
    assert predicate["policy"]["file"] == policy
    assert str(tmp_path) not in record.read_text()
    for place in (shop, shop / "apps" / "shop"):
        verified = shopsec("verify", record, "--repository", place)
        assert verified.returncode == 0, verified.stdout
    (shop / policy).write_text(GATE + "fix_now_days: 3\n")
    verified = shopsec("verify", record, "--repository", shop)
    if "--base-ref" in options:
        assert verified.returncode == 0, verified.stdout
    else:
        assert "the policy ours is not the one that decided" in verified.stdout


def test_files_from_outside_are_named_alone_and_not_compared(shop, shopsec, tmp_path):
    record = tmp_path / "decision.json"
    ended = shopsec(
        "scan", shop, "--offline", "-q", "--only", "secrets", "--output", f"decision={record}",
        "--config", tmp_path / "outside.toml", "--policy", tmp_path / "outside.yaml",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    predicate = json.loads(record.read_text())["predicate"]
    assert (predicate["configuration"]["name"], predicate["configuration"]["outside"]) == (
        "outside.toml", True,
    )  # fmt: skip
    assert (predicate["policy"]["file"], predicate["policy"]["outside"]) == ("outside.yaml", True)
    assert str(tmp_path) not in record.read_text()
    verified = shopsec("verify", record, "--repository", shop)
    assert verified.returncode == 1
    assert "outside.toml: lies outside of the repository, and is not compared" in verified.stdout
    assert "the policy ours is not here" in verified.stdout


def test_a_record_of_uncommitted_changes_is_not_that_of_the_commit(shop, shopsec, git, tmp_path):
    (shop / "apps/shop/a.py").write_text("a = 2\n")
    record = tmp_path / "decision.json"
    shopsec("scan", shop, "--offline", "-q", "--output", f"decision={record}")
    assert json.loads(record.read_text())["subject"] == []
    assert shopsec("verify", record).returncode == 0
    git(shop, "checkout", "-q", ".")
    ended = shopsec("verify", record, "--repository", shop)
    assert ended.returncode == 1
    commit = git(shop, "rev-parse", "HEAD")[:12]
    told = f"the record was made with uncommitted changes, which commit {commit} does not have"
    assert told in ended.stdout
