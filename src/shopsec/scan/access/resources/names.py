"""Names and values that stand for secrets."""

import re
from collections.abc import Collection, Mapping

_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRET(?:S|_KEY|_KEY_BASE)?|TOKEN|API_?KEY|APIKEY"
    r"|PRIVATE_?KEY|ACCESS_?KEY|AUTH_?KEY|ENCRYPTION_?KEY|CREDENTIALS?)(?:$|_(?:KEY|VALUE|PROD|LIVE)$)",
    re.IGNORECASE,
)
# A path, a duration or a switch beside a secret-like word is no secret.
_ABOUT_SECRETS = re.compile(
    r"(?:FILE|PATH|NAME|URL|URI|TTL|EXPIRY|LIFETIME|LENGTH|POLICY|ENABLED|DISABLED|REQUIRED)$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^(?:|x{3,}|\*{3,}|\.{3,}|<.*>|\{\{.*\}\}|%.*%|none|null|true|false|yes|no|todo|fixme|example"
    r"|dummy|placeholder|test|your[-_ ].*|replace[-_ ]?me.*|insert[-_ ].*|not[-_ ]?set|unset"
    r"|build(?:time)?|ignored?|fake.*|any|.*placeholder.*|edit[-_ ]?me|put your .*|generate[-_ ]?me"
    r"|db_password|database_password"
    r"|(?:encrypted|vault|op|arn|ssm|sops|enc)[:\[].*)$",
    re.IGNORECASE,
)


# GOOGLE_API_KEY_VALUE: the name of what somebody is to put there.
_NAME_IN_PLACE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
_INSIDE_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# What images, tutorials and tools ship with, and what robots try first.
_DEFAULT_SECRETS = frozenset(
    ["admin", "admin123", "administrator", "root", "root123", "toor", "guest", "sa", "postgres",
     "mysql", "mariadb", "elastic", "rabbitmq", "redis", "minioadmin", "magento", "magento2",
     "shopware", "saleor", "sylius", "medusa", "prestashop", "wordpress", "woocommerce", "drupal",
     "laravel", "symfony", "django", "changeme", "change_me", "change-me", "changeit", "change-it",
     "changethis", "!changeme!", "supersecret", "secret", "secret123", "thisisnotsosecret",
     "something", "password", "password1", "password123", "passw0rd", "p@ssw0rd", "pass", "123",
     "1234", "12345", "123456", "1234567", "12345678", "123456789", "qwerty", "letmein",
     "welcome", "default", "docker"]
)  # fmt: skip


_MADE_BY_PROVIDER = re.compile(r"ACCESS_?KEY|API_?KEY|TOKEN|PRIVATE_?KEY", re.IGNORECASE)


# What stands between the scheme and the host of a URL may be a password.
_LOGIN = re.compile(r"://(?P<user>[^:/@\s]*):(?P<password>[^@\s]+)@")
_EXAMPLE_HOST = re.compile(r"(?:[\w-]+\.)*example(?:\.(?:com|org|net))?(?![\w.-])")
_THIS_MACHINE = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?![\w.-])")
_LONGEST = 1_000
"""Most characters of a value that are looked at."""


def login_of(value: str) -> tuple[str, str]:
    """User and password that a URL names; two empty texts where they open nothing.

    They open nothing at an example's host, nor where a word that everybody tries is for a server
    that only this machine reaches.
    """
    text = value[:_LONGEST]
    found = _LOGIN.search(text)
    if found is None or _EXAMPLE_HOST.match(text, found.end()):
        return "", ""
    user, password = found["user"], found["password"]
    stand_in = is_default_secret(password, {user} - {""})
    if stand_in and _THIS_MACHINE.match(text, found.end()):
        return "", ""
    return user, password


def without_login(value: str) -> str:
    """A value as reports may show it: without the password of a URL."""
    return _LOGIN.sub(r"://\g<user>:(secret)@", value)


def is_secret_name(name: str) -> bool:
    """True for names such as DB_PASSWORD or adminPassword; not for DB_PASSWORD_FILE."""
    words = _INSIDE_WORD.sub("_", name)
    return bool(_SECRET_NAME.search(words)) and not _ABOUT_SECRETS.search(words)


def is_default_secret(value: str, users: Collection[str] = ()) -> bool:
    """True when a value is what everybody tries first, or only repeats one of ``users``."""
    bare = value.strip().strip("\"'")
    return bare.lower() in _DEFAULT_SECRETS or (bool(bare) and "$" not in bare and bare in users)


def is_stand_in(name: str, value: str) -> bool:
    """True for a mere word in place of a key that its provider makes up: it opens nothing."""
    return bool(_MADE_BY_PROVIDER.search(name)) and is_default_secret(value)


def is_literal_secret(value: str) -> bool:
    """True when a value is written out: no variable, no placeholder, not empty."""
    bare = value.strip().strip("\"'")
    if not bare or "$" in bare or _NAME_IN_PLACE.fullmatch(bare):
        return False
    return not _PLACEHOLDER.match(bare)


def secrets_among(values: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names with a secret written out, sorted: those of its own, and those everybody tries first.

    A user or database of the same name as its password is such a pair as well.
    """
    secrets = {
        name for name, text in values.items() if is_secret_name(name) and is_literal_secret(text)
    }
    users = {text for name, text in values.items() if name not in secrets}
    defaults = {name for name in secrets if is_default_secret(values[name], users)}
    secrets -= {name for name in secrets if is_stand_in(name, values[name])}
    for name, text in values.items():
        user, password = login_of(text) if "://" in text else ("", "")
        if is_literal_secret(password):
            secrets.add(name)
            if is_default_secret(password, {user} - {""}):
                defaults.add(name)
    return tuple(sorted(secrets - defaults)), tuple(sorted(secrets & defaults))
