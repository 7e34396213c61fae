"""Compose files: the services of a developer's stack or of the live shop.

https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.yaml_document import YamlDocument, parse_yaml
from shopsec.scan.access.resources.admin_tools import admin_open
from shopsec.scan.access.resources.base import Files, Resource, Source, fact
from shopsec.scan.access.resources.command_releases import migrates_and_starts
from shopsec.scan.access.resources.compose_stack import stack_of
from shopsec.scan.access.resources.container_risks import (
    access_log_off,
    admin_tool,
    development_command,
    escaping_capabilities,
    is_engine_socket,
    is_host_folder,
    watches_host,
)
from shopsec.scan.access.resources.datastores import no_login
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.names import secrets_among
from shopsec.scan.access.resources.truth import is_on

_NAME = re.compile(r"(?:docker-)?compose(?:[._-][\w.-]+)?\.ya?ml", re.IGNORECASE)
# Swarm stacks, and what deploys production.yml: any name will do.
_SERVICES = re.compile(rb"^[\"']?services[\"']?:", re.MULTILINE)
_STARTED = re.compile(rb"(?:^[ \t]+|[{,][ \t]*)[\"']?(?:image|build)[\"']?:", re.MULTILINE)
_OF_ANOTHER = re.compile(
    r"^\.|(?:^|/)(?:values[\w.-]*|[\w.-]+values|kustomization|pnpm-lock|mkdocs)\.ya?ml$"
)
_LENGTH = 1_000
"""Most characters of a port or volume that are looked at."""
_ROOT = re.compile(r"(?:root|0)(?::.*)?")


@dataclass(frozen=True)
class Service:
    """One service of a Compose file."""

    KIND: ClassVar[str] = "service"
    PLACES: ClassVar[tuple[str, ...]] = (
        "image", "ports", "privileged", "environment", "secret", "volumes", "host", "capabilities",
        "command", "user", "unconfined",
    )  # fmt: skip

    name: str = fact("its key under services")
    stack: str = fact("what the file is for, by its signs: production, developer or unknown")
    image: str = fact("the image as written, empty where it is built here")
    image_moves: bool = fact("the image has no tag, or one like latest, and no digest")
    builds: bool = fact("it is built from a Dockerfile")
    datastore: bool = fact("its image is a database, cache, search engine or queue")
    ports_everywhere: tuple[str, ...] = fact("ports published on every interface, as written")
    no_login: str = fact("the setting that lets anybody in, empty where there is none")
    faces_visitors: bool = fact("it publishes a port on every interface and is no data store")
    ports_local: bool = fact("it publishes ports, and each of them on this machine only")
    watches_host: bool = fact("it is a known agent of monitoring, logging or networks")
    profiles: tuple[str, ...] = fact("profiles that start it; without one it always starts")
    admin_tool: str = fact("the administrator's or debugging tool that it is, or empty")
    admin_open: str = fact("why that tool lets anybody in, or empty")
    memory_limited: bool = fact("the memory that it may take is limited")
    root: bool = fact("user: root stands in it")
    privileged: bool = fact("privileged: true")
    socket: str = fact("the container engine's socket is mounted: rw, ro, or empty")
    host_namespaces: tuple[str, ...] = fact("network_mode, pid or ipc that are the host's")
    host_folders: tuple[str, ...] = fact(
        "mounted folders of the host that hold its keys or devices"
    )
    capabilities: tuple[str, ...] = fact("added capabilities that lead out of a container")
    unconfined: bool = fact("seccomp or AppArmor is switched off")
    secret_names: tuple[str, ...] = fact(
        "environment variables with a secret of its own written out, sorted"
    )
    default_secrets: tuple[str, ...] = fact(
        "environment variables with a password that everybody tries first, sorted"
    )
    environment: Mapping[str, str] = fact("its environment variables")
    command: str = fact("its command and entrypoint")
    dev_server: bool = fact("that command is a server for development")
    access_log_off: bool = fact("that command switches the list of requests off")
    migrates: bool = fact("that command changes the database before it starts the shop")


def is_compose(file: SourceFile) -> bool:
    """True for compose.yaml, docker-compose.prod.yml and the like."""
    return file.uri.endswith((".yaml", ".yml")) and _NAME.fullmatch(file.name) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Every service; DocumentError when the file is no Compose file."""
    documents = parse_yaml(content)
    value = documents[0].value if documents else None
    if not isinstance(value, dict):
        raise DocumentError("is no Compose file: it is no mapping")
    services = value.get("services")
    if services is None and (
        "include" in value or set(value) <= {"version", "volumes", "networks"}
    ):
        return
    if not isinstance(services, dict):
        raise DocumentError("is no Compose file: it has no services")
    stack = stack_of(file, services, files)
    for name, service in services.items():
        if isinstance(service, dict):
            yield _service(file, documents[0], name, service, stack)


SOURCE = Source("Compose file", is_compose, build)


def may_be_stack(file: SourceFile) -> bool:
    """True for YAML files of other names, which ``docker stack deploy -c`` takes as well."""
    named = file.uri.endswith((".yaml", ".yml")) and not is_compose(file)
    return named and _OF_ANOTHER.search(file.path) is None


def holds_services(content: bytes) -> bool:
    """True where services stand at the top, and something in the file has an image."""
    return _SERVICES.search(content) is not None and _STARTED.search(content) is not None


def build_stack(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Every service; nothing where most of what stands under services is something else."""
    documents = parse_yaml(content)
    value = documents[0].value if documents else None
    services = _mapping(value).get("services")
    started = [
        isinstance(each, dict) and ("image" in each or "build" in each)
        for each in _mapping(services).values()
    ]
    if len(documents) == 1 and sum(started) * 2 > len(started):
        yield from build(file, content, files)


STACK_SOURCE = Source("Compose file of another name", may_be_stack, build_stack, holds_services)


def _service(
    file: SourceFile, document: YamlDocument, name: str, service: dict[str, Any], stack: str
) -> Resource:
    image_text = str(service.get("image") or "")
    image = parse_image(image_text)
    environment = _environment(service.get("environment"))
    command = " ".join(_words(service.get(key)) for key in ("entrypoint", "command")).strip()
    own, default = secrets_among(environment)
    ports = _list(service.get("ports"))
    everywhere = tuple(filter(None, map(_everywhere, ports)))
    mounts = [_mount(each) for each in _list(service.get("volumes"))]
    sockets = [mode for source, mode in mounts if is_engine_socket(source)]
    builds = service.get("build") is not None
    view = Service(
        name=name,
        stack=stack,
        image=image_text,
        image_moves=bool(image_text) and not builds and image.moves,
        builds=builds,
        datastore=image.is_datastore,
        ports_everywhere=everywhere,
        no_login=no_login(image.short_name, environment, command, reachable=bool(everywhere)),
        faces_visitors=bool(everywhere) and not image.is_datastore,
        ports_local=bool(ports) and not everywhere,
        watches_host=watches_host(image),
        profiles=tuple(str(each) for each in _list(service.get("profiles"))),
        admin_tool=admin_tool(image),
        admin_open=admin_open(admin_tool(image), environment, command),
        memory_limited=_memory_limited(service),
        root=_ROOT.fullmatch(str(service.get("user", ""))) is not None,
        privileged=is_on(service.get("privileged")),
        socket="" if not sockets else ("rw" if "rw" in sockets else "ro"),
        host_namespaces=tuple(
            key for key in ("network_mode", "pid", "ipc") if service.get(key) == "host"
        ),
        host_folders=tuple(source for source, _ in mounts if is_host_folder(source)),
        capabilities=escaping_capabilities(_list(service.get("cap_add"))),
        unconfined=any("unconfined" in str(each) for each in _list(service.get("security_opt"))),
        secret_names=own,
        default_secrets=default,
        environment=environment,
        command=command,
        dev_server=development_command(command),
        access_log_off=access_log_off(command),
        migrates=migrates_and_starts(command),
    )
    places = _places(document, service, view)
    return Resource(view, file, document.line("services", name), name, places)


def _places(document: YamlDocument, service: Mapping[str, Any], view: Service) -> dict[str, int]:
    at = ("services", view.name)
    keys = {
        "image": "image", "ports": "ports", "privileged": "privileged",
        "environment": "environment", "volumes": "volumes", "capabilities": "cap_add",
        "command": "command", "user": "user", "unconfined": "security_opt",
    }  # fmt: skip
    places = {place: document.line(*at, key) for place, key in keys.items() if key in service}
    variables = _lines_of_variables(document, at, service.get("environment"))
    places |= {f"environment.{name}": line for name, line in variables.items()}
    for secret in (*view.default_secrets, *view.secret_names)[:1]:
        places["secret"] = variables[secret]
    for key in view.host_namespaces[:1]:
        places["host"] = document.line(*at, key)
    return places


def _memory_limited(service: Mapping[str, Any]) -> bool:
    limits = _mapping(_mapping(service.get("deploy")).get("resources")).get("limits")
    return bool(service.get("mem_limit") or _mapping(limits).get("memory"))


def _everywhere(port: Any) -> str:
    """A port as written when it is published on all interfaces, else an empty text."""
    if isinstance(port, dict):
        address = str(port.get("host_ip") or "")
        text = f"{port.get('published', '')}:{port.get('target', '')}"
        return "" if _is_local(address) else text
    # What stands in ${...} is one word, whatever colons it holds.
    words = re.sub(r"\$\{[^}]*\}", "0", str(port)[:_LENGTH]).rsplit(":", 2)
    address = words[0] if len(words) == 3 else ""
    return "" if _is_local(address) else str(port)


def _is_local(address: str) -> bool:
    return address.strip("[]") not in {"", "0.0.0.0", "::", "*"}  # noqa: S104 -- read, not bound


def _mount(volume: Any) -> tuple[str, str]:
    """Source and mode (rw or ro) of a volume."""
    if isinstance(volume, dict):
        return str(volume.get("source") or ""), "ro" if volume.get("read_only") else "rw"
    text = re.sub(r"\$\{([^}:]*)[^}]*\}", r"${\1}", str(volume)[:_LENGTH])
    source, _, rest = text.partition(":")
    return source, "ro" if "ro" in rest.partition(":")[2].split(",") else "rw"


def _environment(value: Any) -> dict[str, str]:
    if isinstance(value, list):
        pairs = [str(each).partition("=") for each in value]
        return {name: text for name, equals, text in pairs if equals}
    return {str(name): _text(text) for name, text in _mapping(value).items() if text is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lines_of_variables(
    document: YamlDocument, at: tuple[str, str], environment: Any
) -> dict[str, int]:
    if isinstance(environment, list):
        names = (str(each).partition("=")[0] for each in environment)
        return {name: document.line(*at, "environment", index) for index, name in enumerate(names)}
    return {str(name): document.line(*at, "environment", name) for name in _mapping(environment)}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _words(value: Any) -> str:
    return " ".join(str(each) for each in value) if isinstance(value, list) else str(value or "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
