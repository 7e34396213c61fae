"""CODEOWNERS files of GitHub, GitLab, Gitea and Forgejo: who must agree to a change of what.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
https://docs.gitlab.com/user/project/codeowners/reference/
"""

import re
from dataclasses import dataclass

from shopsec.scan.access.documents import DocumentError, lines_of, text_of
from shopsec.scan.access.documents.globs import compile_glob

RULES = 1_000
"""Most rules a file may hold."""

_SECTION = re.compile(r"\^?\[([^\]]+)\](?:\[\d+\])?\s*(.*)")
_BETWEEN_WORDS = re.compile(r"(?<!\\)\s+")
_EVERYTHING = frozenset({"*", "**", "/", "/*", "/**", "**/*", "/**/*"})


@dataclass(frozen=True)
class OwnerRule:
    """One line: a pattern and the owners of what it matches; no owners take them away."""

    pattern: str
    owners: tuple[str, ...]
    line: int
    section: str

    @property
    def catches_all(self) -> bool:
        """True for ``*`` and its likes."""
        return self.pattern in _EVERYTHING

    def matches(self, path: str) -> bool:
        """True when the rule is about a path, which is relative to the repository."""
        # Other than git, `docs/*` leaves out what is deeper.
        direct = self.pattern.endswith("/*") and "**" not in self.pattern and not self.catches_all
        if direct and path.count("/") != self.pattern.strip("/").count("/"):
            return False
        return compile_glob(self.pattern).match(path) is not None


@dataclass(frozen=True)
class CodeOwners:
    """All rules, in the order of the file."""

    rules: tuple[OwnerRule, ...]

    def rules_for(self, path: str) -> list[OwnerRule]:
        """The rule in force for a path: the last that matches, one in each section."""
        found: dict[str, OwnerRule] = {}
        for rule in reversed(self.rules):
            if rule.section not in found and rule.matches(path):
                found[rule.section] = rule
        return list(found.values())


def parse_codeowners(content: bytes) -> CodeOwners:
    """Parse the file; a line that means nothing is left out, as the hosts do."""
    rules: list[OwnerRule] = []
    section, default = "", ()
    for number, raw in enumerate(lines_of(text_of(content)), 1):
        text = re.sub(r"(?:^|\s)#.*$", "", raw).strip()
        if not text:
            continue
        heading = _SECTION.fullmatch(text)
        if heading:
            section, default = heading[1].lower(), tuple(heading[2].split())
            continue
        pattern, *owners = _BETWEEN_WORDS.split(text)
        if pattern.startswith("!"):
            continue
        rules.append(OwnerRule(pattern, tuple(owners) or default, number, section))
        if len(rules) > RULES:
            raise DocumentError(f"holds more than {RULES} rules", number)
    return CodeOwners(tuple(rules))
