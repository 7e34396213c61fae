"""Variables with somebody else's text that a line pastes into a second command.

Quoted in a plain command they are harmless; a second shell, on this machine or over ssh, reads
them as commands.
"""

import re

from shopsec.scan.access.documents.shell import commands_of, shell_lines

_SECOND_SHELL = re.compile(
    r"(?<![\w-])(?:eval\s|(?:ba|da|z)?sh\s+-\w{0,9}c\s|ssh\s|python3?\s+-c\s|node\s+-e\s"
    r"|php\s+-r\s|mysql\s|psql\s)"
)
_EXPANDED = re.compile(r"\"(?:[^\"\\]|\\.)*\"")
_GITLAB = re.compile(
    r"\$\{?(CI_COMMIT_(?:MESSAGE|TITLE|DESCRIPTION|AUTHOR)|CI_MERGE_REQUEST_(?:TITLE|DESCRIPTION)"
    r"|CI_MERGE_REQUEST_SOURCE_BRANCH_NAME)\b"
)
# Azure pastes $(name) into the script before any shell reads it:
# https://learn.microsoft.com/azure/devops/pipelines/security/inputs
_AZURE = re.compile(
    r"\$\((Build\.SourceVersionMessage|Build\.SourceVersionAuthor|System\.PullRequest\.SourceBranch"
    r"|Build\.RequestedFor|System\.PullRequest\.Title)\)"
)


def in_gitlab(script: str) -> tuple[str, ...]:
    """Names of such variables in a script of GitLab CI, in order, each once."""
    if "CI_" not in script:
        return ()
    return tuple(
        dict.fromkeys(
            match[1]
            for line in shell_lines(script)
            for command in commands_of(line.text)
            if _SECOND_SHELL.search(command)
            for text in _EXPANDED.findall(command)
            for match in _GITLAB.finditer(text)
        )
    )


def in_azure(script: str) -> tuple[str, ...]:
    """Names of such variables in a script of Azure Pipelines, in order, each once."""
    return tuple(dict.fromkeys(match[1] for match in _AZURE.finditer(script)))
