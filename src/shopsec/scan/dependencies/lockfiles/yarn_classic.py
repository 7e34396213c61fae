"""yarn.lock of Yarn 1 (https://classic.yarnpkg.com/lang/en/docs/yarn-lock/)."""

from collections.abc import Mapping

from shopsec.scan.dependencies.lockfiles.base import Lockfile
from shopsec.scan.dependencies.lockfiles.npm_packages import (
    Package,
    Roots,
    lacking,
    origin_problem,
    read_manifest,
    split_descriptor,
    split_npm_alias,
    to_lockfile,
)
from shopsec.scan.dependencies.lockfiles.yarn_blocks import Block, read_blocks

_NEEDS = ("dependencies", "optionalDependencies")


def parse(text: str, manifest: str = "") -> Lockfile:
    """Parse a lockfile of Yarn 1.

    It tells neither which packages the project itself names nor for what; the text of the
    package.json beside it does, if the project has no workspaces.
    """
    blocks = {str(number): block for number, block in enumerate(read_blocks(text))}
    keys: dict[str, str] = {}
    for key, block in blocks.items():
        keys.update(dict.fromkeys(block.patterns(), key))
    names = {split_descriptor(pattern)[0] for pattern in keys}
    packages = {key: _package(block, keys, names) for key, block in blocks.items()}
    if not manifest:
        return to_lockfile(packages, Roots())
    own = read_manifest(manifest)
    return to_lockfile(
        packages,
        Roots(
            _resolve(own.production, keys),
            _resolve(own.development, keys),
            complete=not own.has_workspaces,
        ),
    )


def _package(block: Block, keys: Mapping[str, str], names: set[str]) -> Package:
    patterns = [split_descriptor(pattern) for pattern in block.patterns()]
    name, wanted = patterns[0] if patterns else (block.header, "")
    resolved = block.fields.get("resolved", "")
    # The archive of a registry is at any URL; what asks for it tells whether it is one.
    sources = [wanted for _, wanted in patterns]
    if not resolved.startswith(("https:", "http:")):
        sources.append(resolved)
    return Package(
        split_npm_alias(name, wanted)[0],
        block.fields.get("version", ""),
        block.line,
        next(filter(None, map(origin_problem, sources)), ""),
        tuple(key for section in _NEEDS for key in _resolve(block.sections.get(section, {}), keys)),
        lacks=_lacks(block, names),
    )


def _lacks(block: Block, names: set[str]) -> tuple[str, ...]:
    optional = block.sections.get("optionalDependencies", {})
    missing = lacking(block.sections.get("dependencies", {}), names)
    return tuple(name for name in missing if name not in optional)


def _resolve(wanted: Mapping[str, str], keys: Mapping[str, str]) -> tuple[str, ...]:
    found = (keys.get(f"{name}@{spec}" if spec else name) for name, spec in wanted.items())
    return tuple(key for key in found if key is not None)
