"""What was put among a shop's files for a moment: dumps, copies, developers' tools, installers."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from shopsec.model import SourceFile, uri_of
from shopsec.scan.access.resources.base import Files, Resource, Source, fact

_SETTINGS = ("wp-config", "env", ".env", "config", "settings", "parameters", "local", "database",
             "auth")  # fmt: skip
_PAGES = frozenset(
    ["index.php", "bigdump.php", "searchreplacedb.php", "searchreplacedb2.php", "magmi.php",
     "phpinfo.php", "php_info.php", "info.php", "pinfo.php", "i.php", "test.php", "phptest.php"]
)  # fmt: skip
_WEB_ROOT = re.compile(r"(?:^|/)(?:public|pub|web|webroot|htdocs|public_html|httpdocs|docroot)/")
_DUMP = re.compile(r"\.(?:sql|dump)$", re.IGNORECASE)
_DUMP_HEAD = re.compile(
    rb"^-- (?:MySQL dump|MariaDB dump|PostgreSQL database dump|phpMyAdmin SQL Dump|Adminer|Host:)"
    rb"|^/\*!999999",
    re.MULTILINE,
)
# Tables in which shop platforms keep people and orders.
_PEOPLE = re.compile(
    rb"(?:INSERT\s+INTO|COPY)\s+[`\"]?(?:\w+\.)?[`\"]?(?:\w*_)?(?:customers?|customer_entity"
    rb"|customer_address\w*|sales_order|orders?|users?|admin_user|account_user|order_customer"
    rb"|wc_customer_lookup|sylius_customer|address(?:es)?)[`\"]?\s",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"^(?:wp-config|env|config|configuration|settings|settings\.inc|parameters|local|database"
    r"|local\.xml|auth)[\w.-]*\.(?:php|xml|inc|ya?ml|json)[\w.-]*"
    r"(?:~|[._-](?:bak|backup|old|orig|save|swp|copy|txt|\d{6,14}))$|^\.env[\w.-]*"
    r"(?:~|[._-](?:bak|backup|old|orig|save|swp|copy|\d{6,14}))$",
    re.IGNORECASE,
)
_TOOL = re.compile(
    r"(?:^|/)(?:adminer(?:[_-][\w.-]*)?\.php|phpmyadmin/index\.php|bigdump\.php|searchreplacedb2?\.php"
    r"|mysqldumper/index\.php|sxd/index\.php|magmi/web/magmi\.php)$",
    re.IGNORECASE,
)
_PHP_PAGE = re.compile(r"(?:^|/)(?:php_?info|p?info|i|test|phptest)\.php$", re.IGNORECASE)
_INSTALLER = re.compile(r"(?:^|/)install(?:ation)?/index\.php$")
# What lies beside an installer once it has done its work.
_INSTALLED = ("config/settings.inc.php", "app/config/parameters.php", "config.php",
              "configuration.php", "config/defines.inc.php")  # fmt: skip


@dataclass(frozen=True)
class Leftover:
    """A file that is a risk by being where it is."""

    KIND: ClassVar[str] = "leftover"
    PLACES: ClassVar[tuple[str, ...]] = ()

    what: str = fact("dump, copy, tool, phpinfo or installer")
    tracked: bool = fact("git knows it, so that every deployment brings it along")
    below_web_root: bool = fact("it lies in a folder such as public/, whose files anybody can get")


def is_leftover(file: SourceFile) -> bool:
    """True for files named like something left behind."""
    name = file.name.lower()
    if name.endswith(".php"):
        path = file.path
        known = name in _PAGES or "adminer" in name or "install" in path
        return known and any(each.search(path) for each in (_TOOL, _PHP_PAGE, _INSTALLER))
    return name.endswith((".sql", ".dump")) or (
        name.startswith(_SETTINGS) and _COPY.search(name) is not None
    )


def holds_leftover(content: bytes) -> bool:
    """False for empty files."""
    return bool(content.strip())


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """What was left behind; nothing where the content tells otherwise."""
    what = _what(file, content, files)
    if what:
        view = Leftover(what, file.tracked, _WEB_ROOT.search(file.path) is not None)
        yield Resource(view, file, 1, file.name)


SOURCE = Source("leftover", is_leftover, build, holds_leftover, bulk=("php", "xml"))


def _what(file: SourceFile, content: bytes, files: Files) -> str:
    path, name = file.path, file.name
    if _DUMP.search(name):
        is_dump = _DUMP_HEAD.search(content[:2000]) and _PEOPLE.search(content)
        return "dump" if is_dump else ""
    if _COPY.search(name):
        return "copy"
    if _TOOL.search(path):
        return "tool"
    if _PHP_PAGE.search(path):
        return "phpinfo" if len(content) < 2000 and b"phpinfo(" in content else ""
    shop = posixpath.dirname(posixpath.dirname(path))
    installed = any(files.find(uri_of(posixpath.join(shop, each))) for each in _INSTALLED)
    return "installer" if installed else ""
