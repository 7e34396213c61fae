"""Kubernetes workloads: what starts pods, and with which rights.

https://kubernetes.io/docs/concepts/workloads/ and the Pod Security Standards,
https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.scan.access.documents.yaml_document import Pointer
from shopsec.scan.access.resources.base import Resource, fact
from shopsec.scan.access.resources.container_risks import (
    is_engine_socket,
    is_host_folder,
    watches_host,
)
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.kubernetes_containers import containers_of
from shopsec.scan.access.resources.kubernetes_objects import (
    KubernetesObject,
    entries,
    mapping,
)
from shopsec.scan.access.resources.truth import is_on

POD_SPECS: Mapping[str, Pointer] = {
    "Pod": ("spec",),
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "ReplicationController": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "DeploymentConfig": ("spec", "template", "spec"),
    "Rollout": ("spec", "template", "spec"),
}
"""Kinds of workload with the place of their pods' specification."""

_BUSINESS = re.compile(
    r"(?:^|[^a-z])(?:check-?outs?|payments?|carts?|baskets?|orders?|shop|store-?front|front-?end"
    r"|web|website|api|gateway|login|auth|accounts?|customers?|catalogue?s?|products?)(?:$|[^a-z])"
)
_HOST_NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")


@dataclass(frozen=True)
class Workload:
    """A Kubernetes object that starts pods: Deployment, StatefulSet, DaemonSet, Job, Pod ..."""

    KIND: ClassVar[str] = "workload"
    PLACES: ClassVar[tuple[str, ...]] = ("replicas", "strategy", "host", "socket", "host_folder")

    type: str = fact("Deployment, StatefulSet, DaemonSet, Job, CronJob, Pod ...")
    name: str = fact("its name")
    namespace: str = fact("its namespace, empty where the file names none")
    complete: bool = fact("all of it stands in this file: no patch, no template with gaps")
    lasts: bool = fact("it is to run for good, unlike a Job")
    serves: bool = fact("one of its containers opens a port")
    business: bool = fact("by its name, customers shop, pay or sign in through it")
    datastore: bool = fact("it runs a database, cache, search engine or queue")
    host_namespaces: tuple[str, ...] = fact("hostNetwork, hostPID or hostIPC where true")
    watches_host: bool = fact("it is a known agent of monitoring, logging or networks")
    socket: str = fact("the container engine's socket is mounted: rw, ro, or empty")
    host_folders: tuple[str, ...] = fact("mounted folders of the host that hold keys or devices")
    host_folders_writable: bool = fact("one of them may be written to")
    service_account: str = fact("name of its service account, empty where none is named")
    idle_token: bool = fact("it gets the default account's token, which nothing shows it needs")
    missing_restrictions: tuple[str, ...] = fact(
        "what the restricted Pod Security Standard asks for and some container lacks"
    )
    writable_root: bool = fact("some container may write to its root file system")
    without_memory_limit: tuple[str, ...] = fact("containers without a memory limit")
    replicas: int = fact("how many pods are asked for; -1 where the file does not say")
    recreated: bool = fact("a release stops every pod before it starts a new one")
    without_readiness: tuple[str, ...] = fact("containers with a port and no readiness probe")


def workloads_of(each: KubernetesObject) -> Iterator[Resource]:
    """The workload that an object is and its containers; nothing for another object."""
    at = POD_SPECS.get(each.kind)
    if at is None:
        return
    pod = mapping(each.body, *map(str, at))
    containers = _running(pod)
    whole = each.whole and _is_whole(pod)
    images = [parse_image(str(one.get("image") or "")) for one in containers]
    sockets = _host_mounts(pod, is_engine_socket)
    folders = _host_mounts(pod, is_host_folder)
    account = str(pod.get("serviceAccountName") or pod.get("serviceAccount") or "")
    spec = mapping(each.body, "spec")
    replicas = spec.get("replicas")
    strategy = mapping(spec, "strategy").get("type")
    datastore = any(image.is_datastore for image in images)
    view = Workload(
        type=each.kind,
        name=each.name,
        namespace=each.namespace,
        complete=whole,
        lasts=each.kind not in {"Job", "CronJob", "Pod"},
        serves=any(entries(one, "ports") for one in containers),
        business=_BUSINESS.search(each.name.lower()) is not None and not datastore,
        datastore=datastore,
        host_namespaces=tuple(name for name in _HOST_NAMESPACES if is_on(pod.get(name))),
        watches_host=any(map(watches_host, images)),
        socket="" if not sockets else ("rw" if any(w for _, _, w in sockets) else "ro"),
        host_folders=tuple(path for _, path, _ in folders),
        host_folders_writable=any(writable for _, _, writable in folders),
        service_account=account,
        idle_token=whole and not account and pod.get("automountServiceAccountToken") is not False,
        missing_restrictions=_missing(pod, containers) if whole else (),
        writable_root=not _everywhere(containers, "readOnlyRootFilesystem", value=True),
        without_memory_limit=_names(
            one for one in containers if not mapping(one, "resources", "limits").get("memory")
        ),
        replicas=replicas if isinstance(replicas, int) else -1,
        recreated=strategy == "Recreate",
        without_readiness=_names(
            one for one in containers if entries(one, "ports") and not one.get("readinessProbe")
        ),
    )
    yield Resource(
        view, each.file, each.line("kind"), each.name, _places(each, at, view, pod), each.last_line
    )
    yield from containers_of(each, at, pod)


def _places(
    each: KubernetesObject, at: Pointer, view: Workload, pod: Mapping[str, Any]
) -> dict[str, int]:
    places = {
        "replicas": each.line("spec", "replicas"),
        "strategy": each.line("spec", "strategy", "type"),
    }
    if view.host_namespaces:
        places["host"] = each.line(*at, view.host_namespaces[0])
    for place, wanted in (("socket", is_engine_socket), ("host_folder", is_host_folder)):
        for number, _, _ in _host_mounts(pod, wanted)[:1]:
            places[place] = each.line(*at, "volumes", number, "hostPath", "path")
    return places


def _running(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in entries(pod, "containers") if isinstance(each, dict)]


def _is_whole(pod: Mapping[str, Any]) -> bool:
    """False for a patch, whose containers only have what it changes."""
    containers = _running(pod)
    return bool(containers) and all(each.get("image") for each in containers)


def _host_mounts(
    pod: Mapping[str, Any], wanted: Callable[[str], bool]
) -> list[tuple[int, str, bool]]:
    """Volumes from the host whose path is wanted: number, path, and whether one may write."""
    mounted, writable = _mounts(pod)
    found = []
    for number, volume in enumerate(entries(pod, "volumes")):
        path = str(mapping(volume, "hostPath").get("path") or "")
        if path and wanted(path):
            name = str(mapping(volume).get("name") or "")
            found.append((number, path, name in writable or name not in mounted))
    return found


def _mounts(pod: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Names of the volumes that containers mount, and of those that one may write to."""
    mounted, writable = set(), set()
    for key in ("containers", "initContainers"):
        for container in entries(pod, key):
            for mount in map(mapping, entries(container, "volumeMounts")):
                name = str(mount.get("name") or "")
                mounted.add(name)
                if mount.get("readOnly") is not True:
                    writable.add(name)
    return mounted, writable


def _missing(pod: Mapping[str, Any], containers: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    shared = mapping(pod, "securityContext")
    found = []
    if not _everywhere(containers, "allowPrivilegeEscalation", value=False):
        found.append("allowPrivilegeEscalation: false")
    if not all(_not_root(mapping(each, "securityContext"), shared) for each in containers):
        found.append("runAsNonRoot: true")
    if not all(
        mapping(each, "securityContext", "seccompProfile") or mapping(shared, "seccompProfile")
        for each in containers
    ):
        found.append("seccompProfile: {type: RuntimeDefault}")
    if not all(_drops_all(each) for each in containers):
        found.append("capabilities: {drop: [ALL]}")
    return tuple(found)


def _everywhere(containers: Sequence[Mapping[str, Any]], key: str, *, value: bool) -> bool:
    return all(mapping(each, "securityContext").get(key) is value for each in containers)


def _not_root(own: Mapping[str, Any], shared: Mapping[str, Any]) -> bool:
    user = own.get("runAsUser", shared.get("runAsUser"))
    return own.get("runAsNonRoot", shared.get("runAsNonRoot")) is True or (
        isinstance(user, int) and user > 0
    )


def _drops_all(container: Mapping[str, Any]) -> bool:
    dropped = entries(container, "securityContext", "capabilities", "drop")
    return any(str(each).upper() == "ALL" for each in dropped)


def _names(containers: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(each.get("name") or "") for each in containers)
