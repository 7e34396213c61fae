"""Terraform: how a Git host's branches are protected.

https://registry.terraform.io/providers/integrations/github and gitlabhq/gitlab.
"""

from collections.abc import Iterator, Mapping

from shopsec.scan.access.documents.hcl import Block
from shopsec.scan.access.resources.terraform_reading import (
    Reader,
    Spot,
    inner,
    is_off,
    is_on,
    line_of,
    number_of,
    read_by_type,
    text_of,
)


def review_gaps(block: Block) -> tuple[Spot, ...]:
    """Why a change may reach a protected branch unseen."""
    return read_by_type(block, _READERS)


def _github_branch(block: Block) -> Iterator[Spot]:
    reviews = list(inner(block, "required_pull_request_reviews"))
    if not reviews:
        yield Spot("no required_pull_request_reviews", block.line)
    for each in reviews:
        if number_of(each, "required_approving_review_count") == 0:
            line = line_of(each, "required_approving_review_count")
            yield Spot("required_approving_review_count = 0", line)
    if is_off(block, "enforce_admins"):
        yield Spot("enforce_admins = false", line_of(block, "enforce_admins"))
    for name in ("allows_force_pushes", "allows_deletions"):
        if is_on(block, name):
            yield Spot(f"{name} = true", line_of(block, name))


def _github_ruleset(block: Block) -> Iterator[Spot]:
    for rules in inner(block, "rules"):
        for each in inner(rules, "pull_request"):
            if number_of(each, "required_approving_review_count") == 0:
                line = line_of(each, "required_approving_review_count")
                yield Spot("required_approving_review_count = 0", line)


def _gitlab_project(block: Block) -> Iterator[Spot]:
    if number_of(block, "approvals_before_merge") == 0:
        line = line_of(block, "approvals_before_merge")
        yield Spot("approvals_before_merge = 0", line)


def _gitlab_branch(block: Block) -> Iterator[Spot]:
    if is_on(block, "allow_force_push"):
        yield Spot("allow_force_push = true", line_of(block, "allow_force_push"))
    if text_of(block, "push_access_level") == "developer":
        yield Spot("push_access_level = developer", line_of(block, "push_access_level"))


def _gitlab_approvals(block: Block) -> Iterator[Spot]:
    own, overriding = (
        "merge_requests_author_approval",
        "disable_overriding_approvers_per_merge_request",
    )
    if is_on(block, own):
        yield Spot("authors approve their own changes", line_of(block, own))
    if is_off(block, overriding):
        yield Spot("a merge request may change who approves it", line_of(block, overriding))


def _gitlab_rule(block: Block) -> Iterator[Spot]:
    if number_of(block, "approvals_required") == 0:
        yield Spot("approvals_required = 0", line_of(block, "approvals_required"))


_READERS: Mapping[str, Reader] = {
    "github_branch_protection": _github_branch,
    "github_branch_protection_v3": _github_branch,
    "github_repository_ruleset": _github_ruleset,
    "github_organization_ruleset": _github_ruleset,
    "gitlab_project": _gitlab_project,
    "gitlab_branch_protection": _gitlab_branch,
    "gitlab_project_level_mr_approvals": _gitlab_approvals,
    "gitlab_project_approval_rule": _gitlab_rule,
}
