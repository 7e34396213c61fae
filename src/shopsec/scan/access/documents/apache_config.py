"""Apache's configuration and .htaccess (https://httpd.apache.org/docs/2.4/configuring.html)."""

import re
from dataclasses import dataclass, field

from shopsec.scan.access.documents import DocumentError, lines_of
from shopsec.scan.access.documents.directives import DEPTH, DIRECTIVES, LARGEST, Directive

_WORD = re.compile(r'"((?:[^"\\]|\\.)*+)"|\'([^\']*+)\'|(\S+)')
_SECTION = re.compile(r"<([A-Za-z]\w*)(.*)>$")
_END = re.compile(r"</([A-Za-z]\w*)\s*>$")


@dataclass
class _Open:
    """A section that has not ended."""

    name: str
    arguments: tuple[str, ...]
    line: int
    inner: list[Directive] = field(default_factory=list)


def parse_apache(content: bytes) -> tuple[Directive, ...]:
    """Parse one file; DocumentError where a section does not end or begin."""
    if len(content) > LARGEST:
        raise DocumentError(f"holds more than {LARGEST} bytes of server configuration")
    # Apache takes any bytes; what matters here is ASCII.
    lines = lines_of(content.decode("utf-8", "replace"))
    open_sections = [_Open("", (), 0)]
    for count, (line, text) in enumerate(_logical_lines(lines)):
        if count > DIRECTIVES or len(open_sections) > DEPTH:
            raise DocumentError("nests too deep or holds too many directives", line)
        if end := _END.match(text):
            _close(open_sections, end[1].lower(), line)
        elif section := _SECTION.match(text):
            open_sections.append(_Open(section[1].lower(), _words(section[2]), line))
        elif text.startswith("<"):
            raise DocumentError("not Apache configuration: a section without end or name", line)
        else:
            name, *arguments = _words(text)
            open_sections[-1].inner.append(Directive(name.lower(), tuple(arguments), line))
    if len(open_sections) > 1:
        raise DocumentError(
            f"not Apache configuration: <{open_sections[-1].name}> does not end",
            open_sections[-1].line,
        )
    return tuple(open_sections[0].inner)


def _close(open_sections: list[_Open], name: str, line: int) -> None:
    ended = open_sections.pop()
    if ended.name != name:
        raise DocumentError(f"not Apache configuration: </{name[:20]}> ends nothing", line)
    block = Directive(ended.name, ended.arguments, ended.line, tuple(ended.inner))
    open_sections[-1].inner.append(block)


def _logical_lines(lines: list[str]) -> list[tuple[int, str]]:
    """Lines with their continuations, without comments and empty ones."""
    found: list[tuple[int, str]] = []
    parts: list[str] = []
    start = 1
    for number, line in enumerate(lines, 1):
        if not parts:
            start = number
        if line.endswith("\\"):
            parts.append(line[:-1])
            continue
        text = "".join((*parts, line)).strip()
        parts = []
        if text and not text.startswith("#"):
            found.append((start, text))
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(quoted or single or plain for quoted, single, plain in _WORD.findall(text))
