"""What is secret about a setting, judged from its name and value; no value leaves this module."""

import re
from collections.abc import Set as AbstractSet

from shopsec.scan.access.resources.names import (
    is_default_secret,
    is_literal_secret,
    is_secret_name,
    login_of,
    without_login,
)

# Keys of frameworks whose names alone do not say that they are secret.
_FRAMEWORK_KEY = re.compile(
    r"(?:^|[._])(?:APP_KEY|app\.key|crypt\.key|cookie_key|(?:AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)"
    r"|SESSION_SECRET\w*|KEY_BASE)$",
    re.IGNORECASE,
)
# https://docs.djangoproject.com/en/stable/ref/settings/#secret-key
# https://laravel.com/docs/encryption#configuration
# https://symfony.com/doc/current/reference/configuration/framework.html#secret
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("sessions", re.compile(
        r"(?:DJANGO_)?SECRET_KEY|APP_(?:KEY|SECRET)|app\.key|(?:framework|parameters|kernel)\.secret"
    )),
    ("logins", re.compile(
        r"JWT_SECRET|COOKIE_SECRET|(?:.*\.)?(?:jwt|cookie)_?[sS]ecret|.*\.cookieOptions\.secret"
    )),
    ("salts", re.compile(r"(?:AUTH|SECURE_AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)")),
)  # fmt: skip
# Where a key or a login lies, or where to fetch it: no secret itself.
_PLACE_OF_SECRET = re.compile(
    r"(?:~|\.{1,2}|%[\w.]+%|\$\{?\w+\}?)/|/(?:run|etc|var|srv|app|home|usr|opt|secrets?|mnt)/"
    r"|file:|.*\.(?:pem|key|p12|pfx|crt|cert|json|txt)$"
)
# Levels and kinds that stand beside names such as INVALID_PASSWORD or token.
_WORDS = frozenset(
    ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency", "auto",
     "bcrypt", "argon2i", "argon2id", "sodium", "plaintext", "string", "text", "header", "cookie",
     "query", "hidden", "password", "token", "bearer", "jwt"]
)  # fmt: skip
# Printed in the documentation or the first version of a configuration file.
_PUBLISHED = frozenset(
    ["put your unique phrase here", "thistokenisnotsosecretchangeit", "s$cretf0rt3st",
     "cookie-secret", "superadmin", "insecure-secret-key", "not-so-secret", "nosecret", "somekey",
     "somerandomstring", "app_secret", "secret_key", "tobechanged", "tobemodified"]
)  # fmt: skip


def is_secret(name: str) -> bool:
    """True where a name says that a secret belongs to it."""
    return is_secret_name(name) or _FRAMEWORK_KEY.search(name) is not None


def signs(name: str) -> str:
    """What a secret of this name signs: sessions, logins, salts, or nothing (empty)."""
    return next((what for what, key in _SIGNS if key.fullmatch(name)), "")


def shown(name: str, text: str) -> str:
    """A value as rules and reports may see it."""
    if is_secret(name) and text:
        return "(secret)"
    return without_login(text)


def is_written_secret(name: str, text: str) -> bool:
    """True where a secret of its own stands in the file."""
    secret = _secret_of(name, text)
    if secret.lower() in _WORDS and not is_default_secret(secret):
        return False
    return is_literal_secret(secret) and not _PLACE_OF_SECRET.match(secret)


def everybody_knows(name: str, text: str, users: AbstractSet[str]) -> bool:
    """True where a secret is printed somewhere, tried first by robots, or the name of a user."""
    secret, user = _secret_of(name, text), "" if is_secret(name) else login_of(text)[0]
    return secret.lower() in _PUBLISHED or (
        bool(secret) and is_default_secret(secret, users | ({user} - {""}))
    )


def _secret_of(name: str, text: str) -> str:
    """The secret in a value: all of it, or the password of a URL."""
    return text if is_secret(name) else login_of(text)[1]
