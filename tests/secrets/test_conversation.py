"""Workers that stall, die, lie or say nothing: what they did not answer is named, never clean."""

import sys
import textwrap
import time

import pytest

from shopsec.model import Status
from shopsec.scan.host import Host
from shopsec.scan.secrets.detect_secrets import DetectSecrets
from tests.secrets import planted

FILES = {name: f'K = "{planted.stripe()}"\n' for name in ("a.py", "b.py", "c.py", "d.py")}


class HostWithWorker(Host):
    """Starts a script instead of the worker."""

    script = ""

    def python(self, module, *arguments):
        return [sys.executable, "-P", self.script, *arguments]


@pytest.fixture
def scan_with(tree, target_of, tmp_path):
    """Scan with a worker whose answers a test changes: ``answer(number, path)`` is its own."""

    def run(files, body, **settings):
        script = tmp_path / "worker.py"
        script.write_text(
            "import json, os, sys, time\n"
            "from shopsec.scan.secrets import worker\n"
            "real = worker.answer_for\n"
            "def say(text):\n"
            "    sys.stdout.write(text)\n"
            "    sys.stdout.flush()\n" + textwrap.dedent(body)
        )
        target, host = target_of(tree(files), **settings)
        host.__class__ = HostWithWorker
        host.script = str(script)
        return DetectSecrets().scan(target, host)

    return run


def changed(body):
    """A worker that does something else for one file."""
    return f"""
def answer(number, path, order, rules):
    {textwrap.indent(textwrap.dedent(body), "    ").strip()}
    return real(number, path, order, rules)
worker.answer_for = answer
worker.main()
"""


def missed(outcome):
    return {
        group.reason: sorted(item.name for item in group.items) for group in outcome.run.not_covered
    }


def found(outcome):
    return sorted(str(finding.location) for finding in outcome.findings)


def test_a_file_that_takes_too_long_costs_itself_only(scan_with):
    outcome = scan_with(
        FILES, changed("if path == 'b.py': time.sleep(60)"), limits={"file_seconds": 4}
    )
    assert outcome.run.status is Status.PARTIAL
    assert missed(outcome) == {"timed out after 4 s": ["b.py"]}
    assert (outcome.run.handed_in, outcome.run.covered) == (4, 3)
    assert found(outcome) == ["a.py:1", "c.py:1", "d.py:1"]


def test_a_slow_pattern_costs_one_file(scan_with):
    slow = "if path == 'b.py': __import__('re').match('(a+)+$', 'a' * 60 + 'b')"
    outcome = scan_with(FILES, changed(slow), limits={"file_seconds": 4})
    assert missed(outcome) == {"timed out after 4 s": ["b.py"]}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("os.kill(os.getpid(), 9)", "its search ended early (signal 9)"),
        ("os._exit(0)", "its search ended early (exit code 0)"),
        ("raise MemoryError", "its search ended early (exit code 1)"),
        ('say(\'{"number": 1, "sigh\'); os._exit(0)', "its search gave no readable answer"),
        ("say('nonsense\\n'); time.sleep(9)", "its search gave no readable answer"),
        ("say(json.dumps({'number': 3}) + '\\n')", "its search gave no readable answer"),
        ("say('{}\\n')", "its search gave no readable answer"),
        ("say('x' * 20_000_000)", "its search gave no readable answer"),
    ],
)
def test_a_worker_that_breaks_costs_the_file_it_was_at(scan_with, body, reason):
    outcome = scan_with(FILES, changed(f"if path == 'b.py': {body}"))
    assert outcome.run.status is Status.PARTIAL
    assert missed(outcome) == {reason: ["b.py"]}
    assert found(outcome) == ["a.py:1", "c.py:1", "d.py:1"]


def test_a_worker_that_says_too_much_is_stopped(scan_with):
    outcome = scan_with(
        FILES,
        changed("if path == 'b.py': say('\\n' * 20_000)"),
        limits={"output_bytes": 10_000},
    )
    assert list(missed(outcome).values()) == [["b.py"]]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "detect-secrets did not start: its search ended early (exit code 0)"),
        ("print('ready', end='')", "detect-secrets did not start: its search gave no readable"),
        ("raise ImportError('no module requests')", "detect-secrets did not start: ImportError"),
        ("time.sleep(60)", "detect-secrets did not start: timed out after 1 s"),
        ("say('{}')", "detect-secrets did not start: its search gave no readable answer"),
    ],
)
def test_a_worker_that_never_starts_is_a_failure(scan_with, body, reason):
    limits = {"file_seconds": 1} if "sleep" in body else {}
    outcome = scan_with(FILES, body, limits=limits)
    assert outcome.run.status is Status.FAILED
    assert outcome.run.message == "no file could be searched"
    ((why, names),) = missed(outcome).items()
    assert why.startswith(reason)
    assert len(names) == 4
    assert outcome.findings == ()


def test_workers_that_only_ever_break_are_given_up(scan_with):
    files = {f"{number:02}.py": "" for number in range(30)}
    start = time.monotonic()
    outcome = scan_with(files, "say('ready\\n')")
    assert outcome.run.status is Status.FAILED
    assert {reason: len(names) for reason, names in missed(outcome).items()} == {
        "its search ended early (exit code 0)": 10,
        "given up after 10 files in a row without an answer": 20,
    }
    assert time.monotonic() - start < 30


def test_what_the_time_did_not_reach_is_named(scan_with):
    outcome = scan_with(
        FILES, changed("if path > 'b.py': time.sleep(60)"), limits={"scanner_seconds": 6}
    )
    assert outcome.run.status is Status.PARTIAL
    assert missed(outcome) == {"ran out of time": ["c.py", "d.py"]}
    assert found(outcome) == ["a.py:1", "b.py:1"]


def test_an_answer_with_an_unknown_word_is_none(scan_with):
    answer = (
        "{'number': number, 'sightings': [{'rule': 'keyword', 'line': 1, 'confidence': 'sure', "
        "'severity': '', 'name': '', 'shown': ''}]}"
    )
    outcome = scan_with(FILES, changed(f"if path == 'b.py': say(json.dumps({answer}) + '\\n')"))
    assert missed(outcome) == {"its search gave no readable answer": ["b.py"]}
