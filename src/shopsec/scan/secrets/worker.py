"""The child process that opens and searches files: names of files in, one answer a file out.

It never writes a value it has found, not even when it crashes.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType

from shopsec.scan.secrets.detectors import Detector, detectors
from shopsec.scan.secrets.protocol import READY, Answer, Order
from shopsec.scan.secrets.reading import UnsearchableError, read_text
from shopsec.scan.secrets.search import MOST, search
from shopsec.scan.secrets.source import Source


def main() -> None:
    """Answer for every file named on standard input, in order, each as soon as it is done."""
    sys.excepthook = _say_kind_only
    lines = sys.stdin.buffer
    order = Order(**json.loads(lines.readline()))
    rules = detectors(_midnight(order.today))
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    for number, line in enumerate(lines):
        answer = answer_for(number, json.loads(line), order, rules)
        sys.stdout.buffer.write(json.dumps(dataclasses.asdict(answer)).encode("ascii") + b"\n")
        sys.stdout.buffer.flush()


def answer_for(number: int, path: str, order: Order, rules: Sequence[Detector]) -> Answer:
    """Open and search one file."""
    try:
        text = read_text(order.root, path, order.limit)
    except UnsearchableError as error:
        return Answer(number, missed=str(error))
    if text is None:
        return Answer(number, binary=True)
    found = search(Source(text, path), rules)
    return Answer(
        number,
        sightings=found.sightings,
        left_out=dict(found.left_out),
        missed=f"has more than {MOST} secrets; the rest is not listed" if found.cut_short else "",
    )


def _midnight(day: str) -> float:
    """Start of an ISO 8601 date in UTC, in seconds since 1970."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def _say_kind_only(
    kind: type[BaseException], _error: BaseException, _trace: TracebackType | None
) -> None:
    """A message or a traceback may hold a value; the kind of the error does not."""
    os.write(2, f"{kind.__name__}\n".encode())


if __name__ == "__main__":
    main()
