"""What a branch makes worse is new, and what it leaves alone is known."""

import pytest

from shopsec.baseline.file import parse_baseline
from tests.baseline.conftest import against
from tests.baseline.test_merge_base import LONG
from tests.conftest import TODAY

HOLE = "import subprocess\n\n\ndef f(c):\n    subprocess.run(c, shell=True)\n"
ACCESS = ("--only", "access")


def workflow(*actions):
    steps = "".join(f"      - uses: {action}\n" for action in actions)
    return f"on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"


def states_of(ended, rule):
    results = ended.document["results"]
    return [each["state"] for each in results if each["finding"]["rule_id"] == rule]


CI = ".github/workflows/ci.yml"
TAKEN_OVER, ANOTHER = "tj-actions/changed-files@v44", "reviewdog/action-setup@v1"


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ({"a.txt": "x"}, "unchanged"),
        ({CI: "# of the shop\n" + workflow(TAKEN_OVER)}, "unchanged"),
        ({CI: workflow("actions/checkout@v4", TAKEN_OVER)}, "unchanged"),
        ({".github/workflows/deploy.yml": workflow(ANOTHER)}, "new"),
        ({CI: workflow(TAKEN_OVER, ANOTHER)}, "new"),
        ({CI: workflow(ANOTHER)}, "new"),
        ({CI: workflow(), ".github/workflows/deploy.yml": workflow(TAKEN_OVER)}, "new"),
    ],
)
def test_a_new_place_makes_a_result_of_the_repository_new(branch, commit, run, files, state):
    root = branch({CI: workflow(TAKEN_OVER)})
    commit(root, files)
    assert states_of(against(run, root, only=ACCESS), "DEPLOY-005") == [state]


def test_a_renamed_file_brings_no_new_place(branch, git, commit, run):
    both = workflow(TAKEN_OVER, ANOTHER)
    root = branch({CI: both, ".github/workflows/b.yml": workflow(TAKEN_OVER) + "# " + LONG[:99]})
    git(root, "mv", CI, ".github/workflows/checks.yml")
    commit(root, {})
    ended = against(run, root, only=ACCESS)
    assert states_of(ended, "DEPLOY-005") == ["unchanged"]
    assert ended.document["absent"] == []


def test_more_than_fifty_places_are_told_apart(branch, commit, run):
    names = [f".github/workflows/{number:02}.yml" for number in range(60)]
    root = branch(dict.fromkeys(names, workflow(TAKEN_OVER)))
    commit(root, {".github/workflows/98.yml": workflow()})
    assert states_of(against(run, root, only=ACCESS), "DEPLOY-005") == ["unchanged"]
    commit(root, {".github/workflows/99.yml": workflow(TAKEN_OVER)})
    assert states_of(against(run, root, only=ACCESS), "DEPLOY-005") == ["new"]


def test_a_baseline_keeps_the_number_of_places(shop, run):
    root = shop({CI: workflow(TAKEN_OVER, ANOTHER)})
    run("baseline create", root, "--include-fix-now", *ACCESS)
    file = root / "shopsec-baseline.json"
    known = {each.rule: each for each in parse_baseline(file.read_bytes(), "f")}
    assert known["DEPLOY-005"].places == 2
    assert file.read_text().count('"places": 2') == sum(each.places == 2 for each in known.values())
    assert '"places": 1,' not in file.read_text()

    def state():
        return states_of(run("scan", root, "--format", "json", *ACCESS), "DEPLOY-005")

    (root / CI).write_text(workflow(TAKEN_OVER))
    assert state() == ["unchanged"]
    (root / CI).write_text(workflow(TAKEN_OVER, ANOTHER, "tj-actions/changed-files@v43"))
    assert state() == ["new"]
    run("baseline update", root, "--include-fix-now", *ACCESS)
    assert state() == ["unchanged"]


def test_a_rename_to_a_worse_place_is_new(branch, git, commit, run):
    root = branch({"lib/a.py": LONG + HOLE, "lib/b.py": LONG.replace("1", "2") + HOLE})
    git(root, "mv", "lib/b.py", "lib/c.py")
    (root / "checkout").mkdir()
    git(root, "mv", "lib/a.py", "checkout/a.py")
    commit(root, {})
    found = {
        (each["finding"]["location"]["uri"], each["tier"]): each["state"]
        for each in against(run, root).document["results"]
        if each["finding"]["rule_id"] == "bandit.B602"
    }
    assert found == {("checkout/a.py", "sprint"): "new", ("lib/c.py", "planned"): "unchanged"}


def test_a_change_beside_an_equal_hole_makes_neither_new(branch, commit, run):
    root = branch({"checkout/x.py": HOLE, "zlib/y.py": HOLE})
    commit(root, {"zlib/y.py": HOLE + "# n\n"})
    ended = against(run, root)
    assert ended.states()["bandit.B602", "checkout/x.py"] == "unchanged"
    assert ended.states()["bandit.B602", "zlib/y.py"] == "unchanged"
    assert ended.document["absent"] == []
    commit(root, {"aaa/z.py": HOLE})
    states = against(run, root).states()
    assert {uri: state for (rule, uri), state in states.items() if rule == "bandit.B602"} == {
        "aaa/z.py": "new",
        "checkout/x.py": "unchanged",
        "zlib/y.py": "unchanged",
    }


ALLOWED = (
    f"eval(x)  # shopsec: allow bandit.B307 until {TODAY} by Bob because only the build runs it"
)


def test_a_file_with_other_ends_of_lines_is_unchanged(shop, commit, git, run, tmp_path):
    origin = shop(
        {"a.py": f"x = 1\n{ALLOWED}\n", "b.py": "x = 1\n", ".gitattributes": "*.py eol=crlf\n"}
    )
    git(origin, "branch", "base")
    commit(origin, {"b.py": "x = 2\n"})
    root = tmp_path / "clone"
    git(tmp_path, "clone", "-q", origin.as_uri(), str(root))
    git(root, "branch", "base", "origin/base")
    assert (root / "a.py").read_bytes().endswith(b"\r\n")
    (use,) = against(run, root).document["suppressions"]
    assert use["state"] == "used"
    (root / "a.py").write_text(f"x = 3\n{ALLOWED}\n")
    (use,) = against(run, root).document["suppressions"]
    assert use["state"] == "refused"


def test_what_somebody_told_git_not_to_look_at_is_looked_at(branch, git, run):
    root = branch({"a.py": "x = 1\n", "b.py": "x = 1\n"})
    git(root, "update-index", "--assume-unchanged", "a.py")
    git(root, "update-index", "--skip-worktree", "b.py")
    (root / "a.py").write_text("eval(x)\n")
    (root / "b.py").write_text("eval(x)\n")
    states = against(run, root).states()
    assert states["bandit.B307", "a.py"] == "new"
