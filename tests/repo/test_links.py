"""Where links of a commit lead, without a working tree."""

import pytest

from shopsec.repo.links import follow, resolve


@pytest.mark.parametrize(
    ("texts", "target"),
    [
        ({"a/x.py": "../b/y.dat"}, "b/y.dat"),
        ({"a/x.py": "./z", "a/z": "../lib/z.py"}, "lib/z.py"),
        ({"a": "b", "b/x.py": "y"}, "b/y"),
        ({"a/x.py": ".."}, ""),
        ({"a/x.py": "../../etc/passwd"}, None),
        ({"a/x.py": "/etc/passwd"}, None),
        ({"a/x.py": "z", "a/z": "x.py"}, None),
    ],
)
def test_where_a_link_leads(texts, target):
    assert resolve("a/x.py", texts) == target


def test_what_links_may_cost_is_bounded():
    files = [f"lib/{number}.py" for number in range(10_001)]
    links = {f"also{number}": "lib" for number in range(4)}
    found = follow(links, files, set(files), lambda _: False)
    assert found.alike == 4
    links = {f"{number}": "lib" for number in range(4)}
    found = follow(links, files, set(), lambda _: False)
    assert len(found.files) == 20_002
    reason = "symbolic link to one more file than is looked at"
    assert found.missed == [("2", reason), ("3", reason)]
