"""A unified diff that git apply and patch take, and that is safe to print."""

import difflib
from collections.abc import Iterator

from shopsec.model import display_path, printable


def unified(uri: str, old: str, new: str) -> str:
    """The diff of one file; control characters of its lines are escaped, ends of lines are not."""
    name = display_path(uri)
    name += "\t" * (" " in name)  # which is how patch knows where such a name ends
    lines = difflib.unified_diff(
        _lines(old), _lines(new), f"a/{name}", f"b/{name}", n=3, lineterm="\n"
    )
    return "".join(_written(lines))


def _lines(text: str) -> list[str]:
    """Lines as patch counts them: a line feed ends one, and nothing else does."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + parts[-1:] * bool(parts[-1])


def _written(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        body = line.removesuffix("\n")
        carriage = "\r" * body.endswith("\r")
        shown = "\t".join(printable(part) for part in body.removesuffix("\r").split("\t"))
        yield shown + carriage + "\n"
        if not line.endswith("\n"):
            yield "\\ No newline at end of file\n"
