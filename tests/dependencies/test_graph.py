"""Ways through a graph of packages."""

from shopsec.scan.dependencies.lockfiles.graph import reached, way_to

NEEDS = {"shop": ["a", "b"], "a": ["c"], "b": ["d"], "c": ["d", "a"], "d": ["e"], "z": ["e"]}


def test_every_reached_node_has_the_shortest_way_to_it():
    parents = reached(["a", "b"], lambda node: NEEDS.get(node, ()))
    assert parents == {"a": None, "b": None, "c": "a", "d": "b", "e": "d"}
    assert way_to("e", parents) == ("b", "d")
    assert way_to("a", parents) == ()
    assert way_to("z", parents) == ()


def test_a_long_chain_and_a_cycle_end():
    parents = reached([0], lambda node: [(node + 1) % 50_000])
    assert len(parents) == 50_000
    assert way_to(49_999, parents) == tuple(range(49_999))


def test_a_way_may_be_too_long_to_tell():
    parents = reached([0], lambda number: [number + 1] if number < 9 else [])
    assert way_to(4, parents, longest=4) == (0, 1, 2, 3)
    assert way_to(5, parents, longest=4) == ()
