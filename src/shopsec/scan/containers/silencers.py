"""Takes the comments out of a file with which it could silence Trivy. Pure.

Such as "#trivy:ignore:DS-0002" or "# tfsec:exp:2030-01-01:ignore:*":
https://github.com/aquasecurity/trivy/blob/main/pkg/iac/ignore/parse.go. Trivy has no flag against
them. What a Helm template puts together while it is rendered is out of our reach.
"""

import re

_PREFIXES = (b"trivy:", b"tfsec:")
# Trivy parts a line at spaces alone.
_WORD = re.compile(rb"[^ \n]+")


def without_silencers(content: bytes) -> tuple[bytes, int]:
    """Return the content, as long as before, without such comments, and how many there were."""
    if b"ignore:" not in content or not any(prefix in content for prefix in _PREFIXES):
        return content, 0
    count = 0

    def harmless(match: re.Match[bytes]) -> bytes:
        nonlocal count
        word = match[0]
        if b"ignore:" not in word or not any(prefix in word for prefix in _PREFIXES):
            return word
        count += 1
        for prefix in _PREFIXES:
            word = word.replace(prefix, prefix[:-1] + b".")
        return word

    return _WORD.sub(harmless, content), count
