"""Kubernetes manifests and the templates of Helm charts.

A manifest is recognised by what it holds, not by its name. One file is read at a time: what an
overlay changes in a base is checked as the patch that it is.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shopsec.model import SourceFile, uri_of
from shopsec.scan.access.documents import DocumentError, NotRendered, text_of
from shopsec.scan.access.documents.helm_template import UNKNOWN, is_template, outline
from shopsec.scan.access.documents.json_document import parse_json
from shopsec.scan.access.documents.yaml_document import parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.kubernetes_access import access_of
from shopsec.scan.access.resources.kubernetes_objects import Document, objects_of
from shopsec.scan.access.resources.kubernetes_secrets import secrets_of
from shopsec.scan.access.resources.kubernetes_services import services_of
from shopsec.scan.access.resources.kubernetes_workloads import workloads_of

_OTHER = re.compile(
    r"(?:^|/)(?:(?:docker-)?compose[\w.-]*|\.gitlab-ci[\w.-]*|pnpm-lock|mkdocs|Chart|values[\w.-]*"
    r"|\.pre-commit-config|kustomization)\.ya?ml$|(?:^|/)\.github/",
)
# At the start of a line in YAML; in JSON, which may be all on one line, behind a brace or a comma.
_KEY = rb"(?:^(?:- |  )?[\"']?|[{,][ \t\r\n]*+[\"'])%s[\"']?[ \t]*:"
_API_VERSION = re.compile(_KEY % b"apiVersion", re.MULTILINE)
_KIND = re.compile(_KEY % b"kind", re.MULTILINE)
_JSON_BYTES = 1_000_000
_TEMPLATES = re.compile(r"^(?P<chart>(?:.*/)?)templates/")
_VALUES_BYTES = 200_000
_NEEDS_HELM = "Helm templates that only helm can render"


def may_be_manifest(file: SourceFile) -> bool:
    """True for YAML and JSON files that are not known to be something else.

    JSON of more than a megabyte is data: a manifest of that size is none that people keep.
    """
    if file.uri.endswith(".json"):
        return file.size <= _JSON_BYTES
    return file.uri.endswith((".yaml", ".yml")) and not _OTHER.search(file.path)


def holds_objects(content: bytes) -> bool:
    """True when a key of the file says which kind of object it describes."""
    return _API_VERSION.search(content) is not None and _KIND.search(content) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """What the objects of a file are.

    DocumentError where the file is no YAML or JSON; NotRendered for a template that cannot be read.
    """
    objects = list(
        objects_of(file, _documents(file, content, files), whole=not _has_gaps(file, content))
    )
    for each in objects:
        for part in (workloads_of, access_of, secrets_of):
            yield from part(each)
        yield from services_of(each, objects)


def _has_gaps(file: SourceFile, content: bytes) -> bool:
    return is_template(content) and not file.uri.endswith(".json")


SOURCE = Source("Kubernetes manifest", may_be_manifest, build, holds_objects)


def _documents(file: SourceFile, content: bytes, files: Files) -> Sequence[Document]:
    if file.uri.endswith(".json"):
        return (parse_json(content),)
    chart = _chart(file, files)
    if not is_template(content):
        return parse_yaml(content)
    if chart is None:
        # Braces may stand in a text, as in the rules of an alert.
        try:
            return parse_yaml(content)
        except DocumentError:
            return parse_yaml(outline(text_of(content), {}).encode())
    try:
        name = posixpath.basename(chart.rstrip("/")) or UNKNOWN
        return parse_yaml(outline(text_of(content), _values(chart, files), name).encode())
    except DocumentError:
        raise NotRendered(_NEEDS_HELM) from None


def _chart(file: SourceFile, files: Files) -> str | None:
    """Folder of the Helm chart that a template belongs to."""
    match = _TEMPLATES.match(file.path)
    if match and files.find(uri_of(match["chart"] + "Chart.yaml")):
        return match["chart"]
    return None


def _values(chart: str, files: Files) -> Mapping[str, Any]:
    """The chart's own defaults; none where they cannot be read (they are booked by name)."""
    found = files.find(uri_of(posixpath.join(chart, "values.yaml")))
    if found is None or found.size > _VALUES_BYTES:
        return {}
    try:
        documents = parse_yaml(files.read(found))
    except DocumentError:
        return {}
    value = documents[0].value if documents else None
    return value if isinstance(value, dict) else {}
