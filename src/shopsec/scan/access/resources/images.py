"""References to container images, taken apart."""

import re
from dataclasses import dataclass

_MOVING = frozenset({"", "latest", "stable", "edge", "main", "master", "nightly", "dev"})
_LENGTH = 1_000
"""Most characters of a reference that are looked at; none has more."""
_NAME_WITH_VARIABLES = re.compile(r"(?:\$\{[^}]*\}|[^:])*")
_UNRESOLVED = re.compile(r"\$[{\w]")
_DATASTORES = frozenset(
    ["postgres", "postgis", "mysql", "mariadb", "percona", "mongo", "redis", "valkey", "memcached",
     "elasticsearch", "opensearch", "rabbitmq", "cassandra", "couchdb", "influxdb", "clickhouse",
     "clickhouse-server", "pgvector", "keydb", "dragonfly", "solr", "meilisearch", "typesense"]
)  # fmt: skip


@dataclass(frozen=True)
class ImageReference:
    """``registry/name:tag@digest``, each part empty where it is not given."""

    name: str
    tag: str
    digest: str

    @property
    def short_name(self) -> str:
        """The name without registry and owner, as ``postgres`` of ``bitnami/postgres``."""
        return self.name.rpartition("/")[2]

    @property
    def is_resolved(self) -> bool:
        """False where a variable stands in for something nobody here knows."""
        return not _UNRESOLVED.search(self.name + self.tag + self.digest)

    @property
    def moves(self) -> bool:
        """True when the same reference may be another image tomorrow, by its author's intent."""
        return self.is_resolved and not self.digest and self.tag in _MOVING

    @property
    def is_datastore(self) -> bool:
        """True for databases, caches, search engines and queues."""
        words = (self.short_name, *self.short_name.split("-"))
        return any(word.removesuffix("ql") in _DATASTORES or word in _DATASTORES for word in words)


def parse_image(text: str) -> ImageReference:
    """Take a reference apart (https://pkg.go.dev/github.com/distribution/reference)."""
    rest, _, digest = text[:_LENGTH].partition("@")
    head, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    if "${" in last:  # a colon may belong to ${NAME:-default}
        found = _NAME_WITH_VARIABLES.match(last)
        name = found[0] if found else last
        tag = last[len(name) + 1 :]
    return ImageReference(f"{head}{slash}{name}", tag, digest)
