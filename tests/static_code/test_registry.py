"""What the list of scanners does before a scanner is made."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from shopsec.model import Status
from shopsec.scan.code.bandit import Bandit
from shopsec.scan.registry import Shared, all_scanners


def made_for(tree, target_of, files, **overrides):
    """How often a scanner of files was made, and the status it ended with."""
    made = []

    def make():
        made.append(1)
        return Bandit()

    target, host = target_of(tree(files))
    target = replace(target, settings=target.settings.model_copy(update=overrides))
    listed = next(each for each in all_scanners() if each.name == "bandit")
    run = replace(listed, make=make).scan(target, host).run
    return len(made), run.status


def test_a_scanner_of_files_is_made_only_where_there_is_a_file(tree, target_of):
    assert made_for(tree, target_of, {}) == (0, Status.NOT_APPLICABLE)
    assert made_for(tree, target_of, {}, source="shopsec.toml") == (1, Status.NOT_APPLICABLE)
    assert made_for(tree, target_of, {"a.py": "x = 1\n"}) == (1, Status.SUCCEEDED)


def test_images_and_the_past_are_looked_at_without_files(tree, target_of):
    empty, _ = target_of(tree({}))
    with_image = replace(
        empty, settings=empty.settings.model_copy(update={"images": ("shop.tar",)})
    )

    def asked(target, past):
        scanners = all_scanners(past)
        return {each.name for each in scanners if each.applies is None or each.applies(target)}

    assert asked(empty, None) == set()
    assert asked(with_image, None) == {"image-packages", "trivy-image"}
    assert asked(empty, object()) == {"secrets"}


def test_what_scanners_share_is_made_once():
    made = []

    def make():
        made.append(1)
        return len(made)

    shared = Shared(make)
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(lambda _: shared.get(), range(8))] == [1] * 8
    assert made == [1]
