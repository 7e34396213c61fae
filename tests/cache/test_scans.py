"""Scans with results of former ones: what has not changed is not looked at, what has is."""

import base64
import importlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from shopsec.cli.main import cli
from shopsec.model import Area, Severity, Status
from shopsec.scan.access import resources
from shopsec.scan.base import Ledger
from shopsec.scan.cache.recall import ALIKE
from shopsec.scan.cache.store import ResultStore
from shopsec.scan.code import bandit, bandit_workers
from shopsec.scan.code.bandit_workers import Answer
from shopsec.scan.host import Host
from shopsec.scan.registry import all_scanners
from shopsec.scan.secrets import joining, searching

KEY = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc"
PASSWORD = "hunter" + "Xk3!valley"
EVAL = "def price(text):\n    return eval(text)\n"
WORKFLOW = """\
on: pull_request_target
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{ github.event.pull_request.head.sha }}
      - run: ./deploy.sh
        env:
          TOKEN: ${{ secrets.DEPLOY_TOKEN }}
"""


@pytest.fixture
def scanned(target_of, tmp_path):
    """Scan a folder with one scanner and a cache; findings by place, and the ledger's entry."""

    def scan(root: Path, name: str, today: str = "", cache: str = "cache", **options):
        target, host = target_of(root, **options)
        host.results = ResultStore(str(tmp_path / cache))
        if today:
            target = replace(target, today=today)
        (scanner,) = [each for each in all_scanners() if each.name == name]
        return scanner.scan(target, host)

    return scan


def places(outcome):
    return sorted((str(each.location), each.rule_id) for each in outcome.findings)


@pytest.fixture
def no_bandit(monkeypatch):
    """bandit must not be started from now on."""

    def forbid():
        def scan(asked, *_):
            assert asked == []
            return []

        monkeypatch.setattr(bandit, "ask", scan)

    return forbid


def test_bandit_sees_changed_files_only(tree, scanned, monkeypatch):
    root = tree({"a.py": EVAL, "b.py": "print(1)\n", "c.py": "x = \n"})
    first = scanned(root, "bandit")
    assert places(first) == [("a.py:2", "bandit.B307")]
    asked: list[str] = []
    original = bandit_workers.ask

    def scan(files, *rest):
        asked.extend(each.file.uri for each in files)
        return original(files, *rest)

    monkeypatch.setattr(bandit, "ask", scan)
    again = scanned(root, "bandit")
    assert asked == []
    assert again == first
    (root / "b.py").write_text("\n" + EVAL)
    changed = scanned(root, "bandit")
    assert asked == ["b.py"]
    assert places(changed) == [("a.py:2", "bandit.B307"), ("b.py:3", "bandit.B307")]
    assert [group.reason for group in changed.run.not_covered] == [
        group.reason for group in first.run.not_covered
    ]
    (root / "b.py").write_text("print(1)\n")
    assert scanned(root, "bandit") == first
    assert asked == ["b.py"]


def test_what_silences_bandit_is_counted_again(tree, scanned, no_bandit):
    root = tree({"a.py": "eval(input())  # nosec\n"})
    first = scanned(root, "bandit")
    no_bandit()
    again = scanned(root, "bandit")
    assert again == first
    assert [(each.reason, each.count) for each in again.run.excluded] == [
        ("findings silenced by # nosec", 1)
    ]


def test_a_file_that_moves_into_the_tests_is_judged_as_one(tree, scanned):
    root = tree({"app/a.py": "assert price > 0\nimport pickle\npickle.loads(x)\n"})
    first = scanned(root, "bandit")
    (root / "tests").mkdir()
    (root / "app" / "a.py").rename(root / "tests" / "test_a.py")
    moved, cold = scanned(root, "bandit"), scanned(root, "bandit", cache="other")
    assert moved == cold
    assert places(moved) != places(first)


def test_bandit_that_ran_out_of_time_is_asked_again(tree, scanned, monkeypatch):
    root = tree({"a.py": EVAL})
    monkeypatch.setattr(bandit, "ask", lambda asked, *_: [Answer(missed="timed out")] * len(asked))
    assert scanned(root, "bandit").run.status is Status.FAILED
    monkeypatch.undo()
    assert places(scanned(root, "bandit")) == [("a.py:2", "bandit.B307")]


def test_a_file_that_changes_under_bandit_is_kept_as_it_was_judged(
    tree, scanned, monkeypatch, no_bandit
):
    root = tree({"a.py": "print(1)\n"})
    original = bandit_workers.ask

    def scan(*arguments):
        (root / "a.py").write_text("eval(1)\n")
        return original(*arguments)

    monkeypatch.setattr(bandit, "ask", scan)
    assert places(scanned(root, "bandit")) == [("a.py:1", "bandit.B307")]
    monkeypatch.undo()
    (root / "a.py").write_text("print(1)\n")
    assert places(scanned(root, "bandit")) == []
    (root / "a.py").write_text("eval(1)\n")
    no_bandit()
    assert places(scanned(root, "bandit")) == [("a.py:1", "bandit.B307")]


@pytest.mark.parametrize("name", ["secrets", "bandit"])
def test_a_first_scan_reads_no_file_for_its_digest_alone(tree, scanned, monkeypatch, name):
    root = tree({"a.py": f"{EVAL}STRIPE = '{KEY}'\n", "b.txt": "nothing\n"})
    with monkeypatch.context() as patched:
        patched.setattr(Host, "digest", None)
        first = scanned(root, name)
    assert len(first.findings) == 1
    assert scanned(root, name) == first


def test_secrets_of_unchanged_files_are_not_searched_for(tree, scanned, monkeypatch):
    root = tree({"a.env": f"STRIPE={KEY}\n", "b.txt": "nothing\n", "c.png": b"\x89PNG\0\0"})
    first = scanned(root, "secrets")
    assert places(first) == [("a.env:1", "secrets.stripe-live-key")]
    searched: list[str] = []
    original = searching.search_file

    def search(file, *rest):
        searched.append(file.uri)
        return original(file, *rest)

    monkeypatch.setattr(searching, "search_file", search)
    assert scanned(root, "secrets") == first
    assert searched == []
    (root / "b.txt").write_text(f"\nstripe = '{KEY}'\n")
    second = scanned(root, "secrets")
    assert searched == ["b.txt"]
    assert second == scanned(root, "secrets", cache="other")
    (finding,) = second.findings
    assert "(2 places)" in finding.message


def test_places_of_one_password_are_told_from_those_of_others(tree, scanned, monkeypatch):
    """Digests of what people choose are cut short, so such files are searched once more."""
    monkeypatch.setattr("shopsec.scan.secrets.redaction._SHORT_DIGEST", 0)
    root = tree({f"{name}.env": f"DB_PASSWORD={value}\n" for name, value in (
        ("a", PASSWORD), ("b", PASSWORD), ("c", PASSWORD[::-1]),
    )})  # fmt: skip
    cold = scanned(root, "secrets")
    assert sorted(len(each.related) for each in cold.findings) == [0, 1]
    searched: list[str] = []
    original = searching.search_file

    def search(file, *rest):
        searched.append(file.uri)
        return original(file, *rest)

    monkeypatch.setattr(joining, "search_file", search)
    assert scanned(root, "secrets") == cold
    assert searched == ["a.env", "b.env", "c.env"]


def test_a_token_expires_whatever_was_found_before(tree, scanned):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    expires = 1_800_000_000  # 2027-01-15
    token = ".".join((
        part({"alg": "HS256", "typ": "JWT"}),
        part({"sub": "shop-admin-77", "exp": expires}),
        "q8Yw3kZt0Vn5Rb2Xc7Md4Lf6Hs9Jp1Ga_TuEoIyWzQk",
    ))  # fmt: skip
    root = tree({"app/settings.py": f"TOKEN = '{token}'\n"})
    before = scanned(root, "secrets", today="2027-01-14")
    after = scanned(root, "secrets", today="2027-01-16")
    assert [each.severity is Severity.INFO for each in before.findings] == [False]
    assert [each.severity is Severity.INFO for each in after.findings] == [True]


def test_another_salt_gives_other_digests(tree, scanned, monkeypatch):
    root = tree({"a.env": f"STRIPE={KEY}\n"})
    (first,) = scanned(root, "secrets").findings
    monkeypatch.setenv("SHOPSEC_SALT", "ours")
    (second,) = scanned(root, "secrets").findings
    monkeypatch.delenv("SHOPSEC_SALT")
    assert first.symbol != second.symbol
    assert scanned(root, "secrets").findings == (first,)


def test_what_people_said_later_counts(tree, scanned):
    root = tree({"a.env": f"STRIPE={KEY}\n"})
    assert len(scanned(root, "secrets").findings) == 1
    (root / ".gitleaksignore").write_text("a.env:stripe:1\n")
    silenced = scanned(root, "secrets")
    assert silenced.findings == ()
    assert silenced == scanned(root, "secrets", cache="other")
    assert silenced == scanned(root, "secrets")
    (root / ".gitleaksignore").unlink()
    assert len(scanned(root, "secrets").findings) == 1


def test_neither_values_nor_lines_are_in_the_cache(tree, scanned, tmp_path):
    line = "this_is_a_line_of_the_shop = compute(total)"
    root = tree({
        "a.env": f"STRIPE={KEY}\nDB_PASSWORD={PASSWORD}\n",
        "b.py": f"{line}\nsubprocess.call('{PASSWORD}', shell=True)\npassword = '{PASSWORD}'\n",
        ".github/workflows/a.yml": WORKFLOW,
    })  # fmt: skip
    for name in ("secrets", "bandit", "access"):
        assert scanned(root, name).findings != ()
    held = (tmp_path / "cache" / "results.sqlite3").read_bytes()
    assert b"secrets.stripe-live-key" in held
    for text in (KEY, PASSWORD, KEY[4:-2], line, "compute(total)", "./deploy.sh"):
        assert text.encode() not in held


@pytest.fixture
def no_rules(monkeypatch):
    """Rules must not be loaded from now on."""

    def forbid():
        def load(*_):
            raise AssertionError("rules are loaded")

        monkeypatch.setattr("shopsec.scan.access.scanner.load_rules", load)

    return forbid


def test_rules_are_not_even_loaded_where_nothing_changed(tree, scanned, no_rules):
    root = tree({".github/workflows/a.yml": WORKFLOW, "a.txt": "one"})
    first = scanned(root, "access")
    assert first.findings != ()
    no_rules()
    assert scanned(root, "access") == first
    (root / "a.txt").write_text("a file that no rule reads, of another size")
    assert scanned(root, "access") == first


@pytest.mark.parametrize("change", ["content", "new", "gone", "day", "large", "settings"])
def test_rules_are_asked_again_where_something_changed(tree, scanned, no_rules, change):
    root = tree({".github/workflows/a.yml": WORKFLOW, "a.txt": "one"})
    scanned(root, "access")
    options: dict[str, object] = {}
    if change == "content":
        (root / ".github/workflows/a.yml").write_text(WORKFLOW + "# \n")
    elif change == "new":
        (root / "Dockerfile").write_text("FROM debian:7\n")
    elif change == "gone":
        (root / "a.txt").unlink()
    elif change == "day":
        options["today"] = "2031-01-01"
    elif change == "large":
        (root / "a.txt").write_text("x" * (ALIKE + 1))
    else:
        options["rules"] = {"DEPLOY-001": "off"}
    no_rules()
    with pytest.raises(AssertionError, match="rules are loaded"):
        scanned(root, "access", **options)


def test_going_back_to_a_former_state_needs_no_rules(tree, scanned, no_rules):
    root = tree({".github/workflows/a.yml": WORKFLOW})
    first = scanned(root, "access")
    (root / ".github/workflows/a.yml").write_text(WORKFLOW.replace("checkout@v4", "checkout@v3"))
    scanned(root, "access")
    (root / ".github/workflows/a.yml").write_text(WORKFLOW)
    no_rules()
    assert scanned(root, "access") == first


def test_a_bug_is_not_remembered(tree, scanned, monkeypatch):
    root = tree({".github/workflows/a.yml": WORKFLOW})

    def broken(*_):
        raise MemoryError

    monkeypatch.setattr("shopsec.scan.access.scanner._of_file", broken)
    assert scanned(root, "access").run.status is Status.PARTIAL
    monkeypatch.undo()
    assert scanned(root, "access").run.status is Status.SUCCEEDED


def test_another_trivy_is_asked_again(tree, scanned, fake_trivy):
    root = tree({"Dockerfile": "FROM debian:7\n"})
    broken = scanned(root, "trivy-config", environ=fake_trivy("sys.exit(1)"))
    assert broken.run.status is Status.FAILED
    other = scanned(root, "trivy-config", environ=fake_trivy("sys.exit(2)", version="0.75.0"))
    assert other.run.version == "0.75.0"


def test_a_cache_in_the_repository_is_not_used(tree, tmp_path):
    root = tree({"a.py": EVAL})
    for folder, used in ((root / ".cache", False), (tmp_path / "cache", True)):
        host = Host(
            str(root), 1, offline=True, environ={}, cache=str(folder),
            results=ResultStore(str(folder)),
        )  # fmt: skip
        assert (host.results is not None) is used


def test_of_a_repository_no_part_is_trusted_where_one_folder_is_scanned(tree, tmp_path):
    root = tree({"shop/a.py": EVAL, "bin/trivy": "#!/bin/sh\n"})
    (root / ".git").mkdir()
    (root / "bin" / "trivy").chmod(0o755)
    host = Host(
        str(root / "shop"), 1, offline=True, environ={"PATH": str(root / "bin")},
        cache=str(root / ".cache"), results=ResultStore(str(root / ".cache")),
    )  # fmt: skip
    assert host.results is None
    assert host.which("trivy") != str(root / "bin" / "trivy")
    assert "scanned repository" in host.why_not_run(str(root / "bin" / "trivy"))


def test_a_history_is_searched_anew_where_the_repository_brings_its_cache(tree, git, monkeypatch):
    root = tree({"a.py": f'STRIPE = "{KEY}"\n'})
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "key")
    (root / "a.py").write_text("x = 1\n")
    git(root, "commit", "-qam", "no key")
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / ".cache"))
    command = ["scan", str(root), "--history", "--only", "secrets", "--offline", "-q"]
    ended = CliRunner().invoke(cli, command)
    assert "neither in the files any more" in ended.stdout
    assert not (root / ".cache").exists()


def test_books_of_parts_add_up():
    whole, part = Ledger("a", Area.CODE), Ledger("a", Area.CODE, handed_in=-1)
    part.exclude("binary files")
    whole.handed_in = 3
    whole.add(part)
    whole.add(part)
    assert (whole.handed_in, whole.excluded) == (1, {"binary files": 2})


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("compose_stack", "_SCRIPT_BYTES"),
        ("kubernetes", "_JSON_BYTES"),
        ("kubernetes", "_VALUES_BYTES"),
        ("compose_users", "_BYTES"),
        ("github_follow", "_LARGEST"),
        ("pipeline_texts", "_LARGEST"),
    ],
)
def test_no_rule_tells_sizes_apart_that_are_alike_here(module, name):
    found = importlib.import_module(f"shopsec.scan.access.resources.{module}")
    assert getattr(found, name) >= ALIKE


def test_that_list_of_sizes_is_whole():
    folder = Path(resources.__file__).parent
    asking = {
        path.stem
        for path in folder.glob("*.py")
        if any(word in path.read_text() for word in ("file.size", "found.size"))
    }
    assert asking == {
        "compose_stack", "compose_users", "github_follow", "kubernetes", "pipeline_texts",
    }  # fmt: skip
