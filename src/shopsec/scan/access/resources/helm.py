"""Values of Helm charts: what a team sets for its releases.

https://helm.sh/docs/chart_template_guide/values_files/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.documents.helm_template import is_template
from shopsec.scan.access.documents.yaml_document import Pointer, YamlDocument, parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source, fact
from shopsec.scan.access.resources.container_risks import (
    admin_tool,
    escaping_capabilities,
    is_engine_socket,
    is_host_folder,
)
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.names import secrets_among
from shopsec.scan.access.resources.truth import is_on

_NAME = re.compile(r"(?:[\w-]+[.-])?values(?:[.-][\w-]+)*\.ya?ml", re.IGNORECASE)
# Charts name the Secret object, or its key, in fields like these; that is no value.
_REFERENCE = re.compile(
    r"existing|ref$|^(?!.*(?:client|app|jwt|cookie|session|auth|shared|webhook)).*[a-z]Secret$"
    r"|SecretKey$|PasswordKey$|TokenKey$"
)
_LIVE = re.compile(r"(?:^|[/._-])(?:prod|production|prd|live)(?:[/._-])", re.IGNORECASE)
_STORE = re.compile(
    r"redis|valkey|mongo|mysql|mariadb|postgres|elastic|opensearch|rabbit|memcached|kafka"
)
_ENVIRONMENT = re.compile(r"(?:extra)?[eE]nv(?:Vars?|ironment|Variables)?|config(?:Map|Vars)?")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{1,100}")
# A bare word under "image" may be the name of anything.
_REFERENCE_WITH_TAG = re.compile(r"[a-z0-9][a-z0-9._/:-]*(?::[\w.-]+|@sha256:[0-9a-f]{64})")
_HOST_NAMESPACES = frozenset({"hostNetwork", "hostPID", "hostIPC"})


@dataclass(frozen=True)
class HelmValues:
    """A values file of a Helm chart."""

    KIND: ClassVar[str] = "helm_values"
    PLACES: ClassVar[tuple[str, ...]] = (
        "image", "privileged", "host", "host_folder", "socket", "capabilities", "secret",
        "no_login", "admin_tool",
    )  # fmt: skip

    live: bool = fact("it is named for production")
    images: tuple[str, ...] = fact("images with a tag that it names")
    moving_images: tuple[str, ...] = fact("images without a tag, or with one like latest")
    privileged: bool = fact("privileged: true stands in it")
    host_namespaces: tuple[str, ...] = fact("hostNetwork, hostPID or hostIPC where true")
    host_folders: tuple[str, ...] = fact("folders of the host that hold its keys or devices")
    socket: bool = fact("the container engine's socket is mounted")
    capabilities: tuple[str, ...] = fact("added capabilities that lead out of a container")
    secret_names: tuple[str, ...] = fact("paths of secrets written out, in order")
    default_secrets: tuple[str, ...] = fact("paths of passwords that everybody tries first")
    no_login: str = fact("path of the switch that opens a data store to anybody, or empty")
    admin_tools: tuple[str, ...] = fact("administrators' and debugging tools that it switches on")
    environment: Mapping[str, str] = fact("environment variables that it gives to containers")


@dataclass
class _Gathered:
    """What has been found so far: a value with its place, by fact."""

    found: dict[str, dict[str, Pointer]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: str, at: Pointer) -> None:
        self.found.setdefault(name, {}).setdefault(value, at)

    def values(self, name: str) -> tuple[str, ...]:
        return tuple(self.found.get(name, ()))

    def first(self, name: str) -> Pointer | None:
        return next(iter(self.found.get(name, {}).values()), None)


def is_values_file(file: SourceFile) -> bool:
    """True for values.yaml, values-prod.yaml, prod.values.yaml and the like."""
    return file.uri.endswith((".yaml", ".yml")) and _NAME.fullmatch(file.name) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """One resource for each document; a values file that is a template itself has none."""
    del files  # a values file stands for itself
    if is_template(content) and file.name.endswith((".gotmpl.yaml", ".tpl.yaml")):
        return
    for document in parse_yaml(content):
        if isinstance(document.value, dict):
            yield _values(file, document)


SOURCE = Source("Helm values", is_values_file, build)


def _values(file: SourceFile, document: YamlDocument) -> Resource:
    gathered = _Gathered()
    waiting: list[tuple[Pointer, Any]] = [((), document.value)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, dict) and value.get("enabled") is not False:
            _look_at(value, at, gathered)
            waiting.extend(((*at, key), inner) for key, inner in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend(((*at, number), inner) for number, inner in enumerate(value))
    view = HelmValues(
        live=_LIVE.search(file.path) is not None,
        images=gathered.values("any_image"),
        moving_images=gathered.values("image"),
        privileged=bool(gathered.values("privileged")),
        host_namespaces=gathered.values("host"),
        host_folders=gathered.values("host_folder"),
        socket=bool(gathered.values("socket")),
        capabilities=gathered.values("capabilities"),
        secret_names=gathered.values("secret"),
        default_secrets=gathered.values("default"),
        no_login=next(iter(gathered.values("no_login")), ""),
        admin_tools=gathered.values("admin_tool"),
        environment=gathered.variables,
    )
    places = {
        f"environment.{name}": document.line(*at)
        for name, at in gathered.found.get("variable", {}).items()
    }
    for place in HelmValues.PLACES:
        found = gathered.first(place)
        if place == "secret":
            found = gathered.first("default") or found
        if found is not None:
            places[place] = document.line(*found)
    return Resource(view, file, document.line(), file.name, places)


def _look_at(value: dict[str, Any], at: Pointer, gathered: _Gathered) -> None:
    _image(value, at, gathered)
    _host(value, at, gathered)
    for key, each in value.items():
        if key == "privileged" and is_on(each):
            gathered.add("privileged", "true", (*at, key))
        elif key in _HOST_NAMESPACES and is_on(each):
            gathered.add("host", key, (*at, key))
    _secrets(value, at, gathered)
    _variables(value, at, gathered)
    _login(value, at, gathered)


def _image(value: dict[str, Any], at: Pointer, gathered: _Gathered) -> None:
    repository, whole = value.get("repository"), value.get("image")
    if isinstance(whole, str) and _REFERENCE_WITH_TAG.fullmatch(whole):
        _named(whole, (*at, "image"), (*at, "image"), gathered)
    if not isinstance(repository, str) or not repository or "tag" not in value:
        return
    tag = "" if value["tag"] is None else str(value["tag"])
    registry = value.get("registry")
    name = f"{registry}/{repository}" if isinstance(registry, str) and registry else repository
    digest = f"@{value['digest']}" if value.get("digest") else ""
    text = (f"{name}:{tag}" if tag else name) + digest
    # Without a tag, charts take the version of the application.
    if tag or digest:
        _named(text, (*at, "tag"), (*at, "repository"), gathered)
    elif admin_tool(parse_image(text)):
        gathered.add("admin_tool", admin_tool(parse_image(text)), (*at, "repository"))


def _named(text: str, at: Pointer, name_at: Pointer, gathered: _Gathered) -> None:
    """An image with its tag or digest."""
    image = parse_image(text)
    gathered.add("any_image", text, at)
    if image.moves:
        gathered.add("image", text, at)
    if admin_tool(image):
        gathered.add("admin_tool", admin_tool(image), name_at)


def _host(value: dict[str, Any], at: Pointer, gathered: _Gathered) -> None:
    path = value.get("hostPath")
    text = str(path.get("path") if isinstance(path, dict) else path or "")
    if is_engine_socket(text):
        gathered.add("socket", text, (*at, "hostPath"))
    elif text and is_host_folder(text):
        gathered.add("host_folder", text, (*at, "hostPath"))
    added = value.get("add")
    if at[-1:] == ("capabilities",) and isinstance(added, list):
        for name in escaping_capabilities(added):
            gathered.add("capabilities", name, (*at, "add"))


def _secrets(value: dict[str, Any], at: Pointer, gathered: _Gathered) -> None:
    # A container's list of variables is made of {name: ..., value: ...}.
    named = str(value.get("name") or "") if _is_scalar(value.get("value")) else ""
    texts = {key: str(each) for key, each in value.items() if _is_scalar(each)}
    if named:
        texts = {named: str(value["value"])}
    own, default = secrets_among(texts)
    for name, keys in (("secret", own), ("default", default)):
        for key in keys:
            if named:
                gathered.add(name, ".".join(map(str, (*at[:-1], key))), (*at, "value"))
            elif not _REFERENCE.search(key):
                gathered.add(name, ".".join(map(str, (*at, key))), (*at, key))


def _variables(value: dict[str, Any], at: Pointer, gathered: _Gathered) -> None:
    """Environment variables, as a mapping or as one entry of a list."""
    if at and isinstance(at[-1], int):
        found = {str(value.get("name") or ""): ("value", value.get("value"))}
        key = at[-2]
    else:
        found = {str(name): (name, each) for name, each in value.items()}
        key = at[-1] if at else ""
    if _ENVIRONMENT.fullmatch(str(key)) is None:
        return
    for name, (place, each) in found.items():
        if _VARIABLE.fullmatch(name) and (_is_scalar(each) or isinstance(each, bool)):
            text = str(each).lower() if isinstance(each, bool) else str(each)
            gathered.variables.setdefault(name, text)
            gathered.add("variable", name, (*at, place))


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _login(value: dict[str, Any], at: Pointer, gathered: _Gathered) -> None:
    if not _STORE.search(".".join(map(str, at)).lower()):
        return
    for name in ("auth", "security"):
        inner = value.get(name)
        if isinstance(inner, dict) and inner.get("enabled") is False:
            gathered.add("no_login", ".".join(map(str, (*at, name, "enabled"))), (*at, name))
