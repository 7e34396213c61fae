"""Which files Trivy has checks for, recognised by name or cheaply by content. Pure.

Follows https://github.com/aquasecurity/trivy/blob/main/pkg/iac/detection/detect.go, and is wider
where that needs a file to be well-formed: a broken one is to be missed by name, not overlooked.
"""

import enum
import re
from collections.abc import Iterable, Iterator


class Kind(enum.Enum):
    """What a file is to Trivy."""

    DOCKERFILE = "dockerfile"
    MANIFEST = "manifest"
    """A Kubernetes, CloudFormation or Azure template that stands for itself."""
    TERRAFORM = "terraform"
    CHART_TEMPLATE = "chart template"
    """A file of a Helm chart that becomes manifests when the chart is rendered."""
    CHART_PART = "chart part"
    """What a Helm chart needs to be rendered; nothing to look at by itself."""


TERRAFORM_SUFFIXES = (".tf.json", ".tofu.json", ".tf", ".tofu")
YAML_SUFFIXES = (".yaml", ".yml")
_DOCUMENT_SUFFIXES = (*YAML_SUFFIXES, ".json")

# A name may hold a line end.
_DOCKERFILE = re.compile(
    r"(dockerfile|containerfile)([._-].*)?|.*\.(dockerfile|containerfile)", re.DOTALL
)
# Files about Dockerfiles, and templates that become some.
_NOT_DOCKERFILE = re.compile(
    r".*\.(dockerignore|md|rst|txt|html|py|sh|go|js|ts|rb|php|ya?ml|json|toml|j2|jinja2?|tmpl|tpl|in)",
    re.DOTALL,
)


def charts_of(paths: Iterable[str]) -> frozenset[str]:
    """Folders of Helm charts, each ending in "/" ("" for the root), without their subcharts."""
    folders = {
        path.removesuffix("Chart.yaml")
        for path in paths
        if path == "Chart.yaml" or path.endswith("/Chart.yaml")
    }
    return frozenset(
        folder
        for folder in folders
        if not any(
            above in folders and folder.startswith(f"{above}charts/")
            for above in _folders_above(folder.removesuffix("/"))
        )
    )


def chart_of(path: str, charts: frozenset[str]) -> str | None:
    """The folder of the chart that a file belongs to."""
    return next((folder for folder in _folders_above(path) if folder in charts), None)


def _folders_above(path: str) -> Iterator[str]:
    """The innermost first, the root "" last."""
    while path:
        path = path.rpartition("/")[0]
        yield f"{path}/" if path else ""


def kind_by_name(path: str, charts: frozenset[str]) -> Kind | None:
    """The kind of a file that its name tells, or None."""
    name = path.rpartition("/")[2].lower()
    if _DOCKERFILE.fullmatch(name) and not _NOT_DOCKERFILE.fullmatch(name):
        return Kind.DOCKERFILE
    if path.endswith(TERRAFORM_SUFFIXES):
        return Kind.TERRAFORM
    chart = chart_of(path, charts) if charts else None
    return None if chart is None else _kind_in_chart(path.removeprefix(chart))


def _kind_in_chart(path: str) -> Kind | None:
    """Subcharts, in charts/NAME/, have the same shape."""
    while (parts := path.split("/", 2))[0] == "charts" and len(parts) == 3:
        path = parts[2]
    if path in {"Chart.yaml", "values.yaml"}:
        return Kind.CHART_PART
    if not path.startswith("templates/"):
        return None
    partial = path.rpartition("/")[2].startswith("_")
    return Kind.CHART_TEMPLATE if path.endswith(YAML_SUFFIXES) and not partial else Kind.CHART_PART


def may_be_manifest(path: str) -> bool:
    """Whether the content must be looked at."""
    return path.lower().endswith(_DOCUMENT_SUFFIXES)


def is_manifest(content: bytes) -> bool:
    """Whether a YAML or JSON file is a template of Kubernetes, CloudFormation or Azure."""
    return (
        all(_has_key(content, key) for key in (b"apiVersion", b"kind", b"metadata"))
        or b"AWSTemplateFormatVersion" in content
        or (b"AWS::" in content and _has_key(content, b"Resources"))
        or b"://schema.management.azure.com/schemas" in content
    )


def _has_key(content: bytes, name: bytes) -> bool:
    """Whether there is a key at the start of a YAML line, or anywhere in JSON."""
    if name not in content:  # far cheaper, and true of nearly every file
        return False
    pattern = rb"^(- )?%b\s*:|[\"']%b[\"']\s*:" % (name, name)
    return re.search(pattern, content, re.MULTILINE) is not None


def is_kubernetes_list(content: bytes) -> bool:
    """Whether a manifest is a List, which holds other manifests."""
    return _LIST.search(content) is not None


def foreign_modules(terraform: bytes) -> int:
    """How many modules a Terraform file takes from registries or other repositories."""
    return len(_FOREIGN_MODULE.findall(terraform))


_LIST = re.compile(rb"^kind\s*:\s*[\"']?List\b|[\"']kind[\"']\s*:\s*[\"']List[\"']", re.MULTILINE)
# The source stands near the top of a module; a bound, so that a hostile file takes no long time.
_FOREIGN_MODULE = re.compile(
    rb'^[ \t]*module[ \t]+"[^"\n]*"[ \t]*\{(?:[^}]{0,200}?\n)?[ \t]*'
    rb'source[ \t]*=[ \t]*"(?!\.{1,2}/)',
    re.MULTILINE,
)
