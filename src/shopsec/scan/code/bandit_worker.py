"""A process that runs bandit on texts it is handed, started with ``python -P -m``.

It opens no file of the repository and is told no path of it. A request is a line of JSON,
``{"skipped": [test, ...], "sizes": [bytes, ...]}``, and the texts behind it; the answer is a line
of JSON a text, as ``Engine.scan`` gives it. Before the first request comes one line that says that
bandit is loaded. What ends this process, ends one text: the lines that came tell which one.
"""

import gc
import json
import logging
import sys
from typing import BinaryIO

MEMORY = 2_000_000_000
"""Bytes of address space; a text that takes more has no verdict."""

# Trees have rings of references; between two collections they may hold so many bytes of source.
_COLLECTED = 500_000


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    # Not before it is known that there is something to do.
    from shopsec.scan.code.bandit_engine import Engine  # noqa: PLC0415

    answers.write(b"{}\n")
    answers.flush()
    gc.disable()
    gc.freeze()
    engine, made_for, uncollected = None, None, 0
    while header := requests.readline():
        request = json.loads(header)
        # All of it before the first answer, so that neither side waits for the other to read.
        texts = [requests.read(size) for size in request["sizes"]]
        if engine is None or request["skipped"] != made_for:
            made_for = request["skipped"]
            engine = Engine(made_for)
        for text in texts:
            answers.write(json.dumps(engine.scan(text)).encode() + b"\n")
            answers.flush()
            uncollected += len(text)
            if uncollected > _COLLECTED:
                gc.collect()
                uncollected = 0


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 -- not on Windows
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))


if __name__ == "__main__":
    logging.disable()
    _limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
