"""Comparing with a commit: its files are scanned as ours are, and what they give is known.

Scanners whose findings in a file depend on that file alone look only at files that differ; what
they find in one that is the same was there. The others look at everything. The settings, the
policy, the rule packs and the suppressions are those of the revision's tip, for both sides: a
branch that starts at an old commit does not choose an old policy with it.
"""

from shopsec.merge_base.comparison import (
    Before,
    Comparison,
    Today,
    before,
    compared_with,
)
from shopsec.merge_base.files import inventory_of
from shopsec.merge_base.revision import MergeBase, opened
from shopsec.merge_base.tip import settings_of

__all__ = [
    "Before", "Comparison", "MergeBase", "Today", "before", "compared_with", "inventory_of",
    "opened", "settings_of",
]  # fmt: skip
