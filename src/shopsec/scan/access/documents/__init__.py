"""Pure parsers from the bytes of a file to a document with line numbers."""


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


def text_of(content: bytes) -> str:
    """Decode UTF-8 (with or without a mark); DocumentError names the line that is not."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DocumentError("is not UTF-8 text", line) from error
