"""Data stores in containers: which settings let anybody in.

From the images' own documentation (Docker Official Images, bitnami, elastic, opensearch).
"""

import re
from collections.abc import Mapping

from shopsec.scan.access.resources.truth import ON

PORTS = frozenset(
    [1433, 1521, 3306, 5432, 5672, 6379, 7000, 7001, 8086, 9042, 9200, 9300, 11211, 15672, 25672,
     27017, 27018, 33060, 50000]
)  # fmt: skip
"""Ports that databases, caches, search engines and queues listen on."""

# Setting -> the value that opens the store; an empty text stands for any word for yes.
_NO_LOGIN: tuple[tuple[str, str], ...] = (
    ("POSTGRES_HOST_AUTH_METHOD", "trust"),
    ("MYSQL_ALLOW_EMPTY_PASSWORD", ""),
    ("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", ""),
    ("MARIADB_ALLOW_EMPTY_PASSWORD", ""),
    ("ALLOW_EMPTY_PASSWORD", ""),
    ("xpack.security.enabled", "false"),
    ("plugins.security.disabled", ""),
    ("DISABLE_SECURITY_PLUGIN", ""),
    ("ALLOW_ANONYMOUS_LOGIN", ""),
    ("NO_AUTH", ""),
)
# A password that is set beside such a switch is the one that counts.
_PASSWORDS = {
    "MYSQL_ALLOW_EMPTY_PASSWORD": ("MYSQL_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD_FILE"),
    "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": (
        "MARIADB_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD_FILE", "MYSQL_ROOT_PASSWORD",
        "MARIADB_ROOT_PASSWORD_HASH",
    ),
    "ALLOW_EMPTY_PASSWORD": (
        "REDIS_PASSWORD", "VALKEY_PASSWORD", "MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD",
        "POSTGRESQL_PASSWORD", "MONGODB_ROOT_PASSWORD",
    ),
}  # fmt: skip
_SWITCHED_OFF = re.compile(r"--skip-grant-tables\b|--protected-mode\s{0,9}=?\s{0,9}no\b")
_MONGO_USERS = frozenset(
    ["MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_USERNAME_FILE", "MONGODB_ROOT_PASSWORD"]
)
_REDIS_PASSWORDS = frozenset(["REDIS_PASSWORD", "REDIS_PASSWORD_FILE", "VALKEY_PASSWORD"])
_REDIS = frozenset({"redis", "valkey", "keydb", "redis-stack", "redis-stack-server", "dragonfly"})


def no_login(product: str, environment: Mapping[str, str], command: str, *, reachable: bool) -> str:
    """The setting that lets anybody in, empty where there is none.

    ``reachable`` says that the store's port leaves its own network: only then does a store
    whose image has no password by default count.
    """
    for key, wanted in _NO_LOGIN:
        value = environment.get(key)
        if value is None or value.lower() not in ({wanted} if wanted else ON):
            continue
        if not any(environment.get(name) for name in _PASSWORDS.get(key, ())):
            return f"{key}: {value}"
    switched_off = _SWITCHED_OFF.search(command)
    if switched_off:
        return " ".join(switched_off[0].split())
    return _without_password(product, environment, command) if reachable else ""


def _without_password(product: str, environment: Mapping[str, str], command: str) -> str:
    if (
        product in _REDIS
        and not re.search(r"requirepass|aclfile|\.conf", command)
        and not _REDIS_PASSWORDS & set(environment)
    ):
        return "no requirepass"
    if product in {"mongo", "mongodb", "mongodb-community-server"} and not (
        _MONGO_USERS & set(environment) or "--auth" in command or ".conf" in command
    ):
        return "no MONGO_INITDB_ROOT_USERNAME"
    return ""
