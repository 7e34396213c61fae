"""Images pulled from a registry by the real Trivy."""

import json

import pytest

from shopsec.model import Status
from tests.containers.outcomes import reasons, vulnerabilities
from tests.containers.registry_stub import LOGIN, PASSWORD, USER, registry
from tests.tools import need

# No way to any other host: the database is there, and its refresh fails at once.
NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "", "NO_PROXY": "127.0.0.1"}
ZLIB = "zlib1g@1:1.2.13.dfsg-1+b1"


def scan(trivy_image, image, **environ):
    need("trivy")
    return trivy_image([image], offline=False, environ=NETWORK | environ)


@pytest.mark.real
def test_an_image_is_pulled(trivy_image, tmp_path):
    with registry(tmp_path / "layout") as (host, _):
        outcome = scan(trivy_image, f"{host}/shop:1")
    assert outcome.run.status is Status.SUCCEEDED
    assert vulnerabilities(outcome) == {
        (f"image/{host}/shop", "CVE-2023-45853", f"{host}/shop {ZLIB}")
    }


@pytest.mark.real
def test_a_registry_that_asks_for_credentials(trivy_image, tmp_path):
    with registry(tmp_path / "layout", login=True) as (host, _):
        outcome = scan(trivy_image, f"{host}/shop:1")
    assert outcome.run.status is Status.FAILED
    assert reasons(outcome) == {f"{host}/shop:1": "its registry asks for credentials"}
    assert outcome.run.next_step == (
        "let DOCKER_CONFIG name the folder that docker login writes to"
    )


@pytest.mark.real
@pytest.mark.parametrize("way", ["login file", "variables"])
def test_credentials_are_given_by_named_variables(trivy_image, tmp_path, way):
    with registry(tmp_path / "layout", login=True) as (host, seen):
        login = LOGIN.removeprefix("Basic ")
        (tmp_path / "config.json").write_text(json.dumps({"auths": {host: {"auth": login}}}))
        environ = {
            "login file": {"DOCKER_CONFIG": str(tmp_path)},
            "variables": {
                "SHOPSEC_REGISTRY": host, "TRIVY_USERNAME": USER, "TRIVY_PASSWORD": PASSWORD,
            },
        }[way]  # fmt: skip
        outcome = scan(trivy_image, f"{host}/shop:1", **environ)
    assert outcome.run.status is Status.SUCCEEDED
    assert LOGIN in seen
    assert PASSWORD not in repr(outcome)


@pytest.mark.real
def test_credentials_for_one_registry_go_to_no_other(trivy_image, tmp_path):
    with registry(tmp_path / "layout") as (host, seen):
        scan(
            trivy_image, f"{host}/shop:1",
            SHOPSEC_REGISTRY="registry.example", TRIVY_USERNAME=USER, TRIVY_PASSWORD=PASSWORD,
        )  # fmt: skip
    assert set(seen) == {None}


@pytest.mark.real
def test_a_registry_that_does_not_have_it(trivy_image, tmp_path):
    with registry(tmp_path / "layout") as (host, _):
        outcome = scan(trivy_image, f"{host}/other:1")
    assert reasons(outcome) == {f"{host}/other:1": "its registry does not have it"}


@pytest.mark.real
def test_a_registry_that_refuses_so_many_requests(trivy_image, tmp_path):
    with registry(tmp_path / "layout", status=429) as (host, _):
        outcome = scan(trivy_image, f"{host}/shop:1")
    assert reasons(outcome) == {f"{host}/shop:1": "its registry refuses: too many requests"}


@pytest.mark.real
def test_a_registry_that_cannot_be_reached(trivy_image):
    outcome = scan(trivy_image, "127.0.0.1:9/shop:1")
    assert outcome.run.status is Status.FAILED
    assert reasons(outcome) == {
        "127.0.0.1:9/shop:1": "is not on this machine, and its registry cannot be reached"
    }
