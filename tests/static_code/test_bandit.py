import json

import pytest

from shopsec.errors import ScannerError
from shopsec.model import Confidence, Role, Severity, Status
from shopsec.policy.severity import load_priority_model
from shopsec.scan.code.bandit import Bandit, parse
from shopsec.scan.code.bandit_rules import load_bandit_rules


@pytest.fixture
def bandit(tree, target_of):
    def run(files):
        target, host = target_of(tree(files))
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
    assert (outcome.run.handed_in, outcome.run.covered) == (5, 5)
    assert {each.reason: each.count for each in outcome.run.excluded} == {
        "findings silenced by # nosec": 1,
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


@pytest.mark.parametrize("text", [b"", b"{", b'{"results": [], "errors": []}', b"\xff"])
def test_only_whole_json_counts(text):
    with pytest.raises(ScannerError, match="bandit printed"):
        parse(text, ["/a.py"])


def test_a_file_without_metrics_has_no_verdict():
    text = json.dumps({"results": [], "errors": [], "metrics": {"/a.py": {}, "_totals": {}}})
    assert parse(text.encode(), ["/a.py", "/b.py"]).missed == {
        "/b.py": "bandit did not answer for it"
    }


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
