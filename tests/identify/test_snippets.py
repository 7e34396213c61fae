"""The lines of a finding, and what is never among them."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.identify.look import identify
from shopsec.identify.traits import scope_of, title_of
from shopsec.model import Area, FileText, Finding, Location, Package, Severity, lines_of
from shopsec.redaction import redacted
from shopsec.scan.secrets.masking import Masker
from shopsec.scan.texts import Texts
from tests.secrets.planted import ALNUM, drawn, one_of_each, parts, private_key

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


def test_its_own_lines_alone():
    assert shown(TEN, finding(5)) == (5, ("line 5",))
    assert shown(TEN, finding(5, end=6)) == (5, ("line 5", "line 6"))
    assert shown("eval(x)", finding(1)) == (1, ("eval(x)",))


def test_five_lines_of_two_hundred_characters_at_most():
    start, lines = shown(TEN, finding(3, end=10))
    assert (start, len(lines)) == (3, 5)
    (line,) = shown("a " * 500, finding(1))[1]
    assert len(line) == 200
    assert line.endswith("...")
    assert snippet("a " * 5000, finding(1)) is None


@pytest.mark.parametrize(
    "line",
    [
        "git+https://deploy:p/W@h/x",
        "-c https://deploy:W /x@h/x",
        "--index-url https://deploy:W@h/x",
        "django @ https://deploy:W@W@h/x",
        "https://h/" + "W " * 90 + "@h",
    ],
)
def test_of_a_login_in_a_url_nothing_is_shown(line):
    package = Package(ecosystem="PyPI", name="django", version="3.2")
    for found in (
        finding(1, "requirements.txt", Area.DEPENDENCIES, package=package),
        finding(1, "requirements.txt"),
        finding(1, "nginx.conf", Area.ACCESS),
    ):
        assert "W" not in repr(snippet(f"{line}\ndjango==3.2", found))


def test_no_snippet_of_a_secret_or_of_its_line():
    secret = finding(5, area=Area.SECRETS, related=(Location(uri="a.py", start_line=8),))
    assert snippet(TEN, secret) is None
    assert snippet(TEN, finding(8), secret) is None
    assert shown(TEN, finding(3), secret) == (3, ("line 3",))
    assert snippet(TEN, finding(3, end=9), secret) is None
    assert snippet(TEN, finding(None)) is None
    assert snippet(TEN, finding(99)) is None


def test_no_snippet_where_the_search_was_cut_short():
    (found,) = identify([finding(1)], lambda _: FileText(("eval(x)",), None))
    assert found.snippet is None


SETTINGS_FILES = [
    ".env", ".env.prod", "prod.env", ".npmrc", "auth.json", "k8s/db-secret.yaml", "a.pem",
    "wp-config.php", "settings.py", "nginx.conf", "a.yml", "deploy.sh", "Dockerfile", "a.html",
]  # fmt: skip


@pytest.mark.parametrize("uri", SETTINGS_FILES)
def test_of_settings_only_names_are_shown_and_only_for_access(uri):
    text = "NAME=short\nb: c\nloose\n\n"
    assert snippet(text, finding(1, uri=uri)) is None
    lines = shown(text, finding(1, uri=uri, area=Area.ACCESS, end=4))[1]
    assert lines == ("NAME= …", "b: …", "***", "")


VALUE = drawn(ALNUM, 9) + "'" + drawn(ALNUM, 6)
PLAIN = VALUE.replace("'", "")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (f"define('AUTH_KEY', '{PLAIN}=x');", "define('AUTH_KEY', …"),
        (f"define('NONCE_KEY','{PLAIN}=x');", "define('NONCE_KEY', …"),
        (f'  proxy_set_header Authorization "Basic {PLAIN}";', "  proxy_set_header …"),
        (f'if ($arg_token != "{PLAIN}") {{', "if …"),
        (f"- run: echo {PLAIN} | docker login", "- run: …"),
        (f"echo {PLAIN} | docker login", "echo …"),
        (f'  "key": "{PLAIN}",', '  "key": …'),
        (f"$db['password'] = '{PLAIN}';", "$db['password'] = …"),
        ("location / {", "location …"),
        ("  }", "  }"),
    ],
)
def test_of_a_line_of_settings_the_name_is_shown(line, name):
    assert shown(line, finding(1, uri="a.conf", area=Area.ACCESS)) == (1, (name,))


@pytest.mark.parametrize(
    "line",
    [f"  {PLAIN}", f"- {PLAIN} # x", f"- {PLAIN}:x", f"{PLAIN}:x", f"[{PLAIN}]", f"{PLAIN}==",
     f"//r/:_authToken={PLAIN}"],
)  # fmt: skip
def test_a_line_of_settings_without_a_name_says_nothing(line):
    assert snippet(line, finding(1, uri="a.conf", area=Area.ACCESS)) is None


@pytest.mark.parametrize(
    ("uri", "text", "safe"),
    [
        ("a.py", f"PAYMENT_PIN = '{PLAIN}'", "PAYMENT_PIN = '…'"),
        ("a.py", "PAYMENT_PIN = 4711", "PAYMENT_PIN = …"),
        ("a.py", f'x = b"{VALUE}" + y', 'x = b"…" + y'),
        ("a.py", f'f("P", "{VALUE}", [\'{PLAIN}\'], shell=True)', "f(\"…\", \"…\", ['…'], shell=True)"),
        ("a.py", f'f("a\\"{PLAIN}", x)', 'f("…", x)'),
        ("a.py", f'get(headers={{"X-Auth": "{PLAIN}"}})', 'get(headers={"…": "…"})'),
        ("a.py", f"f(x)  # it's {PLAIN} '{PLAIN}'", "f(x)"),
        ("a.py", f'f(x, "{VALUE}', 'f(x, "…'),
        ("a.py", f'f(x, "{VALUE}\\', 'f(x, "…'),
        ("a.py", f"f({PLAIN}{PLAIN})", "f(***)"),
        ("a.py", f"f(f\"{{x['{PLAIN}']}}\", \"{PLAIN}\")", 'f(f"…'),
        ("a.py", f'f(f"{{x["{PLAIN}"]}}")', 'f(f"…'),
        ("a.js", f"fetch('/x?sig={PLAIN}&auth={PLAIN}')", "fetch('…')"),
        ("a.js", f'/["\']/.test(x) + "{PLAIN}"', '/["…'),
        ("a.js", f"f(`${{x + `{PLAIN}`}}`)", "f(`…"),
        ("a.php", f"f('{PLAIN}'); // don't {PLAIN}", "f('…');"),
        ("a.php", f"<p>it's</p> <?php f('{PLAIN}') ?>", None),
        ("a.php", f"f(<<<X\n{PLAIN}\nX);", "f(<…"),
        ("a.rb", f"f({PLAIN})", None),
    ],
)  # fmt: skip
def test_of_code_no_text_is_shown(uri, text, safe):
    found = shown(text, finding(1, uri=uri, end=text.count("\n") + 1))
    assert (found and found[1][0]) == safe
    assert not found or not [part for part in parts() if part in "".join(found[1])]


def test_of_the_middle_of_a_text_nothing_is_shown():
    text = f'x = """\n{PLAIN} f(\n"""\ny = f("{PLAIN}",\n  z)\n'
    assert snippet(text, finding(2)) is None
    assert snippet(text, finding(3)) is None
    assert shown(text, finding(4, end=5)) == (4, ('y = f("…",', "  z)"))
    assert shown(text, finding(1, end=4)) == (1, ('x = "…', "", '"', 'y = f("…",'))
    php = f"<?php\n$x = 'a\n{PLAIN} b';\n$y = <<<X\n{PLAIN}\nX;\nf($x);\n"
    assert snippet(php, finding(3, uri="a.php")) is None
    assert snippet(php, finding(5, uri="a.php")) is None
    assert shown(php, finding(7, uri="a.php")) == (7, ("f($x);",))


def test_of_a_block_of_a_private_key_nothing_is_shown():
    key = private_key()
    text = f"f(x)\n{key}f(y)\n"
    last = text.count("\n") - 1
    for line in range(2, last + 1):
        assert snippet(text, finding(line)) is None
    assert snippet(text, finding(1, end=2)) is None
    assert shown(text, finding(last + 1)) == (last + 1, ("f(y)",))


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        ("django==3.2.0 --hash=sha256:0123456789abcdef", "django==3.2.0 …"),
        ('    "django": "^3.2.0",', '    "django": "^3.2.0",'),
        (f'"resolved": "https://u:{PLAIN}@h/django.tgz#3.2.0"', '"…": "…"'),
        (f"django @ git+https://{PLAIN}@h/django", "django @ …"),
        (f'{{"name": "django", "pin": "{PLAIN}", "x": "1234"}}',
         '{"name": "django", "…": "…", "…": "…"}'),
    ],
)  # fmt: skip
def test_of_a_dependency_name_and_version_are_shown(line, safe):
    package = Package(ecosystem="PyPI", name="django", version="3.2.0")
    there = finding(1, uri="a.lock", area=Area.DEPENDENCIES, package=package)
    assert shown(line, there) == (1, (safe,))


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
