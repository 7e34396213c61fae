"""detect-secrets accepts our plugins and baselines; nothing of its baseline runs here."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import time
import tracemalloc

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.util.code_snippet import get_code_snippet
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.levels import Confidence, Severity
from shopsec.policy.secret_formats import load_formats
from shopsec.policy.secret_samples import sample
from shopsec.scan.secrets import secrets_baseline
from shopsec.scan.secrets.detect_secrets_plugins import OWN, PLUGINS
from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.hits import RANDOM, Hit, Place, Verdict
from shopsec.scan.secrets.reading import text_of
from shopsec.scan.secrets.secrets_baseline import (
    PLUGIN_FILE,
    PLUGIN_STUB,
    STOCK_TYPES,
    BaselineError,
    ListedSecret,
    SecretsBaseline,
    hashed,
    listed,
    read_baseline,
    render_baseline,
)
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.stock_plugins import STOCK, stock_hits
from shopsec.scan.secrets.table import load_table
from tests.secrets import planted

DAY = "2026-11-24"
ENGINE = Engine(load_table(), 0)
TYPES = {each.rule: each.secret_type for each in OWN}


def files():
    return {
        "shop/settings.py": (
            f'STRIPE = "{planted.stripe()}"\n'
            "\n"
            f'DB_PASSWORD = "{planted.password()}"\n'
            f'KEY = "{planted.stripe()[:8]}{"x" * 24}"\n'
            f'GITHUB = "{planted.github()}"  # pragma: allowlist secret\n'
        ),
        "deploy/app.env": f"DATABASE_URL=postgres://shop:{planted.drawn(planted.ALNUM, 18)}@db.shop.io/shop\n",
        "deploy/key.pem": planted.private_key(),
        "README": "Nothing here.\n",
    }


@pytest.fixture
def shop(tmp_path):
    """A folder with secrets, and nothing of detect-secrets in it."""
    for path, text in files().items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def found_in(texts):
    """What shopsec finds, as it goes into a baseline."""
    for path, text in texts.items():
        source = Source(text_of(text.encode()), path)
        for hit in ENGINE.search(source).hits:
            yield listed(source, hit)


def detect_secrets(folder, *arguments, answers="", code=0):
    """Run the real thing, as a person does; its output."""
    done = subprocess.run(
        [sys.executable, "-m", "detect_secrets", *arguments],
        cwd=folder,
        check=False,
        input=answers,
        capture_output=True,
        text=True,
        env=os.environ | {"TERM": "dumb"},
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    assert "rror" not in done.stderr
    return done.stdout


def results_of(text, *types):
    """(file, line, type, SHA-1) of a baseline."""
    return {
        (path, each["line_number"], each["type"], each["hashed_secret"])
        for path, entries in json.loads(text)["results"].items()
        for each in entries
        if not types or each["type"] in types
    }


def expected():
    secrets = [
        ("shop/settings.py", 1, "stripe-live-key", planted.stripe()),
        ("shop/settings.py", 3, "keyword", planted.password()),
        ("deploy/app.env", 1, "url-password", planted.drawn(planted.ALNUM, 18)),
        ("deploy/key.pem", 1, "private-key", "BEGIN RSA PRIVATE KEY"),
    ]
    return {
        (path, line, TYPES[rule], hashlib.sha1(value.encode()).hexdigest())
        for path, line, rule, value in secrets
        if rule in TYPES
    }


def write(folder, text):
    (folder / ".secrets.baseline").write_text(text)


def read(folder):
    return (folder / ".secrets.baseline").read_text()


# Plugins


def test_every_format_has_a_plugin_of_its_own():
    formats = [form for form in load_formats() if form.mode != "public"]
    general = {"url-password", "command-password", "keyword", "high-entropy"}
    assert {each.rule for each in PLUGINS.values()} == {form.id for form in formats} | general
    types = {each.rule: each.secret_type for each in OWN}
    assert len(PLUGINS) == len(OWN) == len(set(types.values()))
    assert not STOCK_TYPES.keys() & set(types.values())
    for form in formats:
        plugin = next(each for each in PLUGINS.values() if each.rule == form.id)
        assert types[form.id] in {form.title, f"{form.title} ({form.id})"}
        assert [each.pattern for each in plugin.denylist] == [form.pattern]
        assert plugin.__name__.isidentifier()


def test_the_table_of_its_own_plugins_is_right():
    classes: dict[str, type] = get_mapping_from_secret_type_to_class()
    stock = {
        secret_type: each.__name__
        for secret_type, each in classes.items()
        if each.__module__.startswith("detect_secrets.")
    }
    assert {kind: plugin["name"] for kind, plugin in STOCK_TYPES.items()} == stock


@pytest.mark.parametrize("form", load_formats(), ids=lambda form: form.id)
def test_a_plugin_finds_what_shopsec_finds(form):
    for template in (*form.examples.bad, *form.examples.good):
        text = sample(template, form.id)
        path = "shop/settings.py"
        lines = text.split("\n")
        seen = {
            (plugin.rule, number, found.secret_value)
            for number in range(1, len(lines) + 1)
            for plugin in PLUGINS.values()
            for found in plugin().analyze_line(
                filename=path,
                line=lines[number - 1],
                line_number=number,
                context=get_code_snippet(lines, number),
            )
        }
        source = Source(text_of(text.encode()), path)
        assert seen == {
            (hit.rule, source.line_number(hit.begins), hit.place.value)
            for hit in ENGINE.search(source).hits
        }


def test_a_string_is_searched_alone():
    plugin = PLUGINS["ShopsecStripeLiveKey"]()
    assert list(plugin.analyze_string(f'K = "{planted.stripe()}"')) == [planted.stripe()]
    assert list(plugin.analyze_string("caf\u00e9")) == []


def test_a_value_is_hashed_as_it_is_read():
    line = 'DB_PASSWORD = "Pa\u00dfw0rt-gr\u00fcn-4711-kx"'
    source = Source(text_of(line.encode()), "a.py")
    values = [hit.place.value for hit in ENGINE.search(source).hits]
    found = PLUGINS["ShopsecKeyword"]().analyze_line("a.py", line, 1)
    assert {hashed(value) for value in values} == {each.secret_hash for each in found}


def test_scan_with_our_plugins(shop):
    text = detect_secrets(shop, "scan", "-n", "--all-files", "-p", PLUGIN_FILE)
    assert results_of(text, *TYPES.values()) == expected()
    names = {each["name"]: each.get("path") for each in json.loads(text)["plugins_used"]}
    assert {name for name, path in names.items() if path} == set(PLUGINS)


# Written


def test_what_is_written_is_exact_and_the_same_every_time(shop):
    text = render_baseline(found_in(files()), DAY, own=OWN)
    assert text == render_baseline(reversed(list(found_in(files()))), DAY, own=OWN)
    assert results_of(text) == expected()
    assert planted.stripe() not in text
    document = json.loads(text)
    assert list(document) == [
        "version", "plugins_used", "filters_used", "results", "generated_at",
    ]  # fmt: skip
    assert document["generated_at"] == "2026-11-24T00:00:00Z"
    assert "verif" not in json.dumps(document["filters_used"])
    assert list(document["results"]) == sorted(document["results"])


def test_scan_with_a_baseline_of_ours_changes_nothing_but_the_time(shop):
    write(shop, render_baseline(found_in(files()), DAY, own=OWN))
    before = json.loads(read(shop))
    detect_secrets(shop, "scan", "-n", "--all-files", "--baseline", ".secrets.baseline")
    after = json.loads(read(shop))
    assert after["results"] == before["results"]
    assert after["plugins_used"] == before["plugins_used"]
    assert [each for each in after["filters_used"] if "is_baseline_file" not in each["path"]] == (
        before["filters_used"]
    )


def stock_expected():
    """What is found in the files, as detect-secrets alone names it."""
    url = planted.drawn(planted.ALNUM, 18)
    secrets = [
        ("shop/settings.py", 1, "Stripe Access Key", planted.stripe()),
        ("shop/settings.py", 3, "Secret Keyword", planted.password()),
        ("deploy/app.env", 1, "Basic Auth Credentials", url),
        ("deploy/key.pem", 1, "Private Key", "BEGIN RSA PRIVATE KEY"),
    ]
    return {
        (path, line, kind, hashlib.sha1(value.encode()).hexdigest())
        for path, line, kind, value in secrets
    }


def test_audit_report_and_stats(shop):
    text = render_baseline(found_in(files()), DAY)
    assert results_of(text) == stock_expected()
    assert "file://" not in text
    assert "verif" not in json.dumps(json.loads(text)["filters_used"])
    write(shop, text)
    report = json.loads(detect_secrets(shop, "audit", "--report", ".secrets.baseline"))
    assert {
        (each["filename"], int(line), kind, hashlib.sha1(each["secrets"].encode()).hexdigest())
        for each in report["results"]
        for line in each["lines"]
        for kind in each["types"]
    } == stock_expected()
    stats = json.loads(detect_secrets(shop, "audit", "--stats", "--json", ".secrets.baseline"))
    counted = {name: each["stats"]["raw"]["unknown"] for name, each in stats.items()}
    assert counted == {STOCK_TYPES[kind]["name"]: 1 for _, _, kind, _ in stock_expected()}


def test_answers_given_in_an_audit_are_read_and_kept(shop):
    write(shop, render_baseline(found_in(files()), DAY))
    output = detect_secrets(shop, "audit", ".secrets.baseline", answers="n\nn\ny\ns\n")
    assert "Saving progress" in output
    assert "not found" not in output
    baseline = read_baseline((shop / ".secrets.baseline").read_bytes())
    # In the order of files and lines: the key may be committed, the password was skipped.
    assert baseline.is_audited_false("shop/settings.py", planted.stripe())
    assert baseline.is_audited_false("./shop/settings.py", planted.stripe())
    assert not baseline.is_audited_false("shop/other.py", planted.stripe())
    assert not baseline.is_audited_false("shop/settings.py", planted.password())
    url = planted.drawn(planted.ALNUM, 18)
    assert baseline.answer("deploy/app.env", hashed(url)) is True
    assert baseline.audited_false == 1
    again = render_baseline(found_in(files()), DAY, existing=baseline)
    assert json.loads(again)["results"] == json.loads(read(shop))["results"]
    # Answers outlive a scan that did not reach their file, and one of detect-secrets itself.
    kept = read_baseline(render_baseline([], DAY, existing=baseline).encode())
    assert kept.is_audited_false("shop/settings.py", planted.stripe())
    assert sum(map(len, kept.files.values())) == len(stock_expected())
    detect_secrets(shop, "scan", "-n", "--all-files", "--baseline", ".secrets.baseline")
    after = read_baseline((shop / ".secrets.baseline").read_bytes())
    assert results_of(read(shop)) >= stock_expected()
    assert after.is_audited_false("shop/settings.py", planted.stripe())


def test_answers_go_over_to_our_types_and_back(shop):
    entry = {"type": "Stripe Access Key", "hashed_secret": hashed(planted.stripe())}
    old = _read({"shop/settings.py": [entry | {"is_secret": False}]})
    own = read_baseline(render_baseline(found_in(files()), DAY, own=OWN, existing=old).encode())
    kinds = {each.secret_type: each.is_secret for each in own.files["shop/settings.py"]}
    assert kinds == {
        TYPES["stripe-live-key"]: False, "Stripe Access Key": False, TYPES["keyword"]: None,
    }  # fmt: skip
    back = read_baseline(render_baseline(found_in(files()), DAY, existing=own).encode())
    kinds = {each.secret_type: each.is_secret for each in back.files["shop/settings.py"]}
    assert kinds == {"Stripe Access Key": False, "Secret Keyword": None}


def test_a_value_that_detect_secrets_takes_its_name_to_can_be_audited(shop):
    text = f"export APP_SECRET_TOKEN={planted.drawn(planted.HEX, 48)}\n"
    (shop / "run").mkdir()
    (shop / "run" / "start.sh").write_text(text)
    source = Source(text_of(text.encode()), "run/start.sh")
    hits = ENGINE.search(source).hits
    assert hits
    write(shop, render_baseline([listed(source, hit) for hit in hits], DAY))
    output = detect_secrets(shop, "audit", ".secrets.baseline", answers="y\n" * len(hits))
    assert "not found" not in output
    baseline = read_baseline((shop / ".secrets.baseline").read_bytes())
    assert all(baseline.silences(source, hit) for hit in hits)
    assert not SecretsBaseline().silences(source, hits[0])
    again = render_baseline([listed(source, hit) for hit in hits], DAY, existing=baseline)
    assert json.loads(again)["results"] == json.loads(read(shop))["results"]


def test_a_value_that_detect_secrets_does_not_find_does_no_harm(shop):
    text = f'T = "{planted.drawn(planted.ALNUM, 10)}.{planted.drawn(planted.ALNUM, 10)}"\n'
    value = text[5:26]
    (shop / "shop" / "t.py").write_text(text)
    at = Hit("keyword", Place(5, 26, value), Verdict(), RANDOM)
    secret = listed(Source(text, "shop/t.py"), at)
    assert secret.stock_type == "Base64 High Entropy String"
    write(shop, render_baseline([secret], DAY))
    assert "not found" in detect_secrets(shop, "audit", ".secrets.baseline", answers="s\n")
    detect_secrets(shop, "audit", "--report", ".secrets.baseline")
    detect_secrets(shop, "audit", "--stats", ".secrets.baseline")


def test_audit_still_fails_on_custom_plugins(shop):
    """The reason for two kinds of baselines; when this breaks, one is enough (issue 611)."""
    write(shop, render_baseline(found_in(files()), DAY, own=OWN))
    done = subprocess.run(
        [sys.executable, "-m", "detect_secrets", "audit", "--report", ".secrets.baseline"],
        cwd=shop, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "from_secret_type" in done.stderr


def test_a_yes_outweighs_a_no():
    entry = {"type": "a", "hashed_secret": hashed("one"), "is_secret": False}
    both = [entry, entry | {"type": "b", "is_secret": True}]
    assert not _read({"a.py": both}).is_audited_false("a.py", "one")
    assert _read({"a.py": both[:1]}).is_audited_false("a.py", "one")
    assert not _read({"a.py": [entry | {"is_secret": None}]}).is_audited_false("a.py", "one")


def test_a_baseline_that_names_no_path_of_this_machine(shop):
    (shop / "tools").mkdir()
    (shop / "tools" / "shopsec_plugins.py").write_text(PLUGIN_STUB)
    text = render_baseline(found_in(files()), DAY, own=OWN, plugin_file="tools/shopsec_plugins.py")
    assert str(shop) not in text
    assert PLUGIN_FILE not in text
    write(shop, text)
    detect_secrets(shop, "scan", "-n", "--all-files", "--baseline", ".secrets.baseline")
    assert results_of(read(shop)) == expected()


@pytest.mark.parametrize("own", [(), OWN])
def test_the_hook_accepts_what_is_in_the_baseline(shop, own):
    write(shop, render_baseline(found_in(files()), DAY, own=own))
    subprocess.run(["git", "init", "-q"], cwd=shop, check=True)
    subprocess.run(["git", "add", "-A"], cwd=shop, check=True)
    done = subprocess.run(
        [sys.executable, "-m", "detect_secrets.pre_commit_hook", "-n", "--baseline",
         ".secrets.baseline", "README", "deploy/key.pem", "deploy/app.env"],
        cwd=shop, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


# Read


def _read(results, **more):
    return read_baseline(json.dumps({"version": "1.5.0", "results": results} | more).encode())


def test_plugins_and_filters_that_a_baseline_names_never_run(shop, monkeypatch):
    (shop / "evil.py").write_text(
        "open('ran', 'w').close()\n"
        "from detect_secrets.plugins.base import RegexBasedDetector\n"
        "class Evil(RegexBasedDetector):\n    secret_type = 'Evil'\n    denylist = ()\n"
        "def never(filename): return True\n"
    )
    monkeypatch.chdir(shop)
    named = {
        "plugins_used": [{"name": "Evil", "path": "file://evil.py"}, {"name": "StripeDetector"}],
        "filters_used": [{"path": "file://evil.py::never"}, {"path": "evil.never"}],
    }
    entry = {"type": "Evil", "hashed_secret": hashed("one"), "is_secret": False}
    baseline = _read({"a.py": [entry]}, **named)
    assert baseline.own_code == 2
    assert baseline.is_audited_false("a.py", "one")
    text = render_baseline(found_in(files()), DAY, own=OWN, existing=baseline)
    source = Source(f'T = "{planted.stripe()}"', "a.py")
    assert list(stock_hits(source, [0]))
    assert not (shop / "ran").exists()
    assert "evil" not in text.lower()
    assert "evil" not in sys.modules
    # It would have run: detect-secrets itself does load it.
    write(shop, json.dumps({"version": "1.5.0", "results": {}} | named))
    detect_secrets(shop, "scan", "-n", "--all-files", "--baseline", ".secrets.baseline")
    assert (shop / "ran").exists()


def entry_with(**changes):
    entry = {"type": "a", "filename": "a.py", "hashed_secret": "0" * 40, "line_number": 1}
    return json.dumps({"results": {"a.py": [entry | changes]}}).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: not valid JSON"),
        (b'{\n"results": {]', "line 2: not valid JSON"),
        (b"\xff\xfe", "line 1: is not UTF-8 text"),
        (b"[]", "is no JSON object"),
        (b"{}", "results: is missing"),
        (b'{"results": []}', "results: is no object"),
        (b'{"results": {"a.py": {}}}', "results, entry 1: is no list"),
        (b'{"results": {"a.py": [1]}}', "results, entry 1[0]: is no object"),
        (entry_with(type=7), "results, entry 1[0].type: is no text"),
        (entry_with(hashed_secret="x"), "results, entry 1[0].hashed_secret: is no SHA-1 in hexadecimal"),
        (entry_with(hashed_secret=None), "results, entry 1[0].hashed_secret: is no SHA-1 in hexadecimal"),
        (entry_with(line_number="1"), "results, entry 1[0].line_number: is no number from 0"),
        (entry_with(line_number=True), "results, entry 1[0].line_number: is no number from 0"),
        (entry_with(is_secret="no"), "results, entry 1[0].is_secret: is neither true nor false"),
        (b'{"results": {"\\u001b[2J": 1}}', "results, entry 1: is no list"),
        (b"[" * 90_000, "nested too deeply"),
        (b'{"a":' * 90_000 + b"1", "nested too deeply"),
        (b"[" * 300_000, "has more than 100000 lists and objects"),
        (b'{"results": ' + b"9" * 10_000 + b"}", "holds a number that is too long"),
        (b" " * 5_000_001, "larger than 5000 kB"),
    ],
)  # fmt: skip
def test_what_is_no_baseline_is_said(content, message):
    with pytest.raises(BaselineError) as caught:
        read_baseline(content)
    assert str(caught.value) == message


def one_file_by_many_names():
    entry = {"type": "", "hashed_secret": "0" * 40}
    names = (f"{n:b}".replace("0", "./").replace("1", ".//") for n in range(2**15, 2**15 + 30_000))
    return {f"{name}a": [entry] for name in names}


def said_of(content):
    """The error's message, or nothing where there is none."""
    try:
        read_baseline(content)
    except BaselineError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "content",
    [
        b'{"results": {"a.py": [' + b"{}," * 99_000 + b"{}]}}",
        b'{"results": {' + b",".join(b'"%d": []' % n for n in range(99_000)) + b"}}",
        json.dumps({"results": one_file_by_many_names()}).encode(),
        b'{"x": [' + b'"a",' * 1_200_000 + b'1], "results": {}}',
        b'{"results": {"' + b"a" * 4_900_000 + b'": 1}}',
    ],
)
def test_a_hostile_baseline_is_bounded(content):
    tracemalloc.start()
    message = said_of(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(message) < 200
    assert peak < 150_000_000
    start = time.monotonic()
    said_of(content)
    assert time.monotonic() - start < 5


@settings(max_examples=50)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["results", "a.py", "type", "hashed_secret", "plugins_used", "path"]),
        inner, max_size=3,
    ),
))  # fmt: skip
def test_any_json_is_a_baseline_or_an_error(value):
    said_of(json.dumps(value).encode())


def test_an_old_baseline_and_odd_lists_of_plugins_are_read():
    old = {
        "results": {"a\\b.py": [{"type": "a", "hashed_secret": hashed("x"), "is_secret": False}]}
    }
    odd = {"plugins_used": [1, {"path": 3}, None], "filters_used": "file://x"}
    baseline = read_baseline(b"\xef\xbb\xbf" + json.dumps(old | odd).encode())
    assert baseline.own_code == 0
    assert baseline.is_audited_false("a/b.py", "x")
    assert SecretsBaseline().answer("a.py", hashed("x")) is None


# detect-secrets' own plugins


def found_by_stock(text, path="a.py"):
    """What the plugins find on every line of a text."""
    source = Source(text_of(text.encode()), path)
    starts = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]
    return list(stock_hits(source, starts)), source


def test_stock_plugins_find_at_low_severity_behind_all_others():
    key = planted.stripe()
    hits, source = found_by_stock(f'a = 1\nK = "{key}"\nT = "{key}"\n')
    assert [(hit.rule, source.line_number(hit.begins), hit.place.value) for hit in hits] == [
        ("stock-stripe", 2, key),
        ("stock-stripe", 3, key),
    ]
    assert all(source.text[hit.place.start : hit.place.end] == key for hit in hits)
    assert {hit.verdict.severity for hit in hits} == {Severity.LOW}
    assert {hit.verdict.confidence for hit in hits} == {Confidence.LOW}
    assert {hit.rank for hit in hits} == {RANDOM + 1}


def test_only_assignments_that_are_no_hit_of_ours_are_candidates():
    asked: list[int] = []

    def others(source, lines):
        asked.extend(source.line_number(line) for line in lines)
        return []

    text = (
        f'api_key = "{planted.stripe()}"\n'
        "token = settings.SHOP_TOKEN_OF_THE_DAY\n"
        'secret_name = "shop-payment-credentials-1"\n'
        f"a text of words {planted.drawn(planted.ALNUM, 30)}\n"
    )
    Engine(load_table(), 0, others=others).search(Source(text, "a.py"))
    assert asked == [3]


@pytest.mark.parametrize(
    "line",
    [
        f"{planted.stripe()}",  # neither an assignment nor a service's name but in the key itself
        "name = Apple",
        'title = "APApplicationContextHolder"',
        'KEY = "' + "sk_" + "live_" + "x" * 24 + '"',
        'ID = "' + "AKI" + "AIOSFODNN7EXAMPLE" + '"',
        'U = "postgres://user:password@localhost:5432/shop1"',
        'H = "-----BEGIN RSA PRIV' + 'ATE KEY-----"',
        'S = "AK' + 'IA${SUFFIX_OF_THE_KEY_1234}"',
    ],
)  # fmt: skip
def test_what_stock_plugins_would_take_for_a_secret_is_none(line):
    hits, _ = found_by_stock(line.replace(planted.stripe(), planted.drawn(planted.ALNUM, 40)))
    assert hits == []


def test_no_service_is_asked(monkeypatch):
    def refuse(*_):
        raise AssertionError

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("requests.sessions.Session.request", refuse)
    lines = [
        f'stripe = "{planted.stripe()}"',
        f'slack = "xoxb-{planted.drawn(planted.DIGITS, 12)}-{planted.drawn(planted.LOWER, 24)}"',
        f'telegram = "{planted.drawn(planted.DIGITS, 9)}:AA{planted.drawn(planted.ALNUM, 33)}"',
        f'aws = "{planted.aws_id()}"',
    ]
    hits, _ = found_by_stock("\n".join(lines))
    assert {hit.rule for hit in hits} >= {"stock-stripe", "stock-slack", "stock-aws"}
    found = [plugin().verify("x") for plugin in PLUGINS.values()]
    assert {each.name for each in found} == {"UNVERIFIED"}


def test_long_lines_and_lines_of_words_take_no_time():
    long = "//" * 50_000 + "=" + planted.stripe()
    hits, _ = found_by_stock(long + "\n" + f'K = "{planted.stripe()}"')
    assert [hit.rule for hit in hits] == ["stock-stripe"]
    start = time.monotonic()
    found_by_stock("a" * 1_000_000)
    found_by_stock("//a/" * 5_000 + "\n" + "npm //a1" * 120 + "\n")
    found_by_stock(("a" * 30 + "1\n") * 20_000)
    assert time.monotonic() - start < 5


def test_the_list_is_explicit():
    names = {each.class_name for each in STOCK}
    assert len(names) == len({each.rule for each in STOCK}) == 21
    assert not any("Entropy" in name or "Keyword" in name for name in names)


def test_what_is_read_imports_nothing_heavy():
    code = (
        "import sys, shopsec.scan.secrets.secrets_baseline, shopsec.scan.secrets.gitleaks_ignore;"
        "print([n for n in ('detect_secrets', 'pydantic', 'yaml', 'requests') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_values_are_not_in_a_representation():
    secret = ListedSecret("a.py", 1, "keyword", planted.password(), "a", planted.password())
    assert planted.password() not in repr(secret)
    assert [each.name for each in dataclasses.fields(secret) if not each.repr] == [
        "value", "stock_text",
    ]  # fmt: skip
    assert secrets_baseline.hashed("x") == hashlib.sha1(b"x").hexdigest()
