"""The checksum at the end of GitHub's and npm's tokens.

https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
"""

import binascii

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 6


def checksum(body: str) -> str:
    """CRC-32 of a token's random part in six digits of base 62."""
    number, digits = binascii.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(LENGTH, "0")
