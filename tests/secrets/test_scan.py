import json
import os
import subprocess
import sys

import pytest

from shopsec.model import Confidence, Role, Severity, Status
from tests.secrets import planted


def excluded(outcome):
    return {each.reason: each.count for each in outcome.run.excluded}


def missed(outcome):
    return {
        group.reason: sorted(item.name for item in group.items) for group in outcome.run.not_covered
    }


def places(outcome):
    return sorted((str(each.location), each.rule_id) for each in outcome.findings)


def test_a_real_scan(scan):
    key = planted.stripe()
    outcome = scan(
        {
            "shop/settings.py": f'import os\n\nSTRIPE_KEY = "{key}"\n',
            "shop/clean.py": "import os\nKEY = os.environ['KEY']\n",
            "logo.png": b"\x89PNG\r\n\x1a\n\0",
            "vendor/lib.php": f"$key = '{key}';\n",
        }
    )
    assert outcome.run.status is Status.SUCCEEDED
    assert outcome.run.version == "1.5.0"
    assert (outcome.run.handed_in, outcome.run.covered) == (2, 2)
    assert excluded(outcome) == {"binary files": 1, "vendored files": 1}
    (finding,) = outcome.findings
    assert finding.rule_id == "secrets.stripe-live-key"
    assert str(finding.location) == "shop/settings.py:3"
    assert (finding.severity, finding.confidence) == (Severity.CRITICAL, Confidence.HIGH)
    assert finding.role is Role.PRODUCTION
    assert finding.symbol == "STRIPE_KEY"
    assert finding.message == (
        f"Live Stripe secret key in a file {key[:4]}...{key[-2:]} as STRIPE_KEY"
    )
    assert [rule.id for rule in outcome.rules] == ["secrets.stripe-live-key"]


def test_no_value_is_in_any_finding(scan):
    lines = planted.one_of_each()
    outcome = scan({"a.env": "\n".join(lines.values())})
    assert {each.rule_id for each in outcome.findings} == {f"secrets.{name}" for name in lines}
    text = outcome.__repr__() + "".join(each.model_dump_json() for each in outcome.findings)
    assert [part for part in planted.parts() if part in text] == []


def test_roles(scan):
    key, password = planted.stripe(), planted.password()
    text = f'KEY = "{key}"\npassword = "{password}"\n'
    outcome = scan(
        {"tests/a.py": text, "docs/a.md": text, "examples/a.py": text, "shop/a.py": text}
    )
    assert {(each.rule_id, each.role) for each in outcome.findings} == {
        ("secrets.stripe-live-key", Role.TEST),
        ("secrets.stripe-live-key", Role.DOCS),
        ("secrets.keyword", Role.DOCS),
        ("secrets.stripe-live-key", Role.EXAMPLE),
        ("secrets.keyword", Role.EXAMPLE),
        ("secrets.stripe-live-key", Role.PRODUCTION),
        ("secrets.keyword", Role.PRODUCTION),
    }
    assert excluded(outcome) == {"passwords by name in tests": 1}


def test_allowlist_comments_are_counted(scan):
    outcome = scan({"a.py": f'K = "{planted.stripe()}"  # pragma: allowlist secret\n'})
    assert outcome.findings == ()
    assert excluded(outcome) == {"findings silenced by an allowlist comment": 1}


@pytest.mark.parametrize(
    "name",
    [b"new\nline.py", b"-rf", b"latin-\xf6.py", b" blank .py", b"quote\"'.py", b"$(touch x).py"],
)
def test_any_bytes_may_be_a_name(tree, target_of, scan, name):
    root = tree({"b.py": ""})
    with open(os.path.join(os.fsencode(root), name), "w") as file:
        file.write(f'K = "{planted.stripe()}"\n')
    outcome = scan({})
    assert outcome.run.status is Status.SUCCEEDED
    (finding,) = outcome.findings
    assert finding.location.uri.isascii()
    assert finding.location.start_line == 1


def test_the_repository_configures_nothing(scan, tmp_path):
    ran = tmp_path / "ran"
    plugin = f"import pathlib\npathlib.Path({str(ran)!r}).touch()\n"
    baseline = {
        "version": "1.5.0",
        "plugins_used": [{"name": "Mine", "path": f"file://{tmp_path}/shop/plugin.py"}],
        "filters_used": [
            {"path": f"file://{tmp_path}/shop/plugin.py::everything"},
            {"path": "detect_secrets.filters.regex.should_exclude_file", "pattern": [".*"]},
        ],
        "results": {"a.py": [{"type": "Stripe", "line_number": 1, "hashed_secret": "0"}]},
    }
    outcome = scan(
        {
            ".secrets.baseline": json.dumps(baseline),
            "plugin.py": plugin,
            "detect_secrets.py": plugin,
            "json.py": plugin,
            "sitecustomize.py": plugin,
            "a.py": f'K = "{planted.stripe()}"\n',
        }
    )
    assert places(outcome) == [("a.py:1", "secrets.stripe-live-key")]
    assert not ran.exists()


def test_files_that_cannot_be_searched_are_named(tree, target_of, scan):
    root = tree({"a.py": "x = 1\n", "huge.sql": "x" * 3_000, "huge.bin": b"\0" * 3_000})
    secret = root / "gone.py"
    secret.write_text("x = 1\n")
    target, host = target_of(root, limits={"file_bytes": 2_000})
    secret.unlink()
    secret.symlink_to("/etc/passwd")
    from shopsec.scan.secrets.detect_secrets import DetectSecrets

    outcome = DetectSecrets().scan(target, host)
    assert outcome.run.status is Status.PARTIAL
    assert missed(outcome) == {
        "cannot be read: Too many levels of symbolic links": ["gone.py"],
        "larger than 2 kB": ["huge.sql"],
    }
    assert (outcome.run.handed_in, outcome.run.covered) == (3, 1)
    assert excluded(outcome) == {"binary files": 1}
    assert "exclude" in outcome.run.next_step


def test_utf16_and_latin1(scan):
    text = f'KEY = "{planted.stripe()}"  # größe\n'
    outcome = scan({"a.ps1": text.encode("utf-16"), "b.php": b"\n" + text.encode("latin-1")})
    assert places(outcome) == [
        ("a.ps1:1", "secrets.stripe-live-key"),
        ("b.php:2", "secrets.stripe-live-key"),
    ]


def test_nothing_to_search_is_not_applicable(scan):
    assert scan({"a.png": b"\x89PNG\0"}).run.status is Status.NOT_APPLICABLE


def test_more_secrets_than_are_listed_are_named(scan):
    lines = [f'K = "{planted.drawn(planted.HEX, 32, seed)}-us1"' for seed in range(501)]
    outcome = scan({"a.py": "\n".join(lines)})
    assert outcome.run.status is Status.PARTIAL
    assert missed(outcome) == {"has more than 500 secrets; the rest is not listed": ["a.py"]}
    assert len(outcome.findings) == 500


def test_work_is_shared_between_workers(scan):
    files = {f"{number}.txt": "word " * 200_000 for number in range(6)}
    outcome = scan(files | {"a.py": f'K = "{planted.stripe()}"\n'})
    assert (outcome.run.covered, len(outcome.findings)) == (7, 1)


def test_only_workers_load_detect_secrets():
    code = (
        "import sys, shopsec.scan.secrets.detect_secrets; sys.exit('detect_secrets' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
