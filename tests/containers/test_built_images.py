"""The image that the repository's Dockerfile builds, by the real Trivy."""

import pytest

from shopsec.model import Severity, Status
from tests.containers.built_shop import (
    BASE_LINE,
    COMMAND_LINE,
    COPY_LINE,
    DJANGO_LINE,
    DOCKERFILE,
    NODE_LINE,
    SECRET,
    write_built_shop,
)
from tests.containers.outcomes import excluded
from tests.tools import need

FOUND = {
    ("CVE-2023-45853", f"Dockerfile:{BASE_LINE}", "debian zlib1g@1:1.2.13.dfsg-1+b1", "base"),
    ("CVE-2021-33203", f"Dockerfile:{DJANGO_LINE}", "shop.tar Django@3.2.0", "own"),
    ("CVE-2021-23337", f"Dockerfile:{NODE_LINE}", "shop.tar lodash@4.17.20", "own"),
    ("trivy.secret.aws-access-key-id", f"Dockerfile:{COPY_LINE}", "shop.tar app/.env", "own"),
    ("trivy.DS-0002", f"Dockerfile:{COMMAND_LINE}", "shop.tar", "own"),
}


@pytest.mark.real
def test_each_flaw_lies_at_the_line_that_brought_it(trivy_image, tmp_path):
    need("trivy")
    write_built_shop(tmp_path / "shop.tar")
    outcome = trivy_image([tmp_path / "shop.tar"], {"Dockerfile": DOCKERFILE})
    assert outcome.run.status is Status.SUCCEEDED
    assert {
        (each.rule_id, str(each.location), each.symbol, each.image.part)
        for each in outcome.findings
    } == FOUND
    assert {each.image.base for each in outcome.findings} == {"debian:12.4-slim"}
    # The base is looked into, as part of the image.
    assert excluded(outcome) == {
        "images of pipelines, build stages and developers, not looked into": 1
    }
    found = {each.rule_id: each for each in outcome.findings}
    secret = found["trivy.secret.aws-access-key-id"]
    assert secret.message == "AWS Access Key ID in app/.env of shop.tar, in its own layers"
    assert secret.severity is Severity.CRITICAL
    assert SECRET not in repr(outcome)
    assert found["CVE-2023-45853"].message == (
        "zlib1g 1:1.2.13.dfsg-1+b1 in shop.tar, from its base image debian:12.4-slim: "
        "An overflow in zipOpen"
    )


@pytest.mark.real
def test_without_the_dockerfile_the_history_suggests_whose_layer_it_is(trivy_image, tmp_path):
    need("trivy")
    write_built_shop(tmp_path / "shop.tar")
    outcome = trivy_image([tmp_path / "shop.tar"])
    assert {(each.rule_id, str(each.location), each.image.part) for each in outcome.findings} == {
        (rule, "image/shop.tar", "" if rule == "trivy.DS-0002" else part)
        for rule, _, _, part in FOUND
    }
    zlib = next(each for each in outcome.findings if each.rule_id == "CVE-2023-45853")
    assert "from its base image, as its history suggests" in zlib.message
