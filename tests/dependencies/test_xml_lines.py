import pytest

from shopsec.scan.dependencies.lockfiles.base import LockfileError
from shopsec.scan.dependencies.lockfiles.xml_lines import parse_xml


def test_elements_know_their_lines():
    root = parse_xml('<a xmlns="urn:x">\n <b c="1"> t<!-- -->e &amp;\n <d/>x </b>\n <b>2</b></a>')
    assert (root.tag, root.namespace, root.line) == ("a", "urn:x", 1)
    first, second = root.children
    assert (first.line, first.attributes, first.text) == (2, {"c": "1"}, "te &\n x")
    assert (second.line, second.text) == (4, "2")
    assert root.child("b", "d") is first.children[0]
    assert list(root.all("b")) == [first, second]
    assert list(root.all("no", "b")) == []
    assert (root.text_of("b", "no"), root.text_of("b")) == ("", "te &\n x")


BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<a>&b;</a>"""
OUTSIDE = '\n<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE])
def test_document_types_are_refused(text):
    with pytest.raises(LockfileError, match="line 2: declares a document type"):
        parse_xml(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: not valid XML: no element found"),
        ("<a>\n<b></a>", "line 2: not valid XML: mismatched tag"),
        ("<a>&no;</a>", "line 1: not valid XML: undefined entity"),
        ("<x:a/>", "line 1: not valid XML: unbound prefix"),
        ("<a>\0</a>", "line 1: not valid XML"),
        ("<a>\ud800</a>", "is not UTF-8 text"),
        ("<a>" * 5000, "nested too deeply"),
        ("<a>\n<<<<<<< HEAD\n", "line 2: has an unresolved merge conflict"),
    ],
)
def test_errors_name_the_line(text, message):
    with pytest.raises(LockfileError, match=message):
        parse_xml(text)


def test_a_declared_encoding_does_not_matter_for_text():
    assert parse_xml('\ufeff<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>').text == "ü"
