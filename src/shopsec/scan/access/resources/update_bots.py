"""What raises versions by itself: Dependabot's and Renovate's configuration, entry by entry.

https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference
https://docs.renovatebot.com/configuration-options/
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.json5_document import parse_json5
from shopsec.scan.access.documents.yaml_document import parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source, fact

_DEPENDABOT = re.compile(r"\.github/dependabot\.ya?ml")
_RENOVATE = re.compile(
    r"(?:\.github/|\.gitlab/|\.gitea/|\.forgejo/)?(?:renovate\.json5?|\.renovaterc(?:\.json5?)?)"
)
# Ecosystems as this package calls them, by the names of Dependabot and of Renovate's managers.
_ECOSYSTEM_OF = {
    "npm": "npm", "bun": "npm", "nodenv": "npm", "nvm": "npm",
    "composer": "composer",
    "pip": "python", "uv": "python", "pip_requirements": "python", "pip_setup": "python",
    "pip-compile": "python", "pipenv": "python", "poetry": "python", "pep621": "python",
    "setup-cfg": "python",
    "bundler": "ruby",
    "gomod": "go",
    "docker": "docker", "dockerfile": "docker",
    "github-actions": "github-actions",
    "terraform": "terraform", "opentofu": "terraform",
}  # fmt: skip
_COMMENT = re.compile(r"(?:#|//)([^\n]*+)")
_SECURITY = re.compile(r"\bsecurity\b", re.IGNORECASE)
EVERYTHING = "*"
"""Stands for every ecosystem."""


@dataclass(frozen=True)
class UpdateEntry:
    """What one entry of Dependabot's, or the whole of Renovate's, configuration covers."""

    KIND: ClassVar[str] = "update"
    PLACES: ClassVar[tuple[str, ...]] = ("cause",)

    bot: str = fact("dependabot or renovate")
    ecosystem: str = fact(
        "npm, composer, python, ruby, go, docker, github-actions, terraform, * for all, or the "
        "bot's own word for another"
    )
    off: str = fact("the setting that keeps it from raising anything, empty where it works")
    runs_foreign_code: bool = fact("it may run what a dependency's maker wants while it updates")


def is_configuration(file: SourceFile) -> bool:
    """True for the files that these bots read."""
    return file.name.startswith(("dependabot", "renovate", ".renovaterc")) and (
        _is_dependabot(file) or _RENOVATE.fullmatch(file.path) is not None
    )


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Every entry; DocumentError where the bot could not read the file either."""
    del files  # each of these files stands alone
    if _is_dependabot(file):
        yield from _dependabot(file, content)
    else:
        yield from _renovate(file, content)


SOURCE = Source("update bot", is_configuration, build)


def _is_dependabot(file: SourceFile) -> bool:
    return _DEPENDABOT.fullmatch(file.path) is not None


def _dependabot(file: SourceFile, content: bytes) -> Iterator[Resource]:
    documents = parse_yaml(content)
    value = documents[0].value if documents else None
    entries = value.get("updates") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        raise DocumentError("is no Dependabot configuration: it has no updates")
    comments = _COMMENT.findall(content.decode("utf-8", "replace"))
    noted = any(_SECURITY.search(each) for each in comments)
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            continue
        off = _dependabot_off(entry, security_only=noted)
        name = str(entry.get("package-ecosystem") or "")
        view = UpdateEntry(
            bot="dependabot",
            ecosystem=_ECOSYSTEM_OF.get(name, name),
            off=off[0],
            runs_foreign_code=entry.get("insecure-external-code-execution") == "allow",
        )
        at = ("updates", index)
        cause = off[1] or ("insecure-external-code-execution",)
        places = {"cause": documents[0].line(*at, *cause)}
        yield Resource(view, file, documents[0].line(*at), f"dependabot {name}", places)


def _dependabot_off(
    entry: dict[str, Any], *, security_only: bool
) -> tuple[str, tuple[str | int, ...]]:
    """The setting that switches an entry off, and where it stands."""
    key = "open-pull-requests-limit"
    if entry.get(key) == 0 and not security_only:
        return f"{key}: 0", (key,)
    ignored = entry.get("ignore")
    for index, each in enumerate(ignored if isinstance(ignored, list) else []):
        if (
            isinstance(each, dict)
            and each.get("dependency-name") == "*"
            and not (each.get("update-types") or each.get("versions"))
        ):
            return "every dependency is ignored", ("ignore", index)
    return "", ()


def _renovate(file: SourceFile, content: bytes) -> Iterator[Resource]:
    document = parse_json5(content)
    value = document.value
    if not isinstance(value, dict):
        raise DocumentError("is no Renovate configuration: it is no object")
    off = "enabled: false" if value.get("enabled") is False else ""
    managers = value.get("enabledManagers")
    named = managers if isinstance(managers, list) and managers else [EVERYTHING]
    ecosystems = {_ECOSYSTEM_OF.get(str(each), str(each)) for each in named}
    for ecosystem in sorted(ecosystems):
        view = UpdateEntry(
            bot="renovate",
            ecosystem=ecosystem,
            off=off,
            runs_foreign_code=False,  # a repository cannot allow that to Renovate
        )
        yield Resource(view, file, 1, f"renovate {ecosystem}", {"cause": document.line("enabled")})
