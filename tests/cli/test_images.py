"""An image and the repository that it was built from are one story."""

import json

import pytest

from tests.conftest import TODAY
from tests.containers.built_shop import DOCKERFILE, NODE_LINE, SECRET, write_built_shop
from tests.containers.image_archive import DEBIAN, NODE
from tests.containers.image_sbom import cyclonedx
from tests.containers.trivy_database import FRESH, write_database
from tests.tools import need

LOCK = {
    "name": "shop", "lockfileVersion": 3, "packages": {
        "": {"name": "shop", "dependencies": {"lodash": "4.17.20"}},
        "node_modules/lodash": {"version": "4.17.20"},
    },
}  # fmt: skip


@pytest.mark.real
def test_one_story_with_the_repository(scan, tree, tmp_path):
    need("trivy")
    root = tree({"Dockerfile": DOCKERFILE, "package-lock.json": json.dumps(LOCK, indent=1)})
    write_built_shop(root / "shop.tar")
    write_database(tmp_path / "trivy-cache", FRESH)
    scanned = scan(
        root, "--offline", "--today", TODAY, "--image", root / "shop.tar",
        environ={"TRIVY_CACHE_DIR": str(tmp_path / "trivy-cache")},
    )  # fmt: skip
    assert all(SECRET not in text for text in scanned.reports.values())
    findings = [each["finding"] for each in scanned.document["results"]]
    # One finding, the lockfile's, with the Dockerfile's line beside it.
    (lodash,) = [each for each in findings if "CVE-2021-23337" in str(each["advisory"])]
    assert lodash["location"]["uri"] == "package-lock.json"
    assert {(each["uri"], each["start_line"]) for each in lodash["related"]} == {
        ("Dockerfile", NODE_LINE), ("shop.tar", None),
    }  # fmt: skip
    assert "trivy-image:CVE-2021-23337" in lodash["also_reported_as"]
    # One finding, our policy's, that the image starts as root.
    (root_user,) = [each for each in findings if each["rule_id"] == "CONTAINER-001"]
    assert "trivy-image:trivy.DS-0002" in root_user["also_reported_as"]
    assert not [each for each in findings if each["rule_id"] == "trivy.DS-0002"]


@pytest.mark.parametrize(("flag", "code"), [((), 0), (("--images-found",), 3)])
def test_images_that_files_name_are_named_and_must_be_scanned_once_asked_for(
    scan, tree, tmp_path, fake_trivy, flag, code
):
    write_database(tmp_path / "trivy-cache", FRESH)
    root = tree({"compose.yaml": "services:\n  web:\n    image: nginx:1.29.0\n"})
    scanned = scan(
        root, "--offline", "--today", TODAY, *flag,
        environ=fake_trivy("") | {"TRIVY_CACHE_DIR": str(tmp_path / "trivy-cache")},
    )  # fmt: skip
    assert scanned.returncode == code
    (run,) = [each for each in scanned.document["coverage"] if each["scanner"] == "trivy-image"]
    assert scanned.missed("trivy-image") == (
        {"nginx:1.29.0": "Trivy printed nothing (exit code 0)"} if flag else {}
    )
    assert [item["name"] for each in run["excluded"] for item in each["items"]] == (
        [] if flag else ["nginx:1.29.0"]
    )
    assert run["status"] == ("failed" if flag else "not_applicable")


@pytest.mark.real
def test_a_root_folder_and_an_sbom_are_joined_with_the_lockfile(scan, tree, tmp_path):
    need("trivy")
    root = tree({"package-lock.json": json.dumps(LOCK)})
    given = tmp_path / "given"
    server = {f"srv/{name}": text for name, text in (DEBIAN | NODE).items()}
    for name, text in (server | {"shop.json": cyclonedx()}).items():
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        (given / name).write_text(text)
    write_database(tmp_path / "trivy-cache", FRESH)
    scanned = scan(
        root, "--offline", "--today", TODAY, "--image", "./srv", "--image", "shop.json",
        environ={"TRIVY_CACHE_DIR": str(tmp_path / "trivy-cache")}, cwd=given,
    )  # fmt: skip
    findings = [each["finding"] for each in scanned.document["results"]]
    (lodash,) = [each for each in findings if "CVE-2021-23337" in str(each["advisory"])]
    assert lodash["location"]["uri"] == "package-lock.json"
    assert [each["uri"] for each in lodash["related"]] == ["image/srv"]
    assert {
        (each["image"]["kind"], each["image"]["name"], each["location"]["uri"])
        for each in findings
        if each["rule_id"] == "CVE-2023-45853"
    } == {
        ("root-folder", "root folder srv", "image/srv"),
        ("sbom", "SBOM shop.json", "image/shop.json"),
    }
    assert scanned.missed("trivy-image") == {}
