"""``shopsec scan --staged``: what a commit hook runs."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from shopsec.cli import hook
from shopsec.config import Limits
from shopsec.model import Role, SourceFile
from shopsec.scan.access.examples import files_of
from shopsec.scan.access.resources.registry import sources_of
from shopsec.scan.access.scanner import load_rules
from tests.secrets import planted

CLEAN = "def total(prices):\n    return sum(prices)\n"
SECRET = f'STRIPE = "{planted.stripe()}"\n'


def staged(root, *arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "shopsec", "scan", "--staged", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environ,
    )


@pytest.fixture
def shop(tree, git):
    """A repository with one commit."""
    root = tree({"shop.py": CLEAN})
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


def test_nothing_staged_is_nothing_to_say(shop):
    done = staged(shop)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"PRE_COMMIT": "1", "CI": "true"}, 2),
        ({"PRE_COMMIT": "1", "CI": "false"}, 0),
        ({"PRE_COMMIT": "1", "CI": ""}, 0),
        ({"PRE_COMMIT": "", "CI": "true"}, 0),
    ],
)
def test_nothing_staged_in_a_pipeline_is_no_pass(shop, git, environ, code):
    """``pre-commit run --all-files`` there would look at nothing, and look clean."""
    done = staged(shop, "--quiet", **environ)
    assert done.returncode == code, done.stderr
    assert ("nothing would be scanned" in done.stderr) is (code == 2)
    assert ("shopsec-full" in done.stderr) is (code == 2)
    (shop / "more.py").write_text(CLEAN)
    git(shop, "add", "-A")
    assert staged(shop, "--quiet", **environ).returncode == 0


def test_the_index_counts_and_not_the_working_tree(shop, git):
    (shop / "shop.py").write_text(CLEAN + SECRET)
    assert staged(shop).returncode == 0
    git(shop, "add", "shop.py")
    (shop / "shop.py").write_text(CLEAN)
    done = staged(shop)
    assert done.returncode == 1
    assert "Live Stripe secret key in a file" in done.stdout
    assert "shop.py:3" in done.stdout
    assert not [part for part in planted.parts() if part in done.stdout + done.stderr]


def test_only_the_files_that_are_named(shop, git):
    (shop / "a.py").write_text(SECRET)
    (shop / "b.py").write_text(CLEAN)
    git(shop, "add", "-A")
    assert staged(shop, "b.py").returncode == 0
    assert staged(shop, "a.py", "b.py").returncode == 1


def test_a_name_that_is_nowhere_is_a_mistake(shop, git):
    done = staged(shop, "shop.py", "nope.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nope.py: is neither here nor in git's index nor in HEAD" in done.stderr
    (shop / "apps").mkdir()
    assert "nope.py" in staged(shop / "apps", "nope.py").stderr


def test_deleted_files_may_be_named(shop, git):
    (shop / "apps").mkdir()
    (shop / "apps" / "a.py").write_text(CLEAN)
    (shop / "[b].py").write_text(SECRET)
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "second")
    git(shop, "rm", "-q", "apps/a.py")
    assert staged(shop, "apps/a.py", "apps").returncode == 0  # HEAD has it
    (shop / "shop.py").unlink()
    assert staged(shop, "shop.py").returncode == 0  # the index has it
    (shop / "[b].py").write_text(SECRET + CLEAN)
    git(shop, "add", "[b].py")
    (shop / "[b].py").unlink()
    assert staged(shop, "[b].py").returncode == 1
    assert staged(shop, "b.py").returncode == 2


def test_a_name_before_the_first_commit(tree, git):
    root = tree({"a.py": SECRET})
    git(root, "init", "-q")
    git(root, "add", "-A")
    (root / "a.py").unlink()
    assert staged(root, "a.py").returncode == 1
    assert staged(root, "nope.py").returncode == 2


def answered(value):
    entry = {
        "type": "Stripe Access Key", "is_secret": False,
        "hashed_secret": hashlib.sha1(value.encode()).hexdigest(),
    }  # fmt: skip
    return json.dumps({"version": "1.5.0", "results": {"a.py": [entry]}})


@pytest.mark.parametrize(
    ("name", "content"),
    [(".gitleaksignore", "a.py:stripe:1\n"), (".secrets.baseline", answered(planted.stripe()))],
)
def test_what_was_said_for_other_scanners_counts_as_the_index_has_it(shop, git, name, content):
    (shop / "a.py").write_text(SECRET)
    (shop / name).write_text(content)
    git(shop, "add", "a.py")
    assert staged(shop).returncode == 1  # the answer is not staged
    git(shop, "add", name)
    assert staged(shop).returncode == 0
    git(shop, "commit", "-qm", "second", "--only", name)
    (shop / name).unlink()
    assert staged(shop).returncode == 0  # nor changed by this commit
    assert staged(shop, "a.py").returncode == 0
    git(shop, "rm", "-q", "--cached", name)
    assert staged(shop).returncode == 1


def test_what_was_said_in_a_folder_of_the_repository(shop, git):
    (shop / "apps").mkdir()
    (shop / "apps" / "a.py").write_text(SECRET)
    (shop / ".gitleaksignore").write_text("a.py:stripe:1\n")
    git(shop, "add", "-A")
    assert staged(shop / "apps").returncode == 1
    (shop / "apps" / ".gitleaksignore").write_text("a.py:stripe:1\n")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "second", "apps/.gitleaksignore")
    assert staged(shop / "apps").returncode == 0


def test_a_baseline_that_cannot_be_used_is_named(shop, git):
    (shop / ".secrets.baseline").write_text("[")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "second")
    (shop / "a.py").write_text(SECRET)
    git(shop, "add", "-A")
    done = staged(shop)
    assert done.returncode == 1
    assert ".secrets.baseline" in done.stdout
    assert "silences nothing" in done.stdout


def test_a_folder_of_the_repository(shop, git):
    (shop / "apps").mkdir()
    (shop / "apps" / "a.py").write_text(SECRET)
    git(shop, "add", "-A")
    done = staged(shop / "apps")
    assert done.returncode == 1
    assert "apps/a.py:1" in done.stdout


def test_rules_about_staged_files(shop, git):
    (shop / ".github" / "workflows").mkdir(parents=True)
    (shop / ".github" / "workflows" / "pr.yml").write_text(
        "on: pull_request_target\n"
        "jobs:\n"
        "  test:\n"
        "    runs-on: ubuntu-latest\n"
        "    steps:\n"
        "      - uses: actions/checkout@v4\n"
        "        with: {ref: '${{ github.event.pull_request.head.sha }}'}\n"
        "      - run: npm ci && npm test\n"
        "        env: {KEY: '${{ secrets.KEY }}'}\n"
    )
    git(shop, "add", "-A")
    done = staged(shop)
    assert done.returncode == 1
    assert "DEPLOY-001" in done.stdout
    # What is not in the commit cannot be said to be missing.
    assert "TRACE-001" not in done.stdout


@pytest.mark.parametrize("name", ["sha1", "sha256"])
def test_before_the_first_commit(tree, git, name):
    root = tree({"a.py": SECRET})
    git(root, "init", "-q", f"--object-format={name}")
    git(root, "add", "-A")
    assert staged(root).returncode == 1


def test_deleted_renamed_and_linked_files(shop, git):
    (shop / "old.py").write_text(SECRET)
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "second")
    git(shop, "rm", "-q", "old.py")
    os.symlink("/etc/passwd", shop / "link")
    git(shop, "add", "-A")
    assert staged(shop).returncode == 0


def test_an_index_of_a_partial_commit(shop, git, tmp_path):
    (shop / "a.py").write_text(SECRET)
    index = tmp_path / "index"
    git(shop, "add", "a.py", GIT_INDEX_FILE=str(index))
    assert staged(shop).returncode == 0
    assert staged(shop, GIT_INDEX_FILE=str(index)).returncode == 1


def test_a_plain_folder_is_told(tree):
    done = staged(tree({"a.py": CLEAN}))
    assert done.returncode == 2
    assert "not a git repository" in done.stderr


def test_a_file_too_large_is_named(shop, git):
    (shop / "big.csv").write_text("a,b\n" * 1_300_000)
    git(shop, "add", "-A")
    done = staged(shop)
    assert done.returncode == 3
    assert "big.csv" in done.stdout


def test_the_short_way_imports_nothing_heavy(shop):
    code = (
        "import sys; from shopsec.cli.hook import nothing_to_say; assert nothing_to_say([]);"
        "heavy = {'pydantic', 'yaml', 'click', 'git', 'rich', 'cel_expr_python', 'detect_secrets',"
        " 'shopsec.model', 'shopsec.config'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=shop, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_short_way_has_the_limits_of_the_long_one():
    limits = Limits()
    assert (limits.file_bytes, limits.file_seconds) == (hook.LIMIT, hook.SECONDS_A_FILE)


def test_options_take_the_long_way(shop):
    assert not hook.nothing_to_say(["--format", "json"], str(shop))
    assert hook.nothing_to_say(["-q"], str(shop))


def test_no_file_that_a_rule_may_be_about_takes_the_short_way():
    examples = [
        example
        for rule in load_rules().rules
        for example in (*rule.spec.examples.bad, *rule.spec.examples.good)
    ]
    names = sorted({file.path for example in examples for file in files_of(example).files})
    missed = [
        name
        for name in names
        if sources_of(SourceFile(name, 1, Role.PRODUCTION, True))
        and not hook.FOR_RULES.search(name)
    ]
    assert missed == []
