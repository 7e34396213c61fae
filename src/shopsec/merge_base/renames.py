"""Findings of the merge base by the names that their files have today."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from shopsec.identify.places import Read
from shopsec.merge_base.revision import MergeBase
from shopsec.model import Finding, Inventory, Location, uri_of


@dataclass(frozen=True)
class Renames:
    """Which files have another name today: references from the repository's root, old to new."""

    names: Mapping[str, str]

    def moved(self, finding: Finding) -> Finding:
        """The finding as if its files had had their new names."""
        old = finding.location.uri
        names = {_name(old): _name(self.names.get(old, old))}
        changes = {
            "location": self._place(finding.location),
            "related": tuple(map(self._place, finding.related)),
            "extent": tuple(map(self._place, finding.extent)),
            "symbol": names.get(finding.symbol, finding.symbol),
        }
        return finding.model_copy(update=changes)

    def reader(self, read: Read) -> Read:
        """Reads by the new names."""
        return lambda uri: read(self._old.get(uri, uri))

    @cached_property
    def _old(self) -> dict[str, str]:
        return {new: old for old, new in self.names.items()}

    def _place(self, place: Location) -> Location:
        if place.uri not in self.names:
            return place
        return place.model_copy(update={"uri": self.names[place.uri]})


def renames_of(base: MergeBase, today: Inventory) -> Renames:
    """Those that git sees, of files that are not there by their old names any more."""
    folder = today.repository.path_in_repository
    prefix = f"{folder}/" if folder else ""
    here = {uri_of(old): uri_of(new) for old, new in base.moved.items()}
    return Renames(
        {prefix + old: prefix + new for old, new in here.items() if old not in today.by_uri}
    )


def _name(uri: str) -> str:
    return uri.rpartition("/")[2]
