from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.dependencies.lockfiles.base import Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.gradle_lockfile import parse
from tests.dependencies import hostile

GRADLE_LOCKFILE = """\
# This is a Gradle generated file for dependency locking.
com.google.guava:guava:32.1.2-jre=compileClasspath,testRuntimeClasspath
junit:junit:4.13.2=testCompileClasspath, testRuntimeClasspath
org.mockito:mockito-core:5.5.0=debugUnitTestCompileClasspath,integrationTestRuntimeClasspath
com.puppycrawl.tools:checkstyle:10.12=checkstyle
org.latest:latest:1.0=latestRelease
org.fixtures:x:1=testFixturesRuntimeClasspath
what
org.a:b=compileClasspath
empty=annotationProcessor
"""


def test_gradle_lockfile():
    parsed = parse(GRADLE_LOCKFILE)
    assert parsed.pins == (
        Pin("com.google.guava:guava", "32.1.2-jre", 2),
        Pin("junit:junit", "4.13.2", 3, dev=True),
        Pin("org.mockito:mockito-core", "5.5.0", 4, dev=True),
        Pin("com.puppycrawl.tools:checkstyle", "10.12", 5, dev=True),
        Pin("org.latest:latest", "1.0", 6),
        Pin("org.fixtures:x", "1", 7, dev=True),
    )
    assert parsed.unpinned == (
        Unpinned("line 8", 8, "cannot be parsed"),
        Unpinned("line 9", 9, "cannot be parsed"),
    )


def test_a_file_of_one_configuration():
    assert parse("a:b:1\nc:d:2\n").pins == (Pin("a:b", "1", 1), Pin("c:d", "2", 2))
    assert parse("a:b:1\nc:d:2\n").unpinned == ()


def test_a_file_that_is_cut_off_says_so():
    assert parse("a:b:1=x\n\n").unpinned == (
        Unpinned("empty=", 1, "is missing at the end: the file may be cut off"),
    )
    assert parse("# nothing\n").unpinned == ()


def test_hostile_files():
    hostile.survives_being_cut_off(parse, GRADLE_LOCKFILE)
    hostile.survives_noise(parse, GRADLE_LOCKFILE)
    hostile.names_a_merge_conflict(parse, GRADLE_LOCKFILE, 3)


@given(st.text())
def test_any_text(text):
    hostile.outcome(parse, text)
