"""SBOMs given for images: what Trivy compares of them, and what it passes over is told."""

import os

import pytest

from shopsec.model import ImageKind, ScannedImage, Status
from tests.containers.image_archive import DEBIAN, write_archive
from tests.containers.image_sbom import cyclonedx, spdx
from tests.containers.outcomes import reasons, vulnerabilities
from tests.containers.test_image_answers import WHOLE
from tests.tools import need

NO_SYSTEM = "names no operating system that Trivy knows: packages of one are not compared"


@pytest.mark.real
@pytest.mark.parametrize("content", [cyclonedx(), spdx()], ids=["cyclonedx", "spdx"])
def test_packages_of_the_system_and_of_languages(trivy_image, content):
    need("trivy")
    outcome = trivy_image(["build/shop.json"], {"build/shop.json": content})
    assert (outcome.run.status, outcome.run.covered) == (Status.SUCCEEDED, 1)
    assert vulnerabilities(outcome) == {
        ("build/shop.json", "CVE-2023-45853", "shop.json zlib1g@1:1.2.13.dfsg-1+b1"),
        ("build/shop.json", "CVE-2021-33203", "shop.json Django@3.2.0"),
    }
    # Not that it starts as root: nothing tells.
    assert len(outcome.findings) == 2
    django = next(each for each in outcome.findings if each.rule_id == "CVE-2021-33203")
    assert django.message == "Django 3.2.0 in SBOM shop.json: django: traversal"
    assert django.fix == (
        "Build the image of SBOM shop.json again with Django 3.2.4 or 3.1.12, best on a newer "
        "base image."
    )
    assert django.image == ScannedImage(
        name="SBOM shop.json", kind=ImageKind.SBOM, system="debian 12.4"
    )


@pytest.mark.real
def test_an_sbom_that_does_not_tell_all_is_never_clean(trivy_image):
    need("trivy")
    whole = cyclonedx()
    files = {
        "cut.json": whole[:-200],
        "other.json": '{"a": 1}',
        "list.json": "[]",
        "empty.json": "",
        "bom.xml": '<bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>',
        "new.json": whole.replace('"specVersion": "1.6"', '"specVersion": "9.9"'),
        "bare.json": cyclonedx(system=False),
        "nothing.json": cyclonedx(system=False, packages=False),
        "syft.json": cyclonedx(by_trivy=False),
        "fine.json": whole,
    }
    outcome = trivy_image([*files, "gone.json"], files)
    neither = "is neither a CycloneDX nor an SPDX document in JSON that this Trivy reads"
    cut_off = "is no whole JSON document: it is cut off"
    assert reasons(outcome) == {
        "SBOM cut.json": cut_off,
        "SBOM other.json": neither,
        "SBOM list.json": neither,
        "SBOM empty.json": neither,
        "SBOM bom.xml": neither,
        "SBOM new.json": "is of a version of CycloneDX that this Trivy does not know",
        "SBOM bare.json": NO_SYSTEM,
        "SBOM nothing.json": "Trivy found no list of packages in it",
        "SBOM syft.json": "was not made by Trivy, which may miss packages whose source has "
        "another name",
        "SBOM gone.json": "there is no such file",
    }
    assert (outcome.run.status, outcome.run.covered) == (Status.PARTIAL, 1)
    # What was compared all the same is told; of no system that it is of none.
    bare = next(each for each in outcome.findings if each.location.uri == "bare.json")
    assert (bare.rule_id, bare.image.system) == ("CVE-2021-33203", "")


@pytest.mark.parametrize(
    ("content", "step"),
    [
        (cyclonedx()[:-1], "make the SBOM again"),
        ("{}", "make it with trivy image --format cyclonedx"),
    ],
)
@pytest.mark.real
def test_the_next_step(trivy_image, content, step):
    need("trivy")
    outcome = trivy_image(["a.json"], {"a.json": content})
    assert (outcome.run.status, outcome.run.next_step) == (Status.FAILED, step)


def test_one_that_is_too_large_is_not_handed_to_trivy(trivy_image, tree, fake_trivy):
    root = tree({"a.json": "{"})
    os.truncate(root / "a.json", 200_000_000)
    outcome = trivy_image(["a.json"], {"b.py": ""}, environ=fake_trivy("out.write(b'{}')"))
    assert reasons(outcome) == {"SBOM a.json": "has 200 MB; SBOMs of up to 100 MB are read"}


def test_how_trivy_is_asked(trivy_image, fake_trivy, tmp_path):
    log = tmp_path / "log"
    body = f"""
print(sys.argv[1:], "DOCKER_CONFIG" in os.environ, file=open({str(log)!r}, "a"))
out.write({WHOLE!r})
"""
    environ = fake_trivy(body) | {"DOCKER_CONFIG": "/login"}
    trivy_image(["bom"], {"bom": f"\ufeff\n {cyclonedx()}"}, environ=environ)
    asked = log.read_text()
    assert asked.startswith("['sbom', '--config', ")
    assert "'--scanners', 'vuln', '--list-all-pkgs'" in asked
    assert asked.endswith("/bom'] False\n")
    assert "--image-src" not in asked


def test_a_tag_is_none(trivy_image, fake_trivy, tmp_path):
    log = tmp_path / "log"
    environ = fake_trivy(
        f"print(sys.argv[1], sys.argv[-1], file=open({str(log)!r}, 'a')); out.write({WHOLE!r})"
    )
    files = {"shop:1": cyclonedx(), "a/shop:1.json": cyclonedx()}
    trivy_image(["shop:1", "a/shop:1.json"], files, environ=environ)
    assert sorted(log.read_text().splitlines()) == ["image a/shop:1.json", "image shop:1"]


@pytest.mark.real
def test_an_archive_stays_one_whatever_its_name(trivy_image, tree):
    need("trivy")
    root = tree({"a.py": ""})
    write_archive(root / "shop", [DEBIAN])
    assert [each.message.partition(":")[0] for each in trivy_image(["shop"]).findings] == [
        "zlib1g 1"
    ]
