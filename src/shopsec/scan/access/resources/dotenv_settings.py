"""Files of environment variables: .env, .env.production, docker/backend.env."""

import re
from collections.abc import Iterator, Sequence

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.assignments import Assignment
from shopsec.scan.access.documents.dotenv_file import parse_dotenv
from shopsec.scan.access.resources.base import Files, Resource, Source, beside
from shopsec.scan.access.resources.frameworks import (
    framework_beside,
    framework_of_names,
    is_symfony,
)
from shopsec.scan.access.resources.secret_files import of_settings
from shopsec.scan.access.resources.settings import Place, SettingsView
from shopsec.scan.access.resources.stages import stage_of

# Encrypted files, scripts and templates of other programs are named alike.
_NAME = re.compile(
    r"(?:\.env(?:[.-][\w.-]+)?|[\w.-]+\.env|env\.[\w-]+)"
    r"(?<!\.vault)(?<!\.enc)(?<!\.age)(?<!\.gpg)(?<!\.[jt]s)(?<!\.php)(?<!\.py)(?<!\.md)(?<!\.rb)"
    r"(?<!\.sh)(?<!\.yml)(?<!\.yaml)(?<!\.json)(?<!\.j2)(?<!\.erb)(?<!\.mjs)(?<!\.cjs)(?<!\.vue)"
    r"(?<!\.go)(?<!\.html)(?<!\.txt)(?<!\.hbs)(?<!\.ejs)(?<!\.njk)(?<!\.mustache)(?<!\.liquid)",
    re.IGNORECASE,
)
_LIVE_NAMES = (".env.prod", ".env.production", ".env.live", ".env.prod.local")
_ENVIRONMENTS = ("APP_ENV", "WP_ENV", "NODE_ENV", "DJANGO_ENV", "ENVIRONMENT", "APP_ENVIRONMENT")
_USER = re.compile(r"(?:^|_)(?:USER|USERNAME|LOGIN)$", re.IGNORECASE)


def is_dotenv(file: SourceFile) -> bool:
    """True for .env, its variants, and files such as backend.env."""
    name = file.name
    return "env" in name and _NAME.fullmatch(name) is not None


def holds_variables(content: bytes) -> bool:
    """True where it may be text with assignments."""
    return b"=" in content and b"\0" not in content


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Its variables as settings, and the set of them."""
    document = parse_dotenv(content)
    variables = document.assignments
    if not variables:
        return
    named = {each.name: str(each.value.value) for each in variables}
    environment = next((named[name] for name in _ENVIRONMENTS if name in named), "")
    defaults = document.keeps_defaults or (file.name == ".env" and is_symfony(file, files))
    stage = stage_of(file, environment, keeps_defaults=defaults)
    place = Place(
        file,
        framework_of_names(named) or framework_beside(file, files),
        origin="file",
        stage="unknown" if stage == "shared" and file.name != ".env" else stage,
        users=users_among(variables),
        overridden=_overridden(file, files),
    )
    settings = [place.setting(variable) for variable in variables]
    yield from settings
    yield from of_settings("environment file", file, settings, keeps_defaults=stage == "defaults")
    view = SettingsView(
        framework=place.framework,
        origin=place.origin,
        stage=place.stage,
        names=tuple(sorted(named)),
        complete=True,
    )
    yield Resource(view, file, variables[0].line, file.name)


SOURCE = Source(
    "environment file", is_dotenv, build, holds_variables, lambda file: file.name.startswith(".env")
)


def users_among(variables: Sequence[Assignment]) -> frozenset[str]:
    """Values of variables that name users: no good passwords."""
    return frozenset(str(each.value.value) for each in variables if _USER.search(each.name))


def _overridden(file: SourceFile, files: Files) -> frozenset[str]:
    """Names that the file for production, beside a plain .env, sets anew."""
    if file.name != ".env":
        return frozenset()
    found = [each for name in _LIVE_NAMES if (each := beside(files, file, name))]
    try:
        documents = [parse_dotenv(files.read(each)) for each in found]
    except DocumentError:
        return frozenset()  # that file is booked under its own name
    return frozenset(each.name for document in documents for each in document.assignments)
