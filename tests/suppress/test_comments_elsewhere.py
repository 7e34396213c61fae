"""Comments that match nothing are told; texts that only speak of comments are not."""

import pytest

from shopsec.suppress.comments import comments_near
from shopsec.suppress.comments_elsewhere import comments_elsewhere
from tests.suppress.made import TODAY, result

SAID = "shopsec: allow R-1 until 2027-01-31 by Anna Ode because only the build runs it"


def elsewhere(text, *lines, path="a.py"):
    """Places and lines of comments that are not near the results on some lines."""
    read = {path: text.encode()}.get
    near = comments_near([result(path=path, line=line, number=line) for line in lines], read, TODAY)
    found = comments_elsewhere(near, [path, "gone.py"], read, TODAY)
    return [(each.place, each.at and each.at.start_line) for each in found]


@pytest.mark.parametrize(
    ("line", "about"),
    [
        (f"# {SAID}", 3),
        (f"<!-- {SAID} -->", 3),
        (f" * {SAID}", 3),
        (f"eval(x)  # {SAID}", 2),
        (f"run($x); // {SAID}", 2),
    ],
)
def test_a_comment_without_a_result_is_found(line, about):
    text = f"x\n{line}\nx\n"
    assert elsewhere(text) == [("a.py:2", about)]
    assert elsewhere(text, about) == []


@pytest.mark.parametrize(
    "line",
    [
        f"said = '{SAID}'",
        f'echo "{SAID}"',
        f"Write {SAID}.",
        "# shopsec: allow R-1 by Anna Ode because it lacks a day and nothing is near it",
        "# shopsec: see the page about allow",
    ],
)
def test_what_is_no_whole_comment_is_none(line):
    assert elsewhere(f"x\n{line}\nx\n") == []
