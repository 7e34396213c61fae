"""What breaks a process that runs bandit costs one file."""

import sys

import pytest

from shopsec.errors import ScannerError
from shopsec.model import Status
from shopsec.scan.code import bandit_workers
from shopsec.scan.code.bandit import Bandit
from shopsec.scan.code.bandit_workers import Answer, Asked, ask

WORKER = """
import json, os, signal, sys, time
{before}
print("{{}}", flush=True)
while header := sys.stdin.buffer.readline():
    texts = [sys.stdin.buffer.read(size) for size in json.loads(header)["sizes"]]
    for text in texts:
        if text == b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if text == b"exit":
            os._exit(7)
        if text == b"hang":
            time.sleep(600)
        if text == b"print":
            print("x" * 20_000, flush=True)
        print("[]" if text == b"junk" else json.dumps({{"silenced": len(text)}}), flush=True)
"""


@pytest.fixture
def asking(tree, target_of, tmp_path, monkeypatch):
    """Ask of files what a program of the test answers instead of bandit."""

    def run(texts, before="", **limits):
        program = tmp_path / "worker.py"
        program.write_text(WORKER.format(before=before))
        target, host = target_of(tree(dict(texts)))
        monkeypatch.setattr(host, "python", lambda _: [sys.executable, "-I", str(program)])
        files = [file for file in target.files if file.path in texts]
        most = target.settings.limits.model_copy(update=limits)
        return dict(zip(texts, ask([Asked(file, ()) for file in files], most, host), strict=True))

    return run


def texts(**special):
    return {f"{letter}.py": special.get(letter, letter) for letter in "abcdefg"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("crash", "bandit was ended by SIGSEGV"),
        ("exit", "bandit ended with exit code 7"),
        ("hang", "bandit took longer than 1 s"),
        ("print", "bandit printed too much"),
        ("junk", "bandit gave no answer that can be read"),
    ],
)
@pytest.mark.parametrize("place", ["a", "d", "g"])
def test_only_the_file_that_breaks_a_process_has_no_verdict(asking, text, reason, place):
    answers = asking(texts(**{place: text}), file_seconds=1, output_bytes=10_000)
    assert answers.pop(f"{place}.py") == Answer(missed=reason)
    assert answers == dict.fromkeys(answers, Answer(silenced=1))


def test_every_file_may_break_its_process(asking):
    answers = asking(dict.fromkeys(texts(), "crash"))
    assert len(answers) == 7
    assert {each.missed for each in answers.values()} == {"bandit was ended by SIGSEGV"}


def test_a_process_that_cannot_start_is_said_once(asking):
    with pytest.raises(ScannerError) as caught:
        asking(texts(), before="raise SystemExit('No module named bandit')")
    assert caught.value.message == "bandit could not be started (No module named bandit)"


def test_a_process_that_is_ended_while_it_starts_costs_no_file(asking, tmp_path):
    once = f"open({str(tmp_path / 'ended')!r}, 'x')"
    before = f"""
try:
    {once}
    os.kill(os.getpid(), signal.SIGKILL)
except FileExistsError:
    pass
"""
    answers = asking(texts(), before=before)
    assert answers == dict.fromkeys(answers, Answer(silenced=1))
    assert len(answers) == 7


def test_a_process_that_hangs_while_it_starts_is_given_up(asking, monkeypatch):
    monkeypatch.setattr(bandit_workers, "_START_SECONDS", 0.5)
    with pytest.raises(ScannerError) as caught:
        asking(texts(), before="time.sleep(600)")
    assert caught.value.message == "bandit could not be started (timed out)"


def test_no_file_needs_no_process(asking):
    assert asking({}, before="raise SystemExit(1)") == {}


def test_files_that_the_time_of_the_scanner_does_not_reach_are_named(asking):
    answers = asking(dict.fromkeys(texts(), "hang"), scanner_seconds=1)
    assert {each.missed for each in answers.values()} == {"bandit had not come to it after 1 s"}


@pytest.mark.parametrize("jobs", [1, 4])
def test_the_number_of_processes_changes_nothing(tree, target_of, monkeypatch, jobs):
    monkeypatch.setattr(bandit_workers, "_WORTH_A_PROCESS", 10)
    monkeypatch.setattr(bandit_workers, "_FILES", 3)
    files = {f"shop/{n:02}.py": f"x = 1\n{'pass' + chr(10)}" * n + "eval(x)\n" for n in range(20)}
    target, host = target_of(tree(files | {"shop/07.py": "-" * 100_000 + "1"}))
    host.jobs = jobs
    outcome = Bandit().scan(target, host)
    assert [str(finding.location) for finding in outcome.findings] == [
        f"shop/{n:02}.py:{2 * n + 1}" for n in range(20) if n != 7
    ]
    (missed,) = outcome.run.not_covered
    assert missed.reason == "is nested too deeply or takes too much memory"
    assert [item.name for item in missed.items] == ["shop/07.py"]
    assert outcome.run.status is Status.PARTIAL


def test_a_process_knows_no_path_of_the_repository_and_none_of_its_modules(tree, target_of):
    files = {"ast.py": "raise SystemExit(7)\n", "bandit.py": "raise SystemExit(7)\n"}
    target, host = target_of(tree(files | {"a.py": "eval(x)\n"}))
    asked = [Asked(file, ()) for file in target.files]
    answers = ask(asked, target.settings.limits, host)
    assert [[issue.test_id for issue in each.issues] for each in answers] == [["B307"], [], []]
