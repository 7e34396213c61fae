"""Settings of shop platforms that are written in PHP."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shopsec.model import SourceFile
from shopsec.scan.access.documents.assignments import Assignment
from shopsec.scan.access.documents.php_settings import parse_php_settings
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.dotenv_settings import users_among
from shopsec.scan.access.resources.secret_files import of_settings
from shopsec.scan.access.resources.settings import Place, SettingsView, as_text
from shopsec.scan.access.resources.stages import stage_of


@dataclass(frozen=True)
class _Platform:
    """Where a platform keeps its settings."""

    name: str
    path: re.Pattern[str]
    mark: bytes = b""
    """What such a file always holds."""

    @property
    def keeps_secrets(self) -> bool:
        """True where the platform's installer writes passwords into the file."""
        return self.name in {"magento", "wordpress", "prestashop", "opencart"}


_PLATFORMS = tuple(
    _Platform(name, re.compile(pattern if pattern[0] == "^" else rf"(?:^|/){pattern}"), mark)
    for name, pattern, mark in (
        # https://experienceleague.adobe.com/en/docs/commerce-operations/configuration-guide/files/config-reference-envphp
        ("magento", r"app/etc/(?:env|config|config\.local)\.php", b"return"),
        # https://developer.wordpress.org/advanced-administration/wordpress/wp-config/
        ("wordpress", r"wp-config(?:[-.][\w.-]+)?\.php", b"define"),
        ("wordpress", r"config/(?:application|environments/[\w-]+)\.php", b"Config::define"),
        # https://devdocs.prestashop-project.org/9/basics/installation/configuration/
        ("prestashop", r"config/(?:defines|defines_custom|settings)\.inc\.php", b"_"),
        ("prestashop", r"app/config/parameters\.php", b"parameters"),
        ("opencart", r"(?:admin/)?config\.php", b"DIR_APPLICATION"),
        # https://symfony.com/doc/current/bundles.html
        ("symfony", r"config/bundles\.php", b"Bundle"),
        # https://laravel.com/docs/configuration
        ("laravel", r"config/(?:app|auth|cors|database|debugbar|session|telescope)\.php", b"env("),
        ("laravel", r"config/(?:cors|session)\.php", b"Illuminate"),
        ("laravel", r"config/cors\.php", b"allowed_origins"),
        ("php", r"^(?:(?:public|pub|web|htdocs)/)?index\.php", b"display_errors"),
    )
)


def _platforms(file: SourceFile) -> Iterator[_Platform]:
    path = file.path
    if path.endswith(".php") and ("config" in path or "etc/env" in path or "index.php" in path):
        yield from (each for each in _PLATFORMS if each.path.search(path))


def is_php_settings(file: SourceFile) -> bool:
    """True for files named like those a platform keeps its settings in."""
    return any(_platforms(file))


def holds_settings(content: bytes) -> bool:
    """True where some platform's mark is in the file."""
    return any(each.mark in content for each in _PLATFORMS)


def is_of_a_platform(file: SourceFile) -> bool:
    """True for WordPress' and Magento's settings, which nothing else is called."""
    return file.name == "wp-config.php" or file.path.endswith("app/etc/env.php")


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """The settings of a platform; nothing where the file is not the platform's."""
    del files
    platform = next((each for each in _platforms(file) if each.mark in content), None)
    if platform is None:
        return
    settings = parse_php_settings(content)
    if platform.name == "laravel":
        stem = file.name.removesuffix(".php")
        settings = tuple(replace(each, name=f"{stem}.{each.name}") for each in settings)
    named = {each.name: each for each in settings}
    environment = _literal(named, "MAGE_MODE") or _literal(named, "WP_ENV")
    place = Place(
        file,
        platform.name,
        stage=stage_of(file, environment),
        users=users_among(settings) | _users_in_arrays(settings),
        with_credentials=_is_on(named, "cors.supports_credentials"),
    )
    resources = [place.setting(each) for each in settings]
    yield from resources
    if platform.keeps_secrets:
        yield from of_settings(f"settings of {platform.name}", file, resources)
    yield _whole(place, named)


SOURCE = Source(
    "PHP settings", is_php_settings, build, holds_settings, is_of_a_platform, bulk=("php",)
)


def _whole(place: Place, named: dict[str, Assignment]) -> Resource:
    view = SettingsView(
        framework=place.framework,
        origin=place.origin,
        stage=place.stage,
        names=tuple(sorted(named)),
        complete=True,
        shows_errors=_shows_errors(named),
    )
    debug = named.get("WP_DEBUG")
    places = {"debug": debug.line} if debug else {}
    return Resource(view, place.file, 1, place.file.name, places)


def _shows_errors(named: dict[str, Assignment]) -> bool:
    """WordPress shows errors by WP_DEBUG, unless WP_DEBUG_DISPLAY or PHP's own switch forbids it.

    https://developer.wordpress.org/advanced-administration/debug/debug-wordpress/
    """
    hidden = any(
        name in named and not _is_on(named, name) for name in ("WP_DEBUG_DISPLAY", "display_errors")
    )
    return _is_on(named, "WP_DEBUG") and not hidden


def _is_on(named: dict[str, Assignment], name: str) -> bool:
    setting = named.get(name)
    return (
        setting is not None
        and not setting.conditional
        and setting.value.source == "literal"
        and as_text(setting.value.value).lower() in {"true", "1", "on"}
    )


def _literal(named: dict[str, Assignment], name: str) -> str:
    setting = named.get(name)
    return as_text(setting.value.value) if setting else ""


def _users_in_arrays(settings: Sequence[Assignment]) -> frozenset[str]:
    """Values of ``db.connection.default.username`` and the like."""
    return frozenset(
        as_text(each.value.value)
        for each in settings
        if each.name.rpartition(".")[2] in {"username", "user", "database_user"}
    )
