"""CODEOWNERS: whose review the pipeline and the checkout need."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.codeowners import parse_codeowners
from shopsec.scan.access.resources import codeowners
from tests.access.in_memory import built


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "a/b.py", True),
        ("*.js", "a/b.js", True),
        ("/docs/*", "docs/a.md", True),
        ("/docs/*", "docs/deep/a.md", False),
        ("docs/*", "docs/deep/a.md", False),
        ("/docs/", "docs/deep/a.md", True),
        ("apps/", "x/apps/y.py", True),
        ("/apps/", "x/apps/y.py", False),
        ("**/logs", "a/b/logs/c", True),
        ("/checkout", "checkout/total.py", True),
        ("checkout/**", "checkout/a/b.py", True),
        ("/src/**/auth/", "src/a/b/auth/c.py", True),
    ],
)
def test_patterns_mean_what_github_means(pattern, path, matches):
    owners = parse_codeowners(f"{pattern} @a\n".encode())
    assert bool(owners.rules_for(path)) is matches


def test_the_last_match_counts_and_no_owner_takes_the_owner_away():
    text = b"* @all # everybody\n/src/ @dev mail@example.org\n\n/src/generated/\n!/x @no\n"
    owners = parse_codeowners(text)
    assert [rule.line for rule in owners.rules] == [1, 2, 4]
    assert [rule.owners for rule in owners.rules_for("a.py")] == [("@all",)]
    assert [rule.owners for rule in owners.rules_for("src/a.py")] == [("@dev", "mail@example.org")]
    assert [rule.owners for rule in owners.rules_for("src/generated/a.py")] == [()]


def test_sections_of_gitlab_count_side_by_side_and_have_default_owners():
    text = b"* @all\n[Operations][2] @ops @root\n/ci/\n/ci/x @x\n^[Texts]\n*.md @texts\n"
    owners = parse_codeowners(text)
    assert {rule.owners for rule in owners.rules_for("ci/a.md")} == {
        ("@all",), ("@ops", "@root"), ("@texts",),
    }  # fmt: skip
    assert {rule.owners for rule in owners.rules_for("ci/x")} == {("@all",), ("@x",)}


def test_too_many_rules_are_not_read():
    with pytest.raises(DocumentError, match="more than 1000 rules"):
        parse_codeowners(b"a @a\n" * 1_001)


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_any_text_is_read_or_named(content):
    lines = [1]
    with contextlib.suppress(DocumentError):
        data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        owners = parse_codeowners(data)
        lines += [rule.line for rule in owners.rules_for("src/checkout/a.py")]
    assert min(lines) == 1


SHOP = {
    ".github/workflows/test.yml": "on: push\n",
    "Dockerfile": "FROM php:8.4\n",
    "infra/main.tf": "",
    "compose.dev.yaml": "",
    "src/checkout/total.py": "",
    "src/payment/stripe.py": "",
    "src/shop/orders.py": "",
    "src/no-deprecated-cart-price/rule.js": "",
    "src/blog/payment.css": "",
    "src/blog/list.py": "",
}


@pytest.mark.parametrize(
    ("text", "unowned", "unnamed"),
    [
        ("* @all\n", (), ("src/checkout", "src/payment", "src/shop/orders.py")),
        ("/src/ @dev\n", (".github/workflows/test.yml", "Dockerfile", "infra/main.tf"), ()),
        ("* @all\n/Dockerfile\n/src/checkout/\n", ("Dockerfile",),
         ("src/checkout", "src/payment", "src/shop/orders.py")),
        ("* @all\n/src/checkout/ @a\n/src/payment/ @a\norders.py @a\n", (), ()),
    ],
)  # fmt: skip
def test_who_must_agree(text, unowned, unnamed):
    (resource,) = built(codeowners.SOURCE, {**SHOP, ".github/CODEOWNERS": text})
    assert sorted(resource.view.unowned_pipeline) == sorted(unowned)
    assert resource.view.unnamed_critical == unnamed


def test_only_the_file_that_counts_is_judged():
    files = {**SHOP, "docs/CODEOWNERS": "* @a\n", ".github/CODEOWNERS": "/src/ @a\n/x @a\n"}
    (resource,) = built(codeowners.SOURCE, files)
    assert (resource.file.path, resource.view.rules) == (".github/CODEOWNERS", 2)


def test_a_folder_of_a_repository_is_not_judged():
    assert built(codeowners.SOURCE, {**SHOP, "CODEOWNERS": "/a @a\n"}, whole=False) == []


def test_the_place_is_the_rule_that_takes_the_owner_away():
    text = "# ours\n* @all\n/Dockerfile\n"
    (resource,) = built(codeowners.SOURCE, {**SHOP, "CODEOWNERS": text})
    assert (resource.line_at("unowned"), resource.line_at("catch_all")) == (3, 2)
