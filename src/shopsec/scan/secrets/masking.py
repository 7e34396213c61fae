"""The text of a file without the secrets that the search knows, those silenced included."""

import re

from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.reading import HEAD, is_binary, text_of
from shopsec.scan.secrets.settling import SILENCED
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.stock_plugins import stock_hits
from shopsec.scan.secrets.table import load_table

MASK = "***"
# A comment that silences a secret, and the line after it: the search leaves these out.
_SILENCED = re.compile(
    r"[^\n]*(?:(?:allow|white)list[ -](?:nextline[ -])?secret|gitleaks:allow|trivy:ignore)"
    r"[^\n]*(?:\n[^\n]*)?",
    re.IGNORECASE,
)


class Masker:
    """Takes secrets out of texts; line ends stay, so that lines can be counted."""

    def __init__(self, now: float) -> None:
        """``now``: seconds since 1970, for keys that expire."""
        self._engine = Engine(load_table(), now, others=stock_hits)

    def masked(self, content: bytes, path: str, deadline: float) -> tuple[str, str | None] | None:
        """The text, and the same masked; None for what is no text.

        The second is None where the search was cut short before ``deadline``, a time of
        time.monotonic(), or by the number of secrets.
        """
        if is_binary(content[:HEAD]):
            return None
        source = Source(text_of(content), path)
        plain = _decoded(source.text)
        found = self._engine.search(source, deadline)
        if found.cut_short:
            return plain, None
        text = source.text
        for hit in reversed(found.hits):
            start, end = hit.place.start, hit.place.end
            text = text[:start] + _mask(text[start:end]) + text[end:]
        if found.left_out[SILENCED]:
            text = _SILENCED.sub(lambda silenced: _mask(silenced[0]), text)
        return plain, _decoded(text)


def _mask(value: str) -> str:
    return re.sub(r"[^\r\n]+", MASK, value)


def _decoded(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")
