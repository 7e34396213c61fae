"""What takes the walls of a container down, however it is started (Compose, Kubernetes, Helm).

CIS Docker Benchmark, section 5, and the Pod Security Standards
(https://kubernetes.io/docs/concepts/security/pod-security-standards/).
"""

import re
from collections.abc import Iterable

from shopsec.scan.access.resources.images import ImageReference

_SOCKET = re.compile(r"(?:docker|containerd|podman|crio|cri-dockerd)\.sock$")
_HOST_FOLDER = re.compile(
    r"^(?:/|/etc(?:/(?:kubernetes|ssh|shadow|passwd))?|/root|/proc|/sys|/boot|/dev|/var|/var/run"
    r"|/run|/var/lib|/var/lib/(?:docker|containerd|kubelet|etcd|rancher)|/home(?:/[^/]+)?"
    r"|(?:~|/root|\$\{?HOME\}?|/home/[^/]+)/\.(?:ssh|aws|kube|docker|gnupg))/?$"
)
_CAPABILITIES = frozenset(
    ["ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_RAWIO", "NET_ADMIN", "DAC_READ_SEARCH",
     "BPF"]
)  # fmt: skip
# What watches a host or its network has to see it.
_HOST_AGENT = re.compile(
    r"(?:^|/)(?:node[-_]?exporter|cadvisor|fluent-?(?:d|bit)[\w-]*|filebeat|metricbeat|promtail"
    r"|vector|datadog-agent|agent|newrelic-[\w-]+|falco[\w-]*|kube-proxy|calico[\w-]*|cilium[\w-]*"
    r"|weave[\w-]*|flannel[\w-]*|node-problem-detector|csi-[\w-]+|[\w-]+-csi-driver|alloy"
    r"|scope|opentelemetry-collector[\w-]*|wireguard|tailscale|netdata|crowdsec|k8s-dns-node-cache)$",
    re.IGNORECASE,
)
_ADMIN_TOOL = re.compile(
    r"^(?:adminer|phpmyadmin|phppgadmin|pgadmin4?|mailpit|mailhog|mailcatcher|maildev"
    r"|redis-?commander|redis-?insight|phpredisadmin|mongo-?express|kibana"
    r"|opensearch-dashboards|cerebro|elasticsearch-head|elasticvue|portainer(?:-ce|-ee)?|dozzle"
    r"|cloudbeaver|sqlpad|rabbitmq-management|kafka-ui|akhq|flower|kubernetes-dashboard|dashboard"
    r"|webgrind|xhgui)$"
)
# Names that only mean a tool of that kind under its own owner.
_OWNED_TOOL = {"dashboard": "kubernetesui/", "flower": "mher/"}
_DEV_SERVER = re.compile(
    r"\bmanage\.py\s+runserver\b|\brunserver(?:_plus)?\b|\bflask\b[^;&|]*\srun\b|\bphp\s+-S\b"
    r"|\bartisan\s+serve\b|\b(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?(?:dev|start:dev|develop)\b"
    r"|\bnodemon\b|--reload\b|\bnext\s+dev\b|\bvite\b(?!\s+(?:build|preview))"
    r"|\bmedusa\s+develop\b|\brails\s+s(?:erver)?\b[^;&|]*-e\s+development\b"
)
_LOG_OFF = re.compile(
    r"--no-access-log\b|--access-logfile[\s=]+(?:None|/dev/null|\"\"|'')(?:\s|$)"
    r"|--disable-access-log\b|--log-http-requests[\s=]+false\b"
)
_LENGTH = 5_000
"""Most characters of a command that are looked at."""


def is_engine_socket(source: str) -> bool:
    """True for the socket that steers a container engine."""
    return _SOCKET.search(source) is not None


def is_host_folder(source: str) -> bool:
    """True for folders of the host that hold its keys, its devices or its processes."""
    return _HOST_FOLDER.match(source) is not None


def escaping_capabilities(added: Iterable[object]) -> tuple[str, ...]:
    """Those of the added capabilities that lead out of a container, sorted."""
    names = {str(each).upper().removeprefix("CAP_") for each in added}
    return tuple(sorted(names & _CAPABILITIES))


def watches_host(image: ImageReference) -> bool:
    """True for agents of monitoring, logging and networks."""
    return _HOST_AGENT.search(image.name) is not None


def admin_tool(image: ImageReference) -> str:
    """Name of the administrator's or debugging tool that the image is, or an empty text."""
    name = image.short_name
    if image.tag.endswith("management") and name == "rabbitmq":
        return ""  # the broker itself, whose page stays inside unless its port is published
    if not _ADMIN_TOOL.match(name):
        return ""
    return name if f"{image.name}".startswith(_OWNED_TOOL.get(name, "")) else ""


def development_command(command: str) -> bool:
    """True when the command is a server that reloads and explains itself to developers."""
    return _DEV_SERVER.search(command[:_LENGTH]) is not None


def access_log_off(command: str) -> bool:
    """True when the command switches the list of requests off."""
    return _LOG_OFF.search(command[:_LENGTH]) is not None
