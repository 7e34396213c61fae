"""The root of a system's files as a folder: what is found in it, and what cannot be read of it."""

import os
from pathlib import Path

import pytest

from shopsec.model import ImageKind, ScannedImage, Status
from tests.containers.built_shop import SECRET
from tests.containers.image_archive import DEBIAN, DJANGO, alpine
from tests.containers.outcomes import reasons, vulnerabilities
from tests.containers.test_image_answers import WHOLE
from tests.tools import need

NO_FOLDER = (
    "is neither an OCI layout nor a root folder: it holds no oci-layout and no etc/os-release of "
    "its own"
)


def below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


@pytest.mark.real
def test_packages_and_secrets_of_a_machine(trivy_image):
    need("trivy")
    files = below("srv", DEBIAN | DJANGO | {"app/.env": f"AWS_ACCESS_KEY_ID={SECRET}\n"})
    # What would hide findings in a folder that Trivy is started in.
    files |= below("srv", {".trivyignore": "CVE-2021-33203\n", "trivy.yaml": "severity: LOW\n"})
    outcome = trivy_image(["./srv"], files)
    assert (outcome.run.status, outcome.run.covered) == (Status.SUCCEEDED, 1)
    assert vulnerabilities(outcome) == {
        ("srv", "CVE-2023-45853", "srv zlib1g@1:1.2.13.dfsg-1+b1"),
        ("srv", "CVE-2021-33203", "srv Django@3.2.0"),
    }
    found = {each.rule_id: each for each in outcome.findings}
    # Not that it starts as root, which is of images.
    assert sorted(found) == [
        "CVE-2021-33203", "CVE-2023-45853", "trivy.root-secret.aws-access-key-id",
    ]  # fmt: skip
    secret = found["trivy.root-secret.aws-access-key-id"]
    assert secret.message == "AWS Access Key ID in app/.env of root folder srv"
    assert SECRET not in repr(outcome)
    assert found["CVE-2021-33203"].message == "Django 3.2.0 in root folder srv: django: traversal"
    assert found["CVE-2021-33203"].fix == (
        "Raise Django to 3.2.4 or 3.1.12 on the machine that root folder srv is of."
    )
    assert found["CVE-2023-45853"].fix == (
        "No version of zlib1g fixes it yet: do without it where you can."
    )
    assert found["CVE-2023-45853"].image == ScannedImage(
        name="root folder srv", kind=ImageKind.ROOT_FOLDER, system="debian 12.4"
    )


@pytest.mark.real
def test_nothing_outside_is_read(trivy_image, tree, tmp_path):
    need("trivy")
    root = tree(
        below("out", DEBIAN | {"app/.env": f"AWS_ACCESS_KEY_ID={SECRET}\n"})
        | below("srv", alpine("3.19.1"))
        | below("led", {"a": ""})
    )
    (root / "srv" / "app").symlink_to(root / "out" / "app")
    (root / "srv" / "var").symlink_to("../out/var")
    os.mkfifo(root / "srv" / "pipe")
    (root / "led" / "etc").symlink_to(root / "out" / "etc")
    # A link to a root folder is one: somebody named it.
    (tmp_path / "link").symlink_to(root / "srv")
    outcome = trivy_image(["srv/", "./led", tmp_path / "link"], {"b.py": ""})
    assert vulnerabilities(outcome) == {
        ("srv", "CVE-2023-5678", "srv libcrypto3@3.1.4-r2"),
        ("srv", "CVE-2023-5678", "link libcrypto3@3.1.4-r2"),
    }
    assert {each.rule_id for each in outcome.findings} == {"CVE-2023-5678", "trivy.EOSL"}
    assert reasons(outcome) == {"led": NO_FOLDER}


@pytest.mark.real
def test_a_root_folder_that_does_not_tell_all_is_never_clean(trivy_image, tree):
    need("trivy")
    bare = {name: text for name, text in DEBIAN.items() if "dpkg" not in name}
    strange = DEBIAN | {"etc/os-release": "garbage"}
    del strange["etc/debian_version"]
    root = tree(below("bare", bare | DJANGO) | below("strange", strange | DJANGO))
    (root / "device" / "etc").mkdir(parents=True)
    os.mkfifo(root / "device" / "etc" / "os-release")
    assert reasons(trivy_image(["./bare", "./strange", "./device"], {"b.py": ""})) == {
        "root folder bare": "Trivy found no list of its operating system's packages",
        "root folder strange": "Trivy does not know its operating system from its files",
        "device": NO_FOLDER,
    }


def test_what_cannot_be_read_is_named(trivy_image, fake_trivy, monkeypatch):
    files = below("srv", DEBIAN | {"etc/shadow": "", "root/.env": "", ".git/config": ""})
    files["srv/proc/kcore"] = ""
    access, scandir = os.access, os.scandir
    # Tests may run as root, who reads all.
    hidden = ("shadow", "config", "kcore")
    monkeypatch.setattr(
        os, "access", lambda path, *way: not str(path).endswith(hidden) and access(path, *way)
    )

    def refuse(path="."):
        if str(path).endswith("srv/root"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    outcome = trivy_image(["./srv"], files, environ=fake_trivy(f"out.write({SYSTEM!r})"))
    assert reasons(outcome) == {"root folder srv": "etc/shadow cannot be read, and 1 more"}
    assert outcome.run.next_step == "run as somebody who may read all of it"


SYSTEM = WHOLE.replace(
    b'"ArtifactName"', b'"Metadata": {"OS": {"Family": "debian", "Name": "12"}}, "ArtifactName"'
).replace(b"lang-pkgs", b"os-pkgs")


def test_an_images_name_is_no_folder(trivy_image, fake_trivy, tmp_path):
    log = tmp_path / "log"
    environ = fake_trivy(
        f"print(sys.argv[1], sys.argv[-1], file=open({str(log)!r}, 'a')); out.write({SYSTEM!r})"
    )
    files = below("debian", DEBIAN) | below("shop:1", DEBIAN)
    trivy_image(["debian", "shop:1"], files, environ=environ)
    assert sorted(log.read_text().splitlines()) == ["image debian", "image shop:1"]
    log.unlink()
    trivy_image(["debian/", "./shop:1"], files, environ=environ)
    asked = sorted(line.split(" ") for line in log.read_text().splitlines())
    assert [(command, Path(path).name) for command, path in asked] == [
        ("rootfs", "debian"), ("rootfs", "shop:1"),
    ]  # fmt: skip
