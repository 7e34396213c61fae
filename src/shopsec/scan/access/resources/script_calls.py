"""How a line looks that starts a script of the repository."""

import re

from shopsec.model import SourceFile

_TOOLS = {
    "deployer": r"\bdep\s[^\n;&|]*\bdeploy|deployphp/action",
    "capistrano": r"\bcap\s+\S+\s+deploy",
    "fabric": r"\bfab\s+",
}


def call_pattern(system: str, name: str, file: SourceFile) -> str:
    """A pattern for lines that start the script of that name, which stands in the file."""
    escaped = re.escape(name)
    if system == "make":
        return rf"\b(?:make|just)\b[^\n;&|]*\s{escaped}(?![\w-])"
    if system == "npm":
        return rf"\b(?:npm|yarn|pnpm|bun|turbo|nx)\b[^\n;&|]*\s{escaped}(?![\w:-])"
    if system == "composer":
        return rf"\bcomposer\b[^\n;&|]*\s{escaped}(?![\w:-])"
    return _TOOLS.get(system) or rf"(?<![\w-]){re.escape(file.name)}(?![\w-])"
