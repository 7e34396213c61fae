"""The business paths of the folder that is scanned."""

from collections.abc import Callable, Sequence

from shopsec.config import Settings
from shopsec.errors import UsageError
from shopsec.model import Inventory, SourceFile
from shopsec.policy.business_paths import BusinessPaths, load_business_paths
from shopsec.repo.platform import Recognised, recognise
from shopsec.scan.host import Host, Unreadable

_MANIFEST_BYTES = 2_000_000


def business_paths(
    inventory: Inventory, settings: Settings, host: Host
) -> tuple[BusinessPaths, tuple[Recognised, ...]]:
    """The business paths of a repository, and the platforms that they come from."""
    presets = load_business_paths().platforms
    if settings.platform:
        chosen = [each for each in presets if each.id == settings.platform]
        if not chosen:
            names = ", ".join(each.id for each in presets)
            where = settings.at("platform")
            raise UsageError(f"{where}unknown platform {settings.platform!r}", f"one of {names}")
        recognised = tuple(Recognised(each, "set in the configuration") for each in chosen)
    else:
        recognised = recognise(inventory, presets, _reader(host))
    own: dict[str, Sequence[str]] = dict(settings.paths.items())
    return BusinessPaths(own, tuple(each.platform for each in recognised)), recognised


def _reader(host: Host) -> Callable[[SourceFile], bytes | None]:
    def read(file: SourceFile) -> bytes | None:
        try:
            return host.read(file, _MANIFEST_BYTES)
        except Unreadable:
            return None

    return read
