"""Symfony's settings in YAML, which Sylius and Shopware share.

https://symfony.com/doc/current/configuration.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.assignments import ASSIGNMENTS, OTHER, Assignment, Value
from shopsec.scan.access.documents.yaml_document import YamlDocument, parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.settings import Place
from shopsec.scan.access.resources.stages import stage_of

_PATH = re.compile(
    r"(?:^|/)(?:config/(?:packages|routes)/(?:(?P<environment>[\w-]+)/)?[\w.-]+"
    r"|config/(?:routes|routing|parameters|security|config)"
    r"|app/config/(?:config|parameters|security|routing)(?:_(?P<suffix>[a-z]+))?)\.ya?ml$"
)
_VARIABLE = re.compile(r"%env\((?:[\w-]+:)*(\w+)\)%")
# Symfony's own parser takes IPv6 addresses in lists without quotes, which YAML does not.
_BARE_ADDRESS = re.compile(rb"(?<=[\[,\s])(::[0-9a-fA-F:]{1,39}(?:/\d{1,3})?)(?=[\],])")
_LIVE = frozenset({"prod", "production", "live"})


def is_symfony_settings(file: SourceFile) -> bool:
    """True for files below config/packages and config/routes, and their older places."""
    return file.name.endswith((".yaml", ".yml")) and _PATH.search(file.path) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """The settings, those under ``when@dev`` as a developer's."""
    del files
    documents = parse_yaml(_BARE_ADDRESS.sub(rb"'\1'", content))
    if not documents or not isinstance(documents[0].value, dict):
        return
    found = _PATH.search(file.path)
    environment = (found["environment"] or found["suffix"] or "") if found else ""
    environments = (environment, *_whens(documents[0].value))
    places = {name: _place(file, name, documents[0].value) for name in environments}
    for named, assignment in _flat(documents[0]):
        yield places[named or environment].setting(assignment)


SOURCE = Source("Symfony settings", is_symfony_settings, build)


def _place(file: SourceFile, environment: str, settings: Mapping[str, Any]) -> Place:
    stage = stage_of(file)
    if environment in _LIVE:
        stage = "production"
    elif environment:
        stage = "developer"
    return Place(file, "symfony", stage=stage, with_credentials=_sends_credentials(settings))


def _whens(settings: Mapping[str, Any]) -> Iterator[str]:
    """Environments named as ``when@prod``."""
    return (name.partition("@")[2] for name in settings if name.startswith("when@"))


def _flat(document: YamlDocument) -> Iterator[tuple[str, Assignment]]:
    """Every value with the environment of its ``when@``, empty for all environments."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), document.value)]
    count = 0
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting.extend(((*pointer, str(key)), value[key]) for key in reversed(value))
            continue
        environment, path = "", pointer
        if pointer and pointer[0].startswith("when@"):
            environment, path = pointer[0].partition("@")[2], pointer[1:]
        if path:
            count += 1
            if count > ASSIGNMENTS:
                raise DocumentError(f"holds more than {ASSIGNMENTS} settings")
            yield environment, Assignment(".".join(path), document.line(*pointer), _value(value))


def _value(value: Any) -> Value:
    if isinstance(value, str):
        if found := _VARIABLE.fullmatch(value):
            return Value("environment", None, found[1])
        return OTHER if "%" in value else Value("literal", value)
    if isinstance(value, list) and any("%" in str(each) for each in value):
        return OTHER
    return Value("literal", value)


def _sends_credentials(settings: Mapping[str, Any]) -> bool:
    """https://github.com/nelmio/NelmioCorsBundle#configuration."""
    cors = settings.get("nelmio_cors")
    blocks = [cors.get("defaults"), *_values(cors.get("paths"))] if isinstance(cors, dict) else []
    return any(isinstance(each, dict) and each.get("allow_credentials") is True for each in blocks)


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []
