"""Administrators' tools that let anybody in: signed in already, or without a login at all.

From the images' own documentation (phpmyadmin, mher/flower, mongo-express, pgadmin4,
redis-commander).
"""

from collections.abc import Mapping

from shopsec.scan.access.resources.truth import ON


def admin_open(tool: str, environment: Mapping[str, str], command: str) -> str:
    """Why whoever opens the tool is in, empty where it asks or nobody can tell."""
    if tool == "phpmyadmin":
        stored = all(environment.get(name) for name in ("PMA_USER", "PMA_PASSWORD"))
        return "signs in by itself: PMA_USER, PMA_PASSWORD" if stored else ""
    if tool == "flower":
        asks = any(
            name in environment for name in ("FLOWER_BASIC_AUTH", "FLOWER_OAUTH2_KEY")
        ) or any(word in command for word in ("--basic", "--auth", "--conf"))
        return "" if asks else "no --basic-auth"
    if tool == "mongo-express":
        value = environment.get(
            "ME_CONFIG_BASICAUTH", environment.get("ME_CONFIG_BASICAUTH_ENABLED")
        )
        return "ME_CONFIG_BASICAUTH is off" if value is not None and value.lower() not in ON else ""
    if tool == "pgadmin4":
        alone = environment.get("PGADMIN_CONFIG_SERVER_MODE", "").lower() == "false"
        return "PGADMIN_CONFIG_SERVER_MODE: False" if alone else ""
    if tool in {"redis-commander", "rediscommander"}:
        asks = any(name.startswith("HTTP_PASSWORD") for name in environment)
        return "" if asks else "no HTTP_PASSWORD"
    return ""
