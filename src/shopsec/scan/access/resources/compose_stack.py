"""What a Compose file is for, by its signs: customers' use, a developer's, or nobody can tell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopsec.model import Role, SourceFile
from shopsec.policy.lifecycle import numbers_of
from shopsec.scan.access.resources.base import Files, once
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.host import Unreadable

_LIVE_FOLDER = re.compile(r"(?:^|/)(?:prod|production|live)/")
_DEVELOPER_NAME = re.compile(
    r"(?:^|[._-])(?:dev|devel|development|local|override|ci|test|debug)\b", re.IGNORECASE
)
_LIVE_NAME = re.compile(
    r"(?:^|[._-])(?:prod|production|live|swarm|stack|deploy|release)\b", re.IGNORECASE
)
_DEVELOPER_TOOL = re.compile(r"(?:mailpit|mailhog|mailcatcher|maildev|xdebug|localstack|selenium)")
_DEVELOPER_COMMAND = re.compile(
    r"runserver|--reload\b|\b(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?dev\b|nodemon|sleep infinity"
    r"|watch\b"
)
# Certificates of Let's Encrypt and the like are given to hosts that the internet reaches.
_CERTIFICATES = re.compile(r"letsencrypt|certbot|\bacme\b|acme[._-]|certresolver", re.IGNORECASE)
# Traefik's rules, and the variables of nginx-proxy.
_HOST_RULE = re.compile(r"Host(?:SNI)?\(([^)]{1,500})\)")
_HOST_VARIABLES = ("VIRTUAL_HOST", "LETSENCRYPT_HOST")
_HOST_NAME = re.compile(r"(?<![\w.{$-])(?:[a-z0-9-]+\.)*[a-z0-9-]+(?![\w.-])", re.IGNORECASE)
# Names that lead to one's own machine (RFC 6761; the last two are services that do the same).
_OWN_MACHINE = re.compile(
    r"(?:^|\.)(?:localhost|test|local|localdomain|lan|internal|lvh\.me|[\d.-]+\.(?:nip|sslip)\.io"
    r"|ddev\.site|[\d.]+)$",
    re.IGNORECASE,
)
_LENGTH = 20_000
"""Most characters of a service that are looked at."""
_DEFAULT_NAMES = frozenset(
    {"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}
)
_SCRIPT = re.compile(
    r"(?:^|/)(?:[^/]*\.(?:sh|bash)|Makefile|Justfile|Jenkinsfile|[^/]*deploy[^/.]*"
    r"|\.gitlab-ci\.yml|bitbucket-pipelines\.yml|\.github/workflows/[^/]*\.ya?ml)$"
)
_SCRIPT_BYTES = 200_000
_NO_COMMAND = re.compile(r"^[ \t]*#.*$|\\\n", re.MULTILINE)
# What goes to another machine, and soon after it the start: pipelines start stacks to test, too.
_UP_ELSEWHERE = re.compile(
    r"(?:\bssh\s|\bssh-action@|\bDOCKER_(?:HOST|CONTEXT)=|\bdocker\s+(?:-H|--host|--context)\b)"
    r"(?:(?!\bssh\s).){0,600}?\bdocker[ -]compose\b(?P<options>[^\n;&|]{0,300}?)\sup\b",
    re.DOTALL,
)
_FILE_OPTION = re.compile(r"(?:-f|--file)[= ]\s{0,3}[\"']?([\w./-]+)")


@dataclass(frozen=True)
class Released:
    """Which Compose files a script or a pipeline starts on another machine."""

    names: frozenset[str]
    """Paths as the option -f gives them, or the names that are taken without it."""

    def holds(self, file: SourceFile) -> bool:
        """Whether a file is one of them, as far as its path tells."""
        return any(
            file.path == name or ("/" in name and name.endswith(f"/{file.path}"))
            for name in self.names
        )


def stack_of(file: SourceFile, services: Mapping[str, Any], files: Files) -> str:
    """``production``, ``developer`` or ``unknown``; a developer's signs come before the others."""
    bodies = [each for each in services.values() if isinstance(each, dict)]
    if file.role is not Role.PRODUCTION or _DEVELOPER_NAME.search(file.name):
        return "developer"
    if _LIVE_NAME.search(file.name) or _LIVE_FOLDER.search(file.path):
        return "production"
    hosts = [host for body in bodies for host in _hosts(body)]
    own_machine = bool(hosts) and all(map(_OWN_MACHINE.search, hosts))
    if own_machine or any(_is_for_developers(each) for each in bodies):
        return "developer"
    lasting = sum(
        str(each.get("restart") or "") in {"always", "unless-stopped"} or "deploy" in each
        for each in bodies
    )
    if bodies and lasting * 2 >= len(bodies):
        return "production"
    if hosts or any(_faces_customers(each) for each in bodies):
        return "production"
    if once(files, "released Compose files", _released).holds(file):
        return "production"
    return "developer" if _keeps_two_versions(bodies) else "unknown"


def _is_for_developers(service: Mapping[str, Any]) -> bool:
    if "develop" in service:  # rebuilds when a file is saved
        return True
    source_mounted = service.get("build") is not None and any(
        _source(each).rstrip("/") in {".", "..", "$PWD", "${PWD}"}
        or _source(each).startswith(("./src", "../src"))
        for each in _list(service.get("volumes"))
    )
    words = " ".join(_words(service.get(key)) for key in ("image", "entrypoint", "command"))
    return bool(source_mounted or _DEVELOPER_TOOL.search(words) or _DEVELOPER_COMMAND.search(words))


def _faces_customers(service: Mapping[str, Any]) -> bool:
    """It publishes the port of https on every address, or asks for certificates."""
    https = any(map(_is_https, _list(service.get("ports"))))
    return https or _CERTIFICATES.search(_whole(service)) is not None


def _is_https(port: Any) -> bool:
    if isinstance(port, dict):
        return str(port.get("published") or "") == "443" and not port.get("host_ip")
    return re.fullmatch(r"443:\d+(?:/tcp)?", str(port)[:_LENGTH]) is not None


def _hosts(service: Mapping[str, Any]) -> Iterator[str]:
    """Names under which a proxy shows the service; those in variables say nothing."""
    environment = service.get("environment")
    pairs = (
        environment.items()
        if isinstance(environment, dict)
        else (str(each).partition("=")[::2] for each in _list(environment))
    )
    texts = [match[1] for match in _HOST_RULE.finditer(_whole(service))]
    texts += [str(value) for name, value in pairs if name in _HOST_VARIABLES]
    for text in texts:
        if "$" not in text and "{" not in text:
            yield from _HOST_NAME.findall(text[:_LENGTH])


def _whole(service: Mapping[str, Any]) -> str:
    keys = ("image", "entrypoint", "command", "labels", "environment", "volumes", "deploy")
    return " ".join(str(service[key]) for key in keys if key in service)[:_LENGTH]


def _released(files: Files) -> Released:
    """Compose files that are started over ssh, or with the engine of another machine."""
    names: set[str] = set()
    for file in files.files:
        if (
            file.role is Role.PRODUCTION
            and _SCRIPT.search(file.path)
            and file.size <= _SCRIPT_BYTES
        ):
            try:
                text = files.read(file).decode("utf-8", "replace")
            except Unreadable:
                continue  # whoever reads the scripts names it
            names |= set(_started(text))
    return Released(frozenset(names))


def _started(text: str) -> Iterator[str]:
    for match in _UP_ELSEWHERE.finditer(_NO_COMMAND.sub("", text)):
        named = _FILE_OPTION.findall(match["options"])
        yield from (name.removeprefix("./") for name in named) if named else _DEFAULT_NAMES


def _keeps_two_versions(services: Sequence[Mapping[str, Any]]) -> bool:
    """True where a data store is there in several versions: to test with, customers need one."""
    images = [parse_image(str(each.get("image") or "")) for each in services]
    versions = {
        (each.short_name, numbers) for each in images
        if each.is_datastore and (numbers := numbers_of(each.tag))
    }  # fmt: skip
    return len({name for name, _ in versions}) < len(versions)


def _source(volume: Any) -> str:
    if isinstance(volume, dict):
        return str(volume.get("source") or "")
    return re.sub(r"\$\{([^}:]*)[^}]*\}", r"${\1}", str(volume)[:_LENGTH]).partition(":")[0]


def _words(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
