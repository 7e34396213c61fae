"""Images looked into on a machine without Trivy, with a store of the test's own advisories."""

import pytest

from shopsec.scan.access.image_uses import image_uses
from shopsec.scan.dependencies.store_update import update_store
from shopsec.scan.image_packages.scanner import ImagePackages
from shopsec.scan.web import Web
from tests.containers.conftest import no_trivy, trivy_image
from tests.dependencies.osv_stub import archive

__all__ = ["no_trivy", "trivy_image"]


@pytest.fixture
def fill(tmp_path):
    """Put advisories into the store as ``shopsec db update`` does."""

    def run(**records):
        for name, content in records.items():
            path = tmp_path / "mirror" / name / "all.zip"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive(content))
        web = Web(20, pause=0)
        cache = tmp_path / "cache"
        update_store(cache, str(tmp_path / "mirror"), list(records), web, lambda _: None)
        return cache

    return run


@pytest.fixture
def look(tree, target_of, no_trivy):
    """Run the scanner on images in a shop without Trivy."""

    def run(*images, files=None):
        root = tree(files or {"a.py": ""})
        target, host = target_of(root, images=tuple(map(str, images)), environ=no_trivy)
        return ImagePackages(image_uses).scan(target, host)

    return run
