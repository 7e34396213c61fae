"""Files that git writes into the working tree in another encoding than it keeps them in.

What a fresh clone has is then not what is deployed, or not what scanners can read: in EBCDIC or
UTF-7 no key looks like one. https://git-scm.com/docs/gitattributes#_working_tree_encoding
"""

import os
import re
from collections.abc import Sequence

from shopsec.model import SourceFile, printable
from shopsec.repo.git import Git

ATTRIBUTES = ".gitattributes"
ENCODING = "working-tree-encoding"
_NONE = frozenset({"unspecified", "unset", "set", ""})
# Unicode's own, which scanners read, and those that write ASCII as it is.
_READ = re.compile(
    r"utf-?(?:8|16|32)(?:[lb]e)?(?:-bom)?|(?:us-)?ascii|iso-?8859-[0-9]{1,2}|latin-?[0-9]{1,2}"
    r"|(?:windows-|cp)125[0-9]",
    re.IGNORECASE,
)
_SHOWN = 40
_BYTES = 100 * 1024 * 1024  # git reads no larger file: ATTR_MAX_FILE_SIZE of its attr.h


def unreadable_encodings(
    git: Git, root: str, files: Sequence[SourceFile], left_out: Sequence[str]
) -> dict[str, str]:
    """Why files cannot be read as git keeps them, by their references.

    ``left_out``: paths of further files of the folder, whose attributes count all the same.
    """
    named = [path for path in (*(file.path for file in files), *left_out) if _is_attributes(path)]
    above = len([part for part in os.path.relpath(root, git.toplevel).split(os.sep) if part != "."])
    named += ["../" * steps + ATTRIBUTES for steps in range(1, above + 1)]
    # To ask git of every file takes longer than all the rest of the walk.
    if not any(_sets_encodings(os.path.join(root, path)) for path in named):
        return {}
    paths = {file.content_path or file.path for file in files if file.tracked}
    found = git.attribute(ENCODING, sorted(paths))
    bad = {
        path: f"is {printable(value)[:_SHOWN]} here by {ENCODING} of {ATTRIBUTES}, and not in git"
        for path, value in found.items()
        if value not in _NONE and not _READ.fullmatch(value)
    }
    return {
        file.uri: bad[path] for file in files if (path := file.content_path or file.path) in bad
    }


def _is_attributes(path: str) -> bool:
    return path.rpartition("/")[2] == ATTRIBUTES


def _sets_encodings(full: str) -> bool:
    try:
        with open(full, "rb") as file:
            return ENCODING.encode() in file.read(_BYTES)
    except OSError:
        return False
