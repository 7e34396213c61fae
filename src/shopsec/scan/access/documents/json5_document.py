"""JSON as people write it (JSON5: comments, trailing commas, bare keys), with lines.

Without its comments JSON5 is close enough to a YAML flow mapping for the YAML parser, which knows
lines and has its limits already.

https://spec.json5.org/
"""

import re

from shopsec.scan.access.documents import DocumentError, text_of
from shopsec.scan.access.documents.yaml_document import YamlDocument, parse_yaml

# No quote behind a backslash begins a text; else each of many would be tried to the end.
_TEXT_OR_COMMENT = re.compile(
    r'"(?:[^"\\\n]|\\.)*+"|' r"'(?:[^'\\\n]|\\.)*+'" r"|\\.|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL
)


def parse_json5(content: bytes) -> YamlDocument:
    """Parse one object; DocumentError for anything that is none."""
    text = text_of(content)
    if not text.lstrip().startswith(("{", "[", "//", "/*")):
        raise DocumentError("is no JSON")
    bare = _TEXT_OR_COMMENT.sub(_without_comment, text).replace("\t", " ")
    documents = parse_yaml(bare.encode())
    if not documents:
        raise DocumentError("is no JSON: there is nothing in it")
    return documents[0]


def _without_comment(match: re.Match[str]) -> str:
    """Keep texts; of a comment keep its line ends, so that lines stay right."""
    found = match[0]
    return found if found[0] in "\"'\\" else " " + "\n" * found.count("\n")
