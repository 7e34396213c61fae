"""Django's settings modules (https://docs.djangoproject.com/en/stable/ref/settings/)."""

import re
from collections.abc import Iterator

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.assignments import Assignment
from shopsec.scan.access.documents.python_settings import SettingsModule, parse_settings
from shopsec.scan.access.resources.base import Files, Resource, Source, beside
from shopsec.scan.access.resources.settings import Place, SettingsView
from shopsec.scan.access.resources.stages import stage_of

_PATH = re.compile(
    r"(?:^|/)(?:[\w-]*settings[\w-]*\.py|(?:settings|config/settings|conf)/[\w-]+\.py)$"
)
_MARKS = frozenset({"INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "DATABASES", "ALLOWED_HOSTS"})
_HINTS = ("SECRET_KEY", "DEBUG", "COOKIE_SECURE", "CORS_")
_LIVE_NAMES = ("prod.py", "production.py", "live.py", "settings_prod.py", "settings_production.py")
_WHOLE_SITE = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
_TO_HTTPS = ("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")


def is_settings(file: SourceFile) -> bool:
    """True for files named like settings modules."""
    path = file.path
    return path.endswith(".py") and _PATH.search(path) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """The settings of a module; nothing where it is no Django settings module."""
    if not any(mark.encode() in content for mark in (*_MARKS, *_HINTS)):
        return
    module = parse_settings(content)
    names = {each.name for each in module.assignments}
    if not names & _MARKS and not module.imports:
        return
    replaced = _replaced(file, files)
    stage = stage_of(file)
    place = Place(
        file,
        "django",
        stage=stage,
        overridden=replaced,
        with_credentials=_sends_credentials(module),
    )
    for assignment in module.assignments:
        if not assignment.adds:
            yield place.setting(assignment)
    yield _module(file, module, names, stage, alone=not (replaced or module.imports))


SOURCE = Source("Django settings", is_settings, build, bulk=("py",))


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


def _sends_credentials(module: SettingsModule) -> bool:
    """django-cors-headers lets the sites it allows send cookies along."""
    return any(
        each.name == "CORS_ALLOW_CREDENTIALS" and each.value.value is True
        for each in module.assignments
    )


def _module(
    file: SourceFile, module: SettingsModule, names: set[str], stage: str, *, alone: bool
) -> Resource:
    known = {each.name: each for each in module.assignments}
    refused = [
        known[name].line
        for name in _WHOLE_SITE
        if name in known and not known[name].conditional and _is_off(known[name])
    ]
    view = SettingsView(
        framework="django",
        origin="code",
        stage=stage,
        names=tuple(sorted(names)),
        live_module=stage == "production" or alone,
        complete=not module.imports,
        insecure_cookies=any(_is_off(known.get(name)) for name in _WHOLE_SITE),
        cookies_off=bool(refused),
        redirects_to_https=not all(_is_off(known.get(name)) for name in _TO_HTTPS),
        session_app="INSTALLED_APPS" in names or "MIDDLEWARE" in names,
    )
    places = {"cookies": min(refused)} if refused else {}
    return Resource(view, file, 1, file.name, places)


def _is_off(assignment: Assignment | None) -> bool:
    """True when a switch is absent, or off wherever the environment does not turn it on."""
    if assignment is None:
        return True
    value = assignment.value
    return value.source == "literal" and not value.value
