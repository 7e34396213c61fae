import json
import os
import shutil
import tarfile

import pytest

from shopsec.model import Result, ScannedImage, Severity, Status, Tier
from shopsec.report.gitlab import render_container_scanning
from tests.containers.built_shop import SECRET
from tests.containers.image_archive import (
    DEBIAN,
    DJANGO,
    alpine,
    entry,
    tar_of,
    write_archive,
    write_layout,
)
from tests.containers.outcomes import reasons, vulnerabilities
from tests.containers.test_image_answers import WHOLE
from tests.containers.trivy_database import FRESH, write_database
from tests.report.reports import report
from tests.tools import need


@pytest.mark.real
def test_system_and_language_packages(trivy_image, tree, tmp_path):
    need("trivy")
    root = tree({})
    (root / "build").mkdir()
    write_archive(root / "build" / "shop.tar", [alpine("3.19.1"), DJANGO])
    write_archive(tmp_path / "debian.tar", [DEBIAN])
    outcome = trivy_image(["build/shop.tar", tmp_path / "debian.tar"])
    assert outcome.run.status is Status.SUCCEEDED
    assert (outcome.run.unit, outcome.run.handed_in, outcome.run.covered) == ("images", 2, 2)
    (database,) = outcome.run.databases
    assert (database.name, database.date) == ("Trivy's vulnerability database", "2026-11-20")
    assert vulnerabilities(outcome) == {
        ("build/shop.tar", "CVE-2023-5678", "shop.tar libcrypto3@3.1.4-r2"),
        ("build/shop.tar", "CVE-2021-33203", "shop.tar Django@3.2.0"),
        ("image/debian.tar", "CVE-2023-45853", "debian.tar zlib1g@1:1.2.13.dfsg-1+b1"),
    }
    found = {each.rule_id: each for each in outcome.findings}
    openssl = found["CVE-2023-5678"]
    assert openssl.message == (
        "libcrypto3 3.1.4-r2 in shop.tar: openssl: long checks of \\u202eDH keys"
    )
    assert openssl.fix == (
        "Build shop.tar again with libcrypto3 3.1.4-r3, best on a newer base image."
    )
    assert openssl.severity is Severity.MEDIUM
    assert openssl.package.ecosystem == "Alpine"
    assert openssl.image == ScannedImage(name="shop.tar", system="alpine 3.19.1")
    assert (openssl.advisory.cvss_score, openssl.advisory.fixed_versions) == (5.3, ("3.1.4-r3",))
    assert openssl.advisory.cvss_vector == "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"
    django = found["CVE-2021-33203"]
    assert (django.package.ecosystem, django.advisory.cvss_score) == ("PyPI", None)
    assert django.image == openssl.image
    assert found["CVE-2023-45853"].image == ScannedImage(name="debian.tar", system="debian 12.4")
    assert django.advisory.aliases == ("GHSA-68w8-qjq3-2gfm",)
    assert django.advisory.fixed_versions == ("3.2.4", "3.1.12")
    zlib = found["CVE-2023-45853"]
    assert (zlib.package.ecosystem, zlib.severity) == ("Debian", Severity.LOW)
    assert zlib.message.endswith(": An overflow in zipOpen")
    assert zlib.fix == (
        "No version of zlib1g fixes it yet: try another base image, or do without it."
    )
    rules = {rule.id: rule for rule in outcome.rules}
    assert rules["CVE-2023-5678"].cwe == (754,)
    assert rules["CVE-2023-5678"].help_uri == "https://avd.aquasec.com/nvd/cve-2023-5678"


@pytest.mark.real
def test_layouts_and_two_archives_of_one_name(trivy_image, tree):
    need("trivy")
    root = tree({})
    for folder in ("a", "b"):
        (root / folder).mkdir()
        write_archive(root / folder / "shop.tar", [DJANGO])
    write_layout(root / "layout", [DEBIAN])
    outcome = trivy_image(["a/shop.tar", "b/shop.tar", "layout/", "a/shop.tar"])
    assert outcome.run.status is Status.SUCCEEDED
    assert outcome.run.covered == 3
    assert vulnerabilities(outcome) == {
        ("a/shop.tar", "CVE-2021-33203", "a/shop.tar Django@3.2.0"),
        ("b/shop.tar", "CVE-2021-33203", "b/shop.tar Django@3.2.0"),
        ("layout", "CVE-2023-45853", "layout zlib1g@1:1.2.13.dfsg-1+b1"),
    }


@pytest.mark.real
def test_an_old_database_is_never_clean(trivy_image, tmp_path):
    need("trivy")
    write_archive(tmp_path / "shop.tar", [DEBIAN])
    outcome = trivy_image([tmp_path / "shop.tar"], updated_at="2020-01-01T00:00:00Z")
    assert outcome.run.status is Status.PARTIAL
    assert outcome.run.covered == 1
    assert outcome.run.message == "the vulnerability database is 2519 days old (2020-01-01)"
    assert outcome.run.next_step == "run once without --offline"
    assert [each.rule_id for each in outcome.findings] == ["CVE-2023-45853"]


@pytest.mark.real
def test_a_database_without_a_date_is_never_clean(trivy_image, tmp_path):
    need("trivy")
    write_archive(tmp_path / "shop.tar", [DEBIAN])
    write_database(tmp_path / "trivy-cache", FRESH)
    (tmp_path / "trivy-cache" / "db" / "metadata.json").write_bytes(b'{"Version": 2}')
    outcome = trivy_image([tmp_path / "shop.tar"])
    assert outcome.run.status is Status.PARTIAL
    assert outcome.run.message == "the vulnerability database does not tell how old it is"


@pytest.mark.real
def test_no_database(trivy_image, tmp_path):
    need("trivy")
    write_archive(tmp_path / "shop.tar", [DEBIAN])
    outcome = trivy_image([tmp_path / "shop.tar"], updated_at=None)
    assert outcome.run.status is Status.FAILED
    assert outcome.run.message == "Trivy has no vulnerability database, and the network is off"
    assert outcome.run.next_step.startswith("run once without --offline")
    assert reasons(outcome) == {"shop.tar": outcome.run.message}


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("trivy.db", b"garbage", "the vulnerability database is damaged"),
        (
            "metadata.json",
            b'{"Version": 2, "UpdatedAt": "soon"}',
            "the vulnerability database is damaged",
        ),
        (
            "metadata.json",
            b'{"Version": 3}',
            "the vulnerability database is made for another Trivy",
        ),
    ],
)
def test_a_database_that_does_not_open(trivy_image, tmp_path, name, content, reason):
    need("trivy")
    write_archive(tmp_path / "shop.tar", [DEBIAN])
    write_database(tmp_path / "trivy-cache", FRESH)
    (tmp_path / "trivy-cache" / "db" / name).write_bytes(content)
    outcome = trivy_image([tmp_path / "shop.tar"])
    assert outcome.run.status is Status.FAILED
    assert outcome.run.message == "no image could be scanned"
    assert reasons(outcome) == {"shop.tar": reason}


@pytest.mark.real
def test_a_database_that_cannot_be_fetched(trivy_image, tmp_path):
    need("trivy")
    write_archive(tmp_path / "shop.tar", [DEBIAN])
    outcome = trivy_image(
        [tmp_path / "shop.tar"],
        updated_at=None,
        offline=False,
        environ={"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""},
    )
    assert outcome.run.status is Status.FAILED
    assert outcome.run.message == (
        "Trivy's vulnerability database could not be fetched: "
        "the servers that hold it cannot be reached"
    )
    assert "TRIVY_DB_REPOSITORY" in outcome.run.next_step


@pytest.mark.real
def test_images_that_cannot_be_read_are_named(trivy_image, tree):
    need("trivy")
    root = tree({"text.tar": "no archive", "folder/a.txt": ""})
    with tarfile.open(root / "other.tar", "w") as archive:
        archive.add(root / "text.tar", "text.tar")
    write_archive(root / "scratch.tar", [{"bin/shop": "static"}])
    write_archive(root / "torn.tar", [DEBIAN], leave_out=["0/layer.tar"])
    bare = {name: text for name, text in DEBIAN.items() if "dpkg" not in name}
    write_archive(root / "bare.tar", [bare, DJANGO])
    write_archive(root / "fine.tar", [DEBIAN])
    os.mkfifo(root / "pipe.tar")
    outcome = trivy_image(
        [
            "text.tar", "other.tar", "./folder", "scratch.tar", "torn.tar", "bare.tar", "fine.tar", "pipe.tar",
            "gone.tar", "./gone", "--help", "shop:1", "a b", "zero\0", "line\nend.tar",
        ]
    )  # fmt: skip
    no_image = "is neither a docker-save archive nor an OCI layout"
    assert reasons(outcome) == {
        "text.tar": no_image,
        "other.tar": no_image,
        "folder": "is neither an OCI layout nor a root folder: it holds no oci-layout and no "
        "etc/os-release of its own",
        "torn.tar": "is an archive without some of the layers it names",
        "scratch.tar": "Trivy found no list of packages in it",
        "bare.tar": "Trivy found no list of its operating system's packages",
        "pipe.tar": "is neither a file nor a folder",
        "gone.tar": "there is no such file",
        "gone": "there is no such file",
        "--help": "is no image reference",
        "shop:1": "is not on this machine, and the network is off",
        "a b": "is no image reference",
        "zero\\x00": "is no image reference",
        "line\\nend.tar": "there is no such file",
    }
    assert outcome.run.status is Status.PARTIAL
    assert (outcome.run.handed_in, outcome.run.covered) == (15, 1)
    assert {place for place, _, _ in vulnerabilities(outcome)} == {"bare.tar", "fine.tar"}


@pytest.mark.real
def test_what_trivy_passes_over_in_a_layout_is_told(trivy_image, tree):
    need("trivy")
    root = tree({})
    write_layout(root / "two", [DEBIAN])
    write_layout(root / "other", [DJANGO])
    first, second = (
        json.loads((root / each / "index.json").read_bytes()) for each in ("two", "other")
    )
    shutil.copytree(root / "other" / "blobs", root / "two" / "blobs", dirs_exist_ok=True)
    first["manifests"] += second["manifests"]
    (root / "two" / "index.json").write_text(json.dumps(first))
    write_layout(root / "torn", [DEBIAN | DJANGO])
    layer = max(
        (root / "torn" / "blobs" / "sha256").iterdir(), key=lambda path: path.stat().st_size
    )
    with tarfile.open(layer) as tar:
        last = tar.getmembers()[-1].offset
    os.truncate(layer, last)
    write_layout(root / "fine", [DEBIAN])
    assert reasons(trivy_image(["two", "torn", "fine"])) == {
        "two": "it holds 1 more image, not looked into",
        "torn": "layer 1 of 1: is damaged or cut off",
    }


@pytest.mark.real
def test_a_secret_of_an_images_configuration_lies_nowhere_on_this_machine(trivy_image, tmp_path):
    need("trivy")
    found = set()
    for folder in ("here", "there"):
        archive = tmp_path / folder / "shop.tar"
        archive.parent.mkdir()
        write_archive(archive, [DEBIAN], history=["ADD file in /", f"-ENV KEY_ID={SECRET}"])
        (finding,) = (f for f in trivy_image([archive]).findings if "secret" in f.rule_id)
        found.add((finding.message, finding.symbol))
    assert found == {
        (
            "AWS Access Key ID in the configuration (ENV or history) of shop.tar",
            "shop.tar the configuration (ENV or history)",
        )
    }


def test_one_that_is_killed_leaves_nothing_behind(trivy_image, fake_trivy, tmp_path):
    body = (
        "open(os.path.join(os.environ['TMPDIR'], 'layer'), 'w').write('unpacked'); time.sleep(60)"
    )
    outside = tmp_path / "tmp"
    outside.mkdir()
    environ = fake_trivy(body) | {"TMPDIR": str(outside)}
    outcome = trivy_image(
        ["shop:1"], {"shopsec.toml": "[limits]\nscanner_seconds = 1\n"}, environ=environ
    )
    assert reasons(outcome) == {"shop:1": "Trivy timed out half-way"}
    assert list(outside.iterdir()) == []


def test_archives_of_one_name_are_told_apart_the_same_way_on_every_machine(
    trivy_image, fake_trivy, tmp_path
):
    environ = fake_trivy(f"out.write({WHOLE!r})")
    for place in ("here", "there"):
        archives = [tmp_path / place / folder / "image.tar" for folder in ("api", "web")]
        for archive in archives:
            archive.parent.mkdir(parents=True)
            archive.touch()
        assert vulnerabilities(trivy_image(archives, environ=environ)) == {
            ("image/api/image.tar", "CVE-2026-1", "api/image.tar a@1"),
            ("image/web/image.tar", "CVE-2026-1", "web/image.tar a@1"),
        }


@pytest.mark.real
def test_archives_that_trivy_does_not_read_are_called_what_they_are(trivy_image, tree):
    need("trivy")
    root = tree({})
    write_layout(root / "layout", [DEBIAN])
    with tarfile.open(root / "layout.tar", "w") as archive:
        archive.add(root / "layout", ".")
    files = {"config.json": "{}", "manifest.json": json.dumps([{"Config": "config.json"}] * 2)}
    (root / "two.tar").write_bytes(tar_of(*(entry(n, t.encode()) for n, t in files.items())))
    assert reasons(trivy_image(["layout.tar", "two.tar"])) == {
        "layout.tar": "is a tar file of an OCI layout, which Trivy reads as a folder only: unpack it",
        "two.tar": "holds several images, of which Trivy looks into none: docker save each by itself",
    }


@pytest.mark.real
def test_an_operating_system_out_of_support_is_a_finding(trivy_image, tmp_path):
    need("trivy")
    write_archive(tmp_path / "shop.tar", [alpine("3.9.1")])
    (finding,) = trivy_image([tmp_path / "shop.tar"]).findings
    assert (finding.rule_id, finding.severity) == ("trivy.EOSL", Severity.HIGH)
    assert finding.message == (
        "shop.tar rests on alpine 3.9.1, which gets no security fixes any more"
    )
    assert finding.image == ScannedImage(name="shop.tar", system="alpine 3.9.1")


@pytest.mark.real
def test_a_release_that_trivy_does_not_know_is_never_clean(trivy_image, tree):
    need("trivy")
    root = tree({})
    sid = {"etc/os-release": "ID=debian\n", "etc/debian_version": "forky/sid\n"}
    write_archive(root / "sid.tar", [DEBIAN | sid, DJANGO])
    write_archive(root / "new.tar", [alpine("3.99.1")])
    write_archive(root / "fine.tar", [DEBIAN])
    outcome = trivy_image(["sid.tar", "new.tar", "fine.tar"])
    unknown = "this Trivy does not know {}: no vulnerabilities of its packages"
    assert reasons(outcome) == {
        "sid.tar": unknown.format("debian forky/sid"),
        "new.tar": unknown.format("alpine 3.99.1"),
    }
    assert outcome.run.status is Status.PARTIAL
    assert ("sid.tar", "CVE-2021-33203", "sid.tar Django@3.2.0") in vulnerabilities(outcome)


def test_a_release_newer_than_trivy_counts_where_its_database_knows_it(trivy_image, fake_trivy):
    known = json.loads(WHOLE)
    known["Metadata"] = {"OS": {"Family": "debian", "Name": "99"}}
    known["Results"][0]["Class"] = "os-pkgs"
    warning = "WARN This OS version is not on the EOL list family=debian version=99"
    body = f"print({warning!r}, file=sys.stderr); out.write({json.dumps(known).encode()!r})"
    outcome = trivy_image(["shop:1"], environ=fake_trivy(body))
    assert outcome.run.status is Status.SUCCEEDED


@pytest.mark.real
def test_gitlabs_report_of_an_image(trivy_image, tmp_path):
    need("trivy")
    write_archive(tmp_path / "shop.tar", [alpine("3.9.1"), DJANGO])
    outcome = trivy_image([tmp_path / "shop.tar"])
    results = [
        Result(finding=finding, priority=50, tier=Tier.SPRINT, terms=())
        for finding in outcome.findings
    ]
    given = report(results, rules=outcome.rules, coverage=(outcome.run,))
    document = json.loads(render_container_scanning(given))
    assert document["scan"]["status"] == "success"
    assert {
        (
            each["identifiers"][0]["value"],
            each["location"]["dependency"]["package"]["name"],
            each["location"]["dependency"]["version"],
            each["location"]["image"],
            each["location"]["operating_system"],
        )
        for each in document["vulnerabilities"]
    } == {
        ("trivy-image:trivy.EOSL", "alpine", "3.9.1", "shop.tar", "alpine 3.9.1"),
        ("CVE-2021-33203", "Django", "3.2.0", "shop.tar", "alpine 3.9.1"),
    }


def test_no_image_is_not_applicable(trivy_image, no_trivy):
    assert trivy_image([], environ=no_trivy).run.status is Status.NOT_APPLICABLE


def test_without_trivy(trivy_image, no_trivy):
    outcome = trivy_image(["shop:1"], environ=no_trivy)
    assert outcome.run.status is Status.MISSING
    assert outcome.run.message == "Trivy is not installed"
    assert outcome.run.next_step == "shopsec tools install trivy"
    assert reasons(outcome) == {"shop:1": "Trivy is not installed"}
