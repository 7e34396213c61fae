"""Switches of a Rails environment: config/environments/*.rb.

https://guides.rubyonrails.org/configuring.html. Ruby is not parsed: what counts is a line that
gives a literal to a switch of ``config``, and whether it stands in a condition.
"""

import re
from collections.abc import Iterator

from shopsec.model import SourceFile
from shopsec.scan.access.documents import text_of
from shopsec.scan.access.documents.assignments import ASSIGNMENTS, OTHER, Assignment, Value
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.settings import Place
from shopsec.scan.access.resources.stages import stage_of

_PATH = re.compile(r"(?:^|/)config/environments/[\w-]+\.rb$")
_SWITCH = re.compile(
    r"[ \t]*config\.([a-z_]+(?:\.[a-z_]+)*)[ \t]*=(?![=~])[ \t]*([^#\n]{0,500}?)[ \t]*(?:#.*)?$"
)
_CONDITION = re.compile(r"[ \t]*(?:if|unless|case|while|until)\b")
_OPENS = re.compile(r"[ \t]*(?:begin|def|class|module|for)\b|.*\bdo\b[ \t]*(?:\|[^|]*\|)?[ \t]*$")
_ENDS = re.compile(r"[ \t]*end\b")
_MODIFIED = re.compile(r"(.*?)[ \t]+(?:if|unless)[ \t]")
_WORDS = {"true": True, "false": False, "nil": None}


def is_environment(file: SourceFile) -> bool:
    """True for the file of an environment of Rails."""
    return file.path.endswith(".rb") and _PATH.search(file.path) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Every switch that is given a literal, as a setting."""
    del files
    place = Place(file, "rails", stage=stage_of(file))
    for each in _assignments(text_of(content)):
        yield place.setting(each)


SOURCE = Source("Rails environment", is_environment, build, bulk=("rb",))


def _assignments(text: str) -> Iterator[Assignment]:
    open_blocks: list[bool] = []  # True for a condition
    for number, line in enumerate(text.split("\n")[:ASSIGNMENTS], 1):
        switch = _SWITCH.match(line)
        if switch is not None:
            written, conditional = switch[2], any(open_blocks)
            modified = _MODIFIED.match(written)
            if modified is not None:
                written, conditional = modified[1], True
            yield Assignment(switch[1], number, _value(written), conditional)
        elif _CONDITION.match(line):
            open_blocks.append(True)
        elif _OPENS.match(line):
            open_blocks.append(False)
        elif _ENDS.match(line) and open_blocks:
            open_blocks.pop()


def _value(written: str) -> Value:
    if written in _WORDS:
        return Value("literal", _WORDS[written])
    if re.fullmatch(r"\d{1,15}", written):
        return Value("literal", int(written))
    quoted = re.fullmatch(r"(['\"])([^'\"\\#]*)\1", written)
    return Value("literal", quoted[2]) if quoted else OTHER
