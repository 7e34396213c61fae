"""Passwords in addresses of every form, and addresses without one."""

import pytest

from tests.secrets import planted

SECRET = planted.drawn(planted.ALNUM, 14)
KEY = "4f1c2a77-9b3e-4d1a-8c55-0a9be1f4d3c2"


@pytest.mark.parametrize(
    ("path", "text", "confidence"),
    [
        (".env", "DSN=smtp://info@myshop.de:{}@smtp.strato.de:587", "high"),
        (".env", "DSN=mysql://shop:a^{}@db.myshop.de/shop", "high"),
        (".env", "DSN=mysql://shop:{}@my-db.shop.de/shop", "high"),
        (".env", "API=https://shop:{}@my.shopbackend.de/shop", "high"),
        (".env", "DSN=gmail+smtp://shop:{}@default", "low"),
        ("a.go", 'dsn := "shop:{}@tcp(db.myshop.de:3306)/shop"', "high"),
        ("a.go", 'dsn := "shop:{}@unix(/run/mysqld.sock)/shop"', "low"),
        ("a.properties", "url=jdbc:oracle:thin:shop/{}@db.myshop.de:1521:X", "high"),
        ("a.properties", "url=jdbc:oracle:thin:shop/{}@//db.myshop.de:1521/X", "high"),
        (".env", "NEXT=https%3A%2F%2Fshop%3A{}%40db.myshop.de%2Fx", "high"),
        (".env", "NEXT=postgres%3a%2f%2fshop%3a{}%40db.myshop.de%2fx", "high"),
    ],
)
def test_passwords_in_addresses_of_other_forms(found, path, text, confidence):
    result = found(text.format(SECRET), path)
    assert [(each.rule, each.confidence) for each in result.sightings] == [
        ("url-password", confidence)
    ]
    assert [value.removeprefix("a^") for value in result.values] == [SECRET]


@pytest.mark.parametrize(
    ("text", "key", "confidence"),
    [
        ("redis://{}@cache.myshop.de:6379", planted.drawn(planted.ALNUM, 24), "low"),
        ("postmark+api://{}@default", KEY, "medium"),
        (
            "mailgun+https://{}:mg.myshop.de@default?region=eu",
            planted.drawn(planted.HEX, 32) + "-5da2cec2-55404e4f",
            "medium",
        ),
        ("sendinblue+api://{}@default", planted.drawn(planted.ALNUM, 32), "medium"),
    ],
)
def test_a_key_in_the_place_of_the_user(found, text, key, confidence):
    result = found(f"DSN={text.format(key)}\n", ".env")
    assert [(each.rule, each.confidence) for each in result.sightings] == [
        ("url-password", confidence)
    ]
    assert result.values == [key]


@pytest.mark.parametrize(
    "url",
    [
        "https://host:8443/path?mail=info@myshop.de",
        "https://cdn.myshop.de:443/npm/bootstrap@5.3.0/dist/a.css",
        "https://maps.myshop.de:443/maps/@52.5,13.4",
        "http://[::1]:8080/@x",
        "ssh://git@git.myshop.de:2222/x@y",
        "https://docker.myshop.de:4443/shop/web@sha256:35f1ea3d0ae9dc9b",
        "redis://shop@cache.myshop.de",
        "redis://${TOKEN}@cache.myshop.de",
        "https://a1b2c3d4e5f6a7b8c9d0e1f2@sentry.myshop.de/7",
        "null://null@default",
        "postmark+api://KEY@default",
        "mailgun+https://KEY:DOMAIN@default",
        "https://shop:Hq2-xk9@your-domain.com/",
        "https://shop:Hq2-xk9@myhost/",
        "postgres://USER:PASSWORD@HOST/shop",
        "https%3A%2F%2Fshop.de%3A8443%2Fx%40y",
        "user:password@tcp(localhost:3306)/shop",
        "(?P<a>[^:]+)://([^:]+):([^@]+)@shop.de",
    ],
)
def test_addresses_without_a_password(seen, url):
    assert seen(f'x = "{url}"\n', "a.js") == []


def test_capitals_are_a_password_of_a_data_store_unless_they_are_a_word(seen):
    assert seen('x = "mysql://root:KDSQLQXYZW@db.myshop.de/shop"') == [("url-password", 1, "x")]
    assert seen('x = "mysql://root:CHANGEIT@db.myshop.de/shop"') == []
    assert seen('x = "https://root:KDSQLQXYZW@db.myshop.de/shop"') == []
