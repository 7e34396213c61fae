"""Variables with somebody else's text that a line pastes into a second command.

Quoted in a plain command they are harmless; a second shell, on this machine or over ssh, reads
them as commands.
"""

import re

_SECOND_SHELL = (
    r"(?:\beval\s+|\b(?:ba|da|z)?sh\s+-\w*c\s+|\bssh\s[^\"'|;]*|\bpython3?\s+-c\s+|\bnode\s+-e\s+"
    r"|\bphp\s+-r\s+|\bmysql\b[^\"'|;]*-e\s+|\bpsql\b[^\"'|;]*-c\s+)"
)
_GITLAB_OUTSIDER = (
    r"CI_COMMIT_(?:MESSAGE|TITLE|DESCRIPTION|AUTHOR)|CI_MERGE_REQUEST_(?:TITLE|DESCRIPTION)"
    r"|CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"
)
_GITLAB = re.compile(rf"{_SECOND_SHELL}\"[^\"]*\$\{{?({_GITLAB_OUTSIDER})\b")
# Azure pastes $(name) into the script before any shell reads it:
# https://learn.microsoft.com/azure/devops/pipelines/security/inputs
_AZURE = re.compile(
    r"\$\((Build\.SourceVersionMessage|Build\.SourceVersionAuthor|System\.PullRequest\.SourceBranch"
    r"|Build\.RequestedFor|System\.PullRequest\.Title)\)"
)


def in_gitlab(script: str) -> tuple[str, ...]:
    """Names of such variables in a script of GitLab CI, in order, each once."""
    return tuple(dict.fromkeys(match[1] for match in _GITLAB.finditer(script)))


def in_azure(script: str) -> tuple[str, ...]:
    """Names of such variables in a script of Azure Pipelines, in order, each once."""
    return tuple(dict.fromkeys(match[1] for match in _AZURE.finditer(script)))
