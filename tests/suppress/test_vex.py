"""OpenVEX documents: the examples of the specification, and everything that can be wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.model import Repository
from shopsec.suppress.apply import suppress
from shopsec.suppress.claims import Terms
from shopsec.suppress.vex import statements
from tests.suppress.made import TODAY, vulnerable

SHOP = Repository(name="shop", remote="https://github.com/Teapots/Shop.git")
DOCUMENT = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://teapots.example/vex/1",
    "author": "Anna Ode",
    "timestamp": "2026-11-01T18:02:03.647787998-06:00",
    "version": 1,
}
STATEMENT = {
    "vulnerability": {"name": "CVE-2026-0001", "aliases": ["GHSA-a", "CVE-2026-0001"]},
    "products": [{"@id": "pkg:npm/lib@1.0"}],
    "status": "not_affected",
    "justification": "vulnerable_code_not_in_execute_path",
    "impact_statement": "No template of ours calls it",
}


def read(*listed, repository=SHOP, **changes):
    document = DOCUMENT | {"statements": list(listed)} | changes
    given = {key: value for key, value in document.items() if value is not None}
    return statements(json.dumps(given, indent=1).encode(), "a.openvex.json", repository, TODAY)


def statement(**changes):
    return {key: value for key, value in (STATEMENT | changes).items() if value is not None}


def hides(found, result=None):
    (seen,), _ = suppress(
        [result or vulnerable("lib", aliases=("GHSA-a",))], found, Terms(TODAY, 14)
    )
    return not seen.active


def test_a_statement_is_a_suppression():
    (found,) = read(statement())
    assert (found.selector, found.also, found.owner) == ("CVE-2026-0001", ("GHSA-a",), "Anna Ode")
    assert found.reason == (
        "not affected: vulnerable_code_not_in_execute_path: No template of ours calls it"
    )
    assert (found.since, found.until) == ("2026-11-02T00:02:03.647787+00:00", "2027-11-03")
    assert (found.problem, found.kind, found.place) == ("", "vex", "a.openvex.json:9")
    assert hides([found])


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"status": "not_affected"', '"status": "affected", "status": "not_affected"', "status"),
        ('"author": "Anna Ode"', '"author": "Eve", "author": "Anna Ode"', "author"),
        ('"name": "CVE-2026-0001"', '"name": "CVE-2026-0002", "name": "CVE-2026-0001"', "name"),
    ],
)
def test_a_key_that_is_set_twice_makes_the_document_useless(old, new, key):
    text = json.dumps(DOCUMENT | {"statements": [STATEMENT]})
    assert old in text
    (found,) = statements(text.replace(old, new).encode(), "a.openvex.json", SHOP, TODAY)
    assert found.problem == f"'{key}' is set twice: keep one of them"
    assert not hides([found])


@pytest.mark.parametrize("name", ["*", "CVE-2026-*", "CVE-2026-000?", "CVE-2026-000[1-9]"])
def test_a_pattern_of_names_is_unusable(name):
    (found,) = read(statement(vulnerability={"name": name}))
    assert found.problem == "is about a pattern of names: name each vulnerability itself"
    (found,) = read(statement(vulnerability={"name": "CVE-2026-0001", "aliases": [name]}))
    assert found.problem == "is about a pattern of names: name each vulnerability itself"


def test_status_says_what_a_statement_does():
    for status, denies in (("fixed", False), ("affected", True), ("under_investigation", True)):
        (found,) = read(statement(status=status, justification=None, impact_statement=None))
        assert (found.denies, found.problem, hides([found])) == (denies, "", not denies)


@pytest.mark.parametrize(
    ("product", "hidden"),
    [
        ({"@id": "pkg:npm/lib"}, True),
        ({"@id": "https://x.example", "identifiers": {"purl": "pkg:npm/lib@1.0"}}, True),
        ("pkg:npm/lib@1.0", True),
        ({"@id": "pkg:npm/lib@1.0?repository_url=https://npm.example"}, True),
        ({"@id": "pkg:npm/lib@1.0?arch=arm64"}, False),
        ({"@id": "pkg:npm/lib@1.1"}, False),
        ({"@id": "pkg:npm/other@1.0"}, False),
        ({"@id": "https://x.example", "identifiers": {"cpe23": "cpe:2.3:a:lib"}}, False),
        ({"@id": "pkg:github/teapots/shop@abc"}, True),
        ({"@id": "https://github.com/teapots/shop"}, True),
        ({"@id": "git@github.com:Teapots/shop.git"}, True),
        ({"@id": "pkg:generic/shop"}, True),
        ({"@id": "pkg:github/others/shop"}, False),
        ({"@id": "pkg:github/teapots/shop", "subcomponents": [{"@id": "pkg:npm/lib@1.0"}]}, True),
        ({"@id": "pkg:github/teapots/shop", "subcomponents": [{"@id": "pkg:npm/x@1.0"}]}, False),
        ({"@id": "pkg:oci/image", "subcomponents": [{"@id": "pkg:npm/lib@1.0"}]}, False),
        ({"@id": "pkg:npm/lib@1.0", "subcomponents": [{"@id": "pkg:npm/x@1.0"}]}, False),
    ],
)  # fmt: skip
def test_products(product, hidden):
    found = read(statement(products=[product]))
    assert found[0].problem == ""
    assert hides(found) is hidden
    elsewhere = {"@id": "pkg:npm/another"}
    assert hides(read(statement(products=[elsewhere, product]))) is hidden


def test_a_repository_without_remote_goes_by_its_name():
    plain = Repository(name="Shop")
    assert hides(read(statement(products=[{"@id": "pkg:generic/shop"}]), repository=plain))


@pytest.mark.parametrize(
    ("purl", "package"),
    [
        ("pkg:composer/shop/lib@v1.0", {"ecosystem": "Packagist", "name": "shop/lib"}),
        (
            "pkg:maven/org.example/lib@1.0?type=jar",
            {"ecosystem": "Maven", "name": "org.example:lib"},
        ),
        ("pkg:pypi/Flask_Thing@1.0", {"ecosystem": "PyPI", "name": "flask-thing"}),
        ("pkg:golang/example.org/a/b@v1.0", {"ecosystem": "Go", "name": "example.org/a/b"}),
        ("pkg:npm/%40shop/lib@1.0", {"ecosystem": "npm", "name": "@shop/lib"}),
        ("pkg:gem/rails@1.0", {"ecosystem": "RubyGems", "name": "rails"}),
        ("pkg:apk/alpine/zlib@1.0", {"ecosystem": "Alpine", "name": "zlib"}),
    ],
)
def test_package_urls_of_every_ecosystem(purl, package):
    assert hides(read(statement(products=[{"@id": purl}])), vulnerable(**package))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"justification": None, "impact_statement": None}, "says not_affected without a reason"),
        (
            {"justification": "because"},
            "has an unknown justification: one of component_not_present,",
        ),
        ({"justification": ["x"]}, "has an unknown justification"),
        ({"status": "none"}, "has no known status: one of fixed, not_affected, affected"),
        ({"status": None}, "has no known status"),
        ({"status": ["fixed"]}, "has no known status"),
        ({"vulnerability": None}, "names no vulnerability"),
        ({"vulnerability": {"name": " "}}, "names no vulnerability"),
        ({"vulnerability": {"aliases": ["GHSA-a"]}}, "names no vulnerability"),
        ({"products": None}, 'names no product: list the package URLs under "products"'),
        ({"products": []}, "names no product"),
        ({"products": [{}]}, "has a product without a name"),
        ({"products": [3]}, "has a product without a name"),
        ({"timestamp": "yesterday"}, "has no timestamp: write it as 2026-11-24T09:00:00Z"),
        ({"timestamp": "2027-11-26T00:00:00Z"}, "is from the future (2027-11-26)"),
        ({"timestamp": "0001-01-01T00:00:00+23:00"}, "has no timestamp"),
    ],
)
def test_a_statement_that_cannot_be_used_is_named_and_the_others_count(changes, problem):
    broken, good = read(statement(**changes), statement())
    assert broken.problem.startswith(problem)
    assert broken.place == "a.openvex.json:" + (
        "1" if changes.get("vulnerability", 1) is None else "9"
    )
    assert not hides([broken])
    assert hides([broken, good])


def test_a_document_that_cannot_be_used_is_named():
    for content, problem in (
        (b"", "is no JSON: line 1: Expecting value: mend it there"),
        (b'{\n"a": }', "is no JSON: line 2"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"author": "\\ud800"}', "is nested too deeply, or holds what is no text"),
        (b"[" + b"9" * 10_000 + b"]", "is nested too deeply, or holds what is no text or number"),
        (b"[]", "is no OpenVEX document"),
        (b'{"@context": "https://example.org"}', "is no OpenVEX document"),
    ):
        (found,) = statements(content, "a.json", SHOP, TODAY)
        assert (found.problem[: len(problem)], found.place) == (problem, "a.json")
    for changes, problem in (
        ({"author": " "}, "has no author"),
        ({"author": None}, "has no author"),
        ({"statements": []}, "has no statements"),
        ({"statements": {"a": 1}}, "has no statements"),
        ({"timestamp": None}, "has no timestamp"),
    ):
        (found,) = read(statement(), **changes)
        assert found.problem.startswith(problem)


def test_a_statement_has_its_own_date_and_else_its_documents():
    own = statement(timestamp="2026-10-01T00:00:00Z")
    updated = own | {"last_updated": "2026-11-20T00:00:00Z"}
    assert [each.since[:10] for each in read(statement(), own, updated)] == [
        "2026-11-02", "2026-10-01", "2026-11-20",
    ]  # fmt: skip


def test_a_statement_holds_a_year():
    for day, hidden in (("2025-11-23", True), ("2025-11-22", False)):
        assert hides(read(statement(), timestamp=f"{day}T12:00:00Z")) is hidden


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*STATEMENT, "timestamp", "last_updated"]), json_values))
def test_no_statement_raises(changes):
    for found in read(STATEMENT | changes, changes):
        assert found.problem or found.since


@given(st.dictionaries(st.sampled_from([*DOCUMENT, "statements"]), json_values))
def test_no_document_raises(changes):
    assert statements(json.dumps(DOCUMENT | changes).encode(), "a", SHOP, TODAY)


@given(st.binary(max_size=100))
def test_no_bytes_raise(content):
    assert statements(content, "a", SHOP, TODAY)
