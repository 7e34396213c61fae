"""Trivy on images, and a machine without it."""

import sys

import pytest

from shopsec.scan.access.image_uses import image_uses
from shopsec.scan.containers.trivy_image import TrivyImage
from tests.containers.trivy_database import FRESH, write_database


@pytest.fixture
def no_trivy(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine without Trivy: neither on PATH nor beside the interpreter."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    return {"PATH": "/nowhere"}


@pytest.fixture
def trivy_image(tree, target_of, tmp_path):
    """Scan images in a shop, with a database of the given time in Trivy's cache."""

    def run(images, files=None, *, updated_at=FRESH, environ=None, offline=True, **settings):
        root = tree(files or {"a.py": ""})
        cache = tmp_path / "trivy-cache"
        if updated_at is not None and not cache.exists():
            write_database(cache, updated_at)
        target, host = target_of(
            root,
            images=tuple(map(str, images)),
            offline=offline,
            **settings,
            environ={"TRIVY_CACHE_DIR": str(cache)} | (environ or {}),
        )
        return TrivyImage(image_uses).scan(target, host)

    return run
