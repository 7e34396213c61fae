"""What a GitHub workflow takes from elsewhere: actions, workflows, images."""

import re

from shopsec.policy.hijacked import hijack_of
from shopsec.scan.access.resources.github_workflow import is_pinned
from shopsec.scan.access.resources.pipeline import Include

_BRANCH = re.compile(
    r"(?:main|master|latest|develop|dev|trunk|head|next|nightly|edge|canary|stable|beta"
    r"|release/.+|feature/.+)",
    re.IGNORECASE,
)


def is_branch(version: str) -> bool:
    """True for names that branches have and tags have not."""
    return _BRANCH.fullmatch(version) is not None


def include_of(uses: str, owner: str) -> Include | None:
    """The view of ``uses``; None for what stands in the repository itself or in an image."""
    if not uses or uses.startswith(("./", "docker://")) or "@" not in uses:
        return None
    name, _, version = uses.rpartition("@")
    hijack = hijack_of(uses)
    return Include(
        system="github",
        how="workflow" if "/.github/workflows/" in name else "action",
        name=name,
        version=version,
        branch=is_branch(version),
        pinned=is_pinned(uses),
        own=bool(owner) and name.partition("/")[0].lower() == owner,
        insecure=False,
        hijacked=f"taken over in {hijack.action.when}, use {hijack.action.fixed}" if hijack else "",
        hijack_moved=hijack is not None and hijack.moved,
    )
