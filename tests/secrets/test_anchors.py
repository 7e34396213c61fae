import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.secrets import anchors
from shopsec.scan.secrets.anchors import Anchors
from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.table import load_table
from tests.secrets import planted
from tests.secrets.conftest import search

KEYS = [b"a", b"ab", b"abc", b"bca", b"://", b"\xff\x00"]


@given(st.lists(st.sampled_from([*KEYS, b"b", b"c", b"x", b"\n", b":/"])).map(b"".join))
def test_every_tier_finds_the_same_places(text):
    expected = sorted(
        (at, number)
        for number, key in enumerate(KEYS)
        for at in range(len(text))
        if text.startswith(key, at)
    )
    for options in ({"automaton": False}, {"automaton": True}, {"much": True}):
        assert list(Anchors(KEYS, **options).places(text)) == expected


def test_a_place_over_the_end_of_a_chunk_is_found_once():
    key = b"sk_live_"
    for shift in range(-len(key), 2):
        text = b"x" * (anchors.CHUNK + shift) + key + b"y" * 10
        for automaton in (True, False):
            found = list(Anchors([key], automaton=automaton).places(text))
            assert found == [(anchors.CHUNK + shift, 0)]


def test_every_tier_finds_the_same_secrets():
    lines = list(planted.one_of_each().values())
    source = random.Random(7)
    words = [
        "password",
        "token = ",
        "https://",
        "sk_live_",
        "eyJ",
        "key: ",
        "=",
        "'",
        '"',
        "\n",
        " ",
    ]
    for _ in range(15):
        noise = ["".join(source.choices(words, k=12)) for _ in range(30)]
        text = "\n".join(source.sample(lines + noise, k=len(lines)))
        engines = (
            Engine(load_table(), 0, automaton=False),
            Engine(load_table(), 0),
            Engine(load_table(), 0, much=True),
        )
        one, other, third = (search(text, "a.env", engine) for engine in engines)
        assert one == other == third
        assert len(one.sightings) > 10


@pytest.mark.parametrize(
    "part",
    ["sk_live_", "://", "password=", "eyJ", "AKIA", "-----BEGIN PRIVATE KEY", "token: '", "<secret>",
     "curl -u a:", "user:pass@", "A=", "key = \"", "x://a:b@", "secret\\\"", "ghp_" + "a" * 30],
)  # fmt: skip
def test_time_grows_with_the_text(part):
    def seconds(size):
        text = part * (size // len(part))
        start = time.process_time()
        search(text, "a.txt")
        return time.process_time() - start

    seconds(1_000)
    small, large = seconds(50_000), seconds(500_000)
    assert large < 30 * small + 0.5
