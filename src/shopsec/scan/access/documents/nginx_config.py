"""nginx's configuration (https://nginx.org/en/docs/beginners_guide.html#conf_structure)."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.directives import DEPTH, DIRECTIVES, LARGEST, Directive


def parse_nginx(content: bytes) -> tuple[Directive, ...]:
    """Parse one file; no ``include`` is followed. DocumentError where nginx would refuse it."""
    if len(content) > LARGEST:
        raise DocumentError(f"holds more than {LARGEST} bytes of server configuration")
    if b"\0" in content:
        raise DocumentError("is no text")
    parsed = _parse_copy(content)
    for error in parsed["errors"]:
        problem = str(error["error"]).partition(" in /")[0] or "it ends too early"
        raise DocumentError(f"not nginx configuration: {problem}", error["line"] or 1)
    return _directives(parsed["config"][0]["parsed"], 0, [0])


def _parse_copy(content: bytes) -> Mapping[str, Any]:
    """crossplane takes file names only, so it gets a copy that lies beside nothing else."""
    import crossplane  # noqa: PLC0415 -- loaded where such a file is met

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "nginx.conf")
        with open(path, "wb") as copy:
            copy.write(content)
        parsed: Mapping[str, Any] = crossplane.parse(
            path, single=True, check_ctx=False, check_args=False
        )
    return parsed


def _directives(
    statements: Sequence[Mapping[str, Any]], depth: int, count: list[int]
) -> tuple[Directive, ...]:
    found = []
    for each in statements:
        line = int(each["line"])
        count[0] += 1
        if depth > DEPTH or count[0] > DIRECTIVES:
            raise DocumentError("nests too deep or holds too many directives", line)
        inner = _directives(each.get("block") or (), depth + 1, count)
        found.append(Directive(each["directive"].lower(), tuple(each["args"]), line, inner))
    return tuple(found)
