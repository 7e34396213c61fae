from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.javascript_settings import parse_javascript_settings


def read(code):
    found = parse_javascript_settings(code.encode())
    return {each.name: each.value.value for each in found}


def test_members_of_objects_wherever_they_stand():
    found = parse_javascript_settings(
        b"import type { NextConfig } from 'next'\n"
        b"const config: NextConfig = {\n  images: { domains: ['a', 'b'] },\n"
        b"  'quoted-key': `t`,\n  [`computed`]: 3 as number,\n}\n"
        b"module.exports = withPlugins(config)\n"
    )
    assert [(each.name, each.value.value, each.line) for each in found] == [
        ("images", None, 3),
        ("images.domains", ["a", "b"], 3),
        ("quoted-key", "t", 4),
        ("computed", "3", 5),
    ]


def test_headers_are_named_by_their_key():
    found = read("export default {async headers() { return [{key: 'X-A', value: '*'}] }}")
    assert found["headers.X-A"] == "*"


@pytest.mark.parametrize(
    ("expression", "source", "value", "variable"),
    [
        ("'x'", "literal", "x", ""),
        ("true", "literal", True, ""),
        ("!true", "other", None, ""),
        ("`x${y}`", "other", None, ""),
        ("process.env.X", "environment", None, "X"),
        ("process.env['X']!", "environment", None, "X"),
        ("process.env.X || 'd'", "environment", "d", "X"),
        ("process.env.X ?? D", "environment", "default", "X"),
        ("D", "literal", "default", ""),
        ("config.X", "other", None, ""),
        ("SELF", "other", None, ""),
    ],
)
def test_values(expression, source, value, variable):
    code = f"const D = 'default'\nconst SELF = SELF || SELF\nexport const c = {{a: {expression}}}"
    (found,) = parse_javascript_settings(code.encode())
    assert (found.value.source, found.value.value, found.value.variable) == (
        source, value, variable,
    )  # fmt: skip


def test_a_constant_under_its_own_name():
    assert read("const STORE_CORS = '*'; module.exports = {p: {STORE_CORS}}")["p.STORE_CORS"] == "*"


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"module.exports = {\n  a: ,\n}", 2, "not JavaScript that can be read"),
        (b"x = " + b"{a:" * 100 + b"1" + b"}" * 100, 1, "nested more than 60 levels deep"),
        (b"x = {" + b"a:1," * 20_001 + b"}", 1, "holds more than 20000 settings"),
        (b" " * 500_001, 1, "holds more than 500000 bytes of settings"),
    ],
)
def test_what_cannot_be_used(content, line, problem):
    with pytest.raises(DocumentError) as caught:
        parse_javascript_settings(content)
    assert (caught.value.line, caught.value.problem) == (line, problem)


@settings(max_examples=60)
@given(st.text(alphabet="{}[]()a:'`|$=\n;,", max_size=50))
def test_survives_any_text(text):
    with suppress(DocumentError):
        found = parse_javascript_settings(text.encode())
        assert all(each.line >= 1 for each in found)
