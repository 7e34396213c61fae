"""Django's settings modules (https://docs.djangoproject.com/en/stable/ref/settings/)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.python_settings import (
    Assignment,
    SettingsModule,
    parse_settings,
)
from shopsec.scan.access.resources.base import Files, Resource, Source, beside, fact

_PATH = re.compile(
    r"(?:^|/)(?:[\w-]*settings[\w-]*\.py|(?:settings|config/settings|conf)/[\w-]+\.py)$"
)
_MARKS = frozenset({"INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "DATABASES", "ALLOWED_HOSTS"})
_LIVE_MODULE = re.compile(r"(?:prod|production|live)")
_LIVE_NAMES = ("prod.py", "production.py", "live.py", "settings_prod.py", "settings_production.py")
_WHOLE_SITE = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
_TO_HTTPS = ("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")


@dataclass(frozen=True)
class Setting:
    """One setting of a framework."""

    KIND: ClassVar[str] = "setting"
    PLACES: ClassVar[tuple[str, ...]] = ()

    framework: str = fact("django")
    name: str = fact("its name")
    literal: bool = fact("its value is written in the file")
    from_environment: bool = fact("it is read from the environment")
    has_default: bool = fact("where the environment is silent, a default in the file is used")
    value: str = fact("the literal, or the default, as Python writes it; a text without quotes")
    values: tuple[str, ...] = fact("the members, where it is a list of texts")
    conditional: bool = fact("it stands in an if, so it may not be in force")
    overridden: bool = fact("a settings module for production beside this one sets it anew")
    live_module: bool = fact("its module is named for production")


@dataclass(frozen=True)
class SettingsView:
    """A settings module as a whole."""

    KIND: ClassVar[str] = "settings"
    PLACES: ClassVar[tuple[str, ...]] = ()

    framework: str = fact("django")
    live_module: bool = fact("it is named for production, or it is the only one")
    complete: bool = fact("it imports * from nowhere, so that it is all there is")
    insecure_cookies: bool = fact("session or CSRF cookies may go over plain http")
    redirects_to_https: bool = fact("it sends visitors to https, or declares HSTS")
    session_app: bool = fact("it has sessions or an admin, so that cookies matter")


def is_settings(file: SourceFile) -> bool:
    """True for files named like settings modules."""
    return _PATH.search(file.path) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """The settings of a module; nothing where it is no Django settings module."""
    if not any(mark.encode() in content for mark in (*_MARKS, "SECRET_KEY", "DEBUG")):
        return
    module = parse_settings(content)
    names = {each.name for each in module.assignments}
    if not names & _MARKS and not module.imports:
        return
    replaced = _replaced(file, files)
    live = _LIVE_MODULE.search(file.name) is not None
    for assignment in module.assignments:
        if not assignment.adds:
            yield _setting(file, assignment, replaced, live=live)
    yield _module(file, module, names, live=live or not (replaced or module.imports))


SOURCE = Source("Django settings", is_settings, build)


def _replaced(file: SourceFile, files: Files) -> frozenset[str]:
    """Names that production's own module, beside this one, sets for itself."""
    for name in _LIVE_NAMES:
        found = beside(files, file, name)
        if found is not None and found.uri != file.uri:
            try:
                module = parse_settings(files.read(found))
            except DocumentError:
                return frozenset()  # that file is booked under its own name
            return frozenset(each.name for each in module.assignments if not each.conditional)
    return frozenset()


def _setting(
    file: SourceFile, assignment: Assignment, replaced: frozenset[str], *, live: bool
) -> Resource:
    value = assignment.value
    members = value.value if isinstance(value.value, (list, tuple, set)) else ()
    view = Setting(
        framework="django",
        name=assignment.name,
        literal=value.source == "literal",
        from_environment=value.source == "environment",
        has_default=value.source == "environment" and value.value is not None,
        value=_text(value.value),
        values=tuple(sorted(each for each in members if isinstance(each, str))),
        conditional=assignment.conditional,
        overridden=assignment.name in replaced,
        live_module=live,
    )
    return Resource(view, file, assignment.line, assignment.name)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _module(file: SourceFile, module: SettingsModule, names: set[str], *, live: bool) -> Resource:
    known = {each.name: each for each in module.assignments}
    view = SettingsView(
        framework="django",
        live_module=live,
        complete=not module.imports,
        insecure_cookies=any(_is_off(known.get(name)) for name in _WHOLE_SITE),
        redirects_to_https=not all(_is_off(known.get(name)) for name in _TO_HTTPS),
        session_app="INSTALLED_APPS" in names or "MIDDLEWARE" in names,
    )
    return Resource(view, file, 1, file.name)


def _is_off(assignment: Assignment | None) -> bool:
    """True when a switch is absent, or off wherever the environment does not turn it on."""
    if assignment is None:
        return True
    value = assignment.value
    return value.source == "literal" and not value.value
