"""Pure parsers from the bytes of a file to a document with line numbers."""

import codecs

# The longer marks first: UTF-32's begins as UTF-16's does.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class DocumentError(Exception):
    """The content cannot be parsed; ``line`` counts from 1."""

    def __init__(self, problem: str, line: int = 1) -> None:
        super().__init__(f"line {line}: {problem}")
        self.problem = problem
        self.line = line


class NotRendered(Exception):  # noqa: N818 -- no error: a file that is left out on purpose
    """The content only becomes a document when another program renders it.

    Such files are left out on purpose and counted under ``kind``, as reports name them.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def as_utf8(content: bytes) -> bytes:
    """The same text in UTF-8, where a mark says that it is UTF-16 or UTF-32.

    Windows' editors save such files, and readers that look for words would find none in them. What
    cannot be decoded is returned as it is: parsers refuse it.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    if encoding is None:
        return content
    try:
        return content.decode(encoding).encode()
    except UnicodeError:
        return content


def text_of(content: bytes) -> str:
    """Decode UTF-8 (with or without a mark); DocumentError names the line that is no text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError("is not UTF-8 text", line) from error
    refuse_binary(content)
    return text


def refuse_binary(content: bytes) -> None:
    """DocumentError where there is a NUL byte, which no text of a setting or script holds."""
    position = content.find(b"\0")
    if position >= 0:
        raise DocumentError(
            "holds a NUL byte: it is no text", content.count(b"\n", 0, position) + 1
        )


def lines_of(text: str) -> list[str]:
    """The lines as git and editors count them: ended by ``\\n`` or ``\\r\\n``, and by nothing else.

    ``str.splitlines`` also splits at form feeds and at separators of Unicode, so that its numbers
    are wrong from there on.
    """
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
