"""Packages of images against the store: what is found, and that the rest is always told."""

import json
import os

import pytest

from shopsec.model import Severity, Status
from shopsec.scan.access.image_uses import image_uses
from shopsec.scan.image_packages.scanner import ImagePackages
from tests.containers.built_shop import BASE_LINE, DOCKERFILE, write_built_shop
from tests.containers.image_archive import DEBIAN, DJANGO, alpine, entry, tar_of, write_archive
from tests.containers.image_sbom import cyclonedx
from tests.containers.outcomes import reasons, vulnerabilities
from tests.containers.rpm_database import BASH, header, write_rpm_database
from tests.containers.trivy_database import FRESH, write_database
from tests.image_packages.advisories import CRITICAL, HIGH, OPENSSL, ZLIB, record, scored
from tests.tools import need

ONLY_TRIVY = "only Trivy tells of languages' packages, secrets and settings in it"
INSTALL = "shopsec tools install trivy"


@pytest.fixture
def debian(tmp_path):
    write_archive(tmp_path / "debian.tar", [DEBIAN, DJANGO])
    return tmp_path / "debian.tar"


def test_alpine_and_debian(look, fill, debian, tree, tmp_path):
    fill(Alpine=[OPENSSL], Debian=[ZLIB])
    root = tree({})
    (root / "build").mkdir()
    write_archive(root / "build" / "shop.tar", [alpine("3.19.1"), DJANGO])
    outcome = look("build/shop.tar", debian)
    assert vulnerabilities(outcome) == {
        ("build/shop.tar", "CVE-2023-5678", "shop.tar libcrypto3@3.1.4-r2"),
        ("image/debian.tar", "CVE-2023-45853", "debian.tar zlib1g@1:1.2.13.dfsg-1+b1"),
    }
    found = {each.rule_id: each for each in outcome.findings}
    openssl, zlib = found["CVE-2023-5678"], found["CVE-2023-45853"]
    assert openssl.message == "libcrypto3 3.1.4-r2 in shop.tar: Long checks of DH keys"
    assert openssl.fix == (
        "Build shop.tar again with libcrypto3 3.1.4-r3, best on a newer base image."
    )
    assert (openssl.severity, openssl.image.system) == (Severity.HIGH, "alpine 3.19.1")
    assert openssl.package.purl == "pkg:apk/alpine/libcrypto3@3.1.4-r2"
    assert (openssl.advisory.aliases, openssl.advisory.cvss_vector) == (
        ("ALPINE-CVE-2023-5678",), HIGH,
    )  # fmt: skip
    assert openssl.advisory.fixed_versions == ("3.1.4-r3",)
    assert zlib.fix == (
        "No version of zlib1g fixes it yet: try another base image, or do without it."
    )
    assert (zlib.severity, zlib.package.ecosystem) == (Severity.CRITICAL, "Debian")
    run = outcome.run
    assert (run.status, run.unit, run.handed_in, run.covered) == (Status.PARTIAL, "images", 2, 0)
    assert run.message == "3 of 3 packages of operating systems compared with known vulnerabilities"
    assert reasons(outcome) == {"shop.tar": ONLY_TRIVY, "debian.tar": ONLY_TRIVY}
    assert run.next_step == "shopsec tools install trivy"
    assert [(each.name.partition(",")[0], each.date) for each in run.databases[:2]] == [
        ("OSV Alpine", "2026-11-20"), ("OSV Debian", "2026-11-20"),
    ]  # fmt: skip
    rules = {each.id: each for each in outcome.rules}
    assert rules["CVE-2023-45853"].help_uri == (
        "https://osv.dev/vulnerability/DEBIAN-CVE-2023-45853"
    )


@pytest.mark.real
def test_trivy_names_the_same_things(trivy_image, look, fill, debian):
    """So that a result stays the same one when Trivy comes or goes."""
    real = {"SHOPSEC_TRIVY": need("trivy")}
    fill(Debian=[ZLIB])
    (ours,) = look(debian).findings
    found = trivy_image([debian], environ=real).findings
    theirs = {each.rule_id: each for each in found}[ours.rule_id]
    for field in ("rule_id", "symbol", "location", "package", "area", "image"):
        assert getattr(ours, field) == getattr(theirs, field)


@pytest.mark.real
def test_trivy_names_the_same_things_in_an_image_that_was_built_here(
    trivy_image, look, fill, tmp_path
):
    real = {"SHOPSEC_TRIVY": need("trivy")}
    fill(Debian=[ZLIB])
    write_built_shop(tmp_path / "shop.tar")
    files = {"Dockerfile": DOCKERFILE}
    (ours,) = look(tmp_path / "shop.tar", files=files).findings
    found = trivy_image([tmp_path / "shop.tar"], files, environ=real).findings
    theirs = {each.rule_id: each for each in found}[ours.rule_id]
    assert (str(ours.location), ours.symbol) == (
        f"Dockerfile:{BASE_LINE}",
        "debian zlib1g@1:1.2.13.dfsg-1+b1",
    )
    for field in ("location", "related", "symbol", "image", "fix"):
        assert getattr(ours, field) == getattr(theirs, field)


@pytest.mark.parametrize("config", [b"[]", b"null", b'{"history": 1}', b'{"rootfs": {}}'])
def test_a_configuration_of_another_shape_tells_nothing_of_layers(look, fill, tmp_path, config):
    fill(Debian=[ZLIB])
    layer = tar_of(*(entry(name, text.encode()) for name, text in DEBIAN.items()))
    names = json.dumps([{"Config": "config.json", "Layers": ["0/layer.tar"]}]).encode()
    (tmp_path / "shop.tar").write_bytes(
        tar_of(
            entry("manifest.json", names), entry("config.json", config), entry("0/layer.tar", layer)
        )
    )
    (finding,) = look(tmp_path / "shop.tar", files={"Dockerfile": DOCKERFILE}).findings
    assert (str(finding.location), finding.image.part) == ("image/shop.tar", "")


def test_another_release_does_not_count(look, fill, tmp_path):
    write_archive(tmp_path / "a.tar", [alpine("3.18.4")])
    write_archive(tmp_path / "b.tar", [alpine("3.20.0")])
    fill(Alpine=[OPENSSL])
    outcome = look(tmp_path / "a.tar", tmp_path / "b.tar")
    assert vulnerabilities(outcome) == set()
    assert reasons(outcome) == {
        "a.tar": ONLY_TRIVY,
        "b.tar": "2 packages were not compared: the local store has no advisories of Alpine:v3.20; "
        + ONLY_TRIVY,
    }
    assert outcome.run.message == (
        "2 of 4 packages of operating systems compared with known vulnerabilities"
    )
    assert outcome.run.next_step == "shopsec db update --ecosystem Alpine"


def test_without_a_store(look, debian):
    outcome = look(debian)
    assert outcome.findings == ()
    assert (outcome.run.status, outcome.run.databases) == (Status.PARTIAL, ())
    assert reasons(outcome) == {
        "debian.tar": "1 package was not compared: the local store has no advisories of Debian:12; "
        + ONLY_TRIVY
    }
    assert outcome.run.message == (
        "0 of 1 package of an operating system compared with known vulnerabilities"
    )
    assert outcome.run.next_step == "shopsec db update --ecosystem Debian"


def test_a_damaged_store(look, fill, debian):
    cache = fill(Debian=[ZLIB])
    (cache / "advisories.sqlite").write_bytes(b"garbage")
    outcome = look(debian)
    assert outcome.findings == ()
    (reason,) = reasons(outcome).values()
    assert reason == (
        f"1 package was not compared: {cache / 'advisories.sqlite'}: the store of advisories is"
        f" damaged: it is no database; {ONLY_TRIVY}"
    )
    assert outcome.run.next_step == "shopsec db update"


def test_a_record_that_cannot_be_read_is_never_clear(look, fill, debian):
    fill(Debian=[ZLIB, record("DEBIAN-CVE-2026-1", "zlib", ("Debian:12", "1_2"))])
    outcome = look(debian)
    assert [each.rule_id for each in outcome.findings] == ["CVE-2023-45853"]
    assert reasons(outcome) == {
        "debian.tar": "1 package was not compared: DEBIAN-CVE-2026-1: '1_2' is no version of"
        f" Debian; {ONLY_TRIVY}"
    }


def test_what_debian_calls_unimportant_is_low(look, fill, debian):
    fill(
        Debian=[
            record("DEBIAN-CVE-2026-2", "zlib", ("Debian:12", None), severity=scored(CRITICAL),
                   urgency="unimportant"),
        ]
    )  # fmt: skip
    (finding,) = look(debian).findings
    assert (finding.rule_id, finding.severity) == ("CVE-2026-2", Severity.LOW)
    assert (finding.advisory.cvss_vector, finding.advisory.cvss_score) == (None, None)


def test_an_announcement_of_several_is_said_once(look, fill, debian):
    one = record("DEBIAN-CVE-2026-1", "zlib", ("Debian:12", "1:1.2.13.dfsg-2"))
    both = record(
        "DSA-9-1", "zlib", ("Debian:12", "1:1.2.13.dfsg-2"), upstream=["CVE-2026-1", "CVE-2026-2"]
    )
    single = record("DSA-8-1", "zlib", ("Debian:12", "1:1.2.13.dfsg-2"), upstream=["CVE-2026-1"])
    fill(Debian=[one, both, single])
    found = {each.rule_id: each for each in look(debian).findings}
    assert sorted(found) == ["CVE-2026-1", "DSA-9-1"]
    assert found["CVE-2026-1"].advisory.aliases == ("DEBIAN-CVE-2026-1", "DSA-8-1")
    two = record("DEBIAN-CVE-2026-2", "zlib", ("Debian:12", None))
    fill(Debian=[one, two, both, single])
    assert sorted(each.rule_id for each in look(debian).findings) == ["CVE-2026-1", "CVE-2026-2"]


def test_ubuntu_and_its_word_for_severity(look, fill, tmp_path):
    layer = {
        "etc/os-release": 'ID=ubuntu\nVERSION_ID="22.04"\n',
        "var/lib/dpkg/status": (
            "Package: libssl3\nStatus: install ok installed\nSource: openssl\n"
            "Version: 3.0.2-0ubuntu1.9\n\n"
        ),
    }
    write_archive(tmp_path / "a.tar", [layer])
    fill(
        Ubuntu=[
            record("UBUNTU-CVE-2026-3", "openssl", ("Ubuntu:22.04:LTS", "3.0.2-0ubuntu1.10"),
                   ("Ubuntu:Pro:18.04:LTS", None),
                   severity=[{"type": "Ubuntu", "score": "medium"}]),
        ]
    )  # fmt: skip
    (finding,) = look(tmp_path / "a.tar").findings
    assert (finding.rule_id, finding.severity, finding.package.purl) == (
        "CVE-2026-3", Severity.MEDIUM, "pkg:deb/ubuntu/libssl3@3.0.2-0ubuntu1.9",
    )  # fmt: skip


def test_known_exploited(look, fill, debian):
    fill(Debian=[record("DEBIAN-CVE-2021-44228", "zlib", ("Debian:12", None))])
    (finding,) = look(debian).findings
    assert finding.advisory.known_exploited is True


def test_the_end_of_a_system(look, tmp_path):
    write_archive(tmp_path / "a.tar", [{"etc/os-release": "ID=debian\nVERSION_ID=10\n"}])
    write_archive(tmp_path / "b.tar", [{"etc/os-release": "ID=debian\nVERSION_ID=13\n"}])
    outcome = look(tmp_path / "a.tar", tmp_path / "b.tar")
    (finding,) = outcome.findings
    assert (finding.rule_id, finding.severity) == ("image.end-of-life", Severity.HIGH)
    assert finding.message == (
        "a.tar rests on debian 10, which gets no security fixes since 2024-06-30"
    )
    (rule,) = outcome.rules
    assert rule.same_as == ("trivy.EOSL",)
    assert reasons(outcome)["a.tar"] == f"no list of packages was found in it; {ONLY_TRIVY}"


def test_rpm_is_listed_and_told(look, fill, tmp_path):
    fill(Debian=[ZLIB])
    rpm = write_rpm_database(tmp_path / "rpmdb.sqlite", [header(BASH)])
    layer = tar_of(
        entry("etc/os-release", b"ID=rhel\nVERSION_ID=9.3\n"),
        entry("var/lib/rpm/rpmdb.sqlite", rpm),
    )
    write_archive(tmp_path / "a.tar", [layer])
    assert reasons(look(tmp_path / "a.tar")) == {
        "a.tar": "1 package was not compared: there are no advisories here for such a system, only"
        f" Trivy has them; {ONLY_TRIVY}"
    }


def test_what_cannot_be_read(look, tmp_path, debian):
    (tmp_path / "bad.tar").write_bytes(b"garbage")
    outcome = look("nginx:1.27", tmp_path / "bad.tar", tmp_path / "none.tar", "--evil")
    assert outcome.run.status is Status.FAILED
    assert outcome.run.message == "no image could be looked into"
    assert reasons(outcome) == {
        "nginx:1.27": "is no archive: only Trivy looks into images that an engine or a registry"
        " holds",
        "bad.tar": "is neither a docker-save archive nor an OCI layout",
        "none.tar": "there is no such file",
        "--evil": "is no image reference",
    }
    assert look("nginx:1.27", debian).run.status is Status.PARTIAL


def test_no_images(look):
    run = look().run
    assert (run.status, run.handed_in, run.message) == (Status.NOT_APPLICABLE, 0, "")


def test_trivy_does_it_where_it_can(debian, tree, target_of, fake_trivy, tmp_path):
    cache = tmp_path / "trivy-cache"
    write_database(cache, FRESH)
    environ = fake_trivy("") | {"TRIVY_CACHE_DIR": str(cache)}
    root = tree({"a.py": ""})

    def run(**settings):
        target, host = target_of(root, images=(str(debian),), environ=environ, **settings)
        ready, run = (
            ImagePackages(image_uses).check(target, host),
            ImagePackages(image_uses).scan(target, host).run,
        )
        assert ready.applies_to == run.handed_in
        return run

    found = run()
    assert (found.status, found.handed_in, found.message) == (
        Status.NOT_APPLICABLE, 0, "not needed: Trivy looks into the images",
    )  # fmt: skip
    # Left out by a person, or without a database, it does not.
    assert run(skip=("trivy-image",)).handed_in == 1
    assert run(only=("image-packages",)).handed_in == 1
    (cache / "db" / "metadata.json").unlink()
    (cache / "db" / "trivy.db").unlink()
    assert run().handed_in == 1


def test_what_it_says_before_it_runs(fill, debian, tree, target_of, no_trivy):
    fill(Debian=[ZLIB])
    target, host = target_of(tree({"a.py": ""}), images=(str(debian),), environ=no_trivy)
    ready = ImagePackages(image_uses).check(target, host)
    assert (ready.status, ready.applies_to) == (Status.PARTIAL, 1)
    assert ready.message == (
        "only systems' packages in archives are compared, with the local store"
    )
    assert [each.name for each in ready.databases] == ["OSV Debian, 1 advisories"]
    target, host = target_of(tree({"a.py": ""}), environ=no_trivy)
    assert ImagePackages(image_uses).check(target, host).status is Status.NOT_APPLICABLE


def test_results_are_the_same_bytes_each_time(look, fill, debian):
    fill(Debian=[ZLIB])
    assert look(debian) == look(debian)


def test_root_folders_and_sboms(look, fill, tree, tmp_path):
    fill(Debian=[ZLIB])
    files = {f"srv/{name}": text for name, text in DEBIAN.items()}
    root = tree(files | {"shop.json": cyclonedx()})
    (root / "srv" / "etc" / "alpine-release").symlink_to("/etc/hostname")
    outcome = look("./srv", "shop.json")
    assert vulnerabilities(outcome) == {("srv", "CVE-2023-45853", "srv zlib1g@1:1.2.13.dfsg-1+b1")}
    (finding,) = outcome.findings
    assert finding.image.system == "debian 12.4"
    assert finding.message.startswith("zlib1g 1:1.2.13.dfsg-1+b1 in root folder srv: ")
    assert reasons(outcome) == {
        "root folder srv": ONLY_TRIVY,
        "SBOM shop.json": "needs Trivy, which alone compares what an SBOM names",
    }
    assert (outcome.run.status, outcome.run.next_step) == (Status.PARTIAL, INSTALL)


def test_lists_that_lie_outside_a_root_folder(look, fill, tree):
    fill(Debian=[ZLIB])
    files = {f"{place}/{name}": text for name, text in DEBIAN.items() for place in ("srv", "out")}
    root = tree(files | {"srv/usr/lib/apk/db/installed": "P:musl\nV:1\n"})
    (root / "srv" / "var" / "lib" / "dpkg" / "status").unlink()
    (root / "srv" / "var" / "lib" / "dpkg" / "status").symlink_to(
        "../../../../out/var/lib/dpkg/status"
    )
    (root / "srv" / "var" / "lib" / "rpm").symlink_to(root / "out")
    (root / "srv" / "lib").symlink_to("usr/lib")
    (root / "srv" / "usr" / "share" / "rpm").mkdir(parents=True)
    os.mkfifo(root / "srv" / "usr" / "share" / "rpm" / "rpmdb.sqlite")
    outcome = look("./srv")
    assert outcome.findings == ()
    # One musl: lib is usr/lib.
    assert reasons(outcome) == {
        "root folder srv": "1 package was not compared: there are no advisories here for such a "
        "system, only Trivy has them; usr/share/rpm/rpmdb.sqlite is no regular file; "
        f"var/lib/dpkg/status is a link out of the folder; {ONLY_TRIVY}"
    }


def test_what_is_in_distroless_folders_is_listed(look, fill, tree):
    fill(Debian=[ZLIB])
    status = DEBIAN["var/lib/dpkg/status"]
    files = {"srv/usr/lib/os-release": DEBIAN["etc/os-release"]}
    tree(files | {"srv/var/lib/dpkg/status.d/zlib1g": status})
    assert vulnerabilities(look("./srv")) == {
        ("srv", "CVE-2023-45853", "srv zlib1g@1:1.2.13.dfsg-1+b1")
    }
