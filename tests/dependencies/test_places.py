from shopsec.scan.dependencies.lockfiles.places import LONGEST_WAY, Place, places

NEEDS = {"a": ["c"], "b": ["d"], "c": ["d"], "d": ["e"], "t": ["e", "u", "a"], "u": []}


def test_what_production_needs_is_not_for_development():
    found = places(["a", "b"], ["t"], lambda node: NEEDS.get(node, ()))
    assert found == {
        "a": Place(direct=True),
        "b": Place(direct=True),
        "c": Place(False, via=("a",)),
        "d": Place(False, via=("b",)),
        "e": Place(False, via=("b", "d")),
        "t": Place(direct=True, dev=True),
        "u": Place(False, dev=True, via=("t",)),
    }


def test_what_tests_name_and_production_pulls_in_is_direct():
    found = places(["a"], ["c"], lambda node: NEEDS.get(node, ()))
    assert found["c"] == Place(direct=True)


def test_a_long_way_keeps_its_ends():
    found = places([0], [], lambda node: [node + 1] if node < 50_000 else ())
    assert found[50_000].via == (0, *range(50_000 - LONGEST_WAY + 1, 50_000))
