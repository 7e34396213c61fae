import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.flat_settings import parse_flat_settings


def test_lines_of_every_style():
    content = (
        b'# a comment\n\nbind 0.0.0.0 ::1\r\nrequirepass "x y"\n[mysqld]\nskip-grant-tables\n'
        b"bind-address = 127.0.0.1  # ours\n; no\nkey: value\n[ client ]\nport=3306\n -l 127.0.0.1\n"
    )
    assert [(s.section, s.name, s.value, s.line) for s in parse_flat_settings(content)] == [
        ("", "bind", "0.0.0.0 ::1", 3),
        ("", "requirepass", "x y", 4),
        ("mysqld", "skip-grant-tables", "", 6),
        ("mysqld", "bind-address", "127.0.0.1", 7),
        ("mysqld", "key", "value", 9),
        ("client", "port", "3306", 11),
        ("client", "-l", "127.0.0.1", 12),
    ]


def test_too_many_lines():
    with pytest.raises(DocumentError, match="holds more than 50000 lines"):
        parse_flat_settings(b"\n" * 50_001)


@given(st.binary(max_size=60))
def test_survives_any_bytes(content):
    for setting in parse_flat_settings(content):
        assert setting.line >= 1
        assert setting.name
