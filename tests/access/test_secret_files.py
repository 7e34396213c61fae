"""Files that hold secrets, and what was left behind."""

import pytest

from shopsec.model import Role
from shopsec.scan.access.resources import dotenv_settings, leftovers, php_settings, secret_files
from tests.access.in_memory import built


def held(source, contents, **options):
    return [
        (each.line, each.view.what, each.view.secrets)
        for each in built(source, contents, **options)
        if each.kind == "secret_file"
    ]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        (".npmrc", "a=b\n//r/:_authToken=own\n", [(2, "npm's logins", ("_authToken",))]),
        (".npmrc", "//r/:_authToken=${NPM_TOKEN}\n", []),
        (".npmrc", "; //r/:_authToken=own\nsave-exact=true\n", []),
        (".netrc", "machine a\n  login b\n  password own\n",
         [(3, "logins of .netrc", ("password",))]),
        (".git-credentials", "https://a:own@b\n", [(1, "git's logins", ("password",))]),
        (".pgpass", "# x\ndb:5432:shop:shop:own\n", [(2, "PostgreSQL's logins", ("password",))]),
        (".my.cnf", "[client]\npassword = own\n", [(2, "MySQL's logins", ("password",))]),
        ("live.tfvars", 'region = "eu"\ndb_password = "own-1"\napi_token = "own-2"\n',
         [(2, "Terraform's variables", ("db_password", "api_token"))]),
        ("a.tfstate", '{"terraform_version": "1.14"}',
         [(1, "Terraform's state", ("every attribute",))]),
        ("a.tfstate", '{"version": 4}', []),
        ("app/etc/local.xml", "<config>\n<key><![CDATA[own]]></key>\n</config>",
         [(2, "Magento's settings", ("key",))]),
        ("other/local.xml", "<key>own</key>", []),
        ("auth.json", '{\n"github-oauth": {\n"github.com": "own"}}',
         [(3, "Composer's logins", ("github-oauth.github.com",))]),
        ("auth.json", '{"http-basic": {"a.b": {"username": "u", "password": ""}}}', []),
        ("auth.json", '[{"password": "of a fixture"}]', []),
        ("auth.json", '{"http-basic": ', []),
        ("auth.json", "[" * 100_000, []),
    ],
)  # fmt: skip
def test_what_files_hold(name, text, found):
    assert held(secret_files.SOURCE, {name: text}) == found


def test_names_of_secrets_never_values():
    text = "A=1\nDB_PASSWORD=winter-44\nMAIL_URL=smtp://a:own-44@b\n"
    (found,) = [e for e in built(dotenv_settings.SOURCE, {".env": text}) if e.kind == "secret_file"]
    assert found.view.secrets == ("DB_PASSWORD", "MAIL_URL")
    assert "44" not in repr(found.view)


@pytest.mark.parametrize(
    ("text", "line", "only_known", "keeps_defaults"),
    [
        ("DB_PASSWORD=changeme\n", 1, True, False),
        ("DB_PASSWORD=changeme\nMAIL_PASSWORD=own-44\n", 2, False, False),
        ("###> a/b ###\nAPP_SECRET=own-44\n", 2, False, True),
        ("###> a/b ###\nAPP_ENV=prod\nAPP_SECRET=own-44\n", 3, False, False),
    ],
)
def test_how_bad_it_is(text, line, only_known, keeps_defaults):
    (found,) = [e for e in built(dotenv_settings.SOURCE, {".env": text}) if e.kind == "secret_file"]
    assert (found.line, found.view.only_known, found.view.keeps_defaults) == (
        line, only_known, keeps_defaults,
    )  # fmt: skip


def test_an_example_may_hold_what_everybody_knows():
    text = {".env.example": "DB_PASSWORD=changeme\n"}
    assert held(dotenv_settings.SOURCE, text, role=Role.EXAMPLE) == []
    real = {".env.example": "DB_PASSWORD=changeme\nMAIL_PASSWORD=own-44\n"}
    assert held(dotenv_settings.SOURCE, real, role=Role.EXAMPLE) == [
        (2, "environment file", ("MAIL_PASSWORD",))
    ]


def test_settings_in_php():
    text = "<?php return ['crypt' => ['key' => 'own-44'], 'x' => ['password' => getenv('P')]];"
    assert held(php_settings.SOURCE, {"app/etc/env.php": text}) == [
        (1, "settings of magento", ("crypt.key",))
    ]
    assert held(php_settings.SOURCE, {"config/session.php": "<?php return ['password' => 'own-44', 'a' => env('A')];"}) == []  # fmt: skip


_DUMP = "-- MySQL dump 10.13\nINSERT INTO `{}` VALUES (1);\n"


@pytest.mark.parametrize(
    ("files", "what", "public"),
    [
        ({"shop.sql": _DUMP.format("ps_customer")}, "dump", False),
        ({"pub/shop.sql": _DUMP.format("sales_order")}, "dump", True),
        ({"shop.sql": "-- PostgreSQL database dump\nCOPY public.account_user (id) FROM stdin;\n"},
         "dump", False),
        ({"shop.sql": _DUMP.format("country")}, "", False),
        ({"shop.sql": "INSERT INTO customer VALUES (1);\n"}, "", False),
        ({"wp-config.php.bak": "<?php"}, "copy", False),
        ({"public/.env.old": "A=1"}, "copy", True),
        ({"config/settings.inc.php~": "<?php"}, "copy", False),
        ({"config.sample.php": "<?php"}, "", False),
        ({"adminer.php": "<?php"}, "tool", False),
        ({"web/phpMyAdmin/index.php": "<?php"}, "tool", True),
        ({"src/AdminerBundle.php": "<?php"}, "", False),
        ({"phpinfo.php": "<?php phpinfo();"}, "phpinfo", False),
        ({"info.php": "<?php echo 1;"}, "", False),
        ({"install/index.php": "<?php", "config/settings.inc.php": "<?php"}, "installer", False),
        ({"install/index.php": "<?php"}, "", False),
        ({"shop.sql": ""}, "", False),
    ],
)  # fmt: skip
def test_leftovers(files, what, public):
    found = [(each.view.what, each.view.below_web_root) for each in built(leftovers.SOURCE, files)]
    assert found == ([(what, public)] if what else [])
