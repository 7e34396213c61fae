"""pyproject.toml: [project] and [dependency-groups] (PEP 621, PEP 735), Poetry, PDM and uv."""

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from shopsec.scan.dependencies.bumps import pep440, pep508, ranges, toml_text
from shopsec.scan.dependencies.bumps.base import Bumped, ManifestError, Named, apply
from shopsec.scan.dependencies.bumps.toml_text import TomlText

_POETRY = ("tool", "poetry")


def bump(text: str, name: str, version: str) -> Bumped:
    """Let pyproject.toml ask for a version of a package."""
    toml_text.check(text)
    bumped = apply(text, _places(text, name, version))
    if bumped.text is not None:
        toml_text.check(bumped.text)
        _check_only_ranges_changed(text, bumped.text)
    return bumped


def _places(text: str, name: str, version: str) -> Iterator[Named]:
    for found in toml_text.texts(text):
        place = None
        if _is_requirement(found.path):
            place = pep508.place_of(found.value, found.start, name, version)
        elif _poetry_name(found.path) == name:
            place = _of_poetry(found, version)
        if place is None:
            continue
        if text[found.start : found.end] != found.value:
            place = Named(found.start, found.end, reason="its range has escaped characters")
        yield place


def _is_requirement(path: tuple[str, ...]) -> bool:
    match path:
        case ("project", "dependencies") | ("tool", "uv", "dev-dependencies"):
            return True
        case ("project", "optional-dependencies", _) | ("dependency-groups", _):
            return True
        case ("tool", "pdm", "dev-dependencies", _):
            return True
    return False


def _poetry_name(path: tuple[str, ...]) -> str:
    """The package whose range a text of [tool.poetry] is; empty for any other text."""
    if path[:2] != _POETRY:
        return ""
    match path[2:]:
        case ("group", _, "dependencies", name) | ("group", _, "dependencies", name, "version"):
            return canonicalize_name(name)
        case ("dependencies" | "dev-dependencies", name):
            return canonicalize_name(name)
        case ("dependencies" | "dev-dependencies", name, "version"):
            return canonicalize_name(name)
    return ""


def _of_poetry(found: TomlText, version: str) -> Named:
    text = found.value
    # Poetry takes Python's own specifiers as well.
    own = text.replace("~=", "").replace("!=", "") == text and "===" not in text
    try:
        raised = (
            ranges.raised(text, version, ranges.POETRY) if own else pep440.raised(text, version)
        )
    except ValueError as error:
        return Named(found.start, found.end, reason=str(error))
    return Named(found.start, found.end, raised)


def _check_only_ranges_changed(old: str, new: str) -> None:
    before, after = ([each.path for each in toml_text.texts(text)] for text in (old, new))
    if before != after:
        raise ManifestError("cannot be edited without changing something else")
