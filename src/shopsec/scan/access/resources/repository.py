"""The repository as a whole: what is missing in it, which no single file can tell.

A finding about something missing needs a place. It is the file that best shows the need: the
first pipeline for what a pipeline should do and who should own it, the manifest nearest to the top
for the bot that should raise what it asks for, the bot's own file where it covers too little.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from shopsec.model import SourceFile, uri_of
from shopsec.scan.access.resources.base import Files, Resource, Summary, fact
from shopsec.scan.access.resources.codeowners import in_force
from shopsec.scan.access.resources.manifests import manifests, pipelines
from shopsec.scan.access.resources.update_bots import EVERYTHING, UpdateEntry
from shopsec.scan.host import Unreadable

_SCANS_SECRETS = re.compile(
    rb"gitleaks|trufflehog|detect-secrets|ggshield|gitguardian|git-secrets|shopsec|talisman"
    rb"|secretlint|kingfisher|noseyparker|ripsecrets|whispers|detect-private-key"
    rb"|Secret-Detection|secret_detection|trivy",
    re.IGNORECASE,
)
_AUDITS = re.compile(
    rb"\b(?:npm|yarn|pnpm|bun|composer|cargo|bundle|bundler|bundle-)\s*(?:npm\s+)?audit\b|pip-audit"
    rb"|osv-scanner|\btrivy\b|\bgrype\b|\bsnyk\b|\bsafety\s+(?:check|scan)\b|\bshopsec\b"
    rb"|dependency-check|\brenovate|local-php-security-checker|security:check|govulncheck",
    re.IGNORECASE,
)
_ON_SCHEDULE = re.compile(rb"\bschedule\b|\bcron\b", re.IGNORECASE)
_COMMENT_LINE = re.compile(rb"(?m)^[ \t]*+#[^\n]*")
_OTHER_BOTS = (".pyup.yml", ".whitesource", "depfu.yml", ".github/depfu.yml", "renovate.config.js")
_HOOKS = (
    ".pre-commit-config.yaml", ".pre-commit-config.yml", "lefthook.yml", "lefthook.yaml",
    ".lefthook.yml", "package.json", "Makefile", ".overcommit.yml", "captainhook.json",
    "grumphp.yml", ".husky/pre-commit", ".husky/pre-push", ".husky/commit-msg",
)  # fmt: skip
_OWN_FILES = (".gitleaks.toml", ".secrets.baseline", ".secretlintrc.json", "shopsec.toml")


@dataclass(frozen=True)
class Repository:
    """The repository as a whole, as far as its files tell; a part of one is not judged."""

    KIND: ClassVar[str] = "repository"
    PLACES: ClassVar[tuple[str, ...]] = ()

    owners: bool = fact("it has a CODEOWNERS file where hosts look for one")
    secret_scan: bool = fact("a hook, pipeline or configuration looks for secrets")
    pipelines: int = fact("how many files of pipelines there are")


@dataclass(frozen=True)
class Updates:
    """Who brings new versions of what the shop is made of."""

    KIND: ClassVar[str] = "updates"
    PLACES: ClassVar[tuple[str, ...]] = ()

    ecosystems: tuple[str, ...] = fact("ecosystems with a manifest, sorted")
    bot: str = fact("dependabot, renovate or other; empty where there is none")
    audit_on_schedule: bool = fact("a pipeline looks for known holes on a schedule")
    uncovered: tuple[str, ...] = fact("ecosystems with a manifest that the bot leaves out, sorted")


def build(files: Files, resources: Sequence[Resource]) -> Iterator[Resource]:
    """Both views, where there is a pipeline or a manifest at all."""
    if not files.whole_repository:
        return
    found, started = manifests(files), pipelines(files)
    texts = {file.uri: _bare(file, files) for file in started}
    if not found and not started:
        return
    place = started[0] if started else next(iter(found.values()))
    view = Repository(
        owners=in_force(files) is not None,
        secret_scan=_scans_secrets(files, texts.values()),
        pipelines=len(started),
    )
    yield Resource(view, place, 1, "repository")
    if found:
        yield from _updates(files, found, texts, resources)


SUMMARY = Summary("repository", build)


def _updates(
    files: Files,
    found: dict[str, SourceFile],
    texts: dict[str, bytes],
    resources: Sequence[Resource],
) -> Iterator[Resource]:
    entries = [(each.file, each.view) for each in resources if isinstance(each.view, UpdateEntry)]
    covered = {view.ecosystem for _, view in entries}
    bot = entries[0][1].bot if entries else _other_bot(files)
    view = Updates(
        ecosystems=tuple(sorted(found)),
        bot=bot,
        audit_on_schedule=any(
            _ON_SCHEDULE.search(text) and _AUDITS.search(text) for text in texts.values()
        ),
        uncovered=tuple(sorted(set(found) - covered))
        if entries and EVERYTHING not in covered
        else (),
    )
    place = entries[0][0] if entries else next(iter(found.values()))
    yield Resource(view, place, 1, "updates")


def _other_bot(files: Files) -> str:
    if any(files.find(uri_of(name)) for name in _OTHER_BOTS):
        return "other"
    manifest = files.find("package.json")
    return "renovate" if manifest and b'"renovate"' in _content(manifest, files) else ""


def _scans_secrets(files: Files, texts: Iterable[bytes]) -> bool:
    if any(files.find(uri_of(name)) for name in _OWN_FILES):
        return True
    hooks = (_bare(found, files) for name in _HOOKS if (found := files.find(uri_of(name))))
    return any(_SCANS_SECRETS.search(text) for text in (*texts, *hooks))


def _bare(file: SourceFile, files: Files) -> bytes:
    """Content without lines that are comments."""
    return _COMMENT_LINE.sub(b"", _content(file, files))


def _content(file: SourceFile, files: Files) -> bytes:
    try:
        return files.read(file)
    except Unreadable:
        return b""  # whoever reads it as a document books it
