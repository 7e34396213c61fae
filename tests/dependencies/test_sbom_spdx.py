import json

import pytest

from shopsec.scan.dependencies.lockfiles.base import LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.sbom_spdx import parse
from tests.dependencies import hostile

IN_JSON = """\
{
  "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT",
  "documentDescribes": ["SPDXRef-shop"],
  "packages": [
    {"SPDXID": "SPDXRef-shop", "name": "shop", "versionInfo": "1.0"},
    {"SPDXID": "SPDXRef-lock", "name": "composer.lock"},
    {"SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "1.0.0", "externalRefs": [
      {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe"},
      {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
       "referenceLocator": "pkg:composer/v/a@v1.0.0"}]},
    {"SPDXID": "SPDXRef-b", "name": "b", "versionInfo": "2.0.0", "externalRefs": [
      {"referenceType": "purl", "referenceLocator": "pkg:npm/b"}]},
    {"SPDXID": "SPDXRef-t", "name": "t", "versionInfo": "NOASSERTION", "externalRefs": [
      {"referenceType": "purl", "referenceLocator": "pkg:npm/t@3.0.0"}]},
    {"SPDXID": "SPDXRef-u", "name": "u", "versionInfo": "NONE", "externalRefs": [
      {"referenceType": "purl", "referenceLocator": "pkg:npm/u"}, null]},
    {"SPDXID": "SPDXRef-os", "name": "curl", "externalRefs": [
      {"referenceType": "purl", "referenceLocator": "pkg:deb/debian/curl@7"}]},
    {"SPDXID": "SPDXRef-none", "name": "none", "versionInfo": "1"},
    5
  ],
  "relationships": [
    {"spdxElementId": "SPDXRef-shop", "relationshipType": "CONTAINS",
     "relatedSpdxElement": "SPDXRef-lock"},
    {"spdxElementId": "SPDXRef-lock", "relationshipType": "DEPENDS_ON",
     "relatedSpdxElement": "SPDXRef-a"},
    {"spdxElementId": "SPDXRef-b", "relationshipType": "DEPENDENCY_OF",
     "relatedSpdxElement": "SPDXRef-a"},
    {"spdxElementId": "SPDXRef-t", "relationshipType": "TEST_DEPENDENCY_OF",
     "relatedSpdxElement": "SPDXRef-shop"},
    {"spdxElementId": "SPDXRef-os", "relationshipType": "OTHER", "relatedSpdxElement": 7},
    null
  ]
}
"""
TAGS = """\
SPDXVersion: SPDX-2.2
SPDXID: SPDXRef-DOCUMENT
DocumentName: shop
CreatorComment: <text>several
PackageName: not one
lines</text>

PackageName: shop
SPDXID: SPDXRef-shop
PackageVersion: 1.0

# comment
PackageName: a
SPDXID: SPDXRef-a
PackageVersion: 1.0.0
ExternalRef: SECURITY cpe23Type cpe:2.3:a:a
ExternalRef: PACKAGE_MANAGER purl pkg:gem/a
FileName: ./a.rb
SPDXID: SPDXRef-file
PackageName: b
SPDXID: SPDXRef-b
ExternalRef: PACKAGE-MANAGER purl pkg:gem/b@2
PackageName: c
SPDXID: SPDXRef-c
what
Relationship: SPDXRef-shop DESCRIBED_BY SPDXRef-DOCUMENT
Relationship: SPDXRef-shop DEPENDS_ON SPDXRef-a
Relationship: SPDXRef-b CONTAINED_BY SPDXRef-shop
Relationship: SPDXRef-a HAS_PREREQUISITE SPDXRef-b
Relationship: nonsense
"""


def test_json():
    parsed = parse(IN_JSON)
    assert parsed.pins == (
        Pin("v/a", "1.0.0", 7, direct=True, ecosystem="Packagist"),
        Pin("b", "2.0.0", 11, direct=False, via=("v/a",), ecosystem="npm"),
        Pin("t", "3.0.0", 13, dev=True, direct=True, ecosystem="npm"),
    )
    assert parsed.unpinned == (
        Unpinned("package 9", 4, "cannot be parsed"),
        Unpinned("u", 15, "has no version"),
        Unpinned("curl", 17, "is of the purl type deb, which is not audited"),
        Unpinned("none", 19, "has no package URL"),
    )


def test_tags():
    parsed = parse(TAGS)
    assert parsed.pins == (
        Pin("a", "1.0.0", 13, direct=True, ecosystem="RubyGems"),
        Pin("b", "2", 20, direct=False, via=("a",), ecosystem="RubyGems"),
    )
    assert parsed.unpinned == (
        Unpinned("line 25", 25, "cannot be parsed"),
        Unpinned("c", 23, "has no package URL"),
    )


def described(*refs, relationships=()):
    packages = [
        {
            "SPDXID": ref,
            "name": ref,
            "externalRefs": [{"referenceType": "purl", "referenceLocator": f"pkg:npm/{ref}@1"}],
        }
        for ref in ("a", "b")
    ]
    document = {
        "spdxVersion": "SPDX-2.3",
        "packages": packages,
        "relationships": [
            {"spdxElementId": source, "relationshipType": kind, "relatedSpdxElement": target}
            for source, kind, target in (
                *(("SPDXRef-DOCUMENT", "DESCRIBES", ref) for ref in refs),
                *relationships,
            )
        ],
    }
    return [(pin.name, pin.direct) for pin in parse(json.dumps(document)).pins]


def test_what_a_document_describes_is_the_project_only_where_others_belong_to_it():
    needs = [("a", "DEPENDS_ON", "b")]
    assert described("a", relationships=needs) == [("b", True)]
    assert described("a", relationships=[("a", "CONTAINS", "b")]) == [("b", None)]
    assert described("a") == [("a", None), ("b", None)]
    assert described("a", "b", relationships=needs) == [("a", None), ("b", None)]
    assert described(relationships=needs) == [("a", None), ("b", None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "is not SPDX 2 in JSON or tag:value"),
        ('{"@context": "x"}', "is not SPDX 2: other versions"),
        ('{"spdxVersion": "SPDX-2.3",\n"packages": {}}', "line 2: packages is not an array"),
        ("", "is not SPDX 2 in JSON or tag:value"),
        ("<rdf/>", "is not SPDX 2 in JSON or tag:value"),
        ("SPDXVersion: SPDX-2.3\nA: <text>\nPackageName: a\n", "line 2: the text has no end"),
    ],
)
def test_something_else_is_an_error(text, message):
    with pytest.raises(LockfileError, match=message):
        parse(text)


@pytest.mark.parametrize("text", [IN_JSON, TAGS], ids=["json", "tags"])
def test_hostile_files(text):
    hostile.survives_being_cut_off(parse, text)
    hostile.survives_noise(parse, text)
    hostile.names_a_merge_conflict(parse, text, 3)
