"""Kubernetes services: what leaves the cluster.

https://kubernetes.io/docs/concepts/services-networking/service/
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.scan.access.resources.base import Resource, fact
from shopsec.scan.access.resources.datastores import PORTS, no_login
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.kubernetes_containers import environment_of
from shopsec.scan.access.resources.kubernetes_objects import (
    KubernetesObject,
    entries,
    mapping,
    texts,
)

_INTERNAL = re.compile(r"internal", re.IGNORECASE)


@dataclass(frozen=True)
class ServiceObject:
    """A Service of Kubernetes."""

    KIND: ClassVar[str] = "service_object"
    PLACES: ClassVar[tuple[str, ...]] = ("type", "ports")

    name: str = fact("its name")
    type: str = fact("ClusterIP, NodePort, LoadBalancer or ExternalName")
    outside: bool = fact("it can be reached from outside the cluster, by the nodes' addresses too")
    limited: bool = fact("only named address ranges may reach it, or an internal load balancer")
    datastore_ports: tuple[str, ...] = fact("ports that databases and caches listen on")
    no_login: str = fact(
        "the setting that lets anybody into a data store behind it, in the same file, or empty"
    )


def services_of(each: KubernetesObject, beside: Sequence[KubernetesObject]) -> Iterator[Resource]:
    """The service that an object is; nothing for another object. ``beside``: all of its file."""
    if each.kind != "Service":
        return
    spec = mapping(each.body, "spec")
    kind = str(spec.get("type") or "ClusterIP")
    ports = [mapping(port) for port in entries(spec, "ports")]
    view = ServiceObject(
        name=each.name,
        type=kind,
        outside=kind in {"LoadBalancer", "NodePort"} or bool(spec.get("externalIPs")),
        limited=_is_limited(each, spec),
        datastore_ports=tuple(str(port.get("port")) for port in ports if _numbers(port) & PORTS),
        no_login=next(_open_behind(each, beside), ""),
    )
    places = {"type": each.line("spec", "type"), "ports": each.line("spec", "ports")}
    yield Resource(view, each.file, each.line("kind"), each.name, places, each.last_line)


def _open_behind(each: KubernetesObject, beside: Sequence[KubernetesObject]) -> Iterator[str]:
    """Why the data stores that the selector chooses let anybody in."""
    selector = mapping(each.body, "spec", "selector")
    for other in beside:
        pod = other.body if other.kind == "Pod" else mapping(other.body, "spec", "template")
        labels = mapping(pod, "metadata", "labels")
        chosen = selector and all(labels.get(key) == value for key, value in selector.items())
        if not chosen or other.namespace != each.namespace:
            continue
        for container in map(mapping, entries(pod, "spec", "containers")):
            image = parse_image(str(container.get("image") or ""))
            command = " ".join((*texts(container.get("command")), *texts(container.get("args"))))
            if image.is_datastore:
                environment = _environment(container)
                why = no_login(image.short_name, environment, command, reachable=True)
                yield from [f"{image.short_name}, {why}"] if why else []


def _environment(container: Mapping[str, Any]) -> dict[str, str]:
    """Variables of a container; those whose value comes from elsewhere have a mark for it."""
    found = {
        str(mapping(variable).get("name") or ""): "${elsewhere}"
        for variable in entries(container, "env")
        if "valueFrom" in mapping(variable)
    }
    if entries(container, "envFrom"):  # it may hold any password
        found |= dict.fromkeys(("REDIS_PASSWORD", "MONGO_INITDB_ROOT_USERNAME"), "${elsewhere}")
    return found | environment_of(container)


def _numbers(port: Mapping[str, Any]) -> set[int]:
    """The port's own number and that of the container; a name tells nothing."""
    values = (port.get("port"), port.get("targetPort"))
    return {value for value in values if isinstance(value, int)}


def _is_limited(each: KubernetesObject, spec: Mapping[str, Any]) -> bool:
    ranges = entries(spec, "loadBalancerSourceRanges")
    if ranges and "0.0.0.0/0" not in ranges:
        return True
    return any(
        _INTERNAL.search(str(value)) or (_INTERNAL.search(key) and str(value).lower() == "true")
        for key, value in mapping(each.body, "metadata", "annotations").items()
    )
