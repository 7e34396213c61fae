"""The lines around a finding, and what is never among them."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.identify.look import identify
from shopsec.identify.redaction import redacted, without_values
from shopsec.identify.traits import scope_of, title_of
from shopsec.model import Area, FileText, Finding, Location, Severity, lines_of
from shopsec.scan.secrets.masking import Masker
from shopsec.scan.texts import Texts
from tests.secrets.planted import one_of_each, parts

NEVER = float("inf")


def finding(line, uri="a.py", area=Area.CODE, end=None, **more):
    return Finding(
        rule_id="r", scanner="s", area=area, message="m", severity=Severity.LOW,
        location=Location(uri=uri, start_line=line, end_line=end), **more,
    )  # fmt: skip


def snippet(text, *findings):
    lines = lines_of(text)
    return identify(findings, lambda _: FileText(lines, lines))[0].snippet


def shown(text, *findings):
    found = snippet(text, *findings)
    return None if found is None else (found.start_line, found.lines)


TEN = "".join(f"line {number}\n" for number in range(1, 11))


def test_two_lines_on_both_sides():
    lines = ("line 3", "line 4", "line 5", "line 6", "line 7")
    assert shown(TEN, finding(5)) == (3, lines)
    assert shown("eval(x)", finding(1)) == (1, ("eval(x)",))


def test_seven_lines_of_two_hundred_characters_at_most():
    start, lines = shown(TEN, finding(3, end=10))
    assert (start, len(lines)) == (1, 7)
    (line,) = shown("a " * 500, finding(1))[1]
    assert len(line) == 200
    assert line.endswith("...")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("git+https://deploy:p/W@h/x", "git+https://***@h/x"),
        ("-c https://deploy:W /x@h/x", "-c https://***@h/x"),
        ("--index-url https://deploy:W@h/x", "--index-url https://***@h/x"),
        ("https://deploy:W@W@h/x", "https://***@h/x"),
        ("https://h/" + "W " * 900 + "@h", "https://***@h"),
        ("see https://h/x", "see https://h/x"),
        ("a@b https://h/x", "a@b https://h/x"),
    ],
)
def test_what_may_be_a_login_in_a_url_is_masked_to_the_last_at(line, expected):
    assert shown(f"{line}\ndjango==3.2", finding(2, "requirements.txt")) == (
        1, (expected, "django==3.2"),
    )  # fmt: skip


def test_no_snippet_of_a_secret_or_of_its_line():
    secret = finding(5, area=Area.SECRETS, related=(Location(uri="a.py", start_line=8),))
    assert snippet(TEN, secret) is None
    assert snippet(TEN, finding(8), secret) is None
    assert shown(TEN, finding(3), secret) == (1, ("line 1", "line 2", "line 3", "line 4", "***"))
    assert snippet(TEN, finding(None)) is None
    assert snippet(TEN, finding(99)) is None


def test_no_snippet_where_the_search_was_cut_short():
    (found,) = identify([finding(1)], lambda _: FileText(("eval(x)",), None))
    assert found.snippet is None


@pytest.mark.parametrize(
    "uri", [".env", ".env.prod", "prod.env", ".npmrc", "auth.json", "k8s/db-secret.yaml", "a.pem"]
)
def test_of_a_key_store_only_names_are_shown(uri):
    lines = shown("NAME=short\nb: c\nloose\n\n", finding(1, uri=uri))[1]
    assert lines == ("NAME=***", "b:***", "***")


def test_hostile_characters_are_escaped():
    (line,) = shown("a\x1b[2J\u202eb\tc\x00\ud800", finding(1))[1]
    assert line == "a\\x1b[2J\\u202eb c\\x00\\ud800"


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        ("password = 'hunter 2'", "password = ***"),
        ('  "db_password": "hunter2",', '  "db_password": ***,'),
        ("define('DB_PASSWORD', 'hunter2');", "define('DB_PASSWORD', ***);"),
        ("POSTGRES_PASSWORD=hunter2", "POSTGRES_PASSWORD=***"),
        ("curl -u admin:hunter2 x", "curl -u *** x"),
        ("mysql --password hunter2 -e x", "mysql --password *** -e x"),
        ("psql postgres://shop:hunter2@db/shop", "psql postgres://***@db/shop"),
        ("Authorization: Bearer hunter2", "Authorization: Bearer ***"),
        ("x = Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5", "x = ***"),
        ("uses: a/b@8e5e7e5ab8b370d6c329ec480221332ada57f0ab", "uses: a/b@***"),
        ("token: ${{ secrets.GITHUB_TOKEN }}", "token: ${{ secrets.GITHUB_TOKEN }}"),
        ("password = os.environ['X']", "password = os.environ['X']"),
        (
            "def test_that_a_very_long_name_is_shown():",
            "def test_that_a_very_long_name_is_shown():",
        ),
        ("docs/guides/deployment/settings.md", "docs/guides/deployment/settings.md"),
    ],
)
def test_what_may_be_a_secret_is_masked(line, safe):
    assert redacted(line) == safe


def test_a_line_of_a_key_store_without_a_name_says_nothing():
    assert without_values("hunter2") == "***"
    assert without_values("") == ""
    assert without_values("a => 'b'") == "a =>***"


@given(st.text(max_size=400), st.integers(1, 9))
def test_any_text_gives_printable_lines(text, line):
    found = snippet(text, finding(line))
    for each in found.lines if found else ():
        assert each.isprintable()
        assert len(each) <= 200


def masked_text(text, deadline=NEVER):
    found = Masker(0).masked(text.encode(), "a.py", deadline)
    assert found is not None
    return found


STRIPE = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"


@pytest.mark.parametrize(
    "line", [f"key = f('{STRIPE}')", f"x = '{STRIPE}'  # pragma: allowlist secret"]
)
def test_what_the_search_knows_is_masked_silenced_or_not(line):
    text = f"a\n{line}\nb = 1\n"
    plain, masked = masked_text(text)
    assert plain == text
    assert STRIPE not in masked
    assert masked.count("\n") == 3


def test_nothing_of_any_secret_is_shown_beside_it():
    """Two lines away from a finding of another scanner, silenced or not found at all."""
    lines = [line for text in one_of_each().values() for line in text.splitlines()]
    for ending in ("", "  # pragma: allowlist secret"):
        text = "\n".join(f"{line}{ending}\n\neval(x)" for line in lines)
        plain, masked = masked_text(text)
        files = FileText(lines_of(plain), lines_of(masked or ""))
        found = [finding(number) for number in range(1, 3 * len(lines))]
        shown = "\n".join(
            line
            for each in identify(found, {"a.py": files}.get)
            for line in (each.snippet.lines if each.snippet else ())
        )
        assert "eval(x)" in shown
        assert not [part for part in parts() if part in shown]


def test_a_text_without_end_of_search_is_not_shown():
    many = "".join(f"k{n} = 'sk_live_{n:024}4eC39HqLyjWD'\n" for n in range(600))
    plain, masked = masked_text(many, deadline=0.0)
    assert plain == many
    assert masked is None
    assert Masker(0).masked(b"\0\1", "a.png", NEVER) is None


def test_texts_are_read_by_the_references_that_findings_have(tree, target_of):
    target, host = target_of(tree({"a.py": "eval('é')\r\nx\n", "b.bin": b"\0", "big.py": "x" * 99}))
    texts = Texts(target, host)
    read = texts.read("a.py")
    assert read is not None
    assert read.lines == ("eval('é')", "x", "")
    assert texts.read("b.bin") is None
    assert texts.read("none.py") is None
    os.unlink(host.path_of(target.inventory.by_uri["big.py"]))
    assert texts.read("big.py") is None


def test_a_scope_is_the_definitions_around():
    text = (
        "class A:\n    def f(self):\n        def g():\n            pass\n        eval(x)\neval(y)\n"
    )
    assert scope_of(lines_of(text), 5) == ("f", "A")
    assert scope_of(lines_of(text), 4) == ("g", "f", "A")
    assert scope_of(lines_of(text), 6) == ()


@pytest.mark.parametrize(
    ("uri", "text", "title"),
    [
        ("a.yml", "on: push\nname: 'Deploy'\n", "Deploy"),
        ("a.yml", "jobs:\n  name: x\n", ""),
        ("package.json", json.dumps({"author": {"name": "x"}, "name": "shop"}, indent=2), "shop"),
        ("package.json", json.dumps({"author": {"name": "x"}}, indent=4), ""),
        ("package.json", "", ""),
        ("a.py", "name: x\n", ""),
        ("Dockerfile", "ARG x\nFROM --platform=a host:5000/php:8.3-fpm AS a\n", "host:5000/php"),
        ("web.Dockerfile", "from node@sha256:00\n", "node"),
    ],
)
def test_a_title_is_what_a_file_calls_itself(uri, text, title):
    assert title_of(uri, lines_of(text)) == title
