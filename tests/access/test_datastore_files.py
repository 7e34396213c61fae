import pytest

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.resources import datastore_files
from tests.access.in_memory import built


@pytest.mark.parametrize(
    ("name", "text", "no_login", "line", "everywhere"),
    [
        ("redis.conf", "bind 127.0.0.1\nprotected-mode no\n", "", 1, False),
        ("redis.conf", "protected-mode no\n", "protected-mode no, no requirepass", 1, True),
        ("redis-cache.conf", "bind * -::*\n", "bind * -::*, no requirepass", 1, True),
        ("valkey.conf", "bind 0.0.0.0\nuser default on >x ~* &* +@all\n", "", 1, True),
        ("redis.conf", "bind 0.0.0.0\ninclude /etc/redis/secret.conf\n", "", 1, True),
        ("redis.conf", "port 6379\n", "", 1, False),
        ("my.cnf", "[mysqld]\nskip_grant_tables = ON\nskip-networking\n", "skip-grant-tables", 2, False),
        ("50-server.cnf", "[mysqld]\nskip-grant-tables=0\n", "", 1, True),
        ("my.cnf", "[mysqld]\nbind-address=127.0.0.1\nskip-grant-tables\n", "skip-grant-tables", 3, False),
        ("elasticsearch.yml", "xpack:\n  security:\n    enabled: false\n", "xpack.security.enabled: false", 3, False),
        ("elasticsearch.yml", "xpack.security:\n  enabled: false\nnetwork.host: [_site_]\n",
         "xpack.security.enabled: false", 2, True),
        ("opensearch.yml", "plugins.security.disabled: 'true'\n", "plugins.security.disabled: true", 1, False),
        ("elasticsearch.yml", "- a\n", "", 1, False),
        ("mongod.conf", "net: {bindIpAll: true}\n", "no security.authorization", 1, True),
        ("mongod.conf", "net: {bindIp: 127.0.0.1}\n", "", 1, False),
        ("mongod.conf", "security: {authorization: disabled}\n", "authorization: disabled", 1, False),
        ("mongod.conf", "net: {bindIp: 0.0.0.0}\nsecurity: {keyFile: /k}\n", "", 1, False),
        ("pg_hba.conf", "host all all 0.0.0.0 0.0.0.0 trust\n", "trust for every address", 1, True),
        ("pg_hba.conf", "hostssl all all all trust\n", "trust for every address", 1, True),
        ("pg_hba.conf", "host all all ::/0 md5\nhost all\n", "", 1, False),
        ("rabbitmq.conf", "loopback_users.guest = false\n", "guest may come from anywhere", 1, True),
        ("rabbitmq.conf", "loopback_users.guest = true\n", "", 1, False),
        ("memcached.conf", "-l 0.0.0.0\n-S\n", "", 1, False),
    ],
)  # fmt: skip
def test_who_may_come_in(name, text, no_login, line, everywhere):
    (found,) = built(datastore_files.SOURCE, {f"docker/{name}": text})
    view = found.view
    assert (view.no_login, found.line_at("no_login"), view.everywhere) == (
        no_login,
        line,
        everywhere,
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("elasticsearch.yml", "apiVersion: v1\nkind: Service\n"),
        ("elasticsearch.yaml", "services:\n  a: b\n"),
        ("opensearch.yaml", "elasticsearch:\n  hosts: []\n"),
        ("nginx.conf", "bind 0.0.0.0\n"),
        ("predis.conf", "bind 0.0.0.0\n"),
        ("redis.yaml", "bind: 0.0.0.0\n"),
    ],
)
def test_files_of_other_kinds(name, text):
    assert built(datastore_files.SOURCE, {name: text}) == []


def test_what_cannot_be_read_is_named():
    with pytest.raises(DocumentError, match="not valid YAML"):
        built(datastore_files.SOURCE, {"mongod.conf": "net: [\n"})
