"""The next step that raises a package, in the words of its own tool."""

import posixpath
import shlex

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
    file = pin.location.uri
    command = upgrade_command(file, key.name, target, direct=not pin.via)
    what = command or f"set {key.name} to {target} in {posixpath.basename(file)}"
    step = f"{what}; run the tests, deploy"
    if upgrade_to and upgrade_to != fixed:
        step += f" ({fixed} mends this one, {upgrade_to} all that is known of {key.name})"
    if pin.via:
        step = f"{' > '.join(pin.via)} pulls it in: raise {pin.via[0]} first, or {step}"
    return step
