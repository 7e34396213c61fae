"""Containers of Kubernetes workloads.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.scan.access.documents.yaml_document import Pointer
from shopsec.scan.access.resources.base import Resource, fact
from shopsec.scan.access.resources.command_releases import migrates_and_starts
from shopsec.scan.access.resources.container_risks import (
    access_log_off,
    admin_tool,
    development_command,
    escaping_capabilities,
    watches_host,
)
from shopsec.scan.access.resources.datastores import no_login
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.kubernetes_objects import (
    KubernetesObject,
    entries,
    mapping,
    texts,
)
from shopsec.scan.access.resources.names import secrets_among
from shopsec.scan.access.resources.truth import is_on


@dataclass(frozen=True)
class Container:
    """One container of a Kubernetes workload."""

    KIND: ClassVar[str] = "container"
    PLACES: ClassVar[tuple[str, ...]] = (
        "image", "ports", "privileged", "capabilities", "security", "environment", "secret",
        "command",
    )  # fmt: skip

    name: str = fact("its name")
    workload: str = fact("name of its workload")
    workload_type: str = fact("kind of its workload, such as Deployment")
    init: bool = fact("it is an init container, which ends before the others start")
    image: str = fact("the image as written")
    image_moves: bool = fact("the image has no tag, or one like latest, and no digest")
    datastore: bool = fact("its image is a database, cache, search engine or queue")
    watches_host: bool = fact("it is a known agent of monitoring, logging or networks")
    admin_tool: str = fact("the administrator's or debugging tool that it is, or empty")
    host_ports: tuple[str, ...] = fact("ports that it opens on its machine's own address")
    privileged: bool = fact("privileged: true")
    root: bool = fact("the file says that it runs as root")
    capabilities: tuple[str, ...] = fact("added capabilities that lead out of a container")
    unconfined: bool = fact("seccomp or AppArmor is switched off")
    no_login: str = fact("the setting that lets anybody into the data store, or empty")
    environment: Mapping[str, str] = fact("its environment variables with a value in the file")
    secret_names: tuple[str, ...] = fact("variables with a secret of its own written out, sorted")
    default_secrets: tuple[str, ...] = fact(
        "variables with a password that everybody tries first, sorted"
    )
    command: str = fact("its command and arguments")
    dev_server: bool = fact("that command is a server for development")
    access_log_off: bool = fact("that command switches the list of requests off")
    migrates: bool = fact("that command changes the database before it starts the shop")
    audit_log_off: bool = fact("it is a Kubernetes API server without an audit log")


def containers_of(
    each: KubernetesObject, at: Pointer, pod: Mapping[str, Any]
) -> Iterator[Resource]:
    """The containers of a pod's specification, which stands at ``at`` in the object."""
    for key in ("containers", "initContainers"):
        for number, container in enumerate(entries(pod, key)):
            if isinstance(container, dict):
                yield _container(each, (*at, key, number), container, pod)


def _container(
    each: KubernetesObject, at: Pointer, container: Mapping[str, Any], pod: Mapping[str, Any]
) -> Resource:
    image_text = str(container.get("image") or "")
    image = parse_image(image_text)
    security = mapping(container, "securityContext")
    environment = environment_of(container)
    command = " ".join((*texts(container.get("command")), *texts(container.get("args"))))
    own, default = secrets_among(environment)
    name = str(container.get("name") or "")
    view = Container(
        name=name,
        workload=each.name,
        workload_type=each.kind,
        init=at[-2] == "initContainers",
        image=image_text,
        image_moves=bool(image_text) and image.moves,
        datastore=image.is_datastore,
        watches_host=watches_host(image),
        admin_tool=admin_tool(image),
        host_ports=tuple(
            str(port["hostPort"])
            for port in map(mapping, entries(container, "ports"))
            if port.get("hostPort")
        ),
        privileged=is_on(security.get("privileged")),
        root=_is_root(security, mapping(pod, "securityContext")),
        capabilities=escaping_capabilities(entries(security, "capabilities", "add")),
        unconfined=_is_unconfined(security) or _is_unconfined(mapping(pod, "securityContext")),
        no_login=no_login(image.short_name, environment, command, reachable=False)
        if image.is_datastore
        else "",
        environment=environment,
        secret_names=own,
        default_secrets=default,
        command=command,
        dev_server=development_command(command),
        access_log_off=access_log_off(command),
        migrates=migrates_and_starts(command),
        audit_log_off="kube-apiserver" in command and "--audit-log-path" not in command,
    )
    return Resource(
        view,
        each.file,
        each.line(*at),
        f"{each.name}/{name}",
        _places(each, at, container, view),
        each.document.last_line(*each.at, *at),
    )


def environment_of(container: Mapping[str, Any]) -> dict[str, str]:
    """Variables whose value is written out."""
    found = {}
    for variable in entries(container, "env"):
        if isinstance(variable, dict) and variable.get("value") is not None:
            value = variable["value"]
            text = str(value).lower() if isinstance(value, bool) else str(value)
            found[str(variable.get("name") or "")] = text
    return found


def _is_root(own: Mapping[str, Any], shared: Mapping[str, Any]) -> bool:
    user = own.get("runAsUser", shared.get("runAsUser"))
    return user == 0 and user is not False


def _is_unconfined(security: Mapping[str, Any]) -> bool:
    return any(
        mapping(security, key).get("type") == "Unconfined"
        for key in ("seccompProfile", "appArmorProfile")
    )


def _places(
    each: KubernetesObject, at: Pointer, container: Mapping[str, Any], view: Container
) -> dict[str, int]:
    places = {
        place: each.line(*at, *path)
        for place, path in (
            ("image", ("image",)),
            ("privileged", ("securityContext", "privileged")),
            ("capabilities", ("securityContext", "capabilities")),
            ("security", ("securityContext",)),
            ("environment", ("env",)),
            ("ports", ("ports",)),
            ("command", ("command",) if "command" in container else ("args",)),
        )
    }
    wanted = (*view.default_secrets, *view.secret_names)[:1]
    for number, variable in enumerate(entries(container, "env")):
        name = str(mapping(variable).get("name") or "")
        places[f"environment.{name}"] = each.line(*at, "env", number)
        if name in wanted:
            places["secret"] = places[f"environment.{name}"]
    return places
