"""Passwords in addresses, variables of whole pipelines, and defaults that Symfony commits."""

import time

import pytest

from shopsec.scan.access.resources import dotenv_settings, helm, kubernetes
from shopsec.scan.access.resources.cors import lets_any_origin
from shopsec.scan.access.resources.deployments import shared_secrets
from shopsec.scan.access.resources.names import login_of, secrets_among
from tests.access.in_memory import built


@pytest.mark.parametrize(
    ("value", "login"),
    [
        ("postgres://shop:blue@db:5432/shop", ("shop", "blue")),
        ("redis://:blue@cache", ("", "blue")),
        ("smtp://shop:blue@mail.example.com", ("", "")),
        ("mysql://shop:shop@127.0.0.1/shop", ("", "")),
        ("mysql://shop:blue@127.0.0.1/shop", ("shop", "blue")),
        ("mysql://root:root@127.0.0.1.shop.net/shop", ("root", "root")),
        ("https://shop.net/a:b@c", ("", "")),
        ("shop:blue@db", ("", "")),
    ],
)
def test_logins(value, login):
    assert login_of(value) == login


def test_a_hostile_address_takes_no_time():
    started = time.process_time()
    login_of("://a:" * 200_000)
    assert time.process_time() - started < 1


def test_secrets_among_variables():
    values = {
        "DB_URL": "postgres://shop:blue-lantern@db/shop", "CACHE_URL": "redis://:secret@cache",
        "AMQP_URL": "amqp://a:$PASS@mq", "SHOP_URL": "https://shop.net", "API_KEY": "changeme",
    }  # fmt: skip
    assert secrets_among(values) == (("DB_URL",), ("CACHE_URL",))


@pytest.mark.parametrize(
    ("name", "value", "counts"),
    [
        ("ADYEN_API_KEY", "blue-lantern", True),
        ("DATABASE_URL", "mysql://shop:blue-lantern@db/shop", True),
        ("DATABASE_URL", "mysql://shop:shop@db/shop", False),
        ("MYSQL_ROOT_PASSWORD", "blue-lantern", False),
        ("DB_PASSWORD", "root", False),
        ("DB_PASSWORD", "only-for-tests", False),
        ("TEST_TOKEN", "blue-lantern", False),
        ("TOKEN", "${{ github.token }}", False),
        ("TOKEN", None, False),
    ],
)
def test_variables_of_a_whole_pipeline(name, value, counts):
    assert shared_secrets({name: value}) == ({name} if counts else set())


@pytest.mark.parametrize(
    ("composer", "stage"),
    [
        ('{"require": {"symfony/framework-bundle": "7.4.*"}}', "defaults"),
        ('{"require": {"shopware/core": "6.7.4.0"}}', "defaults"),
        ('{"require": {"laravel/framework": "12.*"}}', "developer"),
    ],
)
def test_the_plain_env_file_of_symfony_holds_defaults(composer, stage):
    texts = {".env": "APP_ENV=dev\n", "composer.json": composer}
    found = built(dotenv_settings.SOURCE, texts)[0].view.stage
    assert (found == "defaults") is (stage == "defaults")
    live = built(dotenv_settings.SOURCE, {**texts, ".env": "APP_ENV=prod\n"})
    assert live[0].view.stage == "production"


def test_helm_variables_in_either_form():
    (found,) = built(
        helm.SOURCE,
        {
            "values-prod.yaml": "env:\n- {name: DEBUG, value: true}\n- {name: API_KEY, value: blue-1}\n"
            "config:\n  APP_ENV: dev\n  nested: {A: 1}\nother: {LOG_LEVEL: info}\n"
        },
    )
    assert found.view.environment == {"DEBUG": "true", "API_KEY": "blue-1", "APP_ENV": "dev"}
    assert found.view.secret_names == ("env.API_KEY",)
    assert (found.line_at("secret"), found.places["environment.APP_ENV"]) == (3, 5)


def test_a_config_map_gives_variables():
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata:\n  DEBUG: 'on'\n"
        "  DB_URL: postgres://shop:shop@db/shop\n  nginx.conf: a\n"
    )
    (found,) = built(kubernetes.SOURCE, {"shop.yaml": text})
    assert set(found.view.environment) == {"DEBUG", "DB_URL"}
    assert (found.view.secret_names, found.view.default_secrets) == (("DB_URL",), ("DB_URL",))


@pytest.mark.parametrize(
    ("pattern", "everybody"),
    [
        (".*", True), ("^https?://.*$", True), ("^https://", True), (r"^\w+://.+$", True),
        (r"^(http|https)://[^/]+$", True), ("^http(s)?://(.*)$", True),
        (r"^https://\w+\.shop\.net$", False), (r"^https://.*\.shop\.net$", False),
        ("shop", False),
    ],
)  # fmt: skip
def test_patterns_of_origins(pattern, everybody):
    assert lets_any_origin("CORS_ALLOWED_ORIGIN_REGEXES", [pattern]) is everybody
