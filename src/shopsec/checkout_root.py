"""Where a checkout begins. Needed by git's modules, scanners and commands, so below all of them."""

import os


def enclosing_repository(folder: str) -> str | None:
    """The folder, or the nearest one above it, that has a .git; None where there is none."""
    current = folder
    while True:
        if os.path.lexists(os.path.join(current, ".git")):
            return current
        parent = os.path.dirname(current)
        if parent == current:
            return None
        current = parent


def top_of(folder: str | os.PathLike[str]) -> str:
    """The top of the repository that a folder is in, without links; the folder itself in none."""
    real = os.path.realpath(folder)
    return enclosing_repository(real) or real
