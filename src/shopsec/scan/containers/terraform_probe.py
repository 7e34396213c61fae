"""Makes Trivy prove that it read a Terraform file.

A file it cannot parse vanishes from its answer, and so does one without findings. So a resource
is added at the end of each copy, on lines of its own, that one of Trivy's checks always rejects:
a finding behind the file's last line means that all of the file was read.
"""

import json

_TYPE, _NAME = "nifcloud_security_group", "shopsec_probe"


def with_probe(content: bytes, number: int, *, is_json: bool) -> tuple[bytes, int]:
    """Return the content with a probe added, and the number of the last line before it.

    ``number`` makes the probe's name unique. JSON that is broken or no object is left as it is.
    """
    if is_json:
        return _with_json_probe(content, number)
    probe = f'\nresource "{_TYPE}" "{_NAME}_{number}" {{}}\n'
    return content + probe.encode(), _lines(content)


def _with_json_probe(content: bytes, number: int) -> tuple[bytes, int]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return content, _lines(content)
    if not isinstance(document, dict):
        return content, _lines(content)
    opened = content.rstrip().removesuffix(b"}") + (b"," if document else b"")
    # In Terraform's JSON a key may come twice, and both count.
    probe = json.dumps({"resource": {_TYPE: {f"{_NAME}_{number}": {}}}})
    return opened + b"\n" + probe[1:].encode() + b"\n", _lines(opened)


def _lines(content: bytes) -> int:
    return content.count(b"\n") + 1
