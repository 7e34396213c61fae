"""Where the files of policies/ are: in the wheel beside the code, or at the top of a checkout."""

from functools import lru_cache
from pathlib import Path

from shopsec.errors import PolicyError


@lru_cache(maxsize=1)
def policies_folder() -> Path:
    """Return the folder that holds gates/, access/, secrets/, advisories/ and severity.yaml.

    hatchling copies policies/ into the wheel as ``_policies``; an editable install has no such
    copy and uses the checkout's own folder.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_policies", package.parents[1] / "policies"):
        if (folder / "severity.yaml").is_file():
            return folder
    raise PolicyError(
        f"the embedded policies are missing beside {package}", "install shopsec again"
    )
