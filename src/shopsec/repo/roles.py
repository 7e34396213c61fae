"""What a file is for, judged from its path alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from shopsec.model import Role


@dataclass(frozen=True)
class _Rule:
    """Files in such folders, of such names; an empty pattern asks nothing.

    Apart, because a folder is judged once for all of its files.
    """

    role: Role
    folder: str = ""
    """Searched in the path of the folder, with a slash at both ends."""
    name: str = ""
    """Matched from the start of the last part of the path."""
    exact: bool = False
    """Capitals count: what installs packages writes its folders in one way only."""


# Order matters: a test inside a vendored package is vendored first.
_RULES = (
    # A pipeline runs with the shop's rights, whatever it is called.
    # So does an editor that uploads what it saves.
    _Rule(Role.PRODUCTION, r"^/\.(github|gitea|forgejo|gitlab|circleci)/", r"[^/]+\.ya?ml$"),
    _Rule(Role.PRODUCTION, r"/\.vscode/$", r"s?ftp[^/]*\.json$"),
    _Rule(
        Role.VENDORED,
        r"/(node_modules|bower_components|vendor|third_party|thirdparty|site-packages"
        r"|\.yarn/(plugins|releases|cache))/",
        # Vendor/ and app/Http/Controllers/Vendor/ are a marketplace's own code.
        exact=True,
    ),
    _Rule(
        Role.TEST,
        r"/(tests?|testing|__tests__|specs?|e2e|cypress|playwright|fixtures|testdata|"
        r"__fixtures__|integration-tests|"
        r"test[-_]?data|__mocks__|mocks|cassettes|snapshots|__snapshots__)/",
    ),
    _Rule(Role.TEST, r"/ci/$", r"[^/]*values\.ya?ml$"),
    _Rule(
        Role.TEST,
        name=r"(test_[^/]*|[^/]*_tests?|[^/]*[.-](test|spec)|conftest|phpunit[^/]*)\.[^/]+$"
        r"|[^/]*(Test|TestCase|Cest)\.php$"
        r"|(docker-)?compose[^/]*[.-](test|tests|testing|ci)\.[^/]+$"
        r"|\.env[.-](test|testing|ci|e2e)[^/]*$|(test|testing|ci|e2e)\.env$"
        r"|(requirements|settings)[^/]*[-_.](tests?|pytest|testing|ci)[^/]*\.(txt|in|py)$"
        r"|(ct-values|values[.-](test|testing|ci))[^/]*\.ya?ml$",
    ),
    _Rule(
        Role.TEST,
        r"/(requirements|settings)[^/]*/$",
        r"(tests?|pytest|testing|ci)[^/]*\.(txt|in|py)$",
    ),
    _Rule(Role.EXAMPLE, r"/(examples?|samples?|demos?|sandbox)/"),
    _Rule(
        Role.EXAMPLE,
        # nginx's image fills in *.conf.template when it starts: what ships, not an example.
        name=r"[^/]*(?<!\.conf)\.(example|sample|dist|template|tmpl)(\.[^/]+)?$"
        r"|[^/]*[-_](example|sample)\.[^/]+$|\.env[-_](example|sample|dist)$",
    ),
    _Rule(
        Role.DEV,
        r"/(\.devcontainer|\.dockerdev|\.ddev|\.vscode|\.idea|dev|development|local)/",
    ),
    _Rule(
        Role.DEV,
        name=r"(docker-)?compose[^/]*[.-](dev|development|local|override)[^/]*$"
        r"|\.env[.-](dev|development|local)[^/]*$|(dev|development|local)\.env$"
        r"|Dockerfile[.-](dev|development|local)$"
        r"|values[.-](dev|development|local)[^/]*\.ya?ml$|(dev|local)[^/]*\.tfvars$"
        r"|(requirements|settings)[^/]*[-_.](dev|development|local|lint|docs)"
        r"[^/]*\.(txt|in|py)$",
    ),
    _Rule(
        Role.DEV,
        r"/(requirements|settings)[^/]*/$",
        r"(dev|development|local|lint|docs)[^/]*\.(txt|in|py)$",
    ),
    _Rule(Role.DOCS, r"/(docs?|documentation)/"),
    _Rule(Role.DOCS, name=r"[^/]*\.(md|rst|adoc)$|(README|CHANGELOG|LICENSE)[^/]*$"),
)
_FOLDERS = tuple(
    re.compile(rule.folder, re.NOFLAG if rule.exact else re.IGNORECASE) for rule in _RULES
)
_NAMES = tuple(re.compile(rule.name, re.IGNORECASE) for rule in _RULES)


def role_of(path: str) -> Role:
    """Return the role of a file from its path relative to the folder scanned."""
    folder, _, name = path.rpartition("/")
    for role, pattern in _rules_for(folder):
        if pattern.match(name):
            return role
    return Role.PRODUCTION


@lru_cache(maxsize=1024)
def _rules_for(folder: str) -> tuple[tuple[Role, re.Pattern[str]], ...]:
    """The rules that a file of this folder can meet, up to the first that all its files do."""
    return tuple(_until_all(f"/{folder}/" if folder else "/"))


def _until_all(folder: str) -> Iterator[tuple[Role, re.Pattern[str]]]:
    for rule, at, name in zip(_RULES, _FOLDERS, _NAMES, strict=True):
        if at.search(folder):
            yield rule.role, name
            if not rule.name:
                return
