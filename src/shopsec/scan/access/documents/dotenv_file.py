"""Files of environment variables (https://github.com/theskumar/python-dotenv#file-format).

Only python-dotenv's parser is used: nothing is put in place of ``${...}``, and nothing reaches the
environment of this process.
"""

import io
import re
from dataclasses import dataclass

from dotenv.parser import Binding, parse_stream

from shopsec.scan.access.documents import DocumentError, text_of
from shopsec.scan.access.documents.assignments import ASSIGNMENTS, Assignment, Value

LARGEST = 500_000
"""Most bytes of a file; the parser is not made for more."""

_NAME = re.compile(r"[A-Za-z_][\w.-]*")
# Symfony Flex writes what a package needs between such marks, and commits it as a default.
# https://symfony.com/doc/current/configuration.html#overriding-environment-values-via-env-local
_FLEX = re.compile(r"^###> [\w.-]+/[\w.-]+ ###|\bdump-env prod\b", re.MULTILINE)


@dataclass(frozen=True)
class DotenvFile:
    """The variables of a file, in order."""

    assignments: tuple[Assignment, ...]
    keeps_defaults: bool
    """Written by Symfony Flex: meant to be committed, and overridden where it is deployed."""


def parse_dotenv(content: bytes) -> DotenvFile:
    """Parse ``NAME=value`` lines; DocumentError where no line is of that form."""
    if len(content) > LARGEST:
        raise DocumentError(f"holds more than {LARGEST} bytes of variables")
    text = text_of(content)
    found: list[Assignment] = []
    wrong: list[Binding] = []
    for number, binding in enumerate(parse_stream(io.StringIO(text, newline=None)), 1):
        if binding.error:
            wrong.append(binding)
        elif binding.key and binding.value is not None and _NAME.fullmatch(binding.key):
            found.append(Assignment(binding.key, _line(binding), Value("literal", binding.value)))
        if number > ASSIGNMENTS:
            problem = f"holds more than {ASSIGNMENTS} variables and comments"
            raise DocumentError(problem, _line(binding))
    if wrong and not found:
        raise DocumentError("has no line of the form NAME=value", _line(wrong[0]))
    return DotenvFile(tuple(found), _FLEX.search(text) is not None)


def _line(binding: Binding) -> int:
    """The line of the name: the parser counts from the empty lines before it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
