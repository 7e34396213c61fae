"""The table of lifecycles: its facts, its look-ups, and what a broken one says."""

import datetime

import pytest

from shopsec.errors import PolicyError
from shopsec.policy.lifecycle import (
    FAR,
    Lifecycles,
    embedded_lifecycles,
    newest_lifecycles,
    numbers_of,
    read_lifecycles,
)

TABLE = embedded_lifecycles()
DAY = datetime.date(2026, 11, 24)


def state_of(product, version, day=DAY):
    state = TABLE.state(product, version, day)
    assert state is not None
    return state


def best_of(product):
    best = TABLE.best(product, DAY)
    assert best is not None
    return best.cycle


def test_every_product_names_its_source_and_can_be_found_somewhere():
    named = set(TABLE.by_image.values()) | set(TABLE.by_pin.values())
    for ecosystem in ("composer", "npm", "pypi", "rubygems"):
        named |= set(TABLE.packages(ecosystem).values())
    for name, product in TABLE.products.items():
        assert product.source.startswith("https://"), name
        assert [each.parts for each in product.cycles] == sorted(
            {each.parts for each in product.cycles}, reverse=True
        ), name
    # Red Hat's images say their version in their name.
    assert set(TABLE.products) - named == {"rhel"}


def test_no_name_belongs_to_two_products():
    for names in ("images", "pins"):
        every = [name for product in TABLE.products.values() for name in getattr(product, names)]
        assert len(every) == len(set(every))


def test_a_cycle_does_not_end_before_it_starts():
    for product in TABLE.products.values():
        for cycle in product.cycles:
            if cycle.released and cycle.end:
                assert cycle.released < cycle.end
            assert not (cycle.end and cycle.ended)


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("8.4.1", (8, 4, 1)), ("v20", (20,)), ("2.4.6-p3", (2, 4, 6)), ("17.0.9_9-jre", (17, 0, 9)),
        ("8u392", (8,)), ("latest", ()), ("", ()), ("9" * 5000, (999_999_999,)),
    ],
)  # fmt: skip
def test_numbers_of_a_version(version, numbers):
    assert numbers_of(version) == numbers


@pytest.mark.parametrize(
    ("product", "version", "cycle", "end", "ended"),
    [
        ("php", "7.4.33", "7.4", "2022-11-28", True),
        ("php", "8", "8.5", "2029-12-31", False),
        ("magento", "2.4.6-p3", "2.4.6", "2026-08-11", True),
        ("debian", "12", "12", "2028-06-30", False),
        ("sylius", "1.14.2", "1.14", "2026-12-31", False),
        ("prestashop", "1.7.8.9", "1.7", "2025-06-10", True),
        ("saleor", "3.20.5", "3.20", "2026-08-18", True),
        ("varnish", "6.0.13", "6.0", None, False),
        ("varnish", "6.6.2", "6.6", None, True),
        ("medusa", "1.20.1", "1", None, True),
        ("medusa", "2.9.0", "2", None, False),
        ("opencart", "2.3.0.2", "2", None, True),
        # Left out of the table, but the next line of the same number has ended.
        ("elasticsearch", "8.5.0", "8.5", None, True),
        ("nginx", "1.17", "1.17", None, True),
        ("nodejs", "0.10", "0.10", None, True),
    ],
)
def test_what_is_known_of_a_version(product, version, cycle, end, ended):
    state = state_of(product, version)
    assert (state.cycle, state.end and state.end.isoformat(), state.ended) == (cycle, end, ended)


@pytest.mark.parametrize(
    ("product", "version"), [("php", "99.1"), ("mysql", "9.8"), ("php", ""), ("nothing", "1")]
)
def test_what_is_not_known_is_not_called_anything(product, version):
    assert TABLE.state(product, version, DAY) is None


def test_the_day_decides():
    day = datetime.date(2026, 12, 31)
    left = [state_of("php", "8.2", day + datetime.timedelta(days)).days_left for days in (-1, 0, 1)]
    assert left == [1, 0, -1]
    assert not state_of("php", "8.2", day).ended
    assert state_of("php", "8.2", day + datetime.timedelta(1)).ended


def test_no_day_is_far_away():
    assert state_of("varnish", "6.0").days_left == FAR
    assert state_of("varnish", "5").days_left == -FAR


@pytest.mark.parametrize(
    ("product", "version", "behind"),
    [
        ("php", "8.4.3", 21), ("php", "8.4", 0), ("php", "8.4.99", 0), ("nodejs", "22.3.0", 20),
        ("eclipse-temurin", "17.0.9_9", 11), ("magento", "2.4.8-p1", 0),
    ],
)  # fmt: skip
def test_releases_behind(product, version, behind):
    assert state_of(product, version).releases_behind == behind


def test_the_best_line_is_the_one_that_is_maintained_longest():
    assert best_of("php") == "8.5"
    assert best_of("varnish") == "6.0"
    assert TABLE.best("php", datetime.date(2099, 1, 1)) is None


def test_an_old_table_is_called_old():
    assert TABLE.stale_days(TABLE.as_of + datetime.timedelta(180)) == 0
    assert TABLE.stale_days(TABLE.as_of + datetime.timedelta(181)) == 181
    assert TABLE.stale_days(TABLE.as_of - datetime.timedelta(999)) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "EOF while parsing"),
        (b"{", "EOF while parsing"),
        (b"[]", "Input should be an object"),
        (b'{"as_of": "soon", "products": {}}', "as_of: Input should be a valid date"),
        (b'{"as_of": "2026-01-01", "products": {"x": {"title": "X"}}}', "products.x.group: Field"),
        (b"\xff\xfe\x00", "expected value"),
        (b"[" * 100_000, "recursion limit exceeded"),
    ],
)
def test_a_broken_table_says_where(tmp_path, content, message):
    path = tmp_path / "lifecycle.json"
    path.write_bytes(content)
    with pytest.raises(PolicyError) as caught:
        read_lifecycles(path)
    assert str(path) in caught.value.message
    assert message in caught.value.message


def written(path, as_of):
    product = TABLE.products["php"]
    cycles = tuple(each for each in product.cycles if each.cycle == "8.4")
    other = product.model_copy(update={"cycles": cycles, "images": ()})
    table = Lifecycles(as_of=as_of, products={"php": other, "unheard-of": other})
    path.write_text(table.model_dump_json(exclude_defaults=True))
    return path


def test_a_newer_table_brings_cycles_and_nothing_else(tmp_path):
    path = written(tmp_path / "lifecycle.json", TABLE.as_of + datetime.timedelta(1))
    table = newest_lifecycles(path)
    assert table.as_of == TABLE.as_of + datetime.timedelta(1)
    assert [each.cycle for each in table.products["php"].cycles] == ["8.4"]
    assert table.products["php"].images == TABLE.products["php"].images
    assert table.products["nodejs"] == TABLE.products["nodejs"]
    assert "unheard-of" not in table.products


def test_an_older_table_or_none_changes_nothing(tmp_path):
    assert newest_lifecycles(tmp_path / "none.json") is TABLE
    assert newest_lifecycles(written(tmp_path / "old.json", TABLE.as_of)) is TABLE
