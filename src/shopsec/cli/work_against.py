"""What a scan of a change has to do: a folder and the commit that it is compared with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from shopsec import merge_base
from shopsec.cli.business_paths import business_paths
from shopsec.cli.checkout import (
    check_folder,
    check_names,
    gate_of,
    host_of,
    overrides_of,
    whole_repository,
)
from shopsec.cli.imports import imported_files, without_imported
from shopsec.cli.judged_by import judged_by
from shopsec.cli.options import Asked
from shopsec.cli.suppressions import read_suppressions
from shopsec.cli.work import Outcomes, Scanned, Side, Which, Work
from shopsec.model import ScannerRun
from shopsec.pipeline import Judgement, judge, target_of
from shopsec.policy.severity import load_priority_model
from shopsec.scan.registry import all_scanners


@contextmanager
def work_against(
    path: Path, ref: str, asked: Asked, exclude: Sequence[str], results: Sequence[Path] = ()
) -> Iterator[Work]:
    """Scan a folder and its merge base with a revision, by the settings of the revision's tip."""
    check_folder(path)
    model = load_priority_model()
    with merge_base.opened(path, ref) as base, base.named():
        settings = merge_base.settings_of(base, asked.config, overrides_of(asked))
        settings = settings.model_copy(update={"exclude": (*settings.exclude, *exclude)})
        flags = _files_of_flags(base, asked)
        gate = gate_of(settings, asked, flags.get("policy"))
        imports = imported_files(settings, path)
        settings = without_imported(settings, imports, path)
        scanners = all_scanners(imports=imports)
        check_names(settings, scanners)
        inventory, host = whole_repository(path, settings, results)
        then = host_of(base.written.root, settings, untrusted=inventory.root)
        judging = merge_base.inventory_of(base.judging, inventory, settings)
        tip = host_of(judging.root, settings, untrusted=inventory.root)
        paths = business_paths(judging, settings, tip)[0]
        today = merge_base.Today(inventory, host, settings, model, paths, asked.day)
        before = merge_base.before(base, today, all_scanners(imports=imports))
        unjudged = Judgement(
            gate, model, asked.day, silencers=before.silencers, paths=paths,
            suppressions=read_suppressions(judging, settings, tip, asked.day),
            comments_count=before.unchanged.__contains__,
        )  # fmt: skip
        target = target_of(inventory, settings, unjudged)
        files = judged_by(settings, asked, path, base.tip)

        def judged(outcomes: Outcomes, entries: Sequence[ScannerRun]) -> Scanned:
            compared = merge_base.compared_with(
                base, today, before, then, outcomes[Which.BASE],
                also_watched=tuple(flags.values()),
            )  # fmt: skip
            judgement = replace(unjudged, past=compared.past, also=compared.also)
            report = judge(target, scanners, host, judgement, outcomes[Which.TODAY], entries)
            return Scanned(report, settings, gate, model, files)

        sides = {
            Which.BASE: Side(before.scanners, before.target, then),
            Which.TODAY: Side(scanners, target, host),
        }
        yield Work(sides, judged, base.commit)


def _files_of_flags(base: merge_base.MergeBase, asked: Asked) -> dict[str, Path]:
    """Where the files that flags name are in the base's tip, by flag."""
    found = {}
    if asked.config is not None:
        found["config"] = base.path_of("--config", asked.config)
    if asked.policy is not None and asked.policy.endswith((".yaml", ".yml")):
        found["policy"] = base.path_of("--policy", Path(asked.policy))
    return found
