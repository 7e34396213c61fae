"""Environments and keys, as names tell them."""

import re
from collections.abc import Collection, Mapping

from shopsec.scan.access.resources.names import (
    is_default_secret,
    is_literal_secret,
    is_secret_name,
    login_of,
)

_SHOP_ENVIRONMENT = re.compile(r"prod|live|staging|deploy|release", re.IGNORECASE)
_LIVE_ENVIRONMENT = re.compile(
    r"(?:^|[^a-z])(?:prod|live|prd)(?:$|[^a-z])|production", re.IGNORECASE
)
_NOT_LIVE = re.compile(r"non-?prod|pre-?prod|review|preview|staging|test|dev", re.IGNORECASE)
# Pages and packages are no shop.
_OTHER_ENVIRONMENT = re.compile(r"github-pages|npm|pypi|docs?\b|marketplace", re.IGNORECASE)
_LONG_LIVED = re.compile(
    r"(?:^|_)AWS_(?:\w+_)?SECRET(?:_ACCESS)?_KEY|^AWS_SECRET$"
    r"|GOOGLE_(?:APPLICATION_)?CREDENTIALS|GC(?:P|LOUD)_(?:SA_KEY|SERVICE_ACCOUNT_KEY|CREDENTIALS"
    r"|SERVICE_KEY|KEY)|GCP_SERVICE_ACCOUNT$|GKE_SA_KEY"
    r"|AZURE_(?:CLIENT_SECRET|CREDENTIALS)|ARM_CLIENT_SECRET|^CREDENTIALS_JSON$",
    re.IGNORECASE,
)

_LOGIN_KEY = re.compile(r"(?:^|_)(?:SSH|DEPLOY|SIGNING|GPG|PGP)_?KEY$|_PAT$", re.IGNORECASE)

# What database images in tests are told; it is thrown away with the job.
_FOR_SERVICES = re.compile(
    r"(?:MYSQL|MARIADB|POSTGRES(?:QL)?|PG|MONGO(?:DB)?|REDIS|RABBITMQ|ELASTIC)_?(?:[A-Z]+_)*"
    r"(?:PASS|PWD|TOKEN|SECRET|ROOT|INITDB)",
    re.IGNORECASE,
)
_FOR_TESTS = re.compile(r"test|dummy|fake|sample|example|(?:^|[\W_])ci(?:[\W_]|$)", re.IGNORECASE)

_DEPLOYMENT_NAME = re.compile(
    r"(?:^|[/_. :-])(?:deploy(?:ment)?|rollout)(?:$|[/_. :-])", re.IGNORECASE
)
_PAGES = re.compile(r"pages|docs?(?:$|[^a-z])|package", re.IGNORECASE)


def is_pipeline_secret(name: str) -> bool:
    """True for names of secrets, those of the keys that pipelines log in with included."""
    return is_secret_name(name) or _LOGIN_KEY.search(name) is not None


def names_deployment(name: str) -> bool:
    """True when a name says that something is deployed, other than a page or a package."""
    return _DEPLOYMENT_NAME.search(name) is not None and not _PAGES.search(name)


def literal_secrets(variables: Mapping[str, object]) -> set[str]:
    """Names of the variables that hold a secret written out."""
    return {
        str(name)
        for name, value in variables.items()
        if isinstance(value, (str, int)) and not isinstance(value, bool)
        if _is_literal(str(name), str(value))
    }


def _is_literal(name: str, value: str) -> bool:
    """True for a secret, or for a URL with one that others than its user know."""
    if is_pipeline_secret(name):
        return is_literal_secret(value) and "${{" not in value
    user, password = login_of(value)
    return is_literal_secret(password) and not is_default_secret(password, {user})


def shared_secrets(variables: Mapping[str, object]) -> set[str]:
    """Those of the variables of a whole file that hold a secret which is for no test."""
    return {
        name
        for name in literal_secrets(variables)
        if not _FOR_SERVICES.match(name)
        and not is_default_secret(str(variables[name]))
        and not _FOR_TESTS.search(f"{name} {variables[name]}")
    }


def is_shop_environment(name: str) -> bool:
    """True when an environment's name stands for a stage of the shop."""
    return _SHOP_ENVIRONMENT.search(name) is not None and not _OTHER_ENVIRONMENT.search(name)


def is_live_environment(name: str) -> bool:
    """True when an environment's name stands for the live shop."""
    return _LIVE_ENVIRONMENT.search(name) is not None and not _NOT_LIVE.search(name)


def long_lived_keys(names: Collection[str]) -> tuple[str, ...]:
    """Those of the secrets that are cloud keys which work until somebody revokes them, sorted."""
    return tuple(sorted(name for name in names if _LONG_LIVED.search(name)))
