"""GitLab's schemas, where they lie beside the project; the exact values are tested without them."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "gitlab-schemas-15.2.1"


def gitlab_schema(kind: str) -> Path:
    """The schema of a report (sast, secret-detection ...); the test is skipped without it."""
    path = FOLDER / f"{kind}-report-format.json"
    if not path.is_file():
        pytest.skip("GitLab's schemas are not here")
    return path
