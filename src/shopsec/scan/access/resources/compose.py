"""Compose files: the services of a developer's stack or of the live shop.

https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.model import Role, SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.yaml_document import YamlDocument, parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source, fact
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.names import is_literal_secret, is_secret_name

_NAME = re.compile(r"(?:docker-)?compose(?:[._-][\w.-]+)?\.ya?ml", re.IGNORECASE)
_DEVELOPER_NAME = re.compile(
    r"[._-](?:dev|devel|development|local|override|ci|test|debug)\b", re.IGNORECASE
)
_LIVE_NAME = re.compile(
    r"[._-](?:prod|production|live|swarm|stack|deploy|release)\b", re.IGNORECASE
)
_DEVELOPER_TOOL = re.compile(r"(?:mailpit|mailhog|mailcatcher|maildev|xdebug|localstack|selenium)")
_DEVELOPER_COMMAND = re.compile(
    r"runserver|--reload\b|\b(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?dev\b|nodemon|sleep infinity"
    r"|watch\b"
)
_SOCKET = re.compile(r"(?:docker|containerd|podman|crio)\.sock$")
_HOST_FOLDER = re.compile(
    r"^(?:/|/etc|/root|/proc|/sys|/boot|/dev|/var/run|/run|/var/lib/docker|/home(?:/[^/]+)?"
    r"|(?:~|/root|\$\{?HOME\}?|/home/[^/]+)/\.(?:ssh|aws|kube|docker|gnupg))/?$"
)
_CAPABILITIES = frozenset(
    ["ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_RAWIO", "NET_ADMIN", "DAC_READ_SEARCH"]
)
_TRUE = frozenset({"1", "true", "yes", "on"})
_NO_LOGIN: tuple[tuple[str, str], ...] = (
    ("POSTGRES_HOST_AUTH_METHOD", "trust"),
    ("MYSQL_ALLOW_EMPTY_PASSWORD", ""),
    ("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", ""),
    ("ALLOW_EMPTY_PASSWORD", ""),
    ("xpack.security.enabled", "false"),
    ("plugins.security.disabled", ""),
    ("DISABLE_SECURITY_PLUGIN", ""),
)


@dataclass(frozen=True)
class Service:
    """One service of a Compose file."""

    KIND: ClassVar[str] = "service"
    PLACES: ClassVar[tuple[str, ...]] = (
        "image", "ports", "privileged", "environment", "secret", "volumes", "host", "capabilities",
        "command",
    )  # fmt: skip

    name: str = fact("its key under services")
    stack: str = fact("what the file is for, by its signs: production, developer or unknown")
    image: str = fact("the image as written, empty where it is built here")
    image_moves: bool = fact("the image has no tag, or one like latest, and no digest")
    builds: bool = fact("it is built from a Dockerfile")
    datastore: bool = fact("its image is a database, cache, search engine or queue")
    ports_everywhere: tuple[str, ...] = fact("ports published on every interface, as written")
    no_login: str = fact("the setting that lets anybody in, empty where there is none")
    privileged: bool = fact("privileged: true")
    socket: str = fact("the container engine's socket is mounted: rw, ro, or empty")
    host_namespaces: tuple[str, ...] = fact("network_mode, pid or ipc that are the host's")
    host_folders: tuple[str, ...] = fact(
        "mounted folders of the host that hold its keys or devices"
    )
    capabilities: tuple[str, ...] = fact("added capabilities that lead out of a container")
    unconfined: bool = fact("seccomp or AppArmor is switched off")
    secret_names: tuple[str, ...] = fact("environment variables with a secret written out, sorted")
    environment: Mapping[str, str] = fact("its environment variables")
    command: str = fact("its command and entrypoint")


def is_compose(file: SourceFile) -> bool:
    """True for compose.yaml, docker-compose.prod.yml and the like."""
    return _NAME.fullmatch(file.name) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Every service; DocumentError when the file is no Compose file."""
    del files  # one file at a time: how a team combines them is not written anywhere
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
    stack = _stack(file, services)
    for name, service in services.items():
        if isinstance(service, dict):
            yield _service(file, documents[0], name, service, stack)


SOURCE = Source("Compose file", is_compose, build)


def _service(
    file: SourceFile, document: YamlDocument, name: str, service: dict[str, Any], stack: str
) -> Resource:
    image_text = str(service.get("image") or "")
    image = parse_image(image_text)
    environment = _environment(service.get("environment"))
    command = " ".join(_words(service.get(key)) for key in ("entrypoint", "command")).strip()
    secrets = tuple(
        sorted(key for key, text in environment.items()
               if is_secret_name(key) and is_literal_secret(text))
    )  # fmt: skip
    everywhere = tuple(filter(None, map(_everywhere, _list(service.get("ports")))))
    mounts = [_mount(each) for each in _list(service.get("volumes"))]
    sockets = [mode for source, mode in mounts if _SOCKET.search(source)]
    builds = service.get("build") is not None
    view = Service(
        name=name,
        stack=stack,
        image=image_text,
        image_moves=bool(image_text) and not builds and image.moves,
        builds=builds,
        datastore=image.is_datastore,
        ports_everywhere=everywhere,
        no_login=_no_login(image.short_name, environment, command, everywhere),
        privileged=service.get("privileged") is True,
        socket="" if not sockets else ("rw" if "rw" in sockets else "ro"),
        host_namespaces=tuple(
            key for key in ("network_mode", "pid", "ipc") if service.get(key) == "host"
        ),
        host_folders=tuple(source for source, _ in mounts if _HOST_FOLDER.match(source)),
        capabilities=tuple(
            sorted(_CAPABILITIES & {_capability(each) for each in _list(service.get("cap_add"))})
        ),
        unconfined=any("unconfined" in str(each) for each in _list(service.get("security_opt"))),
        secret_names=secrets,
        environment=environment,
        command=command,
    )
    at = ("services", name)
    keys = {
        "image": "image", "ports": "ports", "privileged": "privileged",
        "environment": "environment", "volumes": "volumes", "capabilities": "cap_add",
        "command": "command",
    }  # fmt: skip
    places = {place: document.line(*at, key) for place, key in keys.items() if key in service}
    if secrets:
        places["secret"] = _line_of_variable(document, at, service["environment"], secrets[0])
    for key in view.host_namespaces[:1]:
        places["host"] = document.line(*at, key)
    return Resource(view, file, document.line(*at), name, places)


def _stack(file: SourceFile, services: Mapping[str, Any]) -> str:
    """Whether this is what customers use, or what a developer starts."""
    bodies = [each for each in services.values() if isinstance(each, dict)]
    if file.role is not Role.PRODUCTION or _DEVELOPER_NAME.search(file.name):
        return "developer"
    if _LIVE_NAME.search(file.name):
        return "production"
    if any(_is_for_developers(each) for each in bodies):
        return "developer"
    lasting = sum(
        str(each.get("restart") or "") in {"always", "unless-stopped"} or "deploy" in each
        for each in bodies
    )
    return "production" if bodies and lasting * 2 >= len(bodies) else "unknown"


def _is_for_developers(service: Mapping[str, Any]) -> bool:
    source_mounted = service.get("build") is not None and any(
        _mount(each)[0].rstrip("/") in {".", "..", "$PWD", "${PWD}"}
        or _mount(each)[0].startswith(("./src", "../src"))
        for each in _list(service.get("volumes"))
    )
    words = " ".join(_words(service.get(key)) for key in ("image", "entrypoint", "command"))
    return bool(source_mounted or _DEVELOPER_TOOL.search(words) or _DEVELOPER_COMMAND.search(words))


def _no_login(
    product: str, environment: Mapping[str, str], command: str, everywhere: tuple[str, ...]
) -> str:
    for key, wanted in _NO_LOGIN:
        value = environment.get(key)
        if value is not None and value.lower() in ({wanted} if wanted else _TRUE):
            return f"{key}: {value}"
    if not everywhere:
        return ""
    if product in {"redis", "valkey", "keydb"} and not re.search(
        r"requirepass|aclfile|\.conf", command
    ):
        return "no requirepass"
    if product == "mongo" and not {
        "MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_USERNAME_FILE",
    } & set(environment) and "--auth" not in command:  # fmt: skip
        return "no MONGO_INITDB_ROOT_USERNAME"
    return ""


def _everywhere(port: Any) -> str:
    """A port as written when it is published on all interfaces, else an empty text."""
    if isinstance(port, dict):
        address = str(port.get("host_ip") or "")
        text = f"{port.get('published', '')}:{port.get('target', '')}"
        return "" if _is_local(address) else text
    # What stands in ${...} is one word, whatever colons it holds.
    words = re.sub(r"\$\{[^}]*\}", "0", str(port)).rsplit(":", 2)
    address = words[0] if len(words) == 3 else ""
    return "" if _is_local(address) else str(port)


def _is_local(address: str) -> bool:
    return address.strip("[]") not in {"", "0.0.0.0", "::", "*"}  # noqa: S104 -- read, not bound


def _mount(volume: Any) -> tuple[str, str]:
    """Source and mode (rw or ro) of a volume."""
    if isinstance(volume, dict):
        return str(volume.get("source") or ""), "ro" if volume.get("read_only") else "rw"
    text = re.sub(r"\$\{([^}:]*)[^}]*\}", r"${\1}", str(volume))
    source, _, rest = text.partition(":")
    return source, "ro" if "ro" in rest.partition(":")[2].split(",") else "rw"


def _environment(value: Any) -> dict[str, str]:
    if isinstance(value, list):
        pairs = [str(each).partition("=") for each in value]
        return {name: text for name, equals, text in pairs if equals}
    if isinstance(value, dict):
        return {str(name): _text(text) for name, text in value.items() if text is not None}
    return {}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line_of_variable(
    document: YamlDocument, at: tuple[str, str], environment: Any, name: str
) -> int:
    if isinstance(environment, list):
        index = next(
            index for index, each in enumerate(environment) if str(each).startswith(f"{name}=")
        )
        return document.line(*at, "environment", index)
    return document.line(*at, "environment", name)


def _words(value: Any) -> str:
    return " ".join(str(each) for each in value) if isinstance(value, list) else str(value or "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _capability(value: Any) -> str:
    return str(value).upper().removeprefix("CAP_")
