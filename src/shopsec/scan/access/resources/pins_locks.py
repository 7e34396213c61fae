"""Shop platforms and frameworks in lockfiles, by a search for their names alone.

A lockfile may hold a framework several times; the newest speaks, so that what a tool drags in is
no reproach. A framework below a platform of the same ecosystem (Symfony below Shopware) is raised
by the platform's makers and is left out. What package.json beside an npm lockfile asks for only to
develop with is a developer's; what it does not ask for at all may ship or not.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shopsec.model import SourceFile
from shopsec.policy.lifecycle import Lifecycles, numbers_of
from shopsec.scan.access.documents import DocumentError, text_of
from shopsec.scan.access.resources.base import Files, Resource, Source, beside
from shopsec.scan.access.resources.lifecycle_images import Versioned
from shopsec.scan.access.resources.runtimes import DEVELOPER, LIVE, UNCLEAR, Sighting, resources_of
from shopsec.scan.access.resources.version_ranges import is_exact, newest_allowed


@dataclass(frozen=True)
class _Format:
    """A lockfile's way to say a name and its version; PACKAGE stands for the names looked for."""

    ecosystem: str
    pattern: str
    is_json: bool = False


_TOOLS = re.compile(r"(?:^|/)(?:build|tools?|tooling|scripts|storybook|benchmarks?)/")
_COMPOSER = _Format("composer", r'"name":\s*"(PACKAGE)",\s*"version":\s*"(v?\d[^"]*)"', True)
_NPM = _Format("npm", r'"(?:node_modules/)?(PACKAGE)":\s*\{\s*"version":\s*"(\d[^"]*)"', True)
_YARN = _Format("npm", r'^"?(PACKAGE)@[^\n]*:\r?\n\s+version:? "?(\d[^"\s]*)')
_PNPM = _Format("npm", r"^[ \t]++'?/?(PACKAGE)[@/](\d[^:('\s]*)")
_BUN = _Format("npm", r'\["(PACKAGE)@(\d[^"]*)"')
_TOML = _Format("pypi", r'^name = "(PACKAGE)"\r?\nversion = "(\d[^"]*)"')
_PIPFILE = _Format("pypi", r'"(PACKAGE)":\s*\{[^{}]{0,20000}?"version":\s*"==(\d[^"]*)"', True)
_REQUIREMENTS = _Format("pypi", r"^(PACKAGE)(?:\[[^\]\n]*\])?[ \t]*([=~<>][^\n;#]*)")
_GEMS = _Format("rubygems", r"^    (PACKAGE) \((\d[^)\s]*)\)")
_FORMATS = {
    "composer.lock": _COMPOSER,
    "package-lock.json": _NPM,
    "npm-shrinkwrap.json": _NPM,
    "yarn.lock": _YARN,
    "pnpm-lock.yaml": _PNPM,
    "bun.lock": _BUN,
    "poetry.lock": _TOML,
    "uv.lock": _TOML,
    "pdm.lock": _TOML,
    "Pipfile.lock": _PIPFILE,
    "Gemfile.lock": _GEMS,
}


def lockfiles_of(ecosystem: str) -> tuple[str, ...]:
    """Names of the lockfiles of an ecosystem."""
    return tuple(name for name, each in _FORMATS.items() if each.ecosystem == ecosystem)


def is_lockfile(file: SourceFile) -> bool:
    """True for lockfiles and for requirements files, which may pin too."""
    return file.name in _FORMATS or is_requirements(file)


def is_requirements(file: SourceFile) -> bool:
    """True for requirements.txt, requirements/production.txt and the like."""
    return file.name.endswith(".txt") and "requirements" in "/".join(file.path.split("/")[-2:])


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """The newest version of each platform and framework; DocumentError for JSON that is none."""
    form = _FORMATS.get(file.name, _REQUIREMENTS)
    text = text_of(content)
    if form.is_json:
        _check_json(text)
    newest: dict[str, Sighting] = {}
    use_of = _uses_beside(file, files) if form.ecosystem == "npm" else defaultdict(lambda: LIVE)
    for each in _found(text, form, files.lifecycles, use_of):
        other = newest.get(each.found.product)
        if other is None or numbers_of(each.found.version) > numbers_of(other.found.version):
            newest[each.found.product] = each
    yield from resources_of(file, _above_all(newest, form, files.lifecycles), files)


def _check_json(text: str) -> None:
    """A lockfile that was cut off may lack just what is looked for."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise DocumentError(f"not valid JSON: {error.msg}", error.lineno) from error
    except (RecursionError, ValueError) as error:
        raise DocumentError("not JSON that can be read: too deep, or a number too long") from error


SOURCE = Source("platforms in a lockfile", is_lockfile, build)


def _uses_beside(file: SourceFile, files: Files) -> defaultdict[str, str]:
    """What each package is for, as far as package.json in the same folder tells."""
    manifest = beside(files, file, "package.json")
    try:
        wanted = json.loads(files.read(manifest)) if manifest else None
    except (ValueError, RecursionError):
        wanted = None  # that file is booked under its own name
    if not isinstance(wanted, dict):
        return defaultdict(lambda: LIVE)
    uses: defaultdict[str, str] = defaultdict(lambda: UNCLEAR)
    # What stands in a folder of tools is hardly what customers reach.
    shipped = UNCLEAR if _TOOLS.search(file.path) else LIVE
    for key, use in (("devDependencies", DEVELOPER), ("dependencies", shipped)):
        names = wanted.get(key)
        uses.update(dict.fromkeys(names, use) if isinstance(names, dict) else {})
    return uses


def _found(
    text: str, form: _Format, lifecycles: Lifecycles, use_of: Mapping[str, str]
) -> Iterator[Sighting]:
    packages = lifecycles.packages(form.ecosystem)
    names = "|".join(map(re.escape, packages))
    pattern = re.compile(form.pattern.replace("PACKAGE", names), re.MULTILINE | re.IGNORECASE)
    line, counted = 1, 0
    for match in pattern.finditer(text):
        line += text.count("\n", counted, match.start(1))
        counted = match.start(1)
        product, version = packages[match[1].lower()], match[2].partition(" --")[0].strip()
        if version[0] in "=~<>" and not is_exact(version):
            cycles = (each.cycle for each in lifecycles.products[product].cycles)
            newest = Versioned(product, newest_allowed(version, cycles, "python"))
            yield Sighting(newest, line, UNCLEAR, "lockfile", asked=version)
        elif not version.startswith("0.0.0"):  # a package of this very repository
            found = Versioned(product, version.lstrip("v= "))
            yield Sighting(found, line, use_of[match[1]], "lockfile")


def _above_all(
    found: dict[str, Sighting], form: _Format, lifecycles: Lifecycles
) -> Iterator[Sighting]:
    groups = {lifecycles.products[name].group for name in found}
    covered = form.ecosystem == "composer" and "platform" in groups
    for name, sighting in found.items():
        if not (covered and lifecycles.products[name].group == "framework"):
            yield sighting
