import time

import pytest

from shopsec.scan.dependencies.lockfiles.base import LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.pom_xml import parent_path, parse
from tests.dependencies import hostile

POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.shop</groupId><artifactId>parent</artifactId><version>2.0</version></parent>
  <artifactId>web</artifactId>
  <properties>
    <spring.version>${spring.major}.39</spring.version>
    <spring.major>5.3</spring.major>
    <loop>${loop}</loop>
  </properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.managed</groupId><artifactId>a</artifactId><version>1.1</version>
      <scope>test</scope></dependency>
    <dependency><groupId>org.unused</groupId><artifactId>b</artifactId><version>9</version>
    </dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency>
      <groupId>org.springframework</groupId>
      <artifactId>spring-core</artifactId>
      <version> ${spring.version} </version>
    </dependency>
    <dependency><groupId>org.managed</groupId><artifactId>a</artifactId></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>core</artifactId>
      <version>${project.version}</version></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>legacy</artifactId>
      <version>2.0</version></dependency>
    <dependency><groupId>org.else</groupId><artifactId>where</artifactId></dependency>
    <dependency><groupId>org.loop</groupId><artifactId>l</artifactId><version>${loop}</version>
    </dependency>
    <dependency><groupId>org.range</groupId><artifactId>r</artifactId><version>[1,2)</version>
    </dependency>
    <dependency><groupId>org.hard</groupId><artifactId>h</artifactId><version>[1.5]</version>
    </dependency>
    <dependency><artifactId>nameless</artifactId><version>1</version></dependency>
  </dependencies>
  <profiles><profile><id>x</id>
    <dependencies>
      <dependency><groupId>org.profile</groupId><artifactId>p</artifactId><version>3</version>
        <scope>test</scope></dependency>
    </dependencies>
  </profile></profiles>
</project>
"""


def test_pom_xml():
    parsed = parse(POM)
    assert parsed.pins == (
        Pin("org.springframework:spring-core", "5.3.39", 16, direct=True),
        Pin("org.managed:a", "1.1", 21, dev=True, direct=True),
        Pin("org.shop:legacy", "2.0", 24, direct=True),
        Pin("org.hard:h", "1.5", 31, direct=True),
        Pin("org.profile:p", "3", 37, dev=True, direct=True),
    )
    elsewhere = "has a version that stands in another file"
    assert parsed.unpinned == (
        Unpinned("org.else:where", 26, elsewhere, "org.else:where"),
        Unpinned("org.loop:l:${loop}", 27, elsewhere, "org.loop:l"),
        Unpinned("org.range:r:[1,2)", 29, "is not pinned to one version", "org.range:r"),
        Unpinned(":nameless:1", 33, "has a name that stands in another file"),
    )


PARENT = """\
<project>
  <parent><groupId>org.boot</groupId><artifactId>boot</artifactId><version>9</version></parent>
  <groupId>org.shop</groupId><artifactId>parent</artifactId><version>2.0</version>
  <properties><spring.major>4.0</spring.major><loop>7</loop></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.else</groupId><artifactId>where</artifactId>
      <version>${project.version}.1</version></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency><groupId>org.in</groupId><artifactId>parent</artifactId><version>1</version>
    </dependency>
  </dependencies>
</project>
"""
GRANDPARENT = """\
<project><groupId>org.boot</groupId><artifactId>boot</artifactId><version>9</version>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.range</groupId><artifactId>r</artifactId><version>8</version>
    </dependency>
    <dependency><groupId>org.grand</groupId><artifactId>g</artifactId><version>6</version>
      <scope>test</scope></dependency>
  </dependencies></dependencyManagement>
</project>
"""
CHILD = POM.replace("<loop>${loop}</loop>", "").replace(
    "<artifactId>nameless</artifactId><version>1</version>",
    "<groupId>org.grand</groupId><artifactId>g</artifactId>",
)


def test_what_parents_tell():
    parsed = parse(CHILD, PARENT, GRANDPARENT)
    assert parsed.pins == (
        Pin("org.springframework:spring-core", "5.3.39", 16, direct=True),
        Pin("org.managed:a", "1.1", 21, dev=True, direct=True),
        Pin("org.shop:legacy", "2.0", 24, direct=True),
        Pin("org.else:where", "2.0.1", 26, direct=True),
        Pin("org.loop:l", "7", 27, direct=True),
        Pin("org.hard:h", "1.5", 31, direct=True),
        Pin("org.grand:g", "6", 33, dev=True, direct=True),
        Pin("org.profile:p", "3", 37, dev=True, direct=True),
    )
    assert [entry.name for entry in parsed.unpinned] == ["org.range:r"]


@pytest.mark.parametrize(
    "parents",
    [("",), ("<project/>",), ("<", PARENT), (PARENT.replace("2.0", "2.1"),), (GRANDPARENT, PARENT)],
)
def test_another_parent_tells_nothing(parents):
    assert parse(CHILD, *parents) == parse(CHILD)


@pytest.mark.parametrize(
    ("parent", "path"),
    [
        ("<parent/>", "../pom.xml"),
        ("<parent><relativePath>../base/pom.xml</relativePath></parent>", "../base/pom.xml"),
        ("<parent><relativePath/></parent>", None),
        ("", None),
        ("<parent>", None),
    ],
)
def test_where_the_parent_is(parent, path):
    assert parent_path(f"<project>{parent}</project>") == path


def test_properties_that_would_grow_without_end():
    properties = "".join(f"<p{n}>{f'${{p{n + 1}}}' * 30}</p{n}>" for n in range(100))
    dependency = "<dependency><groupId>a</groupId><artifactId>b</artifactId><version>${p0}</version></dependency>"
    text = f"<project><properties>{properties}</properties><dependencies>{dependency * 2000}</dependencies></project>"
    started = time.process_time()
    assert len(parse(text).unpinned) == 2000
    assert time.process_time() - started < 5


def test_modules_that_ask_for_each_other_by_a_property():
    dependency = "<groupId>a</groupId><artifactId>b</artifactId><version>{}</version>"
    text = (
        "<project><groupId>a</groupId><version>${{revision}}</version>"
        "<properties><revision>1</revision></properties>"
        "<dependencies><dependency>" + dependency + "</dependency></dependencies></project>"
    )
    assert parse(text.format("${revision}")).pins == ()
    assert parse(text.format("1")).pins == (Pin("a:b", "1", 1, direct=True),)


def test_something_else_is_an_error():
    with pytest.raises(LockfileError, match="is not a Maven project"):
        parse("<html/>")


def test_hostile_files():
    hostile.survives_being_cut_off(parse, POM)
    hostile.survives_noise(parse, POM)
    hostile.names_a_merge_conflict(parse, POM, 15)
