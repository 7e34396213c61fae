"""Findings of two scanners about one thing become one; nothing else is lost."""

import pytest

from shopsec.model import Area, Finding, Location, Repository, Rule, Severity
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
