"""Pure parsers from the bytes of a file to a document with line numbers."""


class DocumentError(Exception):
    """The content cannot be parsed; ``line`` counts from 1."""

    def __init__(self, problem: str, line: int = 1) -> None:
        super().__init__(f"line {line}: {problem}")
        self.problem = problem
        self.line = line


def text_of(content: bytes) -> str:
    """Decode UTF-8 (with or without a mark); DocumentError names the line that is not."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DocumentError("is not UTF-8 text", line) from error
