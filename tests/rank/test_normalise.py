"""Findings of two scanners about one thing become one; nothing else is lost."""

import pytest

from shopsec.model import (
    Advisory,
    Area,
    Finding,
    Location,
    Package,
    Repository,
    Rule,
    ScannedImage,
    Severity,
)
from shopsec.normalise import normalise

OURS = Rule(
    id="CONTAINER-002", scanner="access", title="Privileged", severity=Severity.HIGH,
    why="w", fix="f", same_as=("KSV-0017",),
)  # fmt: skip
THEIRS = Rule(
    id="trivy.KSV-0017", scanner="trivy-config", title="Privileged", severity=Severity.HIGH,
    why="w", fix="f",
)  # fmt: skip


def place(first, last=None, uri="k8s/shop.yaml"):
    return Location(uri=uri, start_line=first, end_line=last)


def finding(rule, location, **more):
    return Finding(
        rule_id=rule.id, scanner=rule.scanner, area=Area.ACCESS, message="m", location=location,
        severity=Severity.HIGH, **more,
    )  # fmt: skip


def joined(*findings, repository=None):
    found, _ = normalise(findings, (OURS, THEIRS), repository or Repository(name="shop"))
    return [(each.rule_id, str(each.location), each.also_reported_as) for each in found]


BOTH = ("trivy-config:trivy.KSV-0017",)


@pytest.mark.parametrize(
    "theirs",
    [
        pytest.param(place(12), id="on our line"),
        pytest.param(place(10, 20), id="around our line"),
        pytest.param(place(25, 30), id="elsewhere in the thing ours is about"),
        pytest.param(place(44), id="where another place of ours is"),
        pytest.param(place(None), id="the whole file"),
    ],
)
def test_one_place_is_one_finding(theirs):
    ours = finding(OURS, place(12), extent=(place(5, 30),), related=(place(44),))
    assert joined(ours, finding(THEIRS, theirs)) == [("CONTAINER-002", "k8s/shop.yaml:12", BOTH)]


@pytest.mark.parametrize(
    "theirs",
    [
        pytest.param(place(31, 60), id="the next workload of the file"),
        pytest.param(place(1, 4), id="the one before"),
        pytest.param(place(12, uri="k8s/other.yaml"), id="another file"),
    ],
)
def test_what_ours_does_not_speak_of_stays(theirs):
    ours = finding(OURS, place(12), extent=(place(5, 30),))
    assert sorted(joined(ours, finding(THEIRS, theirs))) == [
        ("CONTAINER-002", "k8s/shop.yaml:12", ()),
        ("trivy.KSV-0017", str(theirs), ()),
    ]


def test_places_are_compared_in_a_folder_of_a_repository_too():
    ours = finding(OURS, place(12), extent=(place(5, 30),))
    repository = Repository(name="shop", path_in_repository="apps/shop")
    assert joined(ours, finding(THEIRS, place(25)), repository=repository) == [
        ("CONTAINER-002", "apps/shop/k8s/shop.yaml:12", BOTH)
    ]


def vulnerable(scanner, area, name, version="3.2.0", advisory="CVE-2026-1", part=None, at="a.lock"):
    image = None if part is None else ScannedImage(name="shop.tar", part=part)
    return Finding(
        rule_id=advisory, scanner=scanner, area=area, message="m", severity=Severity.UNKNOWN,
        location=Location(uri=at, start_line=3), image=image,
        package=Package(ecosystem="PyPI", name=name, version=version),
        advisory=Advisory(id=advisory, aliases=("GHSA-1",)),
    )  # fmt: skip


def of_packages(*findings):
    rules = [
        Rule(id=each.rule_id, scanner=each.scanner, title="t", severity=Severity.HIGH,
             why="w", fix="f")
        for each in findings
    ]  # fmt: skip
    found, _ = normalise(findings, rules, Repository(name="shop"))
    return [
        (each.scanner, str(each.location), [str(place) for place in each.related],
         each.also_reported_as)
        for each in found
    ]  # fmt: skip


def pinned(**more):
    return vulnerable("osv", Area.DEPENDENCIES, "ruamel-yaml", **more)


def held(name="Ruamel.YAML", part="own", **more):
    image = vulnerable("trivy-image", Area.CONTAINERS, name, part=part, at="Dockerfile", **more)
    return image.model_copy(update={"severity": Severity.HIGH})


JOINED = ("trivy-image:CVE-2026-1",)


@pytest.mark.parametrize("part", ["own", ""])
def test_what_an_image_holds_of_a_lockfile_is_one_finding_with_both_places(part):
    assert of_packages(held(part=part), pinned()) == [("osv", "a.lock:3", ["Dockerfile:3"], JOINED)]


def test_every_lockfile_that_pins_it_names_the_image():
    assert of_packages(pinned(), held(), pinned(at="b.lock")) == [
        ("osv", "a.lock:3", ["Dockerfile:3"], JOINED),
        ("osv", "b.lock:3", ["Dockerfile:3"], JOINED),
    ]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(held(part="base"), id="the base brings it"),
        pytest.param(held(version="3.1.0"), id="another version"),
        pytest.param(held(name="ruamel"), id="another package"),
    ],
)
def test_what_the_pin_does_not_mend_stays(other):
    assert of_packages(pinned(), other) == [
        ("trivy-image", "Dockerfile:3", [], ()),
        ("osv", "a.lock:3", [], ()),
    ]


def test_another_vulnerability_stays():
    other = held(advisory="CVE-2026-2").model_copy(update={"advisory": Advisory(id="CVE-2026-2")})
    assert len(of_packages(pinned(), other)) == 2
