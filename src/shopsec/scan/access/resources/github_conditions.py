"""What the conditions of a GitHub job or step leave in, and what they leave out.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import re
from typing import Any

_PERMISSION_CHECK = re.compile(
    r"getCollaboratorPermissionLevel|collaborators/[^\s]{0,200}/permission|author_association"
    r"|check-(?:user-)?permission|getMembershipForUserInOrg|checkCollaborator"
    r"|check-membership|actions-permission|user-permission",
    re.IGNORECASE,
)
_SAME_REPOSITORY = re.compile(
    r"head\.repo\.full_name\s*==\s*github\.repository|github\.repository\s*==\s*[\w.]*"
    r"head\.repo\.full_name|head\.repo\.fork\s*==\s*false|!\s*[\w.]*head\.repo\.fork"
    r"|head_repository\.full_name\s*==\s*github\.repository"
    r"|workflow_run\.event\s*==\s*'(?!pull_request|issue)\w+'"
    r"|workflow_run\.event\s*!=\s*'pull_request"
)
_NOT_FOR_REQUESTS = re.compile(
    r"github\.event_name\s*==\s*'(?!pull_request)\w+'|github\.event_name\s*!=\s*'pull_request"
    r"|github\.ref\s*==\s*'refs/(?:heads|tags)/|github\.ref_name\s*==\s*'"
    r"|startsWith\(\s*github\.ref\s*,\s*'refs/(?:heads|tags)|github\.ref_type\s*==\s*'tag'"
    r"|github\.event\.pull_request\.merged\b|github\.event\.head_commit\b",
    re.IGNORECASE,
)
_TAGS = re.compile(
    r"^[^|]*(?:startsWith\(\s*github\.ref\s*,\s*'refs/tags|github\.ref_type\s*==\s*'tag')[^|]*$"
)
_FOR_REQUESTS = re.compile(r"github\.event_name\s*==\s*'pull_request", re.IGNORECASE)
_BY_HAND_ONLY = re.compile(
    r"^[^|]*github\.event_name\s*==\s*'workflow_dispatch'[^|]*$|^[^|]*\binputs\.\w+[^|]*$",
    re.IGNORECASE,
)
_ROBOT_ACTOR = re.compile(
    r"github\.(?:triggering_)?actor\s*==\s*'[\w-]+\[bot\]'"
    r"|'[\w-]+\[bot\]'\s*==\s*github\.(?:triggering_)?actor"
    r"|contains\([^)]*\[bot\][^)]*,\s*github\.(?:triggering_)?actor\s*\)"
    r"|startsWith\(\s*github\.actor\s*,\s*'dependabot",
    re.IGNORECASE,
)
_AUTHOR = re.compile(
    r"event\.pull_request\.user\.login|pull_request\.user\.id|event\.sender\.login", re.IGNORECASE
)
_LABEL = re.compile(r"event\.label\.name|pull_request\.labels", re.IGNORECASE)
_EXPRESSION = re.compile(r"\$\{\{(?:(?!\}\}).)*\}\}", re.DOTALL)


def checks_permission(text: str) -> bool:
    """True when the text looks up what somebody may do in the repository."""
    return _PERMISSION_CHECK.search(text) is not None


def keeps_forks_out(condition: str) -> bool:
    """True when a pull request from a fork does not get past the condition."""
    return _SAME_REPOSITORY.search(condition) is not None


def keeps_requests_out(condition: str) -> bool:
    """True when no open pull request gets past the condition."""
    return _NOT_FOR_REQUESTS.search(condition) is not None and not _FOR_REQUESTS.search(condition)


def is_for_tags(condition: str) -> bool:
    """True when only a tag gets past the condition."""
    return _TAGS.search(condition) is not None


def is_by_hand(condition: str) -> bool:
    """True when only a start by hand gets past the condition."""
    return _BY_HAND_ONLY.search(condition) is not None


def asks_for_label(condition: str) -> bool:
    """True when the condition names a label."""
    return _LABEL.search(condition) is not None


def trusts_actor(condition: str) -> bool:
    """True when the name of whoever set the run off is taken for the author's.

    https://docs.zizmor.sh/audits/#bot-conditions
    """
    return _ROBOT_ACTOR.search(condition) is not None and not _AUTHOR.search(condition)


def is_always_true(condition: Any) -> bool:
    """True when text stands beside ``${{ }}``: the whole is then a text, and no text is false.

    A block written with ``|`` ends in a line break, which is such a text.
    """
    if not isinstance(condition, str) or "${{" not in condition:
        return False
    return _EXPRESSION.fullmatch(condition) is None
