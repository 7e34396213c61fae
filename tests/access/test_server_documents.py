"""nginx's and Apache's configuration, and PHP's ini files."""

import builtins
import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.apache_config import parse_apache
from shopsec.scan.access.documents.ini_file import parse_ini
from shopsec.scan.access.documents.nginx_config import parse_nginx


def shape(directives):
    return [
        (each.name, each.arguments, each.line, *([shape(each.block)] if each.block else []))
        for each in directives
    ]


def test_nginx():
    content = b"""\
# ours
server {
  listen 80;  # why
  location ~ "\\.php$" {
    return 301 https://$host${uri};
  }
}
"""
    assert shape(parse_nginx(content)) == [
        ("server", (), 2, [
            ("listen", ("80",), 3),
            ("location", ("~", "\\.php$"), 4, [("return", ("301", "https://$host${uri}"), 5)]),
        ]),
    ]  # fmt: skip


def test_nginx_opens_nothing_that_the_file_names(monkeypatch, tmp_path):
    secret = tmp_path / "secret.conf"
    secret.write_text("server { listen 81; }")
    opened = []
    real = io.open

    def watched(file, *arguments, **more):
        opened.append(str(file))
        return real(file, *arguments, **more)

    monkeypatch.setattr(builtins, "open", watched)
    monkeypatch.setattr(io, "open", watched)
    content = f"include {secret}; include {tmp_path}/*.conf; include mime.types;".encode()
    assert [each.name for each in parse_nginx(content)] == ["include"] * 3
    assert {name.rpartition("/")[2] for name in opened if "site-packages" not in name} == {
        "nginx.conf"
    }


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"server {\n", 1, "not nginx configuration: unexpected end of file"),
        (b"a b;\n}\n", 2, 'not nginx configuration: unexpected "}"'),
        (b"a {" * 5000, 1, "not nginx configuration: "),
        (b"a {" * 60 + b"}" * 60, 1, "nests too deep"),
        (b"a b;\n" * 20_001, 20_001, "nests too deep or holds too many directives"),
        (b"a\0b;", 1, "is no text"),
        (b" " * 300_001, 1, "holds more than 300000 bytes"),
    ],
)
def test_nginx_that_cannot_be_used(content, line, problem):
    with pytest.raises(DocumentError) as caught:
        parse_nginx(content)
    assert caught.value.line == line
    assert caught.value.problem.startswith(problem)


def test_apache():
    content = b"""\
# ours
<VirtualHost *:443>
  ServerName "shop.example.com"
  RewriteRule ^(.*)$ \\
    /index.php [L]
  <Directory /srv/shop>
    Options -Indexes \xe9
  </Directory>
</VirtualHost>
"""
    assert shape(parse_apache(content)) == [
        ("virtualhost", ("*:443",), 2, [
            ("servername", ("shop.example.com",), 3),
            ("rewriterule", ("^(.*)$", "/index.php", "[L]"), 4),
            ("directory", ("/srv/shop",), 6, [("options", ("-Indexes", "\ufffd"), 7)]),
        ]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"<Directory /srv>\nOptions None\n", 1, "not Apache configuration: <directory> does not"),
        (b"Options None\n</Directory>\n", 2, "not Apache configuration: </directory> ends nothing"),
        (b"<A>\n</B>\n", 2, "not Apache configuration: </b> ends nothing"),
        (b"\n<?xml version='1'\n", 2, "not Apache configuration: a section without end or name"),
        (b"<A>\n" * 60, 51, "nests too deep"),
        (b" " * 300_001, 1, "holds more than 300000 bytes"),
    ],
)
def test_apache_that_cannot_be_used(content, line, problem):
    with pytest.raises(DocumentError) as caught:
        parse_apache(content)
    assert caught.value.line == line
    assert caught.value.problem.startswith(problem)


def test_ini():
    content = (
        b"[PHP]\n; display_errors = On\ndisplay_errors = On ; not in production\n"
        b'error_log = "/var/log/php;x.log"\nphp_admin_flag[expose_php] = on\nno value\n'
    )
    assert [(each.name, each.value.value, each.line) for each in parse_ini(content)] == [
        ("display_errors", "On", 3),
        ("error_log", "/var/log/php;x.log", 4),
        ("expose_php", "on", 5),
    ]


def test_an_ini_file_that_cannot_be_used():
    with pytest.raises(DocumentError, match="line 2: is not UTF-8 text"):
        parse_ini(b"a = 1\nb = \xe9\n")
    with pytest.raises(DocumentError, match="line 20001: holds more than 20000 settings"):
        parse_ini(b"a = 1\n" * 20_001)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="<>/Aa{};\"'\\\n #$=", max_size=50))
def test_survives_any_text(text):
    for parse in (parse_nginx, parse_apache, parse_ini):
        with suppress(DocumentError):
            found = parse(text.encode())
            assert all(each.line >= 1 for each in found)
