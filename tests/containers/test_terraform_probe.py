import json

import pytest

from shopsec.scan.containers.terraform_probe import with_probe


@pytest.mark.parametrize("content", [b"", b"a = 1", b"a = 1\n", b"a = 1\r\n"])
def test_the_probe_lies_behind_the_last_line(content):
    text, last = with_probe(content, 7, is_json=False)
    assert text.startswith(content)
    lines = text.split(b"\n")
    assert lines[last] == b'resource "nifcloud_security_group" "shopsec_probe_7" {}'
    assert b"probe" not in b"".join(lines[:last])


@pytest.mark.parametrize(
    "content", [b"{}", b'{"variable": {}}\n\n\n', b'{\n"resource": {"a": {"b": {}}}\n}\n']
)
def test_the_probe_in_json_is_json(content):
    text, last = with_probe(content, 7, is_json=True)
    document = json.loads(text)
    assert document["resource"] == {"nifcloud_security_group": {"shopsec_probe_7": {}}}
    lines = text.split(b"\n")
    assert b"shopsec_probe_7" in lines[last]
    assert b"probe" not in b"".join(lines[:last])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b"\xff"])
def test_broken_json_gets_none(content):
    assert with_probe(content, 7, is_json=True) == (content, content.count(b"\n") + 1)
