import time

import pytest

from shopsec.scan.secrets import settling
from tests.secrets import planted


def test_a_value_is_found_once_by_the_more_specific_rule(seen):
    key = planted.stripe()
    assert seen(f'api_key = "{key}"\n') == [("stripe-live-key", 1, "api_key")]
    url = f'url = "https://bot:{planted.github()}@github.com/a/b"\n'
    assert seen(url) == [("github-token", 1, "url")]


def test_two_values_on_a_line_and_one_value_on_two_lines(seen):
    one, other = planted.stripe(), planted.github()
    text = f'A = "{one}"; B = "{other}"\nA = "{one}"\n'
    assert sorted(seen(text)) == [
        ("github-token", 1, "B"),
        ("stripe-live-key", 1, "A"),
        ("stripe-live-key", 2, "A"),
    ]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("STRIPE = '{}'", "STRIPE"),
        ("- STRIPE={}", "STRIPE"),
        ("stripe.key: str = '{}'", "stripe.key"),
        ('"stripe": {{"secret-key": "{}"}}', "secret-key"),
        ("'stripe' => '{}',", "stripe"),
        ("define('STRIPE', '{}');", "STRIPE"),
        ("Authorization: Bearer {}", "Authorization"),
        ('text = "A=1\\nSTRIPE={}"', "STRIPE"),
        ("{}", ""),
        ("charge('{}')", "charge"),
    ],
)
def test_the_name_tells_findings_apart_when_lines_move(seen, line, name):
    found = seen(line.format(planted.stripe()))
    assert [(rule, said) for rule, _, said in found] == [("stripe-live-key", name)]


def test_a_name_that_is_itself_a_secret_is_not_told(found):
    key = planted.stripe()
    result = found(f'{{"{key}_password": "{planted.password()}"}}\n')
    assert [(each.rule, each.name) for each in result.sightings] == [
        ("stripe-live-key", ""),
        ("keyword", ""),
    ]


def test_allowlist_comments_are_honoured_and_counted(found):
    key = planted.stripe()
    result = found(
        f'A = "{key}"  # pragma: allowlist secret\n'
        "# pragma: allowlist nextline secret\n"
        f'B = "{key}"\n'
        f'C = "{key}"  # pragma: nothing\n'
    )
    assert [(each.rule, each.line) for each in result.sightings] == [("stripe-live-key", 4)]
    assert result.left_out == {settling.SILENCED: 2}


def test_placeholders_in_the_form_of_a_key_are_counted(found):
    result = found(
        f'A = "{"AKI" + "AIOSFODNN7EXAMPLE"}"\nB = "sk_{"live"}_{"x" * 24}"\n'
        f'C = "ghp_{"0123456789abcdefghijklmnopqrstuvwxyz"}"\n'
    )
    assert result.sightings == []
    assert result.left_out == {settling.PLACEHOLDERS: 3}


def test_integrity_hashes_are_counted_and_no_finding(found):
    digest = planted.drawn(planted.BASE64, 40) + "/" + planted.aws_id() + "/" + "abcdQ=="
    result = found(f'"integrity": "sha512-{digest}"\n', "package-lock.json")
    assert result.sightings == []
    assert result.left_out == {settling.INTEGRITY: 1}


def test_a_sure_key_is_no_integrity_hash_whatever_stands_before_it(found):
    result = found(f'integrity="sha256-{planted.stripe()}"\n', "index.html")
    assert [each.rule for each in result.sightings] == ["stripe-live-key"]
    assert result.left_out == {}


@pytest.mark.parametrize("path", ["package-lock.json", "app/pnpm-lock.yaml", "uv.lock"])
def test_lock_files_are_searched_for_keys_but_not_by_name(found, path):
    text = (
        f'"resolved": "https://ci:{planted.github()}@npm.shop.io/a.tgz",\n'
        f'"password": "{planted.password()}"\n'
    )
    result = found(text, path)
    assert [each.rule for each in result.sightings] == ["github-token"]
    assert result.left_out == {settling.OTHER_WORDS: 1}


def test_a_file_full_of_secrets_is_cut_short_and_says_so(found):
    lines = [f'K = "{planted.drawn(planted.HEX, 32, seed)}-us1"' for seed in range(502)]
    result = found("\n".join(lines))
    assert len(result.sightings) == settling.MOST
    assert result.cut_short == "has more than 500 secrets; the rest is not listed"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f'ID = "{"AKI" + "AIOSFODNN7EXAMPLE"}"\n', settling.PLACEHOLDERS),
        (f'PK = "pk_{"live"}_{planted.drawn(planted.ALNUM, 24, 2)}"\n', settling.PUBLIC),
        (f'K = "{planted.github()}"  # pragma: allowlist secret\n', settling.SILENCED),
    ],
)
def test_harmless_hits_are_counted_and_hide_no_key(found, line, reason):
    result = found(line * 11_000 + f'K = "{planted.stripe()}"\n')
    assert [(each.rule, each.line) for each in result.sightings] == [("stripe-live-key", 11_001)]
    assert result.left_out == {reason: 11_000}
    assert result.cut_short == ""


def test_passwords_by_name_hide_no_key(found):
    lines = [
        f'password_{n} = "{planted.drawn(planted.ALNUM, 18, n)}7!"\n' for n in range(1, 11_000)
    ]
    result = found("".join(lines) + f'K = "{planted.stripe()}"\n')
    assert len(result.sightings) == settling.MOST
    assert result.sightings[-1].rule == "stripe-live-key"
    assert result.cut_short == "has more than 500 secrets; the rest is not listed"


def test_a_megabyte_of_harmless_hits_on_one_line_takes_no_longer_than_others(found):
    begun = time.process_time()
    result = found(" ".join(["AKI" + "AIOSFODNN7EXAMPLE"] * 50_000) + f' "{planted.stripe()}"')
    assert [each.rule for each in result.sightings] == ["stripe-live-key"]
    assert time.process_time() - begun < 10


def test_a_long_line_is_searched_in_windows(seen):
    key, password = planted.stripe(), planted.password()
    line = "x = 1; " * 40_000
    text = f'{line}A = "{key}"; {line} db_password = "{password}"; {line}'
    assert seen(text) == [("stripe-live-key", 1, "A"), ("keyword", 1, "db_password")]


def test_the_same_key_on_one_long_line_is_one_finding(seen):
    assert len(seen(f'A = "{planted.stripe()}"; ' * 20_000)) == 1


def test_aws_key_id_is_sure_only_beside_its_secret(found):
    alone = found(f'ID = "{planted.aws_id()}"\n').sightings
    assert [each.confidence for each in alone] == ["medium"]
    pair = found(f'ID = "{planted.aws_id()}"\nx = "{planted.aws_secret()}"\n').sightings
    assert [each.confidence for each in pair] == ["high"]


def test_aws_secret_with_and_without_quotes_is_one_finding(seen):
    for line in (
        f'aws_secret_access_key = "{planted.aws_secret()}"',
        f"aws_secret_access_key = {planted.aws_secret()}",
        f"AWS_SECRET_ACCESS_KEY={planted.aws_secret()}",
    ):
        assert [rule for rule, _, _ in seen(line)] == ["aws-secret-key"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (planted.private_key(), [("high", "")]),
        (planted.private_key(kind=""), [("high", "")]),
        (planted.private_key(kind="OPENSSH "), [("high", "")]),
        (planted.private_key().replace("\n", "\\n"), [("high", "")]),
        (
            planted.private_key().replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\n\n", 1),
            [("medium", "low")],
        ),
        ("if '-----BEGIN RSA PRIVATE KEY-----' in text:\n    return True\n", []),
        ("-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n", []),
    ],
)
def test_a_private_key_has_a_body(found, text, expected):
    assert [(each.confidence, each.severity) for each in found(text).sightings] == expected


def test_tokens_that_have_expired_are_marked(found):
    past, future = planted.token(exp=1_700_000_000), planted.token(exp=1_900_000_000)
    assert [each.severity for each in found(past).sightings] == ["info"]
    assert [each.severity for each in found(future).sightings] == [""]
    assert found(planted.token(sub="1234567890", name="John Doe")).sightings == []
    assert found(planted.token(a=1).rpartition(".")[0]).sightings == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://shop:{}@db.shop.io/shop", [("high", "")]),
        ("rediss://:{}@cache.shop.io:6379/0", [("high", "")]),
        ("postgres://shop:{}@localhost/shop", [("low", "low")]),
        ("amqp://shop:{}@rabbit:5672", [("low", "low")]),
        ("postgres://shop:{}@db.example.com/shop", [("low", "low")]),
        ("https://shop:{}@www.example.com/shop", []),
    ],
)
def test_passwords_in_urls(found, url, expected):
    text = f'URL = "{url.format(planted.password().strip("!"))}"'
    result = found(text).sightings
    assert [(each.confidence, each.severity) for each in result] == expected
    assert all((each.rule, each.name, each.shown) == ("url-password", "URL", "") for each in result)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:password@ci.shop.io/shop",
        "https://saleor:saleor@ci.shop.io/shop",
        "postgres://user:${PASSWORD}@db.shop.io/shop",
        "https://{user}:{password}@shop.io",
        "https://x-access-token:${TOKEN}@github.com/a/b",
        "https://user:<password>@shop.io",
        "redis://:@cache.shop.io",
        "https://shop.io:8080/a@b",
    ],
)
def test_urls_without_a_password(seen, url):
    assert seen(f'URL = "{url}"', "a.sh") == []


def test_a_poor_password_of_a_data_store_counts_a_little(found):
    for url in ("postgres://user:password@db.shop.io/shop", "redis://:redis@cache.shop.io"):
        result = found(f'URL = "{url}"').sightings
        assert [(each.rule, each.severity) for each in result] == [("url-password", "low")]


@pytest.mark.parametrize("before", ["login('Hunter-2-Word', '", "tool Hunter-2-Word "])
def test_what_stands_before_a_value_is_not_its_name(seen, before):
    assert seen(before + planted.stripe()) == [("stripe-live-key", 1, "")]
