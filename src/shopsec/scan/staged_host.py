"""The machine as scanners see it when what is staged is scanned: files come from git's index."""

import os
from collections.abc import Mapping

from shopsec.model import SourceFile
from shopsec.scan.host import Host, Unreadable


class StagedHost(Host):
    """Reads files from contents that are already here, never from the working tree."""

    def __init__(self, root: str, jobs: int, cache: str, contents: Mapping[str, bytes]) -> None:
        super().__init__(root, jobs, offline=True, environ=os.environ, cache=cache)
        self._contents = contents

    def _first(self, file: SourceFile, count: int) -> bytes:
        content = self._contents.get(file.uri)
        if content is None:
            raise Unreadable("too large to be read from the index")
        return content[:count]
