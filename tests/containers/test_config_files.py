import pytest

from shopsec.scan.containers.config_files import (
    Kind,
    chart_of,
    charts_of,
    foreign_modules,
    is_kubernetes_list,
    is_manifest,
    kind_by_name,
)

CHARTS = frozenset({"deploy/shop/"})


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Dockerfile", Kind.DOCKERFILE),
        ("a/Dockerfile.prod", Kind.DOCKERFILE),
        ("a/web.dockerfile", Kind.DOCKERFILE),
        ("a/Containerfile", Kind.DOCKERFILE),
        ("Dockerfile.dockerignore", None),
        ("docs/Dockerfile.md", None),
        ("dockerfile_parser.py", None),
        ("my-dockerfiles", None),
        ("infra/main.tf", Kind.TERRAFORM),
        ("infra/main.tf.json", Kind.TERRAFORM),
        ("infra/main.tofu", Kind.TERRAFORM),
        ("infra/secret.tfvars", None),
        ("deploy/shop/Chart.yaml", Kind.CHART_PART),
        ("deploy/shop/values.yaml", Kind.CHART_PART),
        ("deploy/shop/templates/_names.tpl", Kind.CHART_PART),
        ("deploy/shop/templates/web.yaml", Kind.CHART_TEMPLATE),
        ("deploy/shop/charts/db/templates/db.yml", Kind.CHART_TEMPLATE),
        ("deploy/shop/charts/db/values.yaml", Kind.CHART_PART),
        ("deploy/shop/.helmignore", None),
        ("deploy/shop/crds/a.yaml", None),
        ("deploy/other/templates/web.yaml", None),
    ],
)
def test_kinds_that_the_name_tells(path, kind):
    assert kind_by_name(path, CHARTS) is kind


def test_charts_within_charts_are_parts_of_them():
    paths = ["b/Chart.yaml", "b/charts/c/Chart.yaml", "b/d/Chart.yaml", "a/xChart.yaml"]
    assert charts_of(paths) == {"b/", "b/d/"}
    assert charts_of(["Chart.yaml", "charts/c/Chart.yaml"]) == {""}
    assert chart_of("b/d/templates/a.yaml", charts_of(paths)) == "b/d/"
    assert chart_of("b/charts/c/templates/a.yaml", charts_of(paths)) == "b/"
    assert chart_of("c/a.yaml", charts_of(paths)) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n", True),
        (b"---\r\nkind: Pod\r\nmetadata: [\r\napiVersion : v1\r\n", True),
        (b'{"kind": "Pod", "apiVersion": "v1", "metadata": {}}', True),
        (b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", False),
        (b"services:\n  web:\n    image: nginx\n", False),
        (b'AWSTemplateFormatVersion: "2010-09-09"\n', True),
        (b"Resources:\n  A:\n    Type: AWS::S3::Bucket\n", True),
        (b"see AWS::S3::Bucket\n", False),
        (b'{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/x.json#"}', True),
        (b"\xff\xfe\x00", False),
    ],
)
def test_manifests_are_known_by_their_content(content, expected):
    assert is_manifest(content) is expected


def test_kubernetes_lists():
    assert is_kubernetes_list(b"apiVersion: v1\nkind: List\n")
    assert is_kubernetes_list(b'{"kind": "List"}')
    assert not is_kubernetes_list(b"kind: PodList\nspec:\n  kind: List\n")


def test_modules_from_elsewhere_are_counted():
    content = b"""
module "near" { source = "./near" }
module "far" { source = "example.org/far" }
module "near" {
  source = "../near"
}
module "far" {
  count  = 2
  source = "git::https://example.org/far.git"
}
module "registry" {
  source = "terraform-aws-modules/vpc/aws"
}
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
"""
    assert foreign_modules(content) == 3
