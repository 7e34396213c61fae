"""What must be the same wherever a part of one scan runs, in digests."""

import hashlib
from pathlib import Path

from shopsec.config import Settings
from shopsec.model import Inventory, SourceFile
from shopsec.policy.rules import own_packs
from shopsec.scan.base import Target
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.secrets.redaction import Redactor
from shopsec.scan.shard_file import Circumstances

# Of one machine, of one command line, or of judging alone.
_NOT_SHARED = {"base", "trusted", "places", "jobs", "cache", "images", "exclude", "policy"}


def circumstances_of(target: Target, host: Host, base: str) -> Circumstances:
    """Those of a scan; ``base`` is the id of the merge base, where there is one."""
    inventory, settings = target.inventory, target.settings
    repository = inventory.repository
    return Circumstances(
        commit=repository.commit,
        dirty=repository.dirty,
        remote=repository.remote,
        folder=repository.path_in_repository,
        count=len(inventory.files),
        files=_files(inventory, settings, host),
        settings=hashlib.sha256(settings.model_dump_json(exclude=_NOT_SHARED).encode()).hexdigest(),
        packs=_packs(settings),
        salt=Redactor.of(repository).digest("the salt of a scan in shards"),
        base=base,
    )


def _files(inventory: Inventory, settings: Settings, host: Host) -> str:
    clean = inventory.repository.commit is not None and inventory.repository.dirty is False
    digest = hashlib.sha256()
    for file in inventory.files:
        content = "" if clean and file.tracked else _content(file, settings, host)
        digest.update(f"{file.uri}\0{file.size}\0{file.tracked}\0{content}\n".encode())
    return digest.hexdigest()


def _content(file: SourceFile, settings: Settings, host: Host) -> str:
    """Digest of a file that no commit vouches for; of one that nobody reads there is none."""
    try:
        content = host.read(file, settings.limits.file_bytes)
    except Unreadable as error:
        return str(error)
    return hashlib.sha256(content).hexdigest()


def _packs(settings: Settings) -> str:
    digest = hashlib.sha256()
    if settings.policies:
        for path in own_packs(settings.policies, Path(settings.rules_base)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
