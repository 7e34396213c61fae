import pytest

from shopsec.model import Confidence, Role, Severity, Status
from shopsec.policy.severity import load_priority_model
from shopsec.scan.code.bandit import Bandit
from shopsec.scan.code.bandit_rules import load_bandit_rules


@pytest.fixture
def bandit(tree, target_of):
    def run(files, **settings):
        target, host = target_of(tree(files), **settings)
        return Bandit().scan(target, host)

    return run


def test_a_real_scan(bandit):
    outcome = bandit(
        {
            "shop/a.py": "import subprocess\nsubprocess.run('lpr ' + name, shell=True)\nassert x\n",
            ".github/tool.py": "import pickle\npickle.loads(x)\n",
            "tests/test_a.py": "assert 1\npassword = 'hunter-2-secret'\n",
            "shop/b.py": "password = 'hunter-2-secret'\n",
            "shop/c.py": "eval(x)  # nosec\n",
            "vendor/d.py": "eval(x)\n",
        }
    )
    assert outcome.run.status is Status.SUCCEEDED
    assert (outcome.run.handed_in, outcome.run.covered) == (4, 4)
    assert {each.reason: each.count for each in outcome.run.excluded} == {
        "findings silenced by # nosec": 1,
        "test files (test_code is off)": 1,
        "vendored files": 1,
    }
    found = {(str(f.location), f.rule_id): f for f in outcome.findings}
    assert set(found) == {
        ("shop/a.py:2", "bandit.B602"),
        ("shop/a.py:3", "bandit.B101"),
        (".github/tool.py:2", "bandit.B301"),
    }
    shell = found["shop/a.py:2", "bandit.B602"]
    assert (shell.severity, shell.confidence) == (Severity.HIGH, Confidence.HIGH)
    assert shell.role is Role.PRODUCTION
    assert "hunter" not in outcome.findings.__repr__()


@pytest.mark.filterwarnings("ignore:The verify_requirements argument:DeprecationWarning")
def test_every_test_of_bandit_is_told_in_a_shops_words_or_left_out_for_a_reason():
    from bandit.core import extension_loader

    manager = extension_loader.MANAGER
    known = {plugin.plugin._test_id for plugin in manager.plugins} | set(manager.blacklist_by_id)
    texts = load_bandit_rules()
    assert known == set(texts.tests) | set(texts.not_run)
    assert not set(texts.tests) & set(texts.not_run)
    assert {each.impact for each in texts.tests.values()} - {None} <= set(
        load_priority_model().weights.impact
    )


def test_a_file_that_is_no_python_is_named(bandit):
    outcome = bandit({"a.py": "def (:\n", "b.py": "x = 1\n"})
    assert outcome.run.status is Status.PARTIAL
    (group,) = outcome.run.not_covered
    assert [item.name for item in group.items] == ["a.py"]
    assert group.reason.endswith("(syntax error)")


def test_the_configuration_of_the_repository_is_not_read(bandit):
    outcome = bandit(
        {
            ".bandit": "[bandit]\nskips = B307\n",
            "pyproject.toml": '[tool.bandit]\nskips = ["B307"]\n',
            "bandit.py": "raise SystemExit(7)\n",
            "a.py": "eval(x)\n",
        }
    )
    assert [finding.rule_id for finding in outcome.findings] == ["bandit.B307"]


def test_no_python_is_not_applicable(bandit):
    assert bandit({"a.js": ""}).run.status is Status.NOT_APPLICABLE


def test_tests_and_examples_are_scanned_where_that_is_asked_for(bandit):
    files = {
        "tests/test_a.py": "assert 1\nimport random\nrandom.random()\neval(x)\n",
        "examples/b.py": "assert 1\neval(x)\n",
        "vendor/c.py": "eval(x)\n",
        "d.py": "assert 1\n",
    }
    asked, left_out = bandit(files, test_code=True), bandit(files)
    assert sorted((str(f.location), f.rule_id, f.role) for f in asked.findings) == [
        ("d.py:1", "bandit.B101", Role.PRODUCTION),
        ("examples/b.py:1", "bandit.B101", Role.EXAMPLE),
        ("examples/b.py:2", "bandit.B307", Role.EXAMPLE),
        ("tests/test_a.py:4", "bandit.B307", Role.TEST),
    ]
    assert {each.reason: each.count for each in asked.run.excluded} == {"vendored files": 1}
    assert [str(finding.location) for finding in left_out.findings] == ["d.py:1"]
    assert (left_out.run.status, left_out.run.handed_in) == (Status.SUCCEEDED, 1)
    assert {each.reason: each.count for each in left_out.run.excluded} == {
        "example files (test_code is off)": 1,
        "test files (test_code is off)": 1,
        "vendored files": 1,
    }


def test_no_verdict_on_any_file_is_a_failure(bandit):
    run = bandit({"a.py": "def (:\n"}).run
    assert (run.status, run.message) == (Status.FAILED, "no file could be scanned")


def test_a_script_without_an_ending_is_known_by_its_first_line(bandit):
    outcome = bandit(
        {
            "bin/import": "#!/usr/bin/env python3\neval(x)\n",
            "bin/old": "#!/usr/local/bin/python2.7\neval(x)\n",
            "bin/sh": "#!/bin/sh\neval x\n",
            "LICENSE": "eval(x)\n",
        }
    )
    assert [str(finding.location) for finding in outcome.findings] == ["bin/import:2", "bin/old:2"]
    assert outcome.run.handed_in == 2
