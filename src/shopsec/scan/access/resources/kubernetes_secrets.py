"""Kubernetes objects that hold configuration: what is secret, and stands in the file readably.

https://kubernetes.io/docs/concepts/configuration/secret/ (base64 is no encryption).
"""

import base64
import binascii
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.scan.access.resources.base import Resource, fact
from shopsec.scan.access.resources.kubernetes_objects import (
    KubernetesObject,
    entries,
    mapping,
    texts,
)
from shopsec.scan.access.resources.names import (
    is_default_secret,
    is_literal_secret,
    is_secret_name,
    is_stand_in,
    login_of,
)

# Parts of a secret that anybody may know.
_PUBLIC_KEY = re.compile(
    r"(?:^|[._-])(?:user(?:name)?|host(?:name)?|port|database|db(?:[._-]?name)?|ca|url|type|region"
    r"|email|name|endpoint|bucket|namespace|tls\.crt|ca\.crt|.*\.crt|.*\.pub)$",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{1,100}")
_LONGEST_VARIABLE = 1_000
"""Most characters of an environment variable that are looked at."""


@dataclass(frozen=True)
class SecretObject:
    """A Secret or ConfigMap of Kubernetes, or a kustomize generator of one."""

    KIND: ClassVar[str] = "secret_object"
    PLACES: ClassVar[tuple[str, ...]] = ("secret",)

    type: str = fact("Secret or ConfigMap")
    name: str = fact("its name")
    namespace: str = fact("its namespace, empty where the file names none")
    secret_names: tuple[str, ...] = fact("keys whose secret value stands in the file, sorted")
    default_secrets: tuple[str, ...] = fact("those whose value everybody tries first, sorted")
    environment: Mapping[str, str] = fact("what a ConfigMap holds, as environment variables")


def secrets_of(each: KubernetesObject) -> Iterator[Resource]:
    """The secret or configuration that an object is; nothing for another or an encrypted one."""
    if each.kind == "Kustomization":
        yield from _generators(each)
    elif each.kind in {"Secret", "ConfigMap"} and "sops" not in each.body:
        secret = each.kind == "Secret"
        values = {key: ("stringData", text) for key, text in _plain(each.body, "stringData")}
        for key, text in _plain(each.body, "data"):
            values.setdefault(key, ("data", _decoded(text) if secret else text))
        lines = {
            key: each.line(field, key)
            for key, (field, text) in values.items()
            if _is_secret(key, text, secret=secret)
        }
        texts_by_key = {key: text for key, (_, text) in values.items()}
        yield _resource(each, each.kind, each.name, each.line("kind"), texts_by_key, lines)


def _generators(each: KubernetesObject) -> Iterator[Resource]:
    for number, generator in enumerate(entries(each.body, "secretGenerator")):
        name = str(mapping(generator).get("name") or "")
        pairs = [text.partition("=") for text in texts(mapping(generator).get("literals"))]
        values = {key: value for key, _, value in pairs}
        lines = {
            key: each.line("secretGenerator", number, "literals", position)
            for position, (key, _, value) in enumerate(pairs)
            if _is_secret(key, value, secret=True)
        }
        at = each.line("secretGenerator", number)
        yield _resource(each, "Secret", name, at, values, lines)


def _resource(
    each: KubernetesObject,
    kind: str,
    name: str,
    line: int,
    values: Mapping[str, str],
    lines: Mapping[str, int],
) -> Resource:
    users = {value for key, value in values.items() if key not in lines}
    variables = {
        key: value for key, value in values.items()
        if kind == "ConfigMap" and len(value) <= _LONGEST_VARIABLE and _VARIABLE.fullmatch(key)
    }  # fmt: skip
    view = SecretObject(
        type=kind,
        name=name,
        namespace=each.namespace,
        secret_names=tuple(sorted(lines)),
        default_secrets=tuple(sorted(key for key in lines if _is_default(key, values[key], users))),
        environment=variables,
    )
    places = {"secret": min(lines.values())} if lines else {}
    places |= {f"environment.{key}": each.line("data", key) for key in variables}
    return Resource(view, each.file, line, name, places, each.last_line)


def _plain(body: Mapping[str, Any], field: str) -> Iterator[tuple[str, str]]:
    for key, value in mapping(body, field).items():
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            yield key, str(value)


def _decoded(text: str) -> str:
    """What base64 stands for; the text itself where it is none, such as a template's gap."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


def _is_secret(key: str, value: str, *, secret: bool) -> bool:
    if not secret and not is_secret_name(key):
        return is_literal_secret(login_of(value)[1])
    if (
        not is_literal_secret(value)
        or is_stand_in(key, value)
        or ("\n" in value.strip() and not secret)
    ):
        return False
    return not secret or _PUBLIC_KEY.search(key) is None


def _is_default(key: str, value: str, users: Collection[str]) -> bool:
    user, password = ("", "") if is_secret_name(key) else login_of(value)
    if password:
        return is_default_secret(password, {user} - {""})
    return is_default_secret(value, users)
