"""Images that the repository's files name: listed by default, looked into on request."""

import json
import os

import pytest

from shopsec.model import Status, uri_of
from shopsec.scan.access import image_uses
from shopsec.scan.containers.trivy_image import MEMORY_BYTES
from shopsec.scan.registry import all_scanners
from tests.containers.outcomes import excluded, reasons, vulnerabilities
from tests.containers.test_image_answers import WHOLE, report

FILES = {
    "Dockerfile": "FROM node:20 AS assets\nRUN a\nFROM debian:12.4-slim\nRUN b\n",
    "compose.yaml": "services:\n  db:\n    image: postgres:16.1\n  cache:\n    image: $R/redis:7\n"
    "  web:\n    build: .\n  other:\n    image: docker.io/library/postgres:16.1\n",
}
SHIP = "images that ship, not looked into: shopsec scan --image NAME, or --images-found"
VARIABLE = "images whose name holds a variable, not looked into: shopsec scan --image NAME"
OTHERS = "images of pipelines, build stages and developers, not looked into"


@pytest.fixture
def asked(fake_trivy, tmp_path):
    """A Trivy that logs which image it is asked about."""
    log = tmp_path / "asked"

    def read():
        return sorted(log.read_text().split()) if log.exists() else []

    environ = fake_trivy(
        f"print(sys.argv[-1], file=open({str(log)!r}, 'a'), flush=True)\nout.write({WHOLE!r})"
    )
    return environ, read


def test_what_files_name_is_listed_and_never_pulled(trivy_image, asked):
    environ, read = asked
    outcome = trivy_image([], FILES, environ=environ)
    assert read() == []
    assert outcome.run.status is Status.NOT_APPLICABLE
    assert excluded(outcome) == {SHIP: 2, VARIABLE: 1, OTHERS: 1}
    assert {
        (item.name, str(item.location)) for each in outcome.run.excluded for item in each.items
    } == {
        ("debian:12.4-slim", "Dockerfile:3"),
        ("postgres:16.1", "compose.yaml:3"),
        ("$R/redis:7", "compose.yaml:5"),
        ("node:20", "Dockerfile:1"),
    }


def test_on_request_what_ships_is_looked_into_at_its_place(trivy_image, asked):
    environ, read = asked
    outcome = trivy_image([], FILES, environ=environ, images_found=True)
    assert read() == ["debian:12.4-slim", "postgres:16.1"]
    assert excluded(outcome) == {VARIABLE: 1, OTHERS: 1}
    assert vulnerabilities(outcome) == {
        ("Dockerfile:3", "CVE-2026-1", "debian a@1"),
        ("compose.yaml:3", "CVE-2026-1", "postgres a@1"),
    }
    of_postgres = next(each for each in outcome.findings if "postgres" in each.symbol)
    assert [str(each) for each in of_postgres.related] == ["compose.yaml:9"]


def test_the_setting_does_the_same(trivy_image, asked):
    environ, read = asked
    trivy_image([], FILES | {"shopsec.toml": "images_found = true\n"}, environ=environ)
    assert read() == ["debian:12.4-slim", "postgres:16.1"]


def test_a_given_image_lies_where_files_use_it(trivy_image, asked):
    environ, read = asked
    config = {"shopsec.toml": 'images = ["postgres:16.1"]\n'}
    outcome = trivy_image(["node:20"], FILES | config, environ=environ)
    assert read() == ["node:20", "postgres:16.1"]
    assert {place for place, _, _ in vulnerabilities(outcome)} == {"Dockerfile:1", "compose.yaml:3"}
    of_postgres = next(each for each in outcome.findings if "postgres" in each.symbol)
    assert [str(each) for each in of_postgres.related] == ["compose.yaml:9", "shopsec.toml:1"]
    assert excluded(outcome) == {SHIP: 1, VARIABLE: 1}


@pytest.mark.parametrize("name", ["registry.example:5000/shop", "shop:1", "shop@sha256:ab"])
def test_a_file_of_the_repository_never_stands_in_for_a_reference(trivy_image, asked, name):
    environ, read = asked
    trivy_image([name], {name: ""}, environ=environ)
    assert read() == [name]


@pytest.mark.parametrize("name", ["./shop:1", "build/shop"])
def test_a_file_that_is_meant_is_one(trivy_image, asked, name):
    environ, read = asked
    found = trivy_image([name], {name: ""}, environ=environ).findings
    assert {finding.location.uri for finding in found} == {uri_of(name.removeprefix("./"))}
    (given,) = read()
    assert os.path.isabs(given)


def test_a_folder_with_an_index_of_its_own_is_no_layout(trivy_image, asked):
    environ, read = asked
    trivy_image(["web"], {"web/index.json": "{}"}, environ=environ)
    assert read() == ["web"]


def test_an_image_of_others_has_a_newer_release_of_its_line(trivy_image, fake_trivy):
    body = f"out.write({json.dumps(report(FixedVersion='2')).encode()!r})"
    (finding,) = trivy_image(["debian:12.4"], {"Dockerfile": "FROM debian:12.4\n"},
                             environ=fake_trivy(body)).findings  # fmt: skip
    assert finding.image.newer.startswith("debian:12.")
    assert finding.fix == f"Take {finding.image.newer}, to have a 2."


@pytest.mark.parametrize("name", ["--help", "a b", "-x/y:1", "A;B"])
def test_a_hostile_name_is_never_handed_to_trivy(trivy_image, asked, name):
    environ, read = asked
    files = {"compose.yaml": f"services:\n  a:\n    image: {json.dumps(name)}\n"}
    outcome = trivy_image([], files, environ=environ, images_found=True)
    assert read() == []
    assert reasons(outcome) == {}
    assert sum(excluded(outcome).values()) == 1


def test_images_are_scanned_side_by_side_and_told_in_order(trivy_image, fake_trivy, tmp_path):
    os.mkfifo(tmp_path / "meet")
    body = f"""
# Either end of a pipe opens when the other does: one Trivy after the other would wait for ever.
open({str(tmp_path / "meet")!r}, "w" if sys.argv[-1] == "b:1" else "r").close()
print(os.environ["GOMEMLIMIT"], file=open({str(tmp_path / "log")!r}, "a"), flush=True)
out.write({WHOLE!r})
"""
    files = {"shopsec.toml": "[limits]\nscanner_seconds = 60\n"}
    outcome = trivy_image(["b:1", "a:1"], files, environ=fake_trivy(body))
    assert outcome.run.status is Status.SUCCEEDED
    assert [each.symbol for each in outcome.findings] == ["b a@1", "a a@1"]
    assert (tmp_path / "log").read_text().split() == [str(MEMORY_BYTES // 2)] * 2


def test_java_archives_are_recognised_with_an_index_of_their_own(trivy_image, fake_trivy, tmp_path):
    jars = {"Class": "lang-pkgs", "Type": "jar", "Packages": [{"Name": "a"}]}
    whole = json.dumps(report() | {"Results": [jars]}).encode()
    environ = fake_trivy(f"out.write({whole!r})")
    databases = trivy_image(["a:1"], environ=environ).run.databases
    assert [(each.name, each.date) for each in databases[1:]] == [
        (
            "Trivy's index of Java archives, which is not there: archives without a manifest are "
            "missed",
            None,
        )
    ]
    index = tmp_path / "trivy-cache" / "java-db"
    index.mkdir()
    (index / "metadata.json").write_text('{"Version": 1, "UpdatedAt": "2026-11-22T01:02:03Z"}')
    databases = trivy_image(["a:1"], environ=environ).run.databases
    assert [(each.name, each.date) for each in databases[1:]] == [
        ("Trivy's index of Java archives", "2026-11-22")
    ]


def test_what_files_name_is_found_once_for_all_scanners(tree, target_of, no_trivy, monkeypatch):
    asked, original = [], image_uses.image_uses

    def find(target, host):
        asked.append(target.inventory.root)
        return original(target, host)

    monkeypatch.setattr(image_uses, "image_uses", find)
    target, host = target_of(tree(FILES), images=("shop.tar",), environ=no_trivy)
    for scanner in all_scanners():
        if scanner.name in {"trivy-image", "image-packages"}:
            scanner.scan(target, host)
    assert asked == [target.inventory.root]
