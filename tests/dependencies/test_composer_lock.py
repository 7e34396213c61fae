import pytest

from shopsec.scan.dependencies.lockfiles.base import LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.composer_lock import parse
from tests.dependencies import hostile

COMPOSER_LOCK = """\
{
    "packages": [
        {
            "name": "Symfony/Console",
            "version": "v6.4.1",
            "require": {"php": ">=8.1", "ext-mbstring": "*", "psr/log": "^3"}
        },
        {"name": "monolog/monolog", "version": "3.5.0", "provide": {"psr/log": "3"},
         "require": {"symfony/polyfill": "*"}},
        {"name": "symfony/symfony", "version": "6.4.2", "replace": {"symfony/polyfill": "self"}},
        {"name": "shop/cart", "version": "dev-main", "dist": {"type": "path", "url": "cart"},
         "require": {"money/money": "^4", "shop/tax": "*"}},
        {"name": "shop/tax", "version": "1.0.0", "dist": {"type": "path"},
         "require": {"tax/rates": "^1"}},
        {"name": "money/money", "version": "4.3.0", "require": {"shop/tax": "*", "no/such": "*"}},
        {"name": "tax/rates", "version": "1.2.3-beta1"},
        {"name": "on/branch", "version": "dev-feature/x"},
        {"name": "on/line", "version": "2.x-dev"},
        {"name": "no/version"},
        {"name": "typed/wrong", "version": 5, "dist": [], "require": ["x/y"], "replace": 7},
        {"version": "1"},
        null
    ],
    "packages-dev": [
        {"name": "phpunit/phpunit", "version": "10.5.0", "require": {"sebastian/diff": "*"}},
        {"name": "sebastian/diff", "version": "5.0.3"}
    ]
}
"""
COMPOSER_JSON = """\
{
    "require": {"php": ">=8.1", "symfony/console": "^6.4", "monolog/monolog": "*", "shop/cart": "*"},
    "require-dev": {"phpunit/phpunit": "*"}
}
"""
BRANCH = "is locked to a branch, not to a release"
NOTHING = "has no version in the lockfile"


def test_composer_lock():
    parsed = parse(COMPOSER_LOCK, COMPOSER_JSON)
    assert parsed.pins == (
        Pin("Symfony/Console", "6.4.1", 4, direct=True),
        Pin("monolog/monolog", "3.5.0", 8, direct=True),
        Pin("symfony/symfony", "6.4.2", 10, direct=False, via=("monolog/monolog",)),
        Pin("money/money", "4.3.0", 15, direct=True),
        Pin("tax/rates", "1.2.3-beta1", 16, direct=True),
        Pin("phpunit/phpunit", "10.5.0", 25, dev=True, direct=True),
        Pin("sebastian/diff", "5.0.3", 26, dev=True, direct=False, via=("phpunit/phpunit",)),
    )
    assert parsed.unpinned == (
        Unpinned("packages 12", 21, "has no name"),
        Unpinned("packages 13", 2, "has no name"),
        Unpinned("on/branch", 17, BRANCH, "on/branch"),
        Unpinned("on/line", 18, BRANCH, "on/line"),
        Unpinned("no/version", 19, NOTHING, "no/version"),
        Unpinned("typed/wrong", 20, NOTHING, "typed/wrong"),
    )


@pytest.mark.parametrize("manifest", ["", "{", "[]", '{"require": 1}'])
def test_without_its_manifest_direct_ones_are_unknown(manifest):
    pins = parse(COMPOSER_LOCK, manifest).pins
    assert {pin.direct for pin in pins} == {None}
    assert [pin.name for pin in pins if pin.dev] == ["phpunit/phpunit", "sebastian/diff"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "has no packages"),
        ('{\n"packages": {}}', "line 2: packages is not an array"),
        ('{"packages": [],\n"packages-dev": 1}', "line 2: packages-dev is not an array"),
        ("[" * 50_000, "nested too deeply"),
    ],
)
def test_something_else_is_an_error(text, message):
    with pytest.raises(LockfileError, match=message):
        parse(text)


def test_hostile_files():
    hostile.survives_being_cut_off(lambda text: parse(text, COMPOSER_JSON), COMPOSER_LOCK)
    hostile.survives_noise(lambda text: parse(text, COMPOSER_JSON), COMPOSER_LOCK)
    hostile.names_a_merge_conflict(parse, COMPOSER_LOCK, 5)
    for end in range(len(COMPOSER_JSON)):
        assert len(parse(COMPOSER_LOCK, COMPOSER_JSON[:end]).pins) == 7


def test_what_composer_json_requires_and_the_lockfile_lacks_is_named():
    manifest = (
        '{"require": {"php": ">=8", "shopware/core": "^6", "a/b": "*", "own/part": "*"},'
        ' "require-dev": {"A/Test": "*", "shopware/core": "*"}, "replace": {"own/part": "*"}}'
    )
    lock = '{\n"packages": [], "packages-dev": []}'
    found = parse(lock, manifest).unpinned
    assert [(entry.text, entry.line, entry.reason) for entry in found] == [
        (name, 2, "is asked for by the project, and not in the lockfile")
        for name in ("shopware/core", "a/b", "a/test")
    ]
    lock = '{"packages": [{"name": "x/y", "version": "1", "replace": {"a/b": "1"}}]}'
    found = parse(lock, manifest).unpinned
    assert [entry.text for entry in found] == ["shopware/core", "a/test"]
