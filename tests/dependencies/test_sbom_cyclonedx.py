import json

import pytest

from shopsec.scan.dependencies.lockfiles.base import LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.sbom_cyclonedx import parse
from tests.dependencies import hostile

IN_JSON = """\
{
  "bomFormat": "CycloneDX", "specVersion": "1.5",
  "metadata": {"component": {"bom-ref": "shop", "type": "application", "name": "shop",
    "components": [{"type": "library", "name": "part", "purl": "pkg:npm/part@1.0.0"}]}},
  "components": [
    {"bom-ref": "lock", "type": "application", "name": "package-lock.json"},
    {"bom-ref": "a", "type": "library", "group": "@a", "name": "a", "version": "1.0.0",
     "purl": "pkg:npm/%40a/a@1.0.0",
     "components": [
       {"bom-ref": "b", "type": "library", "name": "b", "version": "2.0.0",
        "purl": "pkg:npm/b"}]},
    {"bom-ref": "c", "name": "c", "purl": "pkg:maven/org.c/c@3", "scope": "excluded"},
    {"bom-ref": "d", "name": "d", "purl": "pkg:pypi/D@4",
     "properties": [{"name": "cdx:npm:package:development", "value": "true"}]},
    {"bom-ref": "os", "group": "debian", "name": "curl", "version": "7",
     "purl": "pkg:deb/debian/curl@7"},
    {"bom-ref": "nameless", "type": "framework", "group": "org", "name": "x", "version": "1"},
    {"name": "unversioned", "purl": "pkg:npm/unversioned"},
    {"name": "broken", "purl": "npm/unversioned"},
    {"type": "file", "name": "/etc/hosts"},
    {"type": "file", "name": "/etc/group"},
    {"bom-ref": "shop", "name": "shop", "purl": "pkg:npm/shop@0.1.0"},
    "odd"
  ],
  "dependencies": [
    {"ref": "shop", "dependsOn": ["lock", "c"]},
    {"ref": "lock", "dependsOn": ["a"]},
    {"ref": "a", "dependsOn": ["b", "shop"]},
    {"ref": "b", "dependsOn": "wrong"},
    7
  ]
}
"""
IN_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1">
  <metadata><component type="application" bom-ref="shop"><name>shop</name></component></metadata>
  <components>
    <component type="library" bom-ref="a">
      <group>@a</group><name>a</name><version>1.0.0</version>
      <purl>pkg:npm/%40a/a@1.0.0</purl>
      <components>
        <component type="library" bom-ref="b">
          <name>b</name><version>2.0.0</version><purl>pkg:npm/b</purl>
        </component>
      </components>
    </component>
    <component type="library" bom-ref="c"><name>c</name><scope>excluded</scope>
      <purl>pkg:gem/c@3</purl></component>
    <component type="library"><name>d</name><purl>pkg:pypi/d@4</purl>
      <properties><property name="cdx:npm:package:development">true</property></properties>
    </component>
    <component type="library"><group>org</group><name>x</name></component>
  </components>
  <dependencies>
    <dependency ref="shop"><dependency ref="a"/></dependency>
    <dependency ref="a"><dependency ref="b"/></dependency>
    <dependency ref="b"/>
  </dependencies>
</bom>
"""


def test_json():
    parsed = parse(IN_JSON)
    assert parsed.pins == (
        Pin("part", "1.0.0", 4, ecosystem="npm"),
        Pin("@a/a", "1.0.0", 7, direct=True, ecosystem="npm"),
        Pin("b", "2.0.0", 10, direct=False, via=("@a/a",), ecosystem="npm"),
        Pin("org.c:c", "3", 12, dev=True, direct=True, ecosystem="Maven"),
        Pin("d", "4", 13, dev=True, ecosystem="PyPI"),
    )
    assert parsed.unpinned == (
        Unpinned("debian/curl", 15, "is of the purl type deb, which is not audited"),
        Unpinned("org/x", 17, "has no package URL"),
        Unpinned("unversioned", 18, "has no version"),
        Unpinned("broken", 19, "has a package URL that cannot be parsed"),
        Unpinned("line 1", 1, "has no package URL"),
        Unpinned("2 files", 20, "are no packages"),
    )


def test_xml():
    parsed = parse(IN_XML)
    assert parsed.pins == (
        Pin("@a/a", "1.0.0", 5, direct=True, ecosystem="npm"),
        Pin("b", "2.0.0", 9, direct=False, via=("@a/a",), ecosystem="npm"),
        Pin("c", "3", 14, dev=True, ecosystem="RubyGems"),
        Pin("d", "4", 16, dev=True, ecosystem="PyPI"),
    )
    assert parsed.unpinned == (Unpinned("org/x", 19, "has no package URL"),)


def test_without_relations_direct_ones_are_unknown():
    document = json.loads(IN_JSON)
    del document["dependencies"]
    parsed = parse(json.dumps(document))
    assert {pin.direct for pin in parsed.pins} == {None}
    assert "package-lock.json" in [entry.text for entry in parsed.unpinned]


def test_components_within_components_without_end():
    text = '{"bomFormat": "CycloneDX", "components": [' + '{"components": [' * 5000
    with pytest.raises(LockfileError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "is not a CycloneDX document"),
        ("<bom/>", "is not a CycloneDX document"),
        ('{"bomFormat": "CycloneDX",\n"components": 5}', "line 2: components is not an array"),
        ("<!DOCTYPE bom><bom/>", "declares a document type"),
    ],
)
def test_something_else_is_an_error(text, message):
    with pytest.raises(LockfileError, match=message):
        parse(text)


@pytest.mark.parametrize("text", [IN_JSON, IN_XML], ids=["json", "xml"])
def test_hostile_files(text):
    hostile.survives_being_cut_off(parse, text)
    hostile.survives_noise(parse, text)
    hostile.names_a_merge_conflict(parse, text, 3)


def test_fields_of_wrong_types():
    values: tuple[object, ...] = (None, 5, [], {}, [None], [[]], {"components": 5}, "text")
    for value in values:
        for key in ("metadata", "components", "dependencies"):
            hostile.outcome(parse, json.dumps({"bomFormat": "CycloneDX", key: value}))
        for key in ("bom-ref", "name", "version", "purl", "scope", "properties", "components"):
            component = {"name": "a", "purl": "pkg:npm/a@1", key: value}
            hostile.outcome(
                parse, json.dumps({"bomFormat": "CycloneDX", "components": [component]})
            )
