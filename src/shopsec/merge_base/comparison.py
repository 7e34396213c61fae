"""What the scan of the merge base means for that of today."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shopsec.baseline.compare import known_of
from shopsec.config import Settings
from shopsec.identify.places import places_of, stands_for_several
from shopsec.merge_base.files import inventory_of, place_linked, unchanged_files
from shopsec.merge_base.renames import renames_of
from shopsec.merge_base.revision import MergeBase
from shopsec.merge_base.tip import SILENCERS
from shopsec.merge_base.watched import content_of, settings_changes
from shopsec.model import (
    Area,
    Excluded,
    Finding,
    Inventory,
    ScannerRun,
    Status,
    group_not_covered,
    uri_of,
)
from shopsec.pipeline import Past, rank_outcomes, reader_of
from shopsec.policy.business_paths import BusinessPaths
from shopsec.policy.severity import PriorityModel
from shopsec.scan.base import Outcome, Target
from shopsec.scan.host import Host
from shopsec.scan.registry import Deferred
from shopsec.scan.texts import Texts


@dataclass(frozen=True)
class Comparison:
    """What the scan of today is compared with."""

    past: Past
    also: tuple[Outcome, ...]
    """Changes of the settings."""


@dataclass(frozen=True)
class Before:
    """The merge base, as it is scanned."""

    scanners: tuple[Deferred, ...]
    target: Target
    silencers: dict[str, bytes]
    unchanged: frozenset[str]
    """References of files that are byte for byte as they were: what they allow was reviewed."""


@dataclass(frozen=True)
class Today:
    """The scan that is compared."""

    inventory: Inventory
    host: Host
    settings: Settings
    model: PriorityModel
    paths: BusinessPaths
    """Those of the tip: a branch does not choose its own."""
    day: str


def before(base: MergeBase, today: Today, scanners: Sequence[Deferred]) -> Before:
    """What has to be scanned of the merge base."""
    silencers = {name: content for name in SILENCERS if (content := content_of(base.judging, name))}
    inventory = inventory_of(base.written, today.inventory, today.settings)
    place_linked(inventory)
    unchanged = unchanged_files(today.inventory, today.host, inventory, base.written)
    settings = today.settings.model_copy(
        update={"base": today.settings.trusted or today.settings.base}
    )
    only = replace(
        inventory, files=tuple(file for file in inventory.files if file.uri not in unchanged)
    )
    return Before(
        scanners=tuple(each.narrowed(only) for each in scanners if not each.of_commit),
        target=Target(inventory, settings, today.day, silencers),
        silencers=silencers,
        unchanged=unchanged,
    )


def compared_with(
    base: MergeBase,
    today: Today,
    there: Before,
    host: Host,
    outcomes: Sequence[Outcome],
    *,
    also_watched: Sequence[Path] = (),
) -> Comparison:
    """What the scan of the merge base means for that of today; ``host`` reads the merge base."""
    inventory = there.target.inventory
    renames = renames_of(base, today.inventory)
    # Ranked by the old names: what is more urgent where the file is now was not known as that.
    texts = Texts(there.target, host).read
    ranked = rank_outcomes(
        outcomes, inventory, today.model, today.paths, texts, compared=renames.moved
    )
    content = renames.reader(reader_of(inventory, there.target.settings, host))
    by_file = frozenset(scanner.name for scanner in there.scanners if scanner.by_file)
    past = Past(
        name=base.name,
        known=tuple(
            known_of(result, ranked.compared[result.finding.fingerprint])
            for result in ranked.results
        ),
        was_there=_was_there(base, there.unchanged, by_file, today),
        places={
            finding.fingerprint: places_of(finding, content)
            for finding in ranked.compared.values()
            if stands_for_several(finding)
        },
        entry=lambda finished: _entry(base, inventory, ranked.runs, finished),
    )
    also = settings_changes(base, today.settings, inventory, today.inventory, also_watched)
    return Comparison(past, (also,))


def _was_there(
    base: MergeBase, unchanged: frozenset[str], by_file: frozenset[str], today: Today
) -> Callable[[Finding], bool]:
    """Whether a finding, with its place from the repository's root, was there."""
    folder = today.inventory.repository.path_in_repository
    prefix = f"{folder}/" if folder else ""
    same = tuple(f"{uri_of(path)}/" for path in base.same_submodules)

    def was_there(finding: Finding) -> bool:
        uri = finding.location.uri.removeprefix(prefix)
        if finding.of_import:
            # Nobody can ask the tool about that commit; data may flow here from another file.
            places = (finding.location, *finding.related)
            return all(place.uri.removeprefix(prefix) in unchanged for place in places)
        return (finding.scanner in by_file and uri in unchanged) or uri.startswith(same)

    return was_there


def _entry(
    base: MergeBase, inventory: Inventory, runs: Sequence[ScannerRun], finished: frozenset[str]
) -> ScannerRun:
    """The merge base's own entry in the ledger."""
    written = base.written
    not_written = list(dict.fromkeys((*written.not_written, *base.judging.not_written)))
    count, missed = len(inventory.files), group_not_covered(not_written)
    # What they missed there is called new here, which is never too mild: said, but no gap.
    left_out = written.left_out + Counter(
        f"scanner that did not finish there ({run.scanner}): what it missed is called new"
        for run in runs
        if not run.complete and run.scanner in finished
    )
    return ScannerRun(
        scanner="merge-base",
        area=Area.REPOSITORY,
        status=Status.PARTIAL if missed else Status.SUCCEEDED,
        version=base.commit[:12],
        handed_in=count + len(not_written),
        covered=count,
        not_covered=missed,
        excluded=tuple(
            Excluded(reason=reason, count=number) for reason, number in sorted(left_out.items())
        ),
        next_step="fetch the whole commit: git fetch --refetch" if missed else "",
    )
