"""Results of images: used again for the same content, and only for that."""

import json
import os

import pytest

from shopsec.model import Status
from shopsec.scan.access.image_uses import image_uses
from shopsec.scan.cache.store import ResultStore
from shopsec.scan.containers.trivy_image import TrivyImage
from tests.containers.built_shop import DOCKERFILE, SECRET, write_built_shop
from tests.containers.image_archive import DEBIAN, write_archive
from tests.containers.test_image_answers import WHOLE, report
from tests.containers.trivy_database import FRESH, write_database
from tests.tools import need

PINNED = "example.org/shop@sha256:" + "ab" * 32


@pytest.fixture
def scan(target_of, tmp_path):
    """Scan a shop's images with results of former scans."""

    def run(root, images, environ=None, **settings):
        cache = tmp_path / "trivy-cache"
        if not cache.exists():
            write_database(cache, FRESH)
        target, host = target_of(
            root,
            images=tuple(images),
            environ={"TRIVY_CACHE_DIR": str(cache)} | (environ or {}),
            **settings,
        )
        host.results = ResultStore(str(tmp_path / "results"))
        return TrivyImage(image_uses).scan(target, host)

    return run


@pytest.fixture
def counted(fake_trivy, tmp_path):
    """A Trivy that finds the same in every image, and how often it was asked."""
    log = tmp_path / "asked"

    def environ(answer=WHOLE, version="0.76.0"):
        return fake_trivy(f"print(file=open({str(log)!r}, 'a'))\nout.write({answer!r})", version)

    return environ, lambda: len(log.read_text()) if log.exists() else 0


@pytest.mark.parametrize("image", ["shop.tar", PINNED])
def test_the_same_image_is_not_scanned_again(tree, scan, counted, image):
    environ, asked = counted
    root = tree({"shop.tar": "content"})
    first = scan(root, [image], environ())
    assert (first.run.status, asked()) == (Status.SUCCEEDED, 1)
    assert [each.rule_id for each in first.findings][:1] == ["CVE-2026-1"]
    assert scan(root, [image], environ()) == first
    assert asked() == 1


def test_an_sbom_is_kept_by_its_content_and_a_folder_is_not(tree, scan, counted):
    environ, asked = counted
    system = json.loads(WHOLE) | {"Metadata": {"OS": {"Family": "debian", "Name": "12"}}}
    system["Results"][0]["Class"] = "os-pkgs"
    answer = json.dumps(system).encode()
    root = tree({"shop.json": "{}", "srv/etc/os-release": "ID=debian\n"})
    first = scan(root, ["shop.json"], environ(answer))
    assert (first.run.status, asked()) == (Status.SUCCEEDED, 1)
    assert scan(root, ["shop.json"], environ(answer)) == first
    assert asked() == 1
    (root / "shop.json").write_text("{ }")
    scan(root, ["shop.json"], environ(answer))
    assert asked() == 2
    for _ in range(2):
        assert scan(root, ["./srv"], environ(answer)).run.status is Status.SUCCEEDED
    assert asked() == 4


def test_a_tag_may_be_another_image(tree, scan, counted):
    environ, asked = counted
    root = tree({"a.py": ""})
    for _ in range(2):
        scan(root, ["example.org/shop:1"], environ())
    assert asked() == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda root, cache: (root / "shop.tar").write_bytes(b"a" * 70_000 + b"c" + b"b" * 70_000),
        lambda root, cache: (root / "Dockerfile").write_text("FROM debian:12.4\nRUN new\n"),
        lambda root, cache: write_database(cache / "other", FRESH),
        lambda root, cache: os.utime(cache / "db" / "trivy.db", (1, 1)),
        lambda root, cache: (cache / "java-db").mkdir() or write_index(cache),
    ],
    ids=["content", "dockerfile", "nothing", "database", "java"],
)
def test_what_it_depends_on_has_changed(tree, scan, counted, tmp_path, request, change):
    environ, asked = counted
    root = tree({"shop.tar": b"a" * 70_000 + b"b" + b"b" * 70_000})
    scan(root, ["shop.tar"], environ())
    change(root, tmp_path / "trivy-cache")
    scan(root, ["shop.tar"], environ())
    assert asked() == (1 if request.node.callspec.id == "nothing" else 2)


def write_index(cache):
    (cache / "java-db" / "metadata.json").write_text(json.dumps({"Version": 1}))


def test_another_trivy_looks_again(tree, scan, counted):
    environ, asked = counted
    root = tree({"shop.tar": "content"})
    scan(root, ["shop.tar"], environ())
    scan(root, ["shop.tar"], environ(version="0.75.0"))
    assert asked() == 2


@pytest.mark.parametrize(
    "answer", [b"", WHOLE[:90], json.dumps(report() | {"Results": []}).encode()]
)
def test_what_was_not_covered_is_tried_again(tree, scan, counted, answer):
    environ, asked = counted
    root = tree({"shop.tar": "content"})
    assert scan(root, ["shop.tar"], environ(answer)).run.status is Status.FAILED
    assert scan(root, ["shop.tar"], environ()).run.status is Status.SUCCEEDED
    assert asked() == 2


def test_an_archive_that_is_written_meanwhile_is_not_kept(
    tree, scan, counted, fake_trivy, tmp_path
):
    environ, asked = counted
    root = tree({"shop.tar": "content"})
    path = str(root / "shop.tar")
    scan(root, ["shop.tar"], fake_trivy(f"open({path!r}, 'a').write('!')\nout.write({WHOLE!r})"))
    scan(root, ["shop.tar"], environ())
    assert asked() == 1


@pytest.mark.real
def test_all_that_trivy_finds_comes_back_and_no_secret_is_kept(tree, scan, tmp_path):
    need("trivy")
    root = tree({"Dockerfile": DOCKERFILE})
    write_built_shop(root / "shop.tar")
    write_archive(root / "env.tar", [DEBIAN], history=["ADD file in /", f"-ENV KEY_ID={SECRET}"])
    first = scan(root, ["shop.tar", "env.tar"])
    assert sum("secret" in each.rule_id for each in first.findings) == 2
    # A program that tells its version and nothing else.
    silent = tmp_path / "trivy"
    silent.write_text(f"#!/bin/sh\necho 'Version: {first.run.version}'\n")
    silent.chmod(0o755)
    assert scan(root, ["shop.tar", "env.tar"], {"SHOPSEC_TRIVY": str(silent)}) == first
    assert SECRET.encode() not in (tmp_path / "results" / "results.sqlite3").read_bytes()
