import pytest

from shopsec.scan.access.resources import branch_settings
from tests.access.in_memory import built


@pytest.mark.parametrize(
    ("protection", "gaps"),
    [
        ("null", ("no protection",)),
        ("{}", ("no required_pull_request_reviews",)),
        ("{required_pull_request_reviews: {}}", ()),
        ("{required_pull_request_reviews: {required_approving_review_count: 1}}", ()),
        (
            "{required_pull_request_reviews: null, enforce_admins: false, allow_force_pushes: true}",
            (
                "no required_pull_request_reviews",
                "enforce_admins: false",
                "allow_force_pushes: true",
            ),
        ),
    ],
)
def test_branches(protection, gaps):
    text = f"repository: {{}}\nbranches:\n  - name: main\n    protection: {protection}\n  - x\n"
    (found,) = built(branch_settings.SOURCE, {".github/settings.yml": text})
    assert (found.name, found.line, found.view.review_gaps) == ("main", 3, gaps)
    assert found.line_at("review_gaps") == (4 if gaps else 3)


@pytest.mark.parametrize("text", ["", "3\n", "branches: {a: b}\n", "branches:\n  - 3\n"])
def test_other_files(text):
    assert built(branch_settings.SOURCE, {".github/settings.yml": text}) == []
    assert built(branch_settings.SOURCE, {"settings.yml": text}) == []
