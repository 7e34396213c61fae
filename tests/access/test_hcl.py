import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.hcl import Block, Call, Expression, parse_hcl

SHOP = b"""\
# The shop.
locals { name = "shop-${var.stage}" }   // one line
resource aws_db_instance "orders" {
  engine         = "mysql" /* not
  postgres */
  multi_az       = true
  allocated      = -20.5
  password       = var.password
  backup         = var.live ? 7 : 1
  tags = merge({ Name = "a" }, {
    "Env" : "b"
  })
  ids = [
    1, "two",
    aws_subnet.a.id,   # the last
  ]
  nothing = null
  dynamic "ingress" {
    for_each = toset([22, 443])
    content { port = ingress.value }
  }
  policy = jsonencode({ Statement = [{ Effect = "Allow" }] })
  script = <<-EOT
    echo "${var.a}" "}"
    EOT
  loop = [for each in var.all : upper(each) if each != ""]
  map  = { for k, v in var.all : k => v... }
}
"""


def attributes(content):
    (block,) = parse_hcl(b"x {\n" + content + b"\n}\n").blocks
    return {name: value.plain() for name, value in block.attributes.items()}


def test_blocks_attributes_and_lines():
    document = parse_hcl(SHOP)
    local, database = document.blocks
    assert local.type == "locals"
    assert {k: v.plain() for k, v in local.attributes.items()} == {"name": "shop-${var.stage}"}
    assert (database.type, database.labels, database.line) == (
        "resource",
        ("aws_db_instance", "orders"),
        3,
    )
    assert {name: value.line for name, value in database.attributes.items()} == {
        "engine": 4, "multi_az": 6, "allocated": 7, "password": 8, "backup": 9, "tags": 10,
        "ids": 13, "nothing": 17, "policy": 22, "script": 23, "loop": 26, "map": 27,
    }  # fmt: skip
    (ingress,) = database.all("dynamic")
    assert (ingress.labels, ingress.line) == (("ingress",), 18)
    assert [each.plain("port") for each in database.all("dynamic", "content")] == [
        Expression("ingress.value")
    ]


def test_values():
    (_, database) = parse_hcl(SHOP).blocks
    plain = {name: value.plain() for name, value in database.attributes.items()}
    assert plain["engine"] == "mysql"
    assert plain["multi_az"] is True
    assert plain["allocated"] == -20.5
    assert plain["password"] == Expression("var.password")
    assert plain["backup"] == Expression("var.live ? 7 : 1")
    assert plain["ids"] == [1, "two", Expression("aws_subnet.a.id")]
    assert plain["nothing"] is None
    assert plain["script"] == '    echo "${var.a}" "}"\n'
    assert plain["loop"] == Expression('[for each in var.all : upper(each) if each != ""]')
    assert plain["map"] == Expression("{ for k, v in var.all : k => v... }")
    merge = plain["tags"]
    assert isinstance(merge, Call)
    assert [argument.plain() for argument in merge.arguments] == [{"Name": "a"}, {"Env": "b"}]


def test_a_nested_value_keeps_its_line():
    (block,) = parse_hcl(b'x {\n a = {\n  b = [\n   "c",\n   {\n    d = 1\n   }]\n }\n}\n').blocks
    outer = block.attributes["a"].value["b"]
    assert outer.line == 3
    assert [each.line for each in outer.value] == [4, 5]
    assert outer.value[1].value["d"].line == 6


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r'a = "say \"no\" \\ \t \u00e9"', 'say "no" \\ \t é'),
        ('a = "${lookup(local.x, "k", "}")}-y"', '${lookup(local.x, "k", "}")}-y'),
        ('a = "$${not} %%{nor} 5% $"', "$${not} %%{nor} 5% $"),
        ('a = "%{ if x }${"a ${b}"}%{ endif }"', '%{ if x }${"a ${b}"}%{ endif }'),
        ("a = <<E\nx\nE", "x\n"),
        ("a = <<EOF\nEOFX\n  EOF", "EOFX\n"),
        ("a = []", []),
        ("a = {}", {}),
        ("a = { (var.key) = 1, b.c = 2 }", {"(var.key)": 1, "b.c": 2}),
        ("a = 1e3", 1000.0),
        ("a = -1", -1),
        ("a = true", True),
        ("a = trueish", Expression("trueish")),
        ("a = !var.b", Expression("!var.b")),
        ("a = [1, 2][0]", Expression("[1, 2][0]")),
        ('a = "b" == "c"', Expression('"b" == "c"')),
        ("a = (\n 1 +\n 2\n)", Expression("(\n 1 +\n 2\n)")),
        ("a = var.b &&\n var.c", Expression("var.b &&\n var.c")),
        ("a = provider::x::f(1)", Expression("provider::x::f(1)")),
    ],
)
def test_a_value(written, value):
    assert attributes(written.encode())["a"] == value


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b'a = "b\n', 1, "a text does not end in its line"),
        (b"\na {\n", 3, "the end of the file is out of place"),
        (b"a = \n", 1, "'\\n' is out of place"),
        (b"a = {b 1}", 1, "is out of place"),
        (b"a = <<E\nx\n", 1, "the here-document E goes on"),
        (b"a\n", 1, "is out of place"),
        (b"= 1\n", 1, "'=' is out of place"),
        (b"a = 1\n}\n", 2, "'}' is out of place"),
        (b"\n\n/* x\n", 3, "'/' is out of place"),
        (b"a = '\n", 1, '"\'" is out of place'),
        (b'a = "${b"\n', 1, "a template does not end"),
        (b"a = \xff\n", 1, "is not UTF-8 text"),
        (b"a = 1\n\x00\n", 2, "holds a NUL byte"),
        (b"a {\n" * 100, 61, "nested more than 60 levels deep"),
        (b"a = " + b"[" * 5000, 1, "nested more than 60 levels deep"),
        (b"a = " + b"{a=" * 5000, 1, "nested more than 60 levels deep"),
        (b'a = "' + b"${" * 5000, 1, "a template does not end"),
        (b"a=1\n" * 100_000, 75_001, "holds more than 300000 words and signs"),
    ],
)
def test_what_is_no_hcl(content, line, problem):
    with pytest.raises(DocumentError) as caught:
        parse_hcl(content)
    assert problem in caught.value.problem
    assert caught.value.line == line


@pytest.mark.parametrize(
    "content",
    [b"/* " * 200_000, b"a = <<E\n" * 100_000, b'"' * 500_000, b"a = " + b"(" * 250_000,
     b"a = " + b"f(" * 50_000, b"[1," * 100_000, b"a = 1 +\n" * 100_000],
)  # fmt: skip
def test_hostile_text_costs_little(content):
    started = time.process_time()
    with pytest.raises(DocumentError):
        parse_hcl(content)
    assert time.process_time() - started < 5


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='ab"${}[]()=,.:?\n\\<-E#/*%1 ', max_size=60))
def test_survives_any_text(text):
    problems = []
    try:
        assert isinstance(parse_hcl(text.encode()), Block)
    except DocumentError as error:
        problems.append(error)
    assert all(1 <= each.line <= text.count("\n") + 1 for each in problems)


def theirs(text):
    import hcl2

    options = hcl2.SerializationOptions(
        with_comments=False, explicit_blocks=False, strip_string_quotes=True
    )
    return hcl2.loads(text, serialization_options=options)


def ours(block):
    """The block in the shape in which python-hcl2 gives it."""
    found = {name: value.plain() for name, value in block.attributes.items()}
    for each in block.blocks:
        inner = ours(each)
        for label in reversed(each.labels):
            inner = {label: inner}
        found.setdefault(each.type, []).append(inner)
    return found


def same(left, right):
    if isinstance(left, (Expression, Call)):
        return isinstance(right, str)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right or (isinstance(left, str) and left.strip() in right)


def test_reads_the_same_as_python_hcl2():
    assert same(ours(parse_hcl(SHOP)), theirs(SHOP.decode()))
