"""What a child says of itself: the last part of its stderr."""

import os
import threading
from typing import IO

_KEPT = 20_000
_CHUNK = 65_536


class Tail:
    """Drains a child's stderr and keeps the last part of it."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._kept = bytearray()
        self._stream = stream
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        if self._stream is None:
            return
        with self._stream as stream:
            while chunk := os.read(stream.fileno(), _CHUNK):
                self._kept += chunk
                del self._kept[:-_KEPT]

    def text(self) -> str:
        """What is kept, without control characters, once the child has ended."""
        self._thread.join(timeout=5)
        text = bytes(self._kept).decode("utf-8", "replace")
        return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def last_line(text: str) -> str:
    """The last line that says something, or nothing."""
    lines = (line.strip() for line in reversed(text.splitlines()))
    return next(filter(None, lines), "")
