"""Kubernetes services: what leaves the cluster.

https://kubernetes.io/docs/concepts/services-networking/service/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.scan.access.resources.base import Resource, fact
from shopsec.scan.access.resources.datastores import PORTS
from shopsec.scan.access.resources.kubernetes_objects import KubernetesObject, entries, mapping

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


def services_of(each: KubernetesObject) -> Iterator[Resource]:
    """The service that an object is; nothing for another object."""
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
    )
    places = {"type": each.line("spec", "type"), "ports": each.line("spec", "ports")}
    yield Resource(view, each.file, each.line("kind"), each.name, places, each.last_line)


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
