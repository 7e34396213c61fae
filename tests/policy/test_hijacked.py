"""Actions that were taken over once."""

import pytest

from shopsec.errors import PolicyError
from shopsec.policy.hijacked import hijack_of, load_hijacked

OTHER = "a" * 40


@pytest.mark.parametrize(
    ("uses", "moved"),
    [
        ("tj-actions/changed-files@v35", True),
        ("tj-actions/changed-files@v45.0.7", True),
        ("tj-actions/changed-files@45", True),
        ("tj-actions/changed-files@v46.0.0", True),
        ("tj-actions/changed-files@v46.0.1", False),
        ("tj-actions/changed-files@v46", False),
        ("tj-actions/changed-files@main", False),
        ("tj-actions/changed-files@0e58ed8671d6b60d0890c21b07f8835ace038e67", True),
        ("tj-actions/changed-files/sub@v44", True),
        (f"tj-actions/changed-files@{OTHER}", None),
        ("reviewdog/action-setup@v1", True),
        ("reviewdog/action-setup@v1.3.2", False),
        ("reviewdog/action-typos@v1", False),
        ("aquasecurity/trivy-action@0.28.0", True),
        ("aquasecurity/trivy-action@0.35.0", None),
        ("aquasecurity/trivy-action@v0.36.0", False),
        ("Checkmarx/kics-github-action@v2", True),
        ("actions/checkout@v4", None),
        ("tj-actions/changed-files", None),
    ],
)
def test_what_is_known_about_a_reference(uses, moved):
    hijack = hijack_of(uses)
    assert (hijack.moved if hijack else None) is moved


def test_every_fact_has_a_source():
    loaded = load_hijacked()
    assert loaded.as_of.isoformat() == "2026-11-24"
    names = [each.action for each in loaded.actions]
    assert len(names) == len(set(names)) >= 14
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{action: a, when: x, fixed: y, source: https://e.org}", "actions.0.action"),
        ("{action: a/b, when: x, fixed: y, source: e.org}", "actions.0.source"),
        ("{action: a/b, when: x, fixed: y, source: https://e.org, below: x}", "'x' is no version"),
        ("{action: a/b, when: x, fixed: y, source: https://e.org, bellow: 1}", "bellow"),
    ],
)
def test_a_wrong_fact_is_an_error(tmp_path, entry, message):
    path = tmp_path / "h.yaml"
    path.write_text(f"as_of: 2026-11-24\nactions:\n  - {entry}\n")
    with pytest.raises(PolicyError, match=message):
        load_hijacked(path)
