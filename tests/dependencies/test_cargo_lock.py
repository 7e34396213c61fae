import pytest

from shopsec.scan.dependencies.lockfiles.base import LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.cargo_lock import parse
from tests.dependencies import hostile

CARGO_LOCK = """\
version = 3

[[package]]
name = "shop"
version = "0.1.0"
dependencies = ["cart", "forked", "mockito", "rand 0.8.5", "serde"]

[[package]]
name = "cart"
version = "0.2.0"
dependencies = ["rand 0.7.3 (registry+https://github.com/rust-lang/crates.io-index)"]

[[package]]
name = "rand"
version = "0.7.3"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "rand"
version = "0.8.5"
source = "sparse+https://index.crates.io/"
dependencies = ["libc", "no such"]

[[package]]
name = "libc"
version = "0.2.140"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "forked"
version = "1.0.0"
source = "git+https://example.org/forked?rev=1#0123"

[[package]]
name = "mockito"
version = "1.2.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["assert-json"]

[[package]]
name = "assert-json"
version = "0.1.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "serde"
version = 1

[[package]]
name = "odd"
version = "1.0.0"
source = 5
"""
CARGO_TOML = """\
[package]
name = "shop"
[dependencies]
rand = "0.8"
[target.'cfg(unix)'.dependencies]
forked = { git = "https://example.org/forked" }
[dev-dependencies]
http-mock = { package = "mockito", version = "1" }
rand = "0.8"
"""


def test_cargo_lock():
    parsed = parse(CARGO_LOCK, CARGO_TOML)
    assert parsed.pins == (
        Pin("rand", "0.7.3", 14, direct=True),
        Pin("rand", "0.8.5", 19, direct=True),
        Pin("libc", "0.2.140", 25, direct=False, via=("rand",)),
        Pin("mockito", "1.2.0", 35, dev=True, direct=True),
        Pin("assert-json", "0.1.0", 41, dev=True, direct=False, via=("mockito",)),
    )
    assert parsed.unpinned == (
        Unpinned("serde", 46, "has no version in the lockfile"),
        Unpinned("odd", 50, "has a source that cannot be parsed", "odd"),
        Unpinned("forked", 30, "comes from a URL, not from the index", "forked"),
    )


@pytest.mark.parametrize("manifest", ["", "= no TOML", "dependencies = 1\ntarget = 2\n"])
def test_without_its_manifest_nothing_is_dev(manifest):
    assert not any(pin.dev for pin in parse(CARGO_LOCK, manifest).pins)


def test_the_first_version_of_the_format():
    parsed = parse(
        '[root]\nname = "shop"\nversion = "1.0.0"\ndependencies = ["a 1.0.0 (registry+https://x)"]\n'
        '[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "registry+https://x"\n'
    )
    assert parsed.pins == (Pin("a", "1.0.0", 6, direct=True),)


def test_many_crates_of_one_name():
    crate = '[[package]]\nname = "a"\nversion = "{}"\nsource = "registry+x"\ndependencies = [{}]\n'
    needed = '"a", ' * 50
    text = "".join(crate.format(number, needed) for number in range(1000))
    text += '[[package]]\nname = "own"\nversion = "1"\ndependencies = ["a"]\n'
    assert len(parse(text).pins) == 1000


def test_hostile_files():
    hostile.survives_being_cut_off(lambda text: parse(text, CARGO_TOML), CARGO_LOCK)
    for end in range(len(CARGO_TOML)):
        assert len(parse(CARGO_LOCK, CARGO_TOML[:end]).pins) == 5
    hostile.survives_noise(parse, CARGO_LOCK)
    hostile.names_a_merge_conflict(parse, CARGO_LOCK, 14)
    with pytest.raises(LockfileError, match="is empty"):
        parse("")
