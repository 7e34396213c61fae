"""What a finding is known by from run to run."""

import hashlib
import re


def fingerprint(rule: str, uri: str, symbol: str, number: int = 0) -> str:
    """Sixteen hex digits of rule, file and symbol; ``number`` tells equal ones apart.

    Lines do not count. Scanners give symbols without literals, so a fingerprint cannot be used to
    guess a secret.
    """
    symbol = re.sub(r"\s+", " ", symbol).strip()
    text = "\0".join((rule, uri, symbol, str(number)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
