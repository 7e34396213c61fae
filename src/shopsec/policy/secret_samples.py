"""Values made up from templates, so that no text in the form of a live key is written anywhere.

``<kind N>`` stands for N characters of a kind: alnum, lower (a-z0-9), upper (A-Z0-9), letters,
digits, hex, HEX, base32 (A-Z2-7), b64, b64u, and x (the letter, as in a placeholder). Others:
``<uuid>``; ``<github ghp>`` and ``<npm>``, with their checksums; ``<jwt>`` and ``<expired-jwt>``;
``<card>``, a card number that no bank gave out; ``<pem RSA>``; ``<basic N>``, base64 of
``user:`` and N characters; ``<nl>``, a line end.
"""

import base64
import json
import random
import re
import string
from typing import TYPE_CHECKING

from shopsec.policy.token_checksum import checksum

if TYPE_CHECKING:
    from collections.abc import Callable

_KINDS = {
    "alnum": string.ascii_letters + string.digits,
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "letters": string.ascii_letters,
    "digits": string.digits,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "base32": string.ascii_uppercase + "234567",
    "b64": string.ascii_letters + string.digits + "+/",
    "b64u": string.ascii_letters + string.digits + "-_",
}
_SLOT = re.compile(r"<([A-Za-z0-9-]+)(?: ([A-Za-z0-9_]+))?>")


def sample(template: str, seed: str) -> str:
    """The template with its slots filled in; the same seed gives the same text."""
    chance = random.Random(f"{seed}\0{template}")  # noqa: S311 -- examples, no secrets
    return _SLOT.sub(lambda slot: _fill(slot[1], slot[2] or "", chance) or slot[0], template)


def _fill(kind: str, argument: str, chance: random.Random) -> str:
    """Text for a slot; empty where it is no slot of ours."""
    if argument.isdigit():
        if kind in _KINDS:
            return _characters(_KINDS[kind], int(argument), chance)
        if kind == "x":
            return "x" * int(argument)
        if kind == "basic":
            return _encoded(f"user:{_characters(_KINDS['alnum'], int(argument), chance)}")
    made: dict[str, Callable[[], str]] = {
        "uuid": lambda: _uuid(chance),
        "github": lambda: _with_checksum(f"{argument}_", chance),
        "npm": lambda: _with_checksum("npm_", chance),
        "jwt": lambda: _json_web_token({}, chance),
        "expired-jwt": lambda: _json_web_token({"exp": 1}, chance),
        "card": lambda: _card(chance),
        "pem": lambda: _pem(argument, chance),
        "nl": lambda: "\n",
    }
    return made[kind]() if kind in made else ""


def _uuid(chance: random.Random) -> str:
    text = _characters(_KINDS["hex"], 30, chance)
    return f"{text[:8]}-{text[8:12]}-4{text[12:15]}-a{text[15:18]}-{text[18:30]}"


def _characters(alphabet: str, count: int, chance: random.Random) -> str:
    """Random characters, with every kind that the alphabet has where there is room for all."""
    kinds = [
        [char for char in group if char in alphabet]
        for group in (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    ]
    needed = [chance.choice(kind) for kind in kinds if kind][:count]
    text = needed + [chance.choice(alphabet) for _ in range(count - len(needed))]
    chance.shuffle(text)
    return "".join(text)


def _with_checksum(prefix: str, chance: random.Random) -> str:
    body = _characters(_KINDS["alnum"], 30, chance)
    return f"{prefix}{body}{checksum(body)}"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _json_web_token(more: dict[str, int], chance: random.Random) -> str:
    claims = {"sub": _characters(_KINDS["lower"], 12, chance)} | more
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, _characters(_KINDS["b64u"], 43, chance)])


def _card(chance: random.Random) -> str:
    body = "4" + _characters(_KINDS["digits"], 14, chance)
    doubled = sum(
        sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10))
        for place, digit in enumerate(body)
    )
    return f"{body}{-doubled % 10}"


def _pem(kind: str, chance: random.Random) -> str:
    dashes = "-" * 5
    name = f"{kind} PRIVATE KEY" if kind else "PRIVATE KEY"
    lines = [_characters(_KINDS["b64"], 64, chance) for _ in range(6)]
    return "\n".join([f"{dashes}BEGIN {name}{dashes}", *lines, f"{dashes}END {name}{dashes}"])
