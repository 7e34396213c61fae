"""Patches that are written in a kustomization itself."""

import pytest

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.resources import kustomize
from tests.access.in_memory import built


def patched(text):
    return built(kustomize.SOURCE, {"live/kustomization.yaml": text})


def test_operations_on_a_path():
    workload, container = patched(
        "patches:\n- target: {kind: StatefulSet, name: shop}\n  patch: |-\n"
        "    - {op: remove, path: /spec/replicas}\n    - op: add\n"
        "      path: /spec/template/spec/containers/0/securityContext\n"
        "      value: {privileged: true}\n"
    )
    assert (workload.view.type, workload.view.name) == ("StatefulSet", "shop")
    assert (container.view.privileged, container.line) == (True, 7)


@pytest.mark.parametrize("key", ["patches", "patchesStrategicMerge"])
def test_a_part_of_an_object(key):
    body = (
        "apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: shop}\n"
        "    spec: {template: {spec: {hostPID: true}}}\n"
    )
    entry = "- patch: |-\n    " if key == "patches" else "- |-\n    "
    (workload,) = patched(f"{key}:\n{entry}{body}")
    assert workload.view.host_namespaces == ("hostPID",)
    assert workload.line_at("host") == 6


@pytest.mark.parametrize(
    "patch",
    [
        "{path: other.yaml}", "other.yaml", "{patch: 'a: 1'}", "{patch: '- {op: add, path: /}'}",
        "{patch: '- {op: test, path: /spec, value: {}}'}", "{patch: '- {op: add, path: a}'}",
        "{patch: '- 1'}", "{patch: 3}", "null",
    ],
)  # fmt: skip
def test_what_is_no_patch_of_a_workload(patch):
    assert [each for each in patched(f"patches:\n- {patch}\n") if each.view.host_namespaces] == []


def test_a_patch_that_cannot_be_read_is_named():
    with pytest.raises(DocumentError, match="line 2: a patch in it is not YAML"):
        patched("patches:\n- patch: 'a: [1'\n")
