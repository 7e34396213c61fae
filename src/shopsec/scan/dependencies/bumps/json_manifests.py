"""package.json (https://docs.npmjs.com/cli/configuring-npm/package-json) and composer.json.

Both name packages in objects of ranges.
"""

import json
from collections.abc import Iterator

from shopsec.scan.dependencies.bumps import json_text, ranges
from shopsec.scan.dependencies.bumps.base import Bumped, ManifestError, Named, apply
from shopsec.scan.dependencies.bumps.json_text import JsonText
from shopsec.scan.dependencies.versions import normalised_name

_NPM = ("dependencies", "devDependencies", "optionalDependencies")
_COMPOSER = ("require", "require-dev")


def bump_package_json(text: str, name: str, version: str) -> Bumped:
    """Let package.json ask for a version of a package; peers are the business of others."""
    return _bump(text, name, version, _NPM, ranges.NPM)


def bump_composer_json(text: str, name: str, version: str) -> Bumped:
    """Let composer.json ask for a version of a package."""
    return _bump(text, name, version, _COMPOSER, ranges.COMPOSER)


def _bump(
    text: str, name: str, version: str, sections: tuple[str, ...], grammar: ranges.Grammar
) -> Bumped:
    json_text.check(text)
    bumped = apply(text, _places(text, name, version, sections, grammar))
    if bumped.text is not None:
        _check_only_ranges_changed(text, bumped.text, sections)
    return bumped


def _places(
    text: str, name: str, version: str, sections: tuple[str, ...], grammar: ranges.Grammar
) -> Iterator[Named]:
    """A repeated key counts with its last value (as in JavaScript and PHP), so each is raised."""
    for found in json_text.texts(text, 2):
        section, package = found.path
        if section in sections and normalised_name(grammar.ecosystem, package) == name:
            yield _place(found, text, version, grammar)


def _place(found: JsonText, text: str, version: str, grammar: ranges.Grammar) -> Named:
    if text[found.start : found.end] != found.value:
        return Named(found.start, found.end, reason="its range has escaped characters")
    try:
        raised = ranges.raised(found.value, version, grammar)
    except ValueError as error:
        return Named(found.start, found.end, reason=str(error))
    return Named(found.start, found.end, raised)


def _check_only_ranges_changed(old: str, new: str, sections: tuple[str, ...]) -> None:
    before, after = (json.loads(each.removeprefix("\ufeff")) for each in (old, new))
    for section in sections:
        before.pop(section, None)
        after.pop(section, None)
    if before != after:
        raise ManifestError("cannot be edited without changing something else")
