"""Which files have a word in them, kept for a state of all of them."""

import hashlib
import json
from collections.abc import Iterable

from shopsec.model import SourceFile
from shopsec.scan.cache.own_code import own_code
from shopsec.scan.host import Host, Unreadable

_NAME = "words"


def mentioning(
    word: bytes, files: Iterable[SourceFile], host: Host, limit: int
) -> frozenset[str] | None:
    """References of the files that have a word of lower case in any case.

    None where there are no results of former scans to tell. Files larger than ``limit`` bytes are
    left out.
    """
    store = host.results
    if store is None:
        return None
    asked = {file.uri: file for file in files}
    digests = host.digests(asked.values(), limit)
    about = hashlib.sha256(f"{own_code()}\0{_NAME}\0".encode() + word)
    for uri, digest in digests.items():
        about.update(hashlib.sha256(uri.encode()).digest() + digest)
    key = about.digest()
    try:
        return frozenset(map(str, json.loads(store.get([key])[key])))
    except (KeyError, ValueError, TypeError):
        pass
    found, unchanged = [], True
    for uri in digests:
        try:
            content = host.read(asked[uri], limit)
        except Unreadable:
            unchanged = False
            continue
        unchanged = unchanged and hashlib.sha256(content).digest() == digests[uri]
        if word in content.lower():
            found.append(uri)
    if unchanged:
        store.put(_NAME, {key: json.dumps(found).encode()})
    return frozenset(found)
