"""Configuration files of data stores: which of them let anybody in.

Redis and Valkey (https://redis.io/docs/latest/operate/oss_and_stack/management/security/),
Elasticsearch and OpenSearch (security settings), MySQL and MariaDB (``skip-grant-tables``),
MongoDB (https://www.mongodb.com/docs/manual/reference/configuration-options/), PostgreSQL
(https://www.postgresql.org/docs/current/auth-pg-hba-conf.html), RabbitMQ
(https://www.rabbitmq.com/docs/access-control), Memcached.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.documents.flat_settings import FlatSetting, parse_flat_settings
from shopsec.scan.access.documents.yaml_document import YamlDocument, parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source, fact
from shopsec.scan.access.resources.truth import ON

_ALL_ADDRESSES = frozenset(
    ["0.0.0.0", "0.0.0.0/0", "0", "::", "::/0", "-::*", "*", "all", "_global_", "_site_"]  # noqa: S104 -- read, not bound
)


_SUFFIXES = (".conf", ".cnf", ".cfg", ".yml", ".yaml")
_OTHER = re.compile(
    rb"^(?:apiVersion|services|elasticsearch|imports|parameters|when@\w+):", re.MULTILINE
)


@dataclass(frozen=True)
class DatastoreConfig:
    """The configuration file of a database, cache, search engine or queue."""

    KIND: ClassVar[str] = "datastore_config"
    PLACES: ClassVar[tuple[str, ...]] = ("no_login", "everywhere")

    product: str = fact("redis, elasticsearch, mysql, mongodb, postgresql, rabbitmq or memcached")
    no_login: str = fact("the setting that lets anybody in, or that is missing; else empty")
    everywhere: bool = fact("it listens on every network interface, as far as the file tells")


@dataclass(frozen=True)
class _Found:
    """What a reader found out, with the lines that say it."""

    no_login: str = ""
    line: int = 1
    everywhere: bool = False
    everywhere_line: int = 1


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """One resource for a file."""
    del files  # a data store reads this file alone
    product, read = next(
        (product, read) for product, pattern, read in _PRODUCTS if pattern.fullmatch(file.name)
    )
    found = read(content)
    view = DatastoreConfig(product, found.no_login, found.everywhere)
    places = {"no_login": found.line, "everywhere": found.everywhere_line}
    yield Resource(view, file, 1, file.name, places)


def is_datastore_config(file: SourceFile) -> bool:
    """True for redis.conf, elasticsearch.yml, my.cnf, mongod.conf, pg_hba.conf and the like."""
    return file.uri.endswith(_SUFFIXES) and any(
        pattern.fullmatch(file.name) for _, pattern, _ in _PRODUCTS
    )


def holds_settings(content: bytes) -> bool:
    """False for a Kubernetes manifest or a framework's configuration of the same name."""
    return _OTHER.search(content) is None


SOURCE = Source("data store configuration", is_datastore_config, build, holds_settings)


def _last(settings: Sequence[FlatSetting], *names: str) -> FlatSetting | None:
    wanted = [each for each in settings if each.name.lower().replace("_", "-") in names]
    return wanted[-1] if wanted else None


def _listens_everywhere(value: str) -> bool:
    return bool(set(re.split(r"[\s,\[\]'\"]+", value)) & _ALL_ADDRESSES)


def _redis(content: bytes) -> _Found:
    settings = parse_flat_settings(content)
    bind, protected = _last(settings, "bind"), _last(settings, "protected-mode")
    everywhere = _listens_everywhere(bind.value) if bind else False
    open_mode = protected is not None and protected.value == "no"
    locked = _last(settings, "requirepass", "aclfile", "user", "masteruser", "include")
    if locked is not None or not (everywhere or (open_mode and bind is None)):
        return _Found(everywhere=everywhere)
    # Before version 7, an explicit bind switched the protected mode off as well.
    place = bind or protected
    line = place.line if place else 1
    words = "protected-mode no" if open_mode else f"bind {bind.value if bind else ''}"
    return _Found(f"{words}, no requirepass", line, everywhere=True, everywhere_line=line)


def _mysql(content: bytes) -> _Found:
    settings = parse_flat_settings(content)
    skip = _last(settings, "skip-grant-tables")
    bind = _last(settings, "bind-address")
    closed = _last(settings, "skip-networking")
    everywhere = closed is None and (bind is None or _listens_everywhere(bind.value))
    if skip is None or skip.value.lower() in {"0", "off", "false"}:
        return _Found(everywhere=everywhere, everywhere_line=bind.line if bind else 1)
    return _Found("skip-grant-tables", skip.line, everywhere)


def _rabbitmq(content: bytes) -> _Found:
    settings = parse_flat_settings(content)
    for each in settings:
        opened = (each.name == "loopback_users" and each.value == "none") or (
            each.name == "loopback_users.guest" and each.value == "false"
        )
        renamed = _last(settings, "default-user")
        if opened and (renamed is None or renamed.value == "guest"):
            return _Found("guest may come from anywhere", each.line, everywhere=True)
    anonymous = _last(settings, "anonymous-login-user")
    if anonymous is not None and anonymous.value != "none" and _last(settings, "auth-mechanisms.1"):
        return _Found("anonymous_login_user", anonymous.line, everywhere=True)
    return _Found()


def _memcached(content: bytes) -> _Found:
    settings = parse_flat_settings(content)
    listen = next((each for each in settings if each.name in {"-l", "--listen"}), None)
    login = any(each.name in {"-S", "--enable-sasl", "-Y"} for each in settings)
    if listen is None or login or not _listens_everywhere(listen.value):
        return _Found()
    return _Found(f"-l {listen.value}, no login", listen.line, everywhere=True)


def _postgresql(content: bytes) -> _Found:
    for each in parse_flat_settings(content):
        words = each.value.split()
        # Behind database and user come the address, its mask where it is a column of its own, and
        # the method.
        if not each.name.startswith("host") or len(words) < 4:
            continue
        methods = words[4:5] if words[3][:1].isdigit() else words[3:4]
        if _listens_everywhere(words[2]) and methods == ["trust"]:
            return _Found("trust for every address", each.line, everywhere=True)
    return _Found()


def _search_engine(content: bytes) -> _Found:
    for document in parse_yaml(content):
        host = _at(document, "network.host")
        listens = host is not None and _listens_everywhere(str(host[0]))
        for name, wrong in (
            ("xpack.security.enabled", {"false"}),
            ("plugins.security.disabled", ON),
            ("opendistro_security.disabled", ON),
        ):
            found = _at(document, name)
            if found is not None and str(found[0]).lower() in wrong:
                text = f"{name}: {str(found[0]).lower()}"
                return _Found(text, found[1], everywhere=listens)
    return _Found()


def _mongodb(content: bytes) -> _Found:
    for document in parse_yaml(content):
        authorization = _at(document, "security.authorization")
        address = _at(document, "net.bindIp")
        every = _at(document, "net.bindIpAll")
        listens = (address is not None and _listens_everywhere(str(address[0]))) or (
            every is not None and every[0] is True
        )
        key = _at(document, "security.keyFile")
        if authorization is not None and authorization[0] == "disabled":
            return _Found("authorization: disabled", authorization[1], everywhere=listens)
        place = address or every
        if listens and authorization is None and key is None and place is not None:
            return _Found("no security.authorization", place[1], everywhere=True)
    return _Found()


def _at(document: YamlDocument, name: str) -> tuple[Any, int] | None:
    """A setting with its line, whether its name is written with dots or as nested keys."""
    waiting: list[tuple[tuple[str, ...], Any, str]] = [((), document.value, name)]
    while waiting:
        pointer, value, rest = waiting.pop()
        if not isinstance(value, dict):
            continue
        for key, inner in value.items():
            if key == rest:
                return inner, document.line(*pointer, key)
            if rest.startswith(f"{key}."):
                waiting.append(((*pointer, key), inner, rest[len(key) + 1 :]))
    return None


_PRODUCTS: tuple[tuple[str, re.Pattern[str], Callable[[bytes], _Found]], ...] = tuple(
    (product, re.compile(pattern, re.IGNORECASE), read)
    for product, pattern, read in (
        ("redis", r"(?:[\w-]*[.-])?(?:redis|valkey|keydb)(?:[.-][\w.-]*)?\.conf", _redis),
        ("elasticsearch", r"(?:elasticsearch|opensearch)(?:[._-]\w+)?\.ya?ml", _search_engine),
        ("mysql", r"(?:my|mysqld?|mariadb|server|custom|\d+-[\w.-]+)\.cnf|mysqld?\.conf", _mysql),
        ("mongodb", r"mongo(?:d|db|s)?[\w-]*\.(?:conf|cfg)", _mongodb),
        ("postgresql", r"pg_hba[\w-]*\.conf", _postgresql),
        ("rabbitmq", r"rabbitmq[\w-]*\.conf", _rabbitmq),
        ("memcached", r"memcached[\w-]*\.conf", _memcached),
    )
)
