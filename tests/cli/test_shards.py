"""Shards of a scan that are merged: the bytes of one whole scan, or a clear no."""

import itertools
import json
import shutil
from pathlib import Path

import pytest

from shopsec.model import Repository
from shopsec.scan.secrets.redaction import Redactor
from shopsec.scan.shard_file import digest_of
from tests.cli.in_shards import QUICK, scan, shards
from tests.conftest import TODAY
from tests.secrets import planted

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
REPORTS = ("html", "json", "sarif", "sarif-all", "markdown", "cyclonedx", "decision")


def written(folder, act):
    """What a command gives with every report, and the reports' bytes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    answer = act(*(part for name in REPORTS for part in ("--output", f"{name}={folder / name}")))
    return answer, {name: (folder / name).read_bytes() for name in REPORTS}


def check_same(run, root, tmp_path, totals, *arguments):
    """The merged shards give what a whole scan gives, in all formats; returns its JSON report."""
    folder = tmp_path / "reports"
    whole = written(folder, lambda *outputs: scan(run, root, *arguments, *outputs))
    assert whole[0][0] in {0, 1, 3}, whole[0][1]
    for total in totals:
        files = shards(run, root, tmp_path / "shards", total, *arguments)
        merge = ("merge", *reversed(files), "--path", root)
        merged = written(folder, lambda *outputs, merge=merge: run(*merge, *outputs))
        assert merged == whole, f"{total} shards"
    return json.loads(whole[1]["json"])


@pytest.mark.parametrize(
    ("name", "totals"),
    [("shop", range(1, 6)), ("magento", (2, 4)), ("medusa", (4,)), ("oscar", (3, 4))],
)
def test_shards_of_an_example_give_the_bytes_of_one_scan(name, totals, run, committed, tmp_path):
    root = committed(shutil.copytree(EXAMPLES / name, tmp_path / name))
    document = check_same(run, root, tmp_path, totals)
    assert len(document["results"]) > 5


def alike(root):
    """Two passwords that a person may have chosen, and that the short digest calls one."""
    redactor = Redactor.of(Repository(name=root.name))
    words = [f"hq{number}-Blue-Sky!" for number in range(400)]
    pairs = itertools.combinations([(redactor.digest(word), word) for word in words], 2)
    return next((one, other) for (first, one), (second, other) in pairs if first == second)


# Files that shards could treat otherwise than one scan: what they have in common, and what is
# neither covered nor a file of theirs.
def awkward(root):
    one, other = alike(root)
    key = planted.stripe()
    silenced = f'k = "{planted.github()}"  # pragma: allowlist secret\n'
    files: dict[str, str | bytes] = {
        "keys/app.env": f"STRIPE_KEY={key}\nSTRIPE_KEY_OLD={key}\n",
        "broken.py": "def (:\n",
        "large.py": "x = 1\n" * 1_000_000,
        "image.bin": b"\0\1\2" * 100,
        "node_modules/a/index.js": f'var k = "{planted.github()}"\n',
        "bin/task": "#!/usr/bin/env python3\nimport pickle\npickle.loads(x)\n",
        "requirements.txt": "django==3.2.0\nflask\n",
        "Dockerfile": "FROM node:12\nADD . /app\n",
        ".gitleaksignore": "keys/07.txt:stripe:1\n",
        ".secrets.baseline": '{"results": ',
        "no\nnewline \x80.py": "eval(x)\n",
    }  # fmt: skip
    for number in range(60):
        files[f"keys/{number:02}.txt"] = f"STRIPE={key}\n"
        files[f"silent/{number:02}.py"] = silenced
    for number in range(3):
        files[f"app/p{number}.py"] = f'password = "{one}"\neval(x)\n'
        files[f"app/q{number}.py"] = f'password = "{other}"\nexec(x)  # nosec\n'
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_what_files_have_in_common_is_joined_as_in_one_scan(run, committed, tmp_path):
    root = tmp_path / "shop"
    root.mkdir()
    awkward(root)
    document = check_same(run, committed(root), tmp_path, (2, 3, 5), *QUICK)
    named = [
        each["finding"]
        for each in document["results"]
        if each["finding"]["rule_id"] == "secrets.keyword"
    ]
    assert sorted(each["location"]["uri"] for each in named) == ["app/p0.py", "app/q0.py"]
    assert len({each["symbol"] for each in named}) == 1
    assert all(each["message"].endswith("(3 places)") for each in named)
    (entry,) = [each for each in document["coverage"] if each["scanner"] == "secrets"]
    (silent,) = [each for each in entry["excluded"] if "allowlist comment" in each["reason"]]
    assert (silent["count"], len(silent["items"])) == (60, 50)
    assert [group["reason"] for group in entry["not_covered"]] == [
        "larger than 5000 kB", "silences nothing: line 1: not valid JSON",
    ]  # fmt: skip


def test_a_plain_folder_is_merged_too(run, tmp_path):
    root = tmp_path / "shop"
    root.mkdir()
    awkward(root)
    check_same(run, root, tmp_path, (3,), *QUICK)


def test_results_within_the_checkout_are_no_files_of_the_shop(
    run, committed, tmp_path, monkeypatch
):
    root = committed(shutil.copytree(EXAMPLES / "shop", tmp_path / "shop"))
    monkeypatch.chdir(root)
    options = ("--offline", "-q", "--today", TODAY, "--format", "json", *QUICK)
    whole = run("scan", *options)
    for index in range(1, 5):
        left = tuple(word for word in options if word not in {"--format", "json"})
        assert run("scan", *left, "--shard", f"{index}/4")[0] == 0
    names = sorted(path.name for path in root.glob("shopsec-shard-*"))
    assert names == [f"shopsec-shard-{index}-of-4.json" for index in range(1, 5)]
    assert run("merge", *names, "--format", "json") == whole
    assert run("scan", *options) == whole


@pytest.fixture
def judged(run, committed, git, tmp_path):
    """A shop with a baseline, suppressions, a past and settings of its own."""
    root = shutil.copytree(EXAMPLES / "shop", tmp_path / "shop")
    (root / "old.env").write_text(f"STRIPE={planted.stripe()}\n")
    (root / "again.py").write_text(f'key = "{planted.github()}"\n')
    committed(root)
    known = ("--offline", "-q", "--today", TODAY, "--include-fix-now", *QUICK)
    assert run("baseline create", root, *known)[0] == 3
    (root / "old.env").unlink()
    (root / "new.py").write_text(
        f'token = "{planted.github()}"\neval(x)  # shopsec: allow bandit.B307 until 2026-12-24 '
        "because nobody else can write x\n"
    )
    (root / "shopsec.toml").write_text(
        'exclude = ["docs/"]\n[rules]\n"DEPLOY-001" = "low"\n'
        '[[allow]]\nrule = "DOCKER-001"\nreason = "is rebuilt next week"\n'
        'owner = "ops"\nuntil = "2026-12-20"\n'
    )
    git(root, "add", "-A")
    git(root, "commit", "-qm", "second")
    return root


def test_baseline_suppressions_and_history_count_as_in_one_scan(run, judged, tmp_path):
    scan(run, judged, *QUICK, "--history")  # the ledger tells what the cache knew before
    document = check_same(run, judged, tmp_path, (1, 4), *QUICK, "--history")
    assert document["compared_with"] == "shopsec-baseline.json"
    assert {each["state"] for each in document["results"]} == {"new", "unchanged"}
    past = [each["finding"] for each in document["results"] if each["finding"]["past"]]
    assert [each["location"]["uri"] for each in past] == ["old.env"]


def test_a_policy_for_all_shards_and_one_for_the_merge(run, judged, tmp_path):
    document = check_same(run, judged, tmp_path, (2,), *QUICK, "--policy", "strict")
    assert document["policy"] == "strict"
    files = shards(run, judged, tmp_path / "shards", 2, *QUICK)
    merged = run("merge", *files, "--path", judged, "--policy", "observe", "--format", "json")
    whole = scan(run, judged, *QUICK, "--policy", "observe", "--format", "json")
    assert merged == whole


def test_a_branch_in_shards_is_compared_with_its_merge_base(run, committed, git, tmp_path):
    root = shutil.copytree(EXAMPLES / "oscar", tmp_path / "shop")
    key = f'KEY = "{planted.stripe()}"\n'
    (root / "keys.py").write_text(key)
    committed(root)
    git(root, "branch", "base")
    git(root, "checkout", "-qb", "feature")
    git(root, "mv", "keys.py", "moved.py")
    (root / "more.py").write_text(key + "eval(x)\n")
    (root / "shopsec.toml").write_text('skip = ["bandit"]\n')
    git(root, "add", "-A")
    git(root, "commit", "-qm", "second")
    document = check_same(run, root, tmp_path, (1, 3), "--base-ref", "base")
    states = {
        each["finding"]["rule_id"]: each["state"]
        for each in document["results"]
        if each["finding"]["location"]["uri"] in {"more.py", "moved.py", "shopsec.toml"}
    }
    assert states["bandit.B307"] == "new"
    assert states["secrets.stripe-live-key"] == "unchanged"
    files = shards(run, root, tmp_path / "shards", 3, "--base-ref", "base")
    assert run("merge", *files[1:], "--path", root)[0] == 1  # a key that is new fails all the same
    git(root, "commit", "-q", "--allow-empty", "-m", "third")
    git(root, "branch", "-f", "base")
    assert "is of another commit" in run("merge", *files, "--path", root)[1]


def test_images_are_scanned_by_one_shard(run, committed, tmp_path, monkeypatch, fake_trivy):
    environ = fake_trivy("print('{}')\n")
    monkeypatch.setenv("PATH", environ["PATH"])
    root = committed(shutil.copytree(EXAMPLES / "shop", tmp_path / "shop"))
    document = check_same(run, root, tmp_path, (3,), "--image", "shop:1")
    assert document["images"] == 1


def test_a_folder_of_a_repository(run, committed, tmp_path):
    top = tmp_path / "all"
    shutil.copytree(EXAMPLES / "oscar", top / "shops" / "oscar")
    (top / "other.py").write_text("eval(x)\n")
    committed(top)
    document = check_same(run, top / "shops" / "oscar", tmp_path, (3,), *QUICK)
    assert document["repository"]["path_in_repository"] == "shops/oscar"


@pytest.mark.parametrize("policy", ["small-team", "observe"])
def test_a_missing_shard_is_incomplete_and_its_files_are_named(run, committed, tmp_path, policy):
    root = tmp_path / "shop"
    root.mkdir()
    for name in "abcdef":
        (root / f"{name}.py").write_text("x = 1\n")
    (root / "Dockerfile").write_text("FROM node:12\n")
    committed(root)
    files = shards(run, root, tmp_path / "shards", 3, *QUICK, "--policy", policy)
    code, text = run("merge", files[0], files[2], "--path", root, "--format", "json")
    document = json.loads(text)
    assert (code, document["decision"]["outcome"]) == (3, "incomplete")
    runs = {each["scanner"]: each for each in document["coverage"]}
    assert (runs["shards"]["handed_in"], runs["shards"]["covered"]) == (3, 2)
    for scanner, covered in (("bandit", 4), ("secrets", 5)):
        assert (runs[scanner]["status"], runs[scanner]["covered"]) == ("partial", covered)
        (group,) = runs[scanner]["not_covered"]
        assert group["reason"] == "shard 2 of 3 is missing"
        assert [item["name"] for item in group["items"]] == ["a.py", "d.py"]
    assert runs["access"]["status"] == "succeeded"
    code, text = run("merge", files[1], files[2], "--path", root, "--format", "json")
    runs = {each["scanner"]: each for each in json.loads(text)["coverage"]}
    assert (code, runs["access"]["status"]) == (3, "missing")
    assert runs["access"]["message"] == "shard 1 of 3 is missing"
    assert "shard 1 of 3 is missing" in run("merge", *files[1:], "--path", root)[1]


@pytest.fixture
def two(run, committed, tmp_path):
    """A shop, and the files of its two shards."""
    root = committed(shutil.copytree(EXAMPLES / "shop", tmp_path / "shop"))
    return root, shards(run, root, tmp_path / "shards", 2, *QUICK)


def test_a_shard_holds_neither_a_secret_nor_a_path_of_the_machine(run, committed, tmp_path):
    root = tmp_path / "shop"
    root.mkdir()
    (root / "a.py").write_text(f'password = "hq7-Blue-Sky!"\nkey = "{planted.stripe()}"\n')
    (file,) = shards(run, committed(root), tmp_path / "shards", 1, *QUICK)
    text = file.read_text()
    assert "secrets.stripe-live-key" in text
    assert "Blue" not in text
    assert planted.stripe()[8:28] not in text
    assert str(tmp_path) not in text


def edited(file, change, *, again=False):
    """Change a shard's file; ``again`` makes its digest that of the changed one."""
    document = json.loads(file.read_text())
    change(document)
    if again:
        body = {key: each for key, each in document.items() if key not in {"schema", "digest"}}
        document["digest"] = digest_of(body)
    file.write_text(json.dumps(document))


def test_what_was_changed_after_the_shard_wrote_it_is_refused(run, two):
    root, files = two
    edited(files[0], lambda document: document["outcomes"]["today"].pop())
    code, said = run("merge", *files, "--path", root)
    assert (code, said.splitlines()[0]) == (
        2, f"{files[0]}: is not what the shard wrote: its own hash differs",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda document: document.update(shard=3), "is no shard 3 of 2"),
        (lambda document: document.update(more=1), "more is not as a shard writes it"),
        (lambda document: document["request"].update(today=7), "request.today is not as"),
        (lambda document: document["outcomes"]["today"].pop(), "has results of "),
        (lambda document: [each.update(rules=[]) for each in document["outcomes"]["today"]],
         "has findings of "),
    ],
)  # fmt: skip
def test_what_no_shard_writes_is_refused_whatever_its_digest(run, two, change, told):
    root, files = two
    edited(files[0], change, again=True)
    code, said = run("merge", *files, "--path", root)
    assert (code, said.startswith(f"{files[0]}: {told}")) == (2, True), said


def test_another_version_is_refused(run, two):
    root, files = two
    edited(files[1], lambda document: document.update(version="0.0.1"))
    assert run("merge", *files, "--path", root)[1].startswith(f"{files[1]}: is of shopsec 0.0.1")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is not JSON, or not all of it"),
        (b'{"schema": "shopsec-shard-1", ', "is not JSON, or not all of it"),
        (b"[" * 100_000, "is not JSON, or not all of it"),
        (b"\xff\xfe\x00", "is not JSON, or not all of it"),
        (b"[]", "is no result of shopsec"),
        (b'{"schema": "sarif"}', "is no result of shopsec"),
        (b'{"schema": "shopsec-shard-1"}', "is of shopsec None, this is "),
    ],
)  # fmt: skip
def test_what_is_no_result_is_refused(run, two, content, told):
    root, files = two
    files[0].unlink()
    if content is not None:
        files[0].write_bytes(content)
    code, said = run("merge", *files, "--path", root)
    assert (code, said.startswith(f"{files[0]}: {told}")) == (2, True), said


def test_shards_that_do_not_belong_together_are_refused(run, two, tmp_path):
    root, files = two
    others = shards(run, root, tmp_path / "three", 3, *QUICK)
    code, said = run("merge", files[0], others[1], "--path", root)
    assert (code, said.splitlines()[0]) == (
        2, f"{others[1]}: is one of 3 shards, {files[0]} one of 2",
    )  # fmt: skip
    copy = tmp_path / "copy.json"
    shutil.copy(files[0], copy)
    code, said = run("merge", files[0], copy, files[1], "--path", root)
    assert (code, said.splitlines()[0]) == (2, f"{copy}: is shard 1 of 2, as {files[0]} is")
    (only,) = shards(run, root, tmp_path / "one", 1, "--only", "bandit")
    edited_to_two = scan(
        run, root, "--shard", "2/2", "--only", "bandit", "--output", f"shard={only}"
    )
    assert edited_to_two[0] == 0
    code, said = run("merge", files[0], only, "--path", root)
    assert (code, "was scanned with --only ('bandit',)" in said) == (2, True)


def test_another_commit_other_files_and_other_settings_are_refused(run, two, git, tmp_path):
    root, files = two
    merge = ("merge", *files, "--path", root)
    (root / "untracked.txt").write_text("a")
    assert f"{files[0]}: is of other files: 10, here 11\n" in run(*merge)[1]
    (root / "untracked.txt").unlink()
    (root / "README.md").write_text("another\n")
    assert "is of a checkout with other changes" in run(*merge)[1]
    git(root, "commit", "-qam", "second")
    assert run(*merge)[0] == 2
    assert "is of another commit: " in run(*merge)[1]
    git(root, "checkout", "-q", "HEAD~1")
    git(root, "remote", "add", "origin", "https://example.org/other.git")
    assert "is of another repository" in run(*merge)[1]


def test_contents_that_no_commit_vouches_for_are_compared(run, tmp_path):
    root = tmp_path / "shop"
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    files = shards(run, root, tmp_path / "shards", 2, *QUICK)
    assert run("merge", *files, "--path", root)[0] == 3  # of what is not asked for
    (root / "a.py").write_text("x = 2\n")
    code, said = run("merge", *files, "--path", root)
    assert (code, said.splitlines()[0]) == (2, f"{files[0]}: is of other files")


def test_another_salt_is_refused(run, two, monkeypatch):
    root, files = two
    monkeypatch.setenv("SHOPSEC_SALT", "ours")
    assert f"{files[0]}: tells secrets apart otherwise" in run("merge", *files, "--path", root)[1]


def test_gitlab_tells_which_shard_it_is(run, two, tmp_path, monkeypatch):
    root, files = two
    monkeypatch.setenv("CI_NODE_INDEX", "2")
    monkeypatch.setenv("CI_NODE_TOTAL", "2")
    file = tmp_path / "auto.json"
    code, said = scan(run, root, "--shard", "auto", *QUICK, "--output", f"shard={file}")
    assert (code, said.split(":")[0]) == (0, "shard 2 of 2")
    assert file.read_bytes() == files[1].read_bytes()
    monkeypatch.setenv("CI_NODE_INDEX", "3")
    code, said = scan(run, root, "--shard", "auto")
    assert code == 2
    assert said.startswith("--shard auto: CI_NODE_INDEX=3 CI_NODE_TOTAL=2: is no shard")
    monkeypatch.delenv("CI_NODE_INDEX")
    code, said = scan(run, root, "--shard", "auto")
    assert (code, "are not both set" in said) == (2, True)


@pytest.mark.parametrize(
    "text", ["0/4", "5/4", "1/0", "1", "a/b", "1/4/2", "-1/4", "1/1001", "²/4"]
)
def test_what_is_no_shard_is_refused(run, tmp_path, text):
    code, said = scan(run, tmp_path, "--shard", text)
    assert (code, said.splitlines()[0]) == (2, f"--shard {text}: is no shard")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--format", "json"), "--shard: one shard has no json report"),
        (("--output", "html=a.html"), "--shard: one shard has no html report"),
        (("--output", "shard=a.txt"), "must end in .json"),
        (("--output", "shard=a.json", "--output", "shard=b.json"), "is given twice"),
        (("--staged",), "--shard goes not with --staged"),
    ],
)
def test_a_shard_has_no_report(run, tmp_path, arguments, told):
    arguments = [arguments[0], *arguments[1:]]
    paths = [] if "--staged" in arguments else [tmp_path]
    code, said = run("scan", *paths, "--shard", "1/2", *arguments)
    assert (code, told in said) == (2, True), said


def test_a_shard_is_only_an_output_of_shards(run, tmp_path):
    code, said = scan(run, tmp_path, "--output", f"shard={tmp_path / 'a.json'}")
    assert (code, "must be FORMAT=FILE" in said) == (2, True)


def test_more_shards_than_files(run, committed, tmp_path):
    root = tmp_path / "shop"
    root.mkdir()
    (root / "a.py").write_text("eval(x)\n")
    check_same(run, committed(root), tmp_path, (7,), *QUICK)


def test_nothing_to_scan(run, committed, tmp_path):
    root = tmp_path / "shop"
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    committed(root)
    (root / "a.py").unlink()
    check_same(run, root, tmp_path, (2,), *QUICK)
