"""IAM policies kept as JSON files of their own.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policies-json
"""

import re
from collections.abc import Iterator

from shopsec.model import SourceFile
from shopsec.scan.access.documents.json_document import parse_json
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.iam import statements_in

_PATH = re.compile(
    r"(?:polic(?:y|ies)|iam|trust|assume|roles?|permissions?|aws|infra|terraform|bucket|s3)"
    r"[^/]*(?:/[^/]*){0,2}\.json(?:\.tpl|\.tftpl)?$",
    re.IGNORECASE,
)


def may_be_policy(file: SourceFile) -> bool:
    """True for JSON files whose path speaks of policies, roles or the cloud."""
    return ".json" in file.uri and _PATH.search(file.path) is not None


def holds_statements(content: bytes) -> bool:
    """True where the words of a policy stand in it."""
    return b'"Statement"' in content and b'"Effect"' in content


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Every statement; nothing where the file is another kind of JSON."""
    del files  # a policy stands for itself
    document = parse_json(content)
    yield from statements_in(file, file.name, document.value, document.line)


SOURCE = Source("IAM policy", may_be_policy, build, holds_statements)
