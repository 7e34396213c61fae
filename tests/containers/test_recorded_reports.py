"""Reports of several versions of Trivy on the archive of built_shop.py, without quoted lines."""

from pathlib import Path

import pytest

from shopsec.errors import ScannerError
from shopsec.model import Location
from shopsec.scan.containers.answers import parse
from shopsec.scan.containers.image_answer import ImageAnswer
from shopsec.scan.containers.image_findings import read_answer
from shopsec.scan.containers.images import Image

RECORDED = Path(__file__).parent / "recorded"
VERSIONS = ["0.67.2", "0.70.0", "0.74.0", "0.76.0"]
IMAGE = Image("shop.tar", "/shop.tar", "shop.tar", Location(uri="shop.tar"))


def part_of(finding):
    return finding.image and finding.image.part


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_tells_the_same(version):
    content = (RECORDED / f"{version}.json").read_bytes()
    found = read_answer(parse(content, ImageAnswer), "", IMAGE, ())
    assert {(each.rule_id, each.symbol, part_of(each)) for each in found.findings} == {
        ("CVE-2023-45853", "shop.tar zlib1g@1:1.2.13.dfsg-1+b1", "base"),
        ("CVE-2021-33203", "shop.tar Django@3.2.0", "own"),
        ("CVE-2021-23337", "shop.tar lodash@4.17.20", "own"),
        ("trivy.secret.aws-access-key-id", "shop.tar app/.env", "own"),
        ("trivy.DS-0002", "shop.tar", ""),
    }
    assert {each.image and each.image.system for each in found.findings} == {"debian 12.4"}
    assert (found.missed, found.unknown_kinds, found.java) == ("", (), False)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_report_that_breaks_off_anywhere_is_none(version):
    content = (RECORDED / f"{version}.json").read_bytes().rstrip()
    for length in range(0, len(content), 97):
        with pytest.raises(ScannerError, match=r"Trivy printed (nothing|no complete JSON)"):
            parse(content[:length], ImageAnswer)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b'"SchemaVersion": 2', b'"SchemaVersion": 3', "SchemaVersion"),
        (b'"PkgName": "Django"', b'"PkgName": 7', "Results.2.Vulnerabilities.0.PkgName"),
        (b'"Results": [', b'"Results": 1, "R": [', "Results"),
    ],
)
def test_another_shape_is_named(old, new, problem):
    content = (RECORDED / "0.76.0.json").read_bytes()
    assert old in content
    with pytest.raises(ScannerError) as caught:
        parse(content.replace(old, new), ImageAnswer)
    assert caught.value.message == (
        f"Trivy printed a report of another shape than shopsec knows, at {problem}"
    )


def test_a_new_kind_of_result_is_named_and_the_rest_is_read():
    content = (RECORDED / "0.76.0.json").read_bytes()
    changed = content.replace(b'"Class": "secret"', b'"Class": "malware"')
    found = read_answer(parse(changed, ImageAnswer), "", IMAGE, ())
    assert found.unknown_kinds == ("malware",)
    assert len(found.findings) == 5
