"""What rules may say about settings, whichever framework and file they belong to."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.documents.assignments import Assignment
from shopsec.scan.access.resources.base import Resource, fact
from shopsec.scan.access.resources.cors import lets_any_origin, sends_cookies
from shopsec.scan.access.resources.setting_secrets import (
    everybody_knows,
    is_secret,
    is_written_secret,
    shown,
    signs,
)
from shopsec.scan.access.resources.truth import OFF, ON

_LONGEST = 1_000
"""Most characters of a value that are looked at."""
# https://nextjs.org/docs/app/guides/environment-variables#bundling-environment-variables-for-the-browser
# https://vite.dev/guide/env-and-mode
_IN_BROWSER = re.compile(
    r"(?:NEXT_PUBLIC|NUXT_PUBLIC|VITE|REACT_APP|GATSBY|VUE_APP|EXPO_PUBLIC|PUBLIC)_"
)
_NEXT_IN_BROWSER = ("env.", "publicRuntimeConfig.")


@dataclass(frozen=True)
class Setting:
    """One setting of a framework, of PHP, or of a program's environment."""

    KIND: ClassVar[str] = "setting"
    PLACES: ClassVar[tuple[str, ...]] = ()

    framework: str = fact(
        "whose it is: django, saleor, symfony, shopware, laravel, magento, wordpress, prestashop, "
        "opencart, medusa, vendure, nextjs, rails, php, or empty where the file does not tell"
    )
    name: str = fact("its name, the parts of a nested one joined by dots")
    key: str = fact("the last part of its name")
    origin: str = fact(
        "where it stands: code, or the environment of a file, service, container or image"
    )
    stage: str = fact(
        "what that place is for: production, staging, developer, shared (no sign of one), "
        "defaults (meant to be overridden where it is deployed) or unknown"
    )
    literal: bool = fact("its value is written in the file")
    from_environment: bool = fact("it is read from the environment")
    has_default: bool = fact("where the environment is silent, a default in the file is used")
    value: str = fact(
        "the literal, or the default: true or false for a switch, a text without quotes, "
        "(secret) in place of a secret's value"
    )
    values: tuple[str, ...] = fact("the members, where it is a list of texts")
    on: bool = fact("its value, or its default, switches something on: true, 1, yes, on")
    off: bool = fact("its value, or its default, switches something off: false, 0, no, off, empty")
    secret: bool = fact("its name says that it holds a secret")
    signs: str = fact(
        "what its secret signs: sessions (of the framework), logins (JWT_SECRET, COOKIE_SECRET), "
        "salts (WordPress'), or empty"
    )
    written_secret: bool = fact("it holds a secret, or a URL with one, that is no placeholder")
    everybody_knows: bool = fact(
        "its secret, or that of its URL, is printed in a manual, tried first by everybody, or the "
        "user's name"
    )
    conditional: bool = fact("it stands in an if, so it may not be in force")
    overridden: bool = fact("a file for production beside this one sets it anew")
    in_browser: bool = fact("by its prefix or place it is written into the storefront's scripts")
    live: bool = fact(
        "it counts where customers are: it is for no developer only, stands in no if, and no file "
        "for production sets it anew"
    )
    any_origin: bool = fact("it lets scripts of every site use an interface of the shop")
    with_credentials: bool = fact("scripts of other sites may use the customer's cookies")


@dataclass(frozen=True)
class SettingsView:
    """The settings of a file, or of a program's environment, as a whole."""

    KIND: ClassVar[str] = "settings"
    PLACES: ClassVar[tuple[str, ...]] = ("debug", "cookies")

    framework: str = fact("see setting.framework")
    origin: str = fact("see setting.origin")
    stage: str = fact("see setting.stage")
    names: tuple[str, ...] = fact("names of its settings, sorted")
    complete: bool = fact("it takes settings from no other file, so that it is all there is")
    live_module: bool = fact("it is named for production, or it is the only one", False)
    insecure_cookies: bool = fact("session or CSRF cookies may go over plain http", False)
    cookies_off: bool = fact("it says itself that such cookies may go over plain http", False)
    redirects_to_https: bool = fact("it sends visitors to https, or declares HSTS", False)
    session_app: bool = fact("it has sessions or an admin, so that cookies matter", False)
    shows_errors: bool = fact("errors are shown to visitors, by more than one switch", False)


@dataclass(frozen=True)
class Place:
    """What all settings of a file have in common."""

    file: SourceFile
    framework: str
    origin: str = "code"
    stage: str = "shared"
    users: frozenset[str] = frozenset()
    """Names of users beside the secrets, which are no good secrets themselves."""
    overridden: frozenset[str] = frozenset()
    """Names that production sets anew."""
    with_credentials: bool = False

    def setting(self, assignment: Assignment) -> Resource:
        """The resource of one assignment."""
        name, value = assignment.name, assignment.value
        members = value.value if isinstance(value.value, (list, tuple, set)) else ()
        written = value.source == "literal" or value.value is not None
        text = as_text(value.value)
        begins = text[:_LONGEST]
        view = Setting(
            framework=self.framework,
            name=name,
            key=name.rpartition(".")[2],
            origin=self.origin,
            stage=self.stage,
            literal=value.source == "literal",
            from_environment=value.source == "environment",
            has_default=value.source == "environment" and value.value is not None,
            value=shown(name, text) if text == begins else "(long)",
            values=tuple(sorted(each for each in members if isinstance(each, str))),
            on=written and begins.strip().lower() in ON,
            off=written and begins.strip().lower() in OFF,
            secret=is_secret(name),
            signs=signs(name),
            written_secret=isinstance(value.value, str) and is_written_secret(name, begins),
            everybody_knows=written and everybody_knows(name, begins, self.users),
            conditional=assignment.conditional,
            overridden=name in self.overridden,
            in_browser=self._is_in_browser(name),
            live=self._is_live(assignment),
            any_origin=written and lets_any_origin(name, value.value),
            with_credentials=self.with_credentials or sends_cookies(name),
        )
        return Resource(view, self.file, assignment.line, name)

    def _is_in_browser(self, name: str) -> bool:
        prefixed = _IN_BROWSER.match(name) is not None
        return prefixed or (self.framework == "nextjs" and name.startswith(_NEXT_IN_BROWSER))

    def _is_live(self, assignment: Assignment) -> bool:
        for_customers = self.stage != "developer" and assignment.name not in self.overridden
        return for_customers and not assignment.conditional


def as_text(value: Any) -> str:
    """A value as settings files write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
