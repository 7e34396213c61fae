"""What a plain scalar of YAML 1.2 stands for: https://yaml.org/spec/1.2.2/#103-core-schema.

Without hexadecimal and octal numbers, infinity and NaN, and with numbers of bounded length: those
longer stay texts.
"""

import re
from typing import Any

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,18}|[0-9]{1,18}(\.[0-9]{0,18})?)([eE][-+]?[0-9]{1,3})?")
_NUMERIC = frozenset("0123456789-+.")


def plain_value(text: str) -> str | int | float | bool | None:
    """The value of a scalar that is written without quotes and tag; ``on`` is a text."""
    if text in _WORDS:
        word: bool | None = _WORDS[text]
        return word
    if text[0] not in _NUMERIC:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
