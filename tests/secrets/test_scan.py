import json
import os
import re

import pytest

from shopsec.model import Confidence, Role, Severity, Status
from shopsec.scan.secrets.redaction import Redactor
from shopsec.scan.secrets.scanner import Secrets
from shopsec.scan.secrets.table import load_table
from tests.secrets import planted


def excluded(outcome):
    return {each.reason: each.count for each in outcome.run.excluded}


def silenced(outcome):
    return {
        each.reason: [str(item.location) for item in each.items]
        for each in outcome.run.excluded
        if each.items
    }


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
    assert outcome.run.version == f"{len(load_table())} formats"
    assert (outcome.run.handed_in, outcome.run.covered) == (2, 2)
    assert excluded(outcome) == {"binary files": 1, "vendored files": 1}
    (finding,) = outcome.findings
    assert finding.rule_id == "secrets.stripe-live-key"
    assert str(finding.location) == "shop/settings.py:3"
    assert (finding.severity, finding.confidence) == (Severity.CRITICAL, Confidence.HIGH)
    assert finding.role is Role.PRODUCTION
    assert re.fullmatch("[0-9a-f]{16}", finding.symbol)
    assert finding.message == (
        f"Live Stripe secret key in a file {key[:4]}...{key[-2:]} as STRIPE_KEY"
    )
    assert [rule.id for rule in outcome.rules] == ["secrets.stripe-live-key"]


def test_a_sure_key_in_a_vendored_file_that_is_committed(tree, git, scan):
    root = tree({
        "vendor/lib/config.php": f"$key = '{planted.stripe()}';\n"
        f"$password = '{planted.password()}';\n",
        ".gitignore": "node_modules/\nvendor/new/\n",
        "node_modules/a.js": f"key = '{planted.github()}'\n",
    })  # fmt: skip
    git(root, "init", "-q")
    git(root, "add", "-A")
    (root / "vendor" / "untracked.php").write_text(f"$key = '{planted.github()}';\n")
    outcome = scan({})
    (finding,) = outcome.findings
    assert (finding.rule_id, str(finding.location)) == (
        "secrets.stripe-live-key", "vendor/lib/config.php:1",
    )  # fmt: skip
    assert (finding.severity, finding.role) == (Severity.HIGH, Role.VENDORED)
    assert excluded(outcome) == {
        "values in vendored files that are no sure key": 1, "vendored files": 1,
    }  # fmt: skip


def test_vendored_data_does_not_make_a_scan_incomplete(tree, git, target_of):
    lines = [f'password = "{planted.drawn(planted.ALNUM, 18, n)}7!"\n' for n in range(600)]
    root = tree({
        "vendor/many.js": "".join(lines) + f"key = '{planted.stripe()}'\n",
        "vendor/large.js": "x" * 60_000,
    })  # fmt: skip
    git(root, "init", "-q")
    git(root, "add", "-A")
    target, host = target_of(root, limits={"file_bytes": 50_000})
    outcome = Secrets().scan(target, host)
    assert outcome.run.status is Status.SUCCEEDED
    assert places(outcome) == [("vendor/many.js:601", "secrets.stripe-live-key")]
    assert excluded(outcome)["vendored files larger than 50 kB"] == 1


def test_no_value_is_in_any_finding(scan):
    lines = planted.one_of_each()
    outcome = scan({"a.env": "\n".join(lines.values())})
    assert {each.rule_id for each in outcome.findings} == {
        f"secrets.{name}"
        for name in lines
        if name != "aws-access-key"  # its secret stands for both
    }
    text = outcome.__repr__() + "".join(each.model_dump_json() for each in outcome.findings)
    for finding in outcome.findings:
        text = text.replace(finding.symbol, "")  # by chance it may hold five such digits
    assert [part for part in planted.parts() if part in text] == []


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("shop/a.py", Severity.CRITICAL),
        ("tests/a.py", Severity.MEDIUM),
        ("docs/a.md", Severity.MEDIUM),
        ("examples/a.py", Severity.MEDIUM),
        ("dev/a.py", Severity.HIGH),
    ],
)
def test_a_key_is_found_everywhere_and_weighs_less_outside_of_what_ships(scan, path, severity):
    (finding,) = scan({path: f'KEY = "{planted.stripe()}"\n'}).findings
    assert (finding.rule_id, finding.severity) == ("secrets.stripe-live-key", severity)


def test_passwords_by_name_in_tests_are_counted(scan):
    outcome = scan({"tests/a.py": f'password = "{planted.password()}"\n'})
    assert outcome.findings == ()
    assert excluded(outcome) == {"passwords by name in tests": 1}


def test_one_value_is_one_finding_with_all_its_places(scan):
    line = f'KEY = "{planted.stripe()}"\n'
    outcome = scan({"tests/a.py": line, "shop/b.py": "\n" + line, "shop/c.py": line})
    (finding,) = outcome.findings
    assert str(finding.location) == "shop/b.py:2"
    assert [str(place) for place in finding.related] == ["shop/c.py:1", "tests/a.py:1"]
    assert finding.severity is Severity.CRITICAL
    assert finding.message.endswith("as KEY (3 places)")


def test_the_digest_tells_values_apart_and_depends_on_the_salt(scan, monkeypatch):
    def digests():
        lines = [f'A = "{planted.stripe()}"', f'B = "{planted.stripe("org_live")}"']
        return {each.rule_id: each.symbol for each in scan({"a.py": "\n".join(lines)}).findings}

    first = digests()
    assert len(set(first.values())) == 2
    assert digests() == first
    monkeypatch.setenv("SHOPSEC_SALT", "of our own")
    assert not set(digests().values()) & set(first.values())


def test_the_digest_of_what_could_be_guessed_confirms_no_guess(scan, monkeypatch):
    def digests(values):
        lines = [f'password_{n} = "{value}"' for n, value in enumerate(values)]
        return [each.symbol for each in scan({"a.py": "\n".join(lines)}).findings]

    drawn = planted.drawn(planted.ALNUM, 32)
    assert sorted(map(len, digests(["Sommer-in-Berlin-2023", drawn]))) == [3, 16]
    monkeypatch.setenv("SHOPSEC_SALT", "of our own")
    assert sorted(map(len, digests(["Sommer-in-Berlin-2023", drawn]))) == [16, 16]


def test_passwords_with_one_digest_are_still_two_findings(scan, monkeypatch):
    monkeypatch.setattr(Redactor, "digest", lambda _self, _value: "abc")
    lines = [f'password = "{word}-2023-{word}"\n' for word in ("Sommer", "Winter")]
    findings = scan({"a.py": "".join(lines), "b.py": lines[0]}).findings
    assert sorted((str(each.location), len(each.related)) for each in findings) == [
        ("a.py:1", 1),
        ("a.py:2", 0),
    ]


def test_allowlist_comments_are_counted(scan):
    outcome = scan({"a.py": f'K = "{planted.stripe()}"  # pragma: allowlist secret\n'})
    assert outcome.findings == ()
    assert excluded(outcome) == {"findings silenced by an allowlist comment": 1}
    assert silenced(outcome) == {"findings silenced by an allowlist comment": ["a.py:1"]}


def test_only_the_first_silenced_places_are_listed_but_all_are_counted(scan):
    line = f'K = "{planted.stripe()}"  # pragma: allowlist secret\n'
    outcome = scan({"a.py": line * 40, "b.py": line * 80})
    (group,) = outcome.run.excluded
    assert group.count == 120
    assert [str(item.location) for item in group.items] == [
        *(f"a.py:{number}" for number in range(1, 41)),
        *(f"b.py:{number}" for number in range(1, 11)),
    ]
    assert {item.name for item in group.items} == {"a.py", "b.py"}


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
    outcome = Secrets().scan(target, host)
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
    assert places(outcome) == [("a.ps1:1", "secrets.stripe-live-key")]
    assert [str(place) for place in outcome.findings[0].related] == ["b.php:2"]


def test_nothing_to_search_is_not_applicable(scan):
    assert scan({"a.png": b"\x89PNG\0"}).run.status is Status.NOT_APPLICABLE


def test_more_secrets_than_are_listed_are_named(scan):
    lines = [f'K = "{planted.drawn(planted.HEX, 32, seed)}-us1"' for seed in range(501)]
    outcome = scan({"a.py": "\n".join(lines)})
    assert outcome.run.status is Status.PARTIAL
    assert missed(outcome) == {"has more than 500 secrets; the rest is not listed": ["a.py"]}
    assert len(outcome.findings) == 500


def test_two_private_keys_are_two_findings(scan):
    one, other = planted.private_key(), planted.private_key(length=512)
    found = scan({"a.pem": one, "b.pem": other, "c.pem": one}).findings
    assert sorted((str(each.location), len(each.related)) for each in found) == [
        ("a.pem:1", 1),
        ("b.pem:1", 0),
    ]


def test_nothing_is_shown_of_a_value_that_its_place_gives_away(scan):
    (finding,) = scan(
        {"wp-config.php": f"define( 'DB_PASSWORD', '{planted.password()}' );"}
    ).findings
    assert finding.message.endswith("in a file as DB_PASSWORD")


def test_answers_for_other_scanners_are_honoured_and_counted(scan):
    import hashlib

    value = planted.password()
    entry = {
        "type": "Secret Keyword", "filename": "a.py", "line_number": 1, "is_secret": False,
        "hashed_secret": hashlib.sha1(value.encode()).hexdigest(), "is_verified": False,
    }  # fmt: skip
    baseline = {"version": "1.5.0", "plugins_used": [], "results": {"a.py": [entry]}}
    outcome = scan(
        {
            ".secrets.baseline": json.dumps(baseline),
            ".gitleaksignore": "b.py:generic-api-key:2\n",
            "a.py": f'password = "{value}"\n',
            "b.py": f'\nkey = "{planted.stripe()}"\n',
        }
    )
    assert outcome.findings == ()
    assert excluded(outcome) == {
        "values audited as no secret in .secrets.baseline": 1,
        "findings named in .gitleaksignore": 1,
    }
    assert silenced(outcome) == {
        "values audited as no secret in .secrets.baseline": ["a.py:1"],
        "findings named in .gitleaksignore": ["b.py:2"],
    }


def test_a_baseline_that_is_none_is_named_without_its_words(scan):
    key = planted.github()
    outcome = scan({".secrets.baseline": json.dumps({"version": "1", "results": {key: 5}})})
    assert "silences nothing" in repr(missed(outcome))
    assert key[:12] not in repr(outcome)
