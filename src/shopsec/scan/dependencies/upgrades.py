"""The next step that raises a package, in the words of its own tool."""

import posixpath
import shlex

from shopsec.model import display_path
from shopsec.scan.dependencies.packages import PlacedPin

_NO_FIX = "no fixed version is known: take the package out, or shield what it exposes"
_MALICIOUS = (
    "take the package out now; treat every secret that machines with it could read as stolen,"
    " and replace them"
)
_BY_HAND = "set {name} to {version} in pom.xml"

# What raises one package to one version, by the lockfile that pins it.
_COMMANDS = {
    "package-lock.json": "npm install {name}@{version}",
    "npm-shrinkwrap.json": "npm install {name}@{version}",
    "yarn.lock": "yarn up {name}@{version} (yarn 1: yarn upgrade {name}@{version})",
    "pnpm-lock.yaml": "pnpm update {name}@{version}",
    "bun.lock": "bun add {name}@{version}",
    "composer.lock": "composer require {name}:^{version} --update-with-all-dependencies",
    "Gemfile.lock": "bundle update {name} --conservative",
    "gems.locked": "bundle update {name} --conservative",
    "go.mod": "go get {name}@v{version}",
    "Cargo.lock": "cargo update -p {name} --precise {version}",
    "uv.lock": "uv lock --upgrade-package {name}=={version}",
    "poetry.lock": "poetry update {name}",
    "pdm.lock": "pdm update {name}",
    "Pipfile.lock": "pipenv upgrade {name}=={version}",
    "packages.lock.json": "dotnet add package {name} --version {version}",
    "pom.xml": _BY_HAND,
}
# What forces a version on a package that another one asks for.
_OVERRIDES = {
    "package-lock.json": '"overrides": {{"{name}": "{version}"}} in package.json',
    "npm-shrinkwrap.json": '"overrides": {{"{name}": "{version}"}} in package.json',
    "yarn.lock": '"resolutions": {{"{name}": "{version}"}} in package.json',
    "pnpm-lock.yaml": '"pnpm": {{"overrides": {{"{name}": "{version}"}}}} in package.json',
    "bun.lock": '"overrides": {{"{name}": "{version}"}} in package.json',
}
_MANIFESTS = dict.fromkeys(_OVERRIDES, "package.json")
_PROGRAMS = frozenset(each.split()[0] for each in _COMMANDS.values()) - {"set"}
_LISTED = 3
_OF_TRANSITIVE = {
    "composer.lock": "composer update {name} --with-all-dependencies",
    "go.mod": "go get {name}@v{version}",
}
# What brings a lockfile up to a manifest that admits the version, and leaves the manifest alone.
_RELOCKS = {
    "package-lock.json": "npm update {name}",
    "npm-shrinkwrap.json": "npm update {name}",
    "yarn.lock": "yarn up -R {name} (yarn 1: yarn upgrade {name})",
    "bun.lock": "bun update {name}",
    "composer.lock": "composer update {name} --with-all-dependencies",
}


# What only tests need: left in vendor/ of a live shop it is what attackers look for.
_TEST_TOOLS = frozenset({
    "phpunit/phpunit", "codeception/codeception", "behat/behat", "phpspec/phpspec",
    "mockery/mockery", "fakerphp/faker", "fzaninotto/faker",
})  # fmt: skip


def relock_command(lockfile: str, name: str, version: str) -> str:
    """The command that raises a direct dependency within its manifest's range."""
    template = _RELOCKS.get(posixpath.basename(lockfile), "")
    return template.format(name=shlex.quote(name)) or upgrade_command(
        lockfile, name, version, direct=True
    )


def upgrade_command(lockfile: str, name: str, version: str, *, direct: bool) -> str:
    """The command, or the change, that brings a version into a lockfile; empty where unknown."""
    file = posixpath.basename(lockfile)
    template = _COMMANDS.get(file, "")
    if not direct:
        template = _OF_TRANSITIVE.get(file) or _OVERRIDES.get(file) or template
    if template not in {_OVERRIDES.get(file), _BY_HAND}:  # a lockfile may name a package anything
        name, version = shlex.quote(name), shlex.quote(version)
    return template.format(name=name, version=version)


def transitive_step(pin: PlacedPin, version: str) -> str:
    """Which direct dependency to raise, or what forces a version below it."""
    forced = upgrade_command(pin.location.uri, pin.key.name, version, direct=False)
    via = " > ".join(pin.via)
    if not via:
        return f"another package pulls it in: raise that one, or {forced}" if forced else ""
    first = f"{via} pulls it in: raise {pin.via[0]} first"
    return f"{first}, or {forced}" if forced else first


def step_without_fix(*, malicious: bool) -> str:
    """What to do where no version can be raised to."""
    return _MALICIOUS if malicious else _NO_FIX


def upgrade_step(pin: PlacedPin, fixed: str, upgrade_to: str, *, malicious: bool) -> str:
    """What to do about one vulnerability of a pinned package, in a sentence or two."""
    if malicious:
        return _MALICIOUS
    if not fixed:
        return _NO_FIX
    key, target = pin.key, upgrade_to or fixed
    step = f"{_change(pin, target)}; run the tests, deploy"
    if upgrade_to and upgrade_to != fixed:
        newer = key.ecosystem == "PyPI" and fixed.partition(".")[0] != upgrade_to.partition(".")[0]
        also = ", if your Python is new enough for it" if newer else ""
        step += f" ({fixed} mends this one, {upgrade_to} all that is known of {key.name}{also})"
    if pin.raised_with and pin.raised_with != (key.name,):
        also = "" if key.name in pin.raised_with else f" and {key.name}"
        return f"{_listed(pin.raised_with)}{also} go by one version: {step}"
    if pin.via:
        step = f"{' > '.join(pin.via)} pulls it in: raise {pin.via[0]} first, or {step}"
    return step


def _change(pin: PlacedPin, target: str) -> str:
    """The command in the folder of its lockfile, or the change of a file there."""
    path = display_path(pin.location.uri)
    folder, file = posixpath.split(path)
    name = pin.key.name
    if pin.raised_with:
        command = _together(file, pin.raised_with, target)
    elif file == "composer.lock" and name in _TEST_TOOLS and not pin.via:
        vendor = posixpath.join("vendor", name)
        command = (
            f"composer require --dev {shlex.quote(f'{name}:^{target}')}"
            " --update-with-all-dependencies, on the server composer install --no-dev,"
            f" and see that {vendor} is gone there"
        )
    else:
        command = upgrade_command(path, name, target, direct=not pin.via)
    if not command:
        return f"set {name} to {target} in {path}"
    if command.split()[0] not in _PROGRAMS:
        return command.replace(f" in {_MANIFESTS.get(file, file)}", f" in {_manifest(path)}")
    return f"cd {shlex.quote(folder)} && {command}" if folder else command


def _manifest(path: str) -> str:
    folder, file = posixpath.split(path)
    return posixpath.join(folder, _MANIFESTS.get(file, file))


def _together(file: str, names: tuple[str, ...], version: str) -> str:
    """The command that raises packages which go by one version; empty where unknown."""
    if file == "composer.lock":
        asked = " ".join(shlex.quote(f"{name}:^{version}") for name in names)
        return f"composer require {asked} --update-with-all-dependencies"
    if file in {"Gemfile.lock", "gems.locked"}:
        asked = " ".join(map(shlex.quote, names))
        return f"bundle update {asked} (the Gemfile must admit {version})"
    return ""


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_LISTED]) + (" ..." if len(names) > _LISTED else "")
