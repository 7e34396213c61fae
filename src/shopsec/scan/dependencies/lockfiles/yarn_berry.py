"""yarn.lock of Yarn 2 and later (https://yarnpkg.com/advanced/lexicon#descriptor).

An entry's key are descriptors, what asks for it; its resolution is a locator, what it is. The
protocols are those of https://yarnpkg.com/protocols.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError
from shopsec.scan.dependencies.lockfiles.npm_packages import (
    FROM_ELSEWHERE,
    NO_VERSION,
    Manifest,
    Package,
    Roots,
    lacking,
    origin_problem,
    read_manifest,
    split_descriptor,
    to_lockfile,
)
from shopsec.scan.dependencies.lockfiles.yarn_blocks import Block, read_blocks

METADATA = "__metadata"
_REGISTRY, _PATCH, _WORKSPACE = "npm:", "patch:", "workspace:"
_ROOT = "workspace:."
_META = "dependenciesMeta"
_MOST_PATCHES = 8


def parse(text: str, manifest: str = "") -> Lockfile:
    """Parse a lockfile of Yarn 2 or later.

    It has an entry for each workspace, which does not tell what is needed for development only;
    for the topmost workspace the text of its package.json does.
    """
    blocks = list(read_blocks(text))
    if not any(block.header == METADATA for block in blocks):
        raise LockfileError(f"has no {METADATA}, as lockfiles of Yarn 2 and later have")
    entries = {str(number): block for number, block in enumerate(blocks)}
    entries = {key: block for key, block in entries.items() if block.header != METADATA}
    own = {key: block for key, block in entries.items() if _is_own(block)}
    keys = _Keys(entries)
    packages = {key: _package(block, keys) for key, block in entries.items() if key not in own}
    folders = (_locator(block)[1].removeprefix(_WORKSPACE) for block in own.values())
    found = to_lockfile(packages, _roots(own.values(), keys, manifest))
    return replace(found, members=frozenset(folders) - {"."})


def _is_own(block: Block) -> bool:
    return _locator(block)[1].startswith(_WORKSPACE)


def _locator(block: Block) -> tuple[str, str]:
    return split_descriptor(block.fields.get("resolution", ""))


def _package(block: Block, keys: "_Keys") -> Package:
    name, reference = _locator(block)
    if not name:
        name = split_descriptor(next(iter(block.patterns()), block.header))[0]
    return Package(
        name,
        block.fields.get("version", ""),
        block.line,
        _problem(reference),
        tuple(keys.resolve(block.sections.get("dependencies", {}))),
        lacks=_lacks(block, keys),
    )


def _lacks(block: Block, keys: "_Keys") -> tuple[str, ...]:
    """Which of the needs are optional stands under ``dependenciesMeta``, in a map of maps."""
    missing = lacking(block.sections.get("dependencies", {}), keys.names)
    return tuple(name for name in missing if name not in block.sections.get(_META, {}))


def _problem(reference: str) -> str:
    for _ in range(_MOST_PATCHES):
        if reference.startswith(_PATCH):
            reference = split_descriptor(_patched(reference))[1]
    if not reference:
        return NO_VERSION
    if reference.startswith(_REGISTRY) or reference[0].isdigit():
        return ""
    return origin_problem(reference) or FROM_ELSEWHERE


def _patched(reference: str) -> str:
    """``name@npm:^1`` of ``patch:name@npm%3A^1#~/fix.patch``."""
    return unquote(reference.removeprefix(_PATCH).partition("#")[0])


class _Keys:
    """Which entries a descriptor leads to: a patched package has two, its own and the patch's."""

    def __init__(self, entries: Mapping[str, Block]) -> None:
        self.names: set[str] = set()
        self._exact: dict[str, str] = {}
        self._patches: dict[str, str] = {}
        self._named: dict[str, set[str]] = {}
        for key, block in entries.items():
            for pattern in block.patterns():
                name, wanted = split_descriptor(_unbound(pattern))
                self._named.setdefault(name, set()).add(key)
                self.names.add(name)
                self._exact[_descriptor(name, wanted)] = key
                if wanted.startswith(_PATCH):
                    self._patches[_plain(name, wanted)] = key

    def resolve(self, wanted: Mapping[str, str]) -> Iterator[str]:
        """Keys of the wanted packages.

        Where ``resolutions`` of the project replace a range, no descriptor has it; the only entry
        of that name is then meant.
        """
        for name, spec in wanted.items():
            range_ = _unbound(spec)
            asked = _descriptor(name, range_)
            places = [self._exact.get(asked), self._patches.get(asked)]
            if range_.startswith(_PATCH):
                places.append(self._exact.get(_plain(name, range_)))
            found = [place for place in places if place is not None]
            if not found and len(self._named.get(name, ())) == 1:
                found = list(self._named[name])
            yield from found


def _plain(name: str, patch: str) -> str:
    """The descriptor that a patch is for."""
    return _descriptor(name, split_descriptor(_patched(patch))[1])


def _descriptor(name: str, wanted: str) -> str:
    """With the protocol, which Yarn leaves out of dependencies until its version 4."""
    return f"{name}@{wanted.removeprefix(_REGISTRY)}"


def _unbound(descriptor: str) -> str:
    """Without the parameters that say from where a relative path counts."""
    return descriptor.partition("::")[0]


def _roots(own: Iterable[Block], keys: _Keys, manifest: str) -> Roots:
    named = read_manifest(manifest) if manifest else Manifest({}, {})
    production: list[str] = []
    development: list[str] = []
    lacks: list[str] = []
    for block in own:
        lacks += _lacks(block, keys)
        wanted = block.sections.get("dependencies", {})
        for name, spec in wanted.items():
            dev = _locator(block)[1] == _ROOT and name not in named.production
            group = development if dev and name in named.development else production
            group += keys.resolve({name: spec})
    return Roots(tuple(production), tuple(development), tuple(lacks))
