"""Environments and keys, as names tell them."""

import re
from collections.abc import Collection, Mapping

from shopsec.scan.access.resources.names import is_literal_secret, is_secret_name

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
        if is_pipeline_secret(str(name)) and is_literal_secret(str(value))
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
