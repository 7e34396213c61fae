"""Facts about settings, whichever file they stand in."""

import pytest

from shopsec.model import Role, SourceFile, uri_of
from shopsec.repo.roles import role_of
from shopsec.scan.access.resources import (
    compose,
    django,
    dotenv_settings,
    environments,
    javascript_settings,
    php_ini,
    php_settings,
    symfony,
)
from shopsec.scan.access.resources.settings import Setting
from shopsec.scan.access.resources.stages import stage_of
from shopsec.scan.access.scanner import Access
from tests.access.in_memory import built, in_memory


def settings_of(source, contents, **options):
    found = built(source, contents, **options)
    return {each.name: each.view for each in found if each.kind == "setting"}


def whole(source, contents, **options):
    (found,) = [each for each in built(source, contents, **options) if each.kind == "settings"]
    return found


@pytest.mark.parametrize(
    ("path", "environment", "keeps_defaults", "stage"),
    [
        (".env.production", "", False, "production"),
        (".env.prod.local", "", False, "production"),
        ("live.env", "", False, "production"),
        (".env.staging", "prod", False, "staging"),
        (".env", "", False, "shared"),
        (".env", "production", False, "production"),
        (".env", "dev", False, "shared"),
        (".env", "", True, "defaults"),
        (".env", "prod", True, "production"),
        (".env.local", "", False, "developer"),
        (".env.test_cached", "", False, "developer"),
        ("tests/.env", "", False, "developer"),
        (".env.example", "", False, "developer"),
        (".env.example", "production", False, "production"),
        (".env.product", "", False, "shared"),
        ("docker/php-dev.ini", "", False, "developer"),
    ],
)
def test_what_a_file_is_for(path, environment, keeps_defaults, stage):
    file = SourceFile(uri_of(path), 1, role_of(path), True)
    assert stage_of(file, environment, keeps_defaults=keeps_defaults) == stage


@pytest.mark.parametrize(
    ("line", "written", "known"),
    [
        ("DB_PASSWORD=winter-sale-44", True, False),
        ("DB_PASSWORD=changeme", True, True),
        ("DB_PASSWORD=shop-user", True, True),
        ("DB_PASSWORD=${DB_PASSWORD}", False, False),
        ("DB_PASSWORD=", False, False),
        ("DB_PASSWORD=EDITME", False, False),
        ("DB_PASSWORD_FILE=/run/secrets/db", False, False),
        ("JWT_SECRET_KEY=%kernel.project_dir%/config/jwt/private.pem", False, False),
        ("APP_KEY=base64:c29tZXRoaW5nIG93bg==", True, False),
        ("APP_SECRET=ThisTokenIsNotSoSecretChangeIt", True, True),
        ("DATABASE_URL=mysql://shop:winter-sale-44@db/shop", True, False),
        ("DATABASE_URL=mysql://root:root@db/shop", True, True),
        ("DATABASE_URL=mysql://shop@db/shop", False, False),
        ("MAILER_DSN=smtp://user:pass@smtp.example.com:25", False, False),
        ("USER_INVALID_PASSWORD=notice", False, False),
        ("SHOP_NAME=changeme", False, False),
    ],
)
def test_secrets(line, written, known):
    found = settings_of(dotenv_settings.SOURCE, {".env": f"DB_USER=shop-user\n{line}\n"})
    view = found[line.partition("=")[0]]
    assert (view.written_secret, view.everybody_knows) == (written, known)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("DB_PASSWORD=winter-sale-44", "(secret)"),
        ("APP_KEY=base64:c29tZXRoaW5n", "(secret)"),
        ("DATABASE_URL=mysql://shop:winter-sale-44@db/shop", "mysql://shop:(secret)@db/shop"),
        ("URL=https://a:" + "b" * 2000 + "@c", "(long)"),
        ("DB_PASSWORD=", ""),
        ("SHOP_NAME=Winter", "Winter"),
    ],
)
def test_no_rule_sees_the_value_of_a_secret(line, value):
    (view,) = settings_of(dotenv_settings.SOURCE, {".env": line + "\n"}).values()
    assert view.value == value
    assert "winter-sale" not in repr(view)


@pytest.mark.parametrize(
    ("text", "on", "off"),
    [("1", True, False), ("True", True, False), ("yes", True, False), ("0", False, True),
     ("Off", False, True), ("null", False, True), ("", False, True), ("2", False, False),
     ("express:*", False, False)],
)  # fmt: skip
def test_switches(text, on, off):
    (view,) = settings_of(dotenv_settings.SOURCE, {".env": f"DEBUG={text}\n"}).values()
    assert (view.on, view.off) == (on, off)


@pytest.mark.parametrize(
    ("contents", "framework"),
    [
        ({".env": "PLAYGROUND_ENABLED=1\nSECRET_KEY=\n"}, "saleor"),
        ({".env": "STORE_CORS=x\nJWT_SECRET=\n"}, "medusa"),
        ({".env": "APP_KEY=\nAPP_ENV=local\n"}, "laravel"),
        ({".env": "APP_SECRET=\nAPP_ENV=dev\n"}, "symfony"),
        ({".env": "SHOPWARE_ES_ENABLED=0\nAPP_SECRET=\n"}, "shopware"),
        ({".env": "DEBUG=1\n", "manage.py": ""}, "django"),
        ({"api/.env": "DEBUG=1\n", "api/artisan": ""}, "laravel"),
        ({".env": "APP_ENV=dev\n", "composer.json": ""}, "php"),
        ({".env": "DEBUG=1\n"}, ""),
    ],
)
def test_whose_variables_they_are(contents, framework):
    found = settings_of(dotenv_settings.SOURCE, contents)
    assert {view.framework for view in found.values()} == {framework}


def test_a_file_for_production_sets_anew():
    contents = {".env": "APP_ENV=dev\nAPP_NAME=a\n", ".env.prod": "APP_ENV=prod\n"}
    plain = {
        each.name: each.view.live
        for each in built(dotenv_settings.SOURCE, contents)
        if each.kind == "setting" and each.file.path == ".env"
    }
    assert plain == {"APP_ENV": False, "APP_NAME": True}


@pytest.mark.parametrize("name", [".env.prod", ".env-dev", "backend.env", ".env.local.bak", "env.example"])  # fmt: skip
def test_names_of_environment_files(name):
    assert dotenv_settings.SOURCE.matches(SourceFile(uri_of(name), 1, Role.PRODUCTION, True))


@pytest.mark.parametrize(
    "name", [".env.js", "environment.prod.ts", ".env.vault", "env.py", ".envrc", ".env.hbs", "a.env.d.ts"]
)  # fmt: skip
def test_names_of_other_files(name):
    assert not dotenv_settings.SOURCE.matches(SourceFile(uri_of(name), 1, Role.PRODUCTION, True))


def test_variables_of_services_are_settings():
    text = (
        "services:\n  shop:\n    image: a\n    restart: always\n    environment:\n"
        "      MAGE_MODE: developer\n      TOKEN: ${TOKEN}\n"
    )
    files = in_memory({"docker-compose.prod.yml": text})
    services = built(compose.SOURCE, {"docker-compose.prod.yml": text})
    (found,) = environments.SUMMARY.build(files, services)
    view = found.view
    assert isinstance(view, Setting)
    assert (view.framework, view.origin, view.stage, view.name, view.value, found.line) == (
        "magento", "service", "production", "MAGE_MODE", "developer", 6,
    )  # fmt: skip


def test_members_of_django_dicts():
    text = (
        "import os\nDATABASES = {\n  'default': {\n    'USER': 'shop',\n"
        "    'PASSWORD': os.environ.get('P', 'x'),\n  }\n}\n"
    )
    found = built(django.SOURCE, {"shop/settings.py": text})
    assert [(each.name, each.line) for each in found if each.kind == "setting"] == [
        ("DATABASES", 2),
        ("DATABASES.default", 3),
        ("DATABASES.default.USER", 4),
        ("DATABASES.default.PASSWORD", 5),
    ]


@pytest.mark.parametrize(
    ("expression", "on"),
    [
        ("bool(int(os.environ.get('DEBUG', 1)))", True),
        ("bool(int(os.environ.get('DEBUG', '0')))", False),
        ("env.bool('DEBUG', default=True)", True),
        ("os.environ.get('DEBUG') == '1'", False),
    ],
)
def test_defaults_of_django_switches(expression, on):
    text = f"INSTALLED_APPS = []\nDEBUG = {expression}\n"
    assert settings_of(django.SOURCE, {"shop/settings.py": text})["DEBUG"].on is on


@pytest.mark.parametrize(
    ("code", "shows"),
    [
        ("define('WP_DEBUG', true);", True),
        ("define('WP_DEBUG', TRUE); define('WP_DEBUG_DISPLAY', true);", True),
        ("define('WP_DEBUG', true); define('WP_DEBUG_DISPLAY', false);", False),
        ("define('WP_DEBUG', true); @ini_set('display_errors', 0);", False),
        ("define('WP_DEBUG', false);", False),
        ("if ($dev) { define('WP_DEBUG', true); }", False),
        ("define('WP_DEBUG', getenv('WP_DEBUG'));", False),
    ],
)
def test_whether_wordpress_shows_errors(code, shows):
    found = whole(
        php_settings.SOURCE, {"wp-config.php": f"<?php\ndefine('DB_NAME', 'a');\n{code}\n"}
    )
    assert found.view.shows_errors is shows


@pytest.mark.parametrize(
    ("path", "text", "framework", "name"),
    [
        ("app/etc/env.php", "return ['a' => 1];", "magento", "a"),
        ("wp/wp-config.php", "define('A', 1);", "wordpress", "A"),
        ("config/application.php", "Config::define('A', 1);", "wordpress", "A"),
        ("config/defines.inc.php", "define('_A_', 1);", "prestashop", "_A_"),
        ("upload/config.php", "define('DIR_APPLICATION', 1);", "opencart", "DIR_APPLICATION"),
        ("config/session.php", "return ['a' => env('A')];", "laravel", "session.a"),
        ("public/index.php", "ini_set('display_errors', 1);", "php", "display_errors"),
    ],
)
def test_where_platforms_keep_their_settings(path, text, framework, name):
    found = settings_of(php_settings.SOURCE, {path: f"<?php {text}"})
    assert {key: view.framework for key, view in found.items()} == {name: framework}


@pytest.mark.parametrize(
    "path", ["lib/index.php", "src/Entity/Config.php", "config/cars.php", "wp-settings.php"]
)
def test_other_php_files_are_left_alone(path):
    assert settings_of(php_settings.SOURCE, {path: "<?php define('A', 1); // display_errors"}) == {}


def test_symfony_environments():
    text = (
        "framework:\n  secret: '%env(APP_SECRET)%'\n  ips: [127.0.0.1, ::1]\n"
        "when@prod:\n  framework: {profiler: false}\nwhen@dev:\n  framework: {test: true}\n"
    )
    found = settings_of(symfony.SOURCE, {"config/packages/framework.yaml": text})
    assert {name: (view.stage, view.value) for name, view in found.items()} == {
        "framework.secret": ("shared", ""),
        "framework.ips": ("shared", "['127.0.0.1', '::1']"),
        "framework.profiler": ("production", "false"),
        "framework.test": ("developer", "true"),
    }


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("config/packages/prod/x.yaml", "production"),
        ("config/packages/test_cached/x.yaml", "developer"),
        ("config/routes/dev/x.yaml", "developer"),
        ("config/routes.yaml", "shared"),
        ("app/config/config_dev.yml", "developer"),
        ("app/config/parameters.yml", "shared"),
    ],
)
def test_symfony_folders(path, stage):
    assert settings_of(symfony.SOURCE, {path: "a: {b: 1}\n"})["a.b"].stage == stage


@pytest.mark.parametrize(
    ("source", "contents", "name", "opens", "cookies"),
    [
        (django.SOURCE, {"settings.py": "INSTALLED_APPS = []\nCORS_ALLOW_ALL_ORIGINS = True\n"},
         "CORS_ALLOW_ALL_ORIGINS", True, False),
        (dotenv_settings.SOURCE, {".env": "ADMIN_CORS=https://a,*\n"}, "ADMIN_CORS", True, True),
        (dotenv_settings.SOURCE, {".env": "ADMIN_CORS=https://a\n"}, "ADMIN_CORS", False, True),
        (dotenv_settings.SOURCE, {".env": "ALLOWED_GRAPHQL_ORIGINS=*\n"},
         "ALLOWED_GRAPHQL_ORIGINS", True, False),
        (javascript_settings.SOURCE, {"src/vendure-config.ts": "export const c = {apiOptions: "
         "{cors: {origin: true, credentials: true}}}"}, "apiOptions.cors.origin", True, True),
        (symfony.SOURCE, {"config/packages/nelmio_cors.yaml": "nelmio_cors:\n  paths:\n    '^/api':"
         " {allow_origin: ['*'], allow_credentials: true}\n"},
         "nelmio_cors.paths.^/api.allow_origin", True, True),
        (dotenv_settings.SOURCE, {".env": "SORT_ORIGINS=*\n"}, "SORT_ORIGINS", False, False),
    ],
)  # fmt: skip
def test_who_may_use_an_interface(source, contents, name, opens, cookies):
    view = settings_of(source, contents)[name]
    assert (view.any_origin, view.with_credentials) == (opens, cookies)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("docker/php/conf.d/shop.ini", "display_errors = On\n", {"display_errors"}),
        (".user.ini", "display_errors=1\n", {"display_errors"}),
        ("docker/www.conf", "[www]\nphp_flag[display_errors] = on\n", {"display_errors"}),
        ("tox.ini", "memory_limit = 1\n", set()),
        ("docker/php/supervisord.conf", "[program:a]\ncommand = php-fpm\n", set()),
    ],
)
def test_files_of_php_switches(name, text, found):
    assert set(settings_of(php_ini.SOURCE, {name: text})) == found


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (".env", b"A=\xe9\n", "line 1: is not UTF-8 text"),
        ("wp-config.php", "<?php define('A', ;", "line 1: not PHP that can be read"),
        ("medusa-config.ts", "module.exports = {a: }", "line 1: not JavaScript that can be read"),
        ("config/packages/a.yaml", "a: [\n", "line 2: not valid YAML"),
        ("nginx.conf", "server {\n", "line 1: not nginx configuration"),
        ("a.conf", "<VirtualHost *:80>\n", "line 1: not Apache configuration"),
        ("php.ini", b"display_errors = 1\n; \xe9\n", "line 2: is not UTF-8 text"),
    ],
)
def test_what_cannot_be_used_is_named(tree, target_of, name, content, reason):
    target, host = target_of(tree({name: content, "app/etc/config.php": "<?php return [];"}))
    run = Access().scan(target, host).run
    ((item, said),) = [
        (each.name, group.reason) for group in run.not_covered for each in group.items
    ]
    assert (item, said[: len(reason)]) == (name, reason)
    assert run.covered == 1


def test_a_scan_of_settings_says_names_and_no_values(tree, target_of):
    target, host = target_of(
        tree(
            {
                ".env": "APP_KEY=base64:b3duLXNlY3JldA==\nAPP_DEBUG=true\nAPP_ENV=production\n",
                "shop/settings.py": "INSTALLED_APPS = []\nSECRET_KEY = 'own-secret'\n",
            }
        )
    )
    findings = Access().scan(target, host).findings
    assert {"SHOP-003", "SHOP-011"} <= {each.rule_id for each in findings}
    assert not any("own-secret" in each.message or "b3du" in each.message for each in findings)
