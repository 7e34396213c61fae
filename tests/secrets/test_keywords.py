import pytest

from tests.secrets import planted

SECRET = planted.password()


@pytest.mark.parametrize(
    ("path", "line", "name"),
    [
        ("a.py", "DB_PASSWORD = '{}'", "DB_PASSWORD"),
        ("a.py", "SECRET_KEY: str = '{}'", "SECRET_KEY"),
        ("a.py", "connect(host, password='{}')", "password"),
        ("a.py", "config['api_key'] = '{}'", "api_key"),
        ("a.py", "SECRET_KEY = env.str('SECRET_KEY', default='{}')", "SECRET_KEY"),
        ("a.py", "x = os.environ.get('DB_PASSWORD', '{}')", "DB_PASSWORD"),
        ("a.py", "x = os.environ['DB_PASSWORD'] or '{}'", "DB_PASSWORD"),
        ("a.js", "const apiKey = process.env.API_KEY || '{}';", "process.env.API_KEY"),
        ("a.ts", "const password: string = `{}`", "password"),
        ("a.json", '"password": "{}"', "password"),
        ("a.php", "'db_password' => '{}',", "db_password"),
        ("config.php", "define( 'SHOP_DB_PASSWORD', '{}' );", "SHOP_DB_PASSWORD"),
        ("env.xml", "<password><![CDATA[{}]]></password>", "password"),
        ("env.xml", "<password>{}</password>", "password"),
        ("a.yml", "POSTGRES_PASSWORD: {}  # the database", "POSTGRES_PASSWORD"),
        ("a.yml", "- POSTGRES_PASSWORD={}", "POSTGRES_PASSWORD"),
        (".env", "DB_PASSWORD={}", "DB_PASSWORD"),
        (".env.production", "export DB_PASSWORD={}", "DB_PASSWORD"),
        ("Dockerfile", "ENV DB_PASSWORD={}", "DB_PASSWORD"),
        ("a.ini", "password = {}", "password"),
        ("a.sh", "docker run -e DB_PASSWORD={} mysql", "DB_PASSWORD"),
        ("compose.yaml", "PASSWORD: ${{DB_PASSWORD:-{}}}", "DB_PASSWORD"),
        ("a.go", 'dbPassword := "{}"', "dbPassword"),
        ("a.go", 'var dbPassword string = "{}"', "dbPassword"),
        ("a.go", 'r.Header.Set("X-Shop-Password", "{}")', "X-Shop-Password"),
        ("a.cs", 'string dbPassword = "{}";', "dbPassword"),
        ("app.config", '<add key="DbPassword" value="{}" />', "DbPassword"),
        ("beans.xml", '<property name="password" value="{}"/>', "password"),
        ("task.json", '{{"name": "DB_PASSWORD", "value": "{}"}}', "DB_PASSWORD"),
        ("a.py", "password = ' {} '", "password"),
        (".env", "DB_PW={}", "DB_PW"),
        ("shop.env.bak", "DB_PASSWORD={}", "DB_PASSWORD"),
        ("prod.env.old", "DB_PASSWORD={}", "DB_PASSWORD"),
        ("vars.yml.j2", "db_password: {}", "db_password"),
        ("config.neon", "password: {}", "password"),
        ("Caddyfile", "DB_PASSWORD={}", "DB_PASSWORD"),
        ("Dockerfile", "ENV DB_PASSWORD {}", "DB_PASSWORD"),
        (".msmtprc", "password {}", "password"),
        ("haproxy.cfg", "  user admin insecure-password {}", "insecure-password"),
        ("ldap.conf", "ldap_binddn_passwd {};", "ldap_binddn_passwd"),
        ("a.fish", "set -x DB_PASSWORD {}", "DB_PASSWORD"),
        ("a.rs", 'const API_SECRET: &str = "{}";', "API_SECRET"),
        ("a.rs", 'const API_SECRET: &\'static str = "{}";', "API_SECRET"),
        ("a.php", "$kennwort = '{}';", "$kennwort"),
        ("a.py", "PASSWORD = ('{}')", "PASSWORD"),
        ("strings.xml", '<string name="api_secret">{}</string>', "api_secret"),
        ("a.xml", '<entry key="apiSecret">{}</entry>', "apiSecret"),
        ("deploy.yaml", 'env: [{{name: DB_PASSWORD, value: "{}"}}]', "DB_PASSWORD"),
        ("deploy.yaml", "- {{ name: DB_PASSWORD, value: {} }}", "DB_PASSWORD"),
        ("deploy.yaml", "- {{ value: {}, name: DB_PASSWORD }}", "DB_PASSWORD"),
        ("task.json", '{{"value": "{}", "name": "DB_PASSWORD"}}', "DB_PASSWORD"),
        ("a.sh", 'curl -H "X-Api-Key: {}" https://shop.example', "X-Api-Key"),
    ],
)
def test_passwords_by_name_in_any_language(seen, path, line, name):
    assert seen(line.format(SECRET), path) == [("keyword", 1, name)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.js", "const password =\n  '{}'"),
        ("deploy.yaml", "- name: DB_PASSWORD\n  value: {}\n- name: HOST\n"),
        ("deploy.yaml", '- name: DB_PASSWORD\n  value: "{}"\n'),
        ("task.json", '{{"name": "DB_PASSWORD",\n "value": "{}"}}'),
        ("deploy.yaml", "- value: {}\n  name: DB_PASSWORD\n"),
        ("deploy.yaml", '- value: "{}"\n  name: DB_PASSWORD\n'),
        ("main.tf", 'variable "db_password" {{\n  type = string\n  default = "{}"\n}}'),
        ("a.php", "[\n'password'\n  =>\n  '{}',\n]"),
        ("a.py", "PASSWORD = \\\n    '{}'"),
        ("a.py", "PASSWORD = (\n    '{}'\n)"),
        ("main.tf", 'name  = "DB_PASSWORD"\nvalue = "{}"'),
    ],
)
def test_a_value_on_the_line_after_its_name(seen, path, text):
    assert [rule for rule, *_ in seen(text.format(SECRET), path)] == ["keyword"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("deploy.yaml", "- name: DB_PASSWORD\n  valueFrom:\n    key: shop-db-1\n"),
        ("app.config", '<add key="ConnectionString_B2B_2" value="Server=shop" />'),
        ("deploy.yaml", "- name: SHOP_7\n  value: {}\n- name: DB_PASSWORD\n  valueFrom: x\n"),
        ("main.tf", 'variable "db_password" {{\n  type = string\n}}\nx {{ default = "{}" }}'),
        ("strings.xml", '<string name="password_hint">Mindestens-8</string>'),
        ("deploy.yaml", "checksum/secret: {}\n"),
        ("renovate.json", '{{"encrypted": {{"a": "b", "npmToken": "{}"}}}}'),
        ("services.yaml", "$password: '@=env(\"X2\")'"),
        ("a.php", "'password2' => 'same:password1',"),
        ("a.js", "const tokenSelector = '.token-field__2';"),
        ("a.json", '{{"key": "main.57583b036ff57c60a632.css"}}'),
        ("a.php", "const FIELD_PASSWORD = 'customer_password2';"),
        ("a.php", "const XML_PATH_API_SECRET = 'payment/foo/api_secret2';"),
        ("a.php", "const ERROR_PASSWORD = 'CHECKOUT__PASSWORD_INVALID_01';"),
        ("A.java", 'String PASSWORD_PARAM = "j_password1";'),
        ("A.java", 'String SECRET_ALGO = "AES/CBC/PKCS5Padding";'),
        ("a.env", "DB_PASSWORD=shopwarepassword"),
        (".envrc", "export DB_PASSWORD=$(vault-read shop-db-2)"),
        ("app.env.ts", "password = readPassword7(host);"),
        ("src/.env.d.ts", "password = readPassword7;"),
        ("a.env", "DB_PASSWORD=$(openssl rand -hex 16)"),
        ("a.env", "DB_PASSWORD=meinshoppasswort"),
        ("a.env", "AUTH0_DOMAIN=dev-4q2x8z7k.eu.auth0.com"),
        ("a.java", 'String token = "@javax1.annotation.Generated";'),
        ("a.env", "API_TOKEN=key_00000000000000000000"),
        ("a.env", "DATABASE_URL=postgres://shop:shop@localhost:5432/shop"),
        ("a.env", "DATABASE_URL=mysql://root:password@127.0.0.1/shop"),
    ],
)
def test_what_is_none_however_it_is_called(seen, path, text):
    assert seen(text.format(SECRET), path) == []


@pytest.mark.parametrize(
    "line",
    [
        # references
        'password = os.environ["DB_PASSWORD"]',
        "password = os.environ.get('DB_PASSWORD')",
        "password: ${{ secrets.DB_PASSWORD2 }}",
        "password: ${DB_PASSWORD1}",
        "PASSWORD=$DB_PASSWORD1",
        'secret: "%env(APP_SECRET1)%"',
        "password = settings.DB_PASSWORD1",
        "secret = get_secret_key2('shop-1')",
        "secret: vault2[0]",
        "password: {{ vault_db_password1 }}",
        'password = f"{prefix1}{suffix}"',
        "secret_key = SHOP_SECRET_KEY_2",
        # labels, translations, messages
        'password = forms.CharField(label=_("Password 2"))',
        'msgid "Your password: 8 characters"',
        '"password": "Passwort2 wiederholen"',
        '"password": "Contraseña12345"',
        'PASSWORD_TOO_SHORT = "password_too_short_8"',
        'password_help_text = "Use-8-characters!"',
        "'password' => 'required|confirmed|min:6',",
        # names, paths, versions, identifiers
        'secret_name = "shop-db-4711"',
        'secret_file = "/run/secrets/db-1"',
        'api_key_header = "X-Api-Key-2"',
        'secret = "/run/secrets/db-1"',
        'private_key = "certs/shop1.pem"',
        '"password-hash": "^1.12.2"',
        'secret_key = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"',
        'password = "https://shop.io/reset/1"',
        'password = "pbkdf2_sha256$260000$abc$def1"',
        'password = "info1@shop.io"',
        '"api_key": "@shop1/core/api-key"',
        'password = "#shop_admin_password2"',
        'n.password="",n.hash=m?"":"#1"',
        # placeholders
        'password = "changeme123"',
        'password = "your-password-1"',
        'password = "<password-1>"',
        'password = "password123!"',
        'password = "Test1234!"',
        'password = "xxxxxxxx1"',
        'password = "********1"',
        'password = "123456789"',
        'SECRET_KEY = "django-insecure-secret-1"',
        'public_key = "a1b2c3d4e5f6a7b8c9d0"',
        # no names of secrets
        'sort_key = "a1b2c3d4e5f6a7b8c9d0"',
        'monkey = "a1b2c3d4e5f6a7b8c9d0"',
        'cache_key = "a1b2c3d4e5f6a7b8c9d0"',
    ],
)
@pytest.mark.parametrize("path", ["shop/a.py", "shop/a.yml"])
def test_look_alikes_are_no_findings(seen, path, line):
    assert seen(line, path) == []


def test_how_sure(found):
    def confidence(line):
        return [each.confidence for each in found(line).sightings]

    assert confidence(f'password = "{planted.drawn(planted.ALNUM, 32)}"') == ["medium"]
    assert confidence('password = "winter-sale-4711"') == ["low"]
    assert confidence('MAIL_PASSWORD = "Winter-Sale-4711"') == ["medium"]
    assert confidence(f'customer_token = "{planted.drawn(planted.ALNUM, 40)}"') == ["low"]


def test_bare_words_count_in_configuration_only(seen):
    line = f"password = {SECRET}"
    assert seen(line, "a.ini")
    assert seen(line, "a.py") == []


def test_nothing_of_a_password_is_shown(found):
    assert [each.shown for each in found(f'password = "{SECRET}"').sightings] == [""]


@pytest.mark.parametrize(
    "value",
    [
        planted.drawn(planted.LOWER + "!@#^&*(-_=+)", 50),  # as Django makes them
        "!" + planted.drawn(planted.LOWER, 12),
        "/" + planted.drawn(planted.BASE64, 39),
        planted.drawn(planted.HEX, 32),
        "kept-in-git-by-mistake-2024",
    ],
)
def test_passwords_of_any_alphabet(seen, value):
    assert seen(f"APP_PASSWORD = '{value}'") == [("keyword", 1, "APP_PASSWORD")]


@pytest.mark.parametrize(
    ("path", "line", "name"),
    [
        ("Makefile", "API_TOKEN ?= {}", "API_TOKEN"),
        ("a.java", 'System.setProperty("SHOP_TOKEN", "{}");', "SHOP_TOKEN"),
        ("a.json", '{{"env": "A=1\\nSHOP_TOKEN={}\\n"}}', "SHOP_TOKEN"),
        ("a.js", 'fetch("https://api.shop.io/v1/orders?api_token={}")', "api_token"),
        ("credentials.xml", "<secret>{{AQAAABAAA {}}}</secret>", "secret"),
        ("notes.md", "The API key is {} for now", ""),
        ("a.sh", "tool --token {} run", ""),
    ],
)
def test_random_values_in_other_places(seen, path, line, name):
    value = planted.drawn(planted.ALNUM, 32)
    found = seen(line.format(value), path)
    assert [(rule in {"keyword", "high-entropy"}, at) for rule, at, _ in found] == [(True, 1)]
    assert [said for _, _, said in found] == [name or found[0][2]]


def test_a_uuid_is_a_key_only_under_a_key_s_name(seen):
    value = "4f1c2a77-9b3e-4d1a-8c55-0a9be1f4d3c2"
    assert [rule for rule, _, _ in seen(f'api_key = "{value}"')] == ["high-entropy"]
    assert seen(f'order_id = "{value}"') == []
    assert seen(f'token_id = "{value}"') == []


def test_a_named_group_is_no_element(seen):
    assert seen(r"url(r'^orders/(?P<key>[a-z0-9]{20}3f9)/$', view)") == []


@pytest.mark.parametrize(
    "value",
    [
        planted.drawn("bcdfghjklmnpqrstvwxz", 16),
        "kd8&" + planted.drawn(planted.ALNUM, 8),
        "kd8;" + planted.drawn(planted.ALNUM, 8),
        "kd8(Hq2)" + planted.drawn(planted.ALNUM, 5),
        "kd8{x}" + planted.drawn(planted.ALNUM, 8),
        "kd8sq92lqx.sh",
        "Gr\xfcn3-W\xf6lf!9x",
        "\xe0-" + planted.drawn(planted.ALNUM, 12),
        "Kd8example92Lq",
        "aMock7Fbird91",
        "2024-01-15Shop!",
        "shop_password_24x",
    ],
)
@pytest.mark.parametrize("path", [".env", ".env.local", "prod.env", "prod.env.bak"])
def test_a_setting_may_have_any_value(found, path, value):
    result = found(f"A=b\nexport DB_PASSWORD={value} # since 2024\nC=d\n", path)
    assert [(each.rule, each.line, each.name) for each in result.sightings] == [
        ("keyword", 2, "DB_PASSWORD")
    ]
    assert result.values == [value.encode().decode("latin-1")]


@pytest.mark.parametrize(
    "name",
    [
        "CSRF_SECRET", "AUTHOR_API_SECRET", "MD5_SECRET", "KLARNA_SHA1_PASSPHRASE",
        "API_DIGEST_SECRET", "SESSION_KEY", "STORAGE_KEY", "DB_KENNWORT",
    ],
)  # fmt: skip
def test_secrets_of_what_is_public(seen, name):
    value = planted.drawn(planted.ALNUM, 32)
    assert [(line, said) for _, line, said in seen(f"{name}={value}\n", ".env")] == [(1, name)]


@pytest.mark.parametrize("name", ["csrf_token", "sessionKey", "hashed_password", "storage_key"])
def test_what_is_public_in_code(seen, name):
    assert seen(f"{name} = '{planted.drawn(planted.ALNUM, 32)}'\n", "a.py") == []
