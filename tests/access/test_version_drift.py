import pytest

from shopsec.scan.access.resources import (
    compose,
    dockerfiles,
    helm,
    kubernetes,
    kustomize,
    terraform,
    version_drift,
)
from tests.access.in_memory import built, in_memory

SOURCES = (compose, dockerfiles, helm, kubernetes, kustomize, terraform)


def drifts(contents):
    resources = [each for module in SOURCES for each in built(module.SOURCE, contents)]
    found = version_drift.SUMMARY.build(in_memory(contents), resources)
    return [(each.file.path, each.line, *drift_of(each.view)) for each in found]


def drift_of(view):
    assert isinstance(view, version_drift.VersionDrift)
    return view.product, view.production, view.staging


def stack(image):
    return f"services:\n  a: {{image: '{image}'}}\n"


@pytest.mark.parametrize(
    ("live", "staging", "expected"),
    [
        ("postgres:16.4", "postgres:17.2", ("postgres", "16.4", "17.2")),
        ("postgres:17", "postgres:17.2", None),
        ("postgres:17.10", "postgres:17.1", ("postgres", "17.10", "17.1")),
        ("php:8.3-fpm", "php:8.4-fpm", ("php", "8.3", "8.4")),
        ("acme/shop:1.4", "acme/shop:1.5", None),
        ("postgres:latest", "postgres:17", None),
        ("postgres:${PG}", "postgres:17", None),
        ("mysql:8.4", "postgres:17", None),
        ("node:v22", "node:24", ("node", "22", "24")),
    ],
)
def test_versions(live, staging, expected):
    found = drifts({"compose.prod.yml": stack(live), "compose.staging.yml": stack(staging)})
    assert found == ([("compose.prod.yml", 2, *expected)] if expected else [])


@pytest.mark.parametrize(
    "staging", ["compose.dev.yml", "compose.yml", "compose.prod.staging.yml", "latest/compose.yml"]
)
def test_other_environments_do_not_count(staging):
    assert drifts({"compose.prod.yml": stack("postgres:16"), staging: stack("postgres:17")}) == []


def test_a_version_in_common_is_enough():
    both = "services:\n  a: {image: 'postgres:16'}\n  b: {image: 'postgres:17'}\n"
    assert drifts({"live/compose.yml": both, "stage/compose.yml": stack("postgres:17")}) == []


def test_every_kind_of_file_that_names_versions():
    deployment = (
        "apiVersion: apps/v1\nkind: Deployment\nspec: {{template: {{spec: {{containers: "
        "[{{image: 'redis:{}'}}]}}}}}}\n"
    )
    database = 'resource "aws_db_instance" "a" {{\n engine = "mysql"\n engine_version = "{}"\n}}\n'
    contents: dict[str, str] = {}
    for name, version in (("production", "7"), ("staging", "8")):
        contents |= {
            f"overlays/{name}/redis.yaml": deployment.format(version),
            f"overlays/{name}/kustomization.yaml": f"images: [{{name: mongo, newTag: '{version}'}}]\n",
            f"chart/values-{name}.yaml": f"image: {{repository: rabbitmq, tag: '{version}'}}\n",
            f"Dockerfile.{name}": f"FROM node:{version}\n",
            f"infra/{name}/main.tf": database.format(version),
        }
    assert [each[2] for each in drifts(contents)] == ["mongo", "mysql", "node", "rabbitmq", "redis"]
