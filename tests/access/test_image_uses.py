import pytest

from shopsec.policy.lifecycle import embedded_lifecycles
from shopsec.scan.access.image_uses import image_uses

DIGEST = "@sha256:" + "ab" * 32


@pytest.fixture
def uses(tree, target_of):
    """Place, image and whether it ships, of each that files name."""

    def find(files):
        target, host = target_of(tree(files))
        return image_uses(target, host)

    return find


def latest(product, cycle):
    cycles = embedded_lifecycles().products[product].cycles
    return next(each.latest for each in cycles if each.cycle == cycle)


def places(found):
    return [(str(each.location), each.image, each.ships) for each in found]


def test_final_stages_ship_and_others_do_not(uses):
    dockerfile = (
        "ARG PHP=8.2.1\nFROM node:20 AS assets\nRUN npm ci\n"
        "FROM php:${PHP}-fpm AS base\nRUN one\nFROM base\nCOPY --from=composer:2.7 /a /a\nRUN two\n"
    )
    found = uses({"Dockerfile": dockerfile})
    assert places(found) == [
        ("Dockerfile:2", "node:20", False),
        ("Dockerfile:4", "php:8.2.1-fpm", True),
        ("Dockerfile:7", "composer:2.7", False),
    ]
    assert [each.steps for each in (found[0], found[2])] == [None, None]
    assert [(each.keyword, each.text, each.location.start_line) for each in found[1].steps] == [
        ("RUN", "one", 5),
        ("COPY", "--from=composer:2.7 /a /a", 7),
        ("RUN", "two", 8),
    ]


def test_services_workloads_values_and_jobs(uses):
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n"
        "    - name: web\n      image: example.org/shop:1\n"
    )
    found = uses(
        {
            "compose.yaml": "services:\n  db:\n    image: postgres:16.1\n  web:\n    build: .\n"
            "  cache:\n    image: ${REGISTRY}/redis:7\n",
            "dev/compose.dev.yaml": "services:\n  mail:\n    image: axllent/mailpit:v1.21\n",
            "k8s/pod.yaml": pod,
            "chart/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
            "chart/values.yaml": "image:\n  repository: nginx\n  tag: 1.27.0\n",
            ".gitlab-ci.yml": "image: php:8.1-cli\ntest:\n  image: php:8.1-fpm\n  script: [a]\n",
            ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n"
            "    container: {image: 'ruby:3.3'}\n    steps: [{run: a}]\n",
        }
    )
    assert places(found) == [
        (".github/workflows/a.yml:5", "ruby:3.3", False),
        (".gitlab-ci.yml:1", "php:8.1-cli", False),
        (".gitlab-ci.yml:3", "php:8.1-fpm", False),
        ("chart/values.yaml:2", "nginx:1.27.0", True),
        ("compose.yaml:3", "postgres:16.1", True),
        ("compose.yaml:7", "${REGISTRY}/redis:7", True),
        ("dev/compose.dev.yaml:3", "axllent/mailpit:v1.21", False),
        ("k8s/pod.yaml:8", "example.org/shop:1", True),
    ]
    assert [each.image for each in found if not each.resolved] == ["${REGISTRY}/redis:7"]


def test_pipelines_that_do_not_say_image(uses):
    found = uses(
        {
            ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n"
            "    container: node:16.3\n    steps: [{run: a}]\n",
            ".gitlab-ci.yml": "test:\n  services: [postgres:12, {name: 'redis:6'}]\n  script: [a]\n",
            "azure-pipelines.yml": "jobs:\n- job: a\n  container: ubuntu:16.04\n"
            "- job: b\n  container: linux\n",
        }
    )
    assert places(found) == [
        (".github/workflows/a.yml:5", "node:16.3", False),
        (".gitlab-ci.yml:2", "postgres:12", False),
        (".gitlab-ci.yml:2", "redis:6", False),
        ("azure-pipelines.yml:3", "ubuntu:16.04", False),
    ]


def test_values_name_an_image_in_parts_or_as_a_whole(uses):
    values = (
        "sidecar:\n  image: redis:6.0\nworker:\n  image:\n    registry: quay.io\n"
        f"    repository: o/mailer\n    tag: 1.2\n    digest: {DIGEST[1:]}\n"
        f"pinned:\n  image:\n    repository: o/proxy\n    tag: ''\n    digest: {DIGEST[1:]}\n"
        "kind:\n  image: logo\n  text:\n    image: see https://example.org\n"
    )
    found = uses(
        {"c/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "c/values.yaml": values}
    )
    assert [(each.location.start_line, each.image) for each in found] == [
        (2, "redis:6.0"),
        (6, f"quay.io/o/mailer:1.2{DIGEST}"),
        (11, f"o/proxy{DIGEST}"),
    ]


def test_files_that_cannot_be_used_are_passed_over(uses):
    files = {
        "Dockerfile": "RUN before\n",
        "compose.yaml": "services: [image\n",
        "b/Dockerfile": "FROM alpine:3.19.0\n",
        "vendor/a/Dockerfile": "FROM alpine:3.18.0\n",
    }
    assert places(uses(files)) == [("b/Dockerfile:1", "alpine:3.19.0", True)]


@pytest.mark.parametrize(
    ("image", "newer"),
    [
        ("debian:12.4-slim", "debian:{debian}-slim"),
        ("docker.io/library/debian:12.4", "docker.io/library/debian:{debian}"),
        (f"debian:12.4{DIGEST}", "debian:{debian}"),
        ("debian:12-slim", ""),  # moves by itself
        ("debian:12.99", ""),
        ("debian:bookworm", ""),
        ("example.org/debian:12.4", ""),  # somebody's own
        ("nobody/knows:1.2.3", ""),
        ("php:8.2.1-fpm-bookworm", "php:{php}-fpm-bookworm"),
        ("php:8.2.1-fpm-alpine3.16", ""),  # there is none on a system that has ended
        ("debian", ""),
    ],
)
def test_the_newest_release_of_the_same_line(uses, image, newer):
    (use,) = uses({"Dockerfile": f"FROM {image}\n"})
    assert use.newer == newer.format(debian=latest("debian", "12"), php=latest("php", "8.2"))
