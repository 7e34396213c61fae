"""Which sites' scripts may use a shop's interfaces (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

import re
from typing import Any

# Switches that open an interface to every site by themselves (django-cors-headers).
_SWITCHES = frozenset({"CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"})
# Lists of sites: Saleor, NelmioCorsBundle, Laravel, Next.js, Vendure.
_LISTS = frozenset(
    ["ALLOWED_GRAPHQL_ORIGINS", "CORS_ALLOW_ORIGIN", "CORS_ALLOWED_ORIGINS", "CORS_ORIGIN",
     "allow_origin", "allowed_origins", "headers.Access-Control-Allow-Origin", "cors.origin",
     "origin"]
)  # fmt: skip
# Medusa answers with cookies to whom it lists here.
# https://docs.medusajs.com/learn/configurations/medusa-config#http
_WITH_COOKIES = re.compile(r"(?:store|admin|auth)_?cors", re.IGNORECASE)
# django-cors-headers looks for a match at the beginning of an origin.
# https://github.com/adamchainz/django-cors-headers#cors_allowed_origin_regexes-sequencestr--patternstr
_PATTERNS = frozenset({"CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST"})
_SCHEME = re.compile(r"\(?(?:https?\??|http\(s\)\??|\\w\+|\.\*|\(https?\|https?\))\)?:(?:\\?/){2}")
_ANYTHING = re.compile(r"(?:\(?(?:\.|\\S|\[\^/\])[*+]\??\)?)?/?")
_EVERY_SITE = frozenset({"*", "/.*/", ".*", "^.*$", "/.+/", "true", "http://*", "https://*"})


def lets_any_origin(name: str, value: Any) -> bool:
    """True where a setting lets scripts of every site in."""
    key = name.rpartition(".")[2]
    if key in _SWITCHES:
        return str(value).lower() in {"true", "1"}
    if key in _PATTERNS:
        return any(map(_fits_all, _sites(value)))
    named = key in _LISTS or name.endswith(tuple(_LISTS)) or sends_cookies(name)
    return named and any(each.strip() in _EVERY_SITE for each in _sites(value))


def _fits_all(pattern: str) -> bool:
    """True for a pattern that leaves the host of an origin open."""
    text = pattern.strip().removeprefix("^").removesuffix("$")
    scheme = _SCHEME.match(text)
    return _ANYTHING.fullmatch(text, scheme.end() if scheme else 0) is not None


def sends_cookies(name: str) -> bool:
    """True where whoever a setting lets in gets the customer's cookies as well."""
    return _WITH_COOKIES.fullmatch(name.rpartition(".")[2]) is not None


def _sites(value: Any) -> list[str]:
    if isinstance(value, (list, tuple)):
        return [str(each) for each in value]
    return ["true"] if value is True else str(value).split(",")
