"""The next step that raises a package, in the words of its own tool."""

import posixpath

from shopsec.scan.dependencies.packages import PlacedPin

_NO_FIX = "no fixed version is known: take the package out, or shield what it exposes"
_MALICIOUS = (
    "take the package out now; treat every secret that machines with it could read as stolen,"
    " and replace them"
)

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
    "pom.xml": "set {name} to {version} in pom.xml",
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


def upgrade_command(lockfile: str, name: str, version: str, *, direct: bool) -> str:
    """The command, or the change, that brings a version into a lockfile; empty where unknown."""
    file = posixpath.basename(lockfile)
    template = _COMMANDS.get(file, "")
    if not direct:
        template = _OF_TRANSITIVE.get(file) or _OVERRIDES.get(file) or template
    return template.format(name=name, version=version)


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
