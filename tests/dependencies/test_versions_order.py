"""Each ecosystem's order, in chains that its own tool confirms."""

import shutil
import string
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.scan.dependencies.versions import (
    LANGUAGES,
    ORDERED,
    SYSTEMS,
    VersionError,
    compare_key,
    is_branch,
    normalised_name,
    scope,
)

ASCENDING = {
    "PyPI": "1.0.dev1 1.0a1.dev1 1.0a1 1.0b2 1.0rc1 1.0 1.0+local 1.0+local.1 1.0.post1 1.0.1 1!0.1",
    "npm": (
        "0.0.0-0 0.0.0 1.0.0-1 1.0.0-2 1.0.0-10 1.0.0--1 1.0.0-A 1.0.0-alpha 1.0.0-alpha.1 "
        "1.0.0-alpha.beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc 1.0.0 1.0.1 1.9.0 1.10.0 "
        "99999999999999999999.0.0 99999999999999999999.0.1"
    ),
    "crates.io": "0.1.0-alpha 0.1.0 0.1.1 0.2.0 0.10.0 1.0.0-rc.1 1.0.0",
    "Go": (
        "v0.0.0-20190101000000-aaaaaaaaaaaa v0.0.0-20240101000000-000000000000 v0.0.1 v1 "
        "v1.2.3-pre.0.20240101000000-000000000000 v1.2.3 v1.2.4-0.20240101000000-000000000000 "
        "1.2.4 v2.0.0+incompatible v10"
    ),
    "Packagist": (
        "dev-main 1.0-dev 1.0a1 1.0-beta1 1.0RC1 1.0 1.0-p1 1.0.0.1 2.4.6-beta1 2.4.6-RC1 2.4.6 "
        "2.4.6-p1 2.4.6-p2 2.4.6-p10 2.4.7 2.4.x-dev 6.4.20.0 6.4.20.1-RC1 6.4.20.1 v6.4.20.2 "
        "6.4.20.10 2023.12.31 2024.01.02 20240102 20240103"
    ),
    "RubyGems": (
        "1.0.a.1 1.0.a.2 1.0.a10 1.0.b1 1.0.rc1 1.0 1.0.0.2 1.0.0.10 1.0.1-1 1.0.1.rc 1.0.1 1.2 1.10"
    ),
    "Maven": (
        "1.0-alpha-1 1.0-alpha2 1.0-beta1 1.0-M1 1.0-RC1 1.0-rc2 1.0-SNAPSHOT 1.0 1.0-sp 1.0-abc "
        "1.0-jre 1.0-1 1.0-2 1.0.1 1.0.10 1.1 99999999999999999999"
    ),
    "Debian": (
        "0~~ 0~ 0 0a 0.1 1.0~~ 1.0~rc1-1 1.0 1.0-0+b1 1.0-1~bpo12+1 1.0-1 1.0-1+b1 1.0-1+deb12u1 "
        "1.0-1.1 1.0-2 1.0-10 1.0a 1.0+dfsg-1 1.0.1 1.10 1:0.1 1:0.1-1"
    ),
    "Ubuntu": "3.0.2-0ubuntu1 3.0.2-0ubuntu1.2 3.0.2-0ubuntu1.10 3.0.2-1 1:1.0",
    "Alpine": (
        "0.1_alpha 0.1_alpha2 0.1_beta 0.1_pre1 0.1_rc1 0.1_rc2 0.1 0.1-r0 0.1-r1 0.1-r10 0.1_cvs1 "
        "0.1_svn1 0.1_git20240101 0.1_git20240101-r1 0.1_hg1 0.1_p1 0.1_p1-r1 0.1_p10 0.1a "
        "0.1a-r1 0.1b 0.1.010 0.1.09 0.1.1 0.1.2 0.1.10 1 006 20240101"
    ),
    "NuGet": "1.0.0-1 1.0.0-ALPHA 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.10 1.0.0 1.0.0.1-a 1.0.0.1 1.0.1",
}
EQUAL = {
    "PyPI": ("1.0 1.0.0 v1.0", "1.0rc1 1.0.RC-1 1.0c1", "1.0-1 1.0.post1"),
    "Debian": ("1 0:1 1-0 1-00 01", "1.0 1.00 1.0-0", "1a 1a0"),
    "Ubuntu": ("1 0:1 1-0",),
    "Alpine": ("1-r1 1-r01", "1_rc1 1_rc01", "01 1"),
    "npm": ("1.2.3 v1.2.3 =1.2.3 1.2.3+a 1.2.3+b 1.02.3", "1.2.3-beta 1.2.3beta", "1 1.0 1.0.0"),
    "crates.io": ("1.0.0 1.0.0+build",),
    "Go": (
        "v1.2.3 1.2.3",
        "v2.0.0 v2.0.0+incompatible 2.0.0",
        "go1.21rc2 1.21.0-rc.2",
        "go1.21 1.21.0",
    ),
    "Packagist": (
        "1 1.0 v1.0.0 V1.0.0.0 1.0-stable 1.0.0+build 1.0@dev",
        "1.0-beta1 1.0b1 1.0.BETA.1 1.0_beta-1",
        "2.4.6-p3 2.4.6-patch3 2.4.6pl3",
        "2.4.x-dev 2.4.*-dev v2.4.X-dev",
        "dev-main DEV-main",
        "master dev-master",
    ),
    "RubyGems": ("1 1.0 1.0.0", "1.0.a2 1.0.a.2 1.a.2.0", "1-a 1.pre.a"),
    "Maven": (
        "1 1.0 1-0 1.ga 1-final 1.0.0.RELEASE 01 1.",
        "1a1 1-alpha-1 1.ALPHA1",
        "1-rc1 1-cr1 1.CR1",
    ),
    "NuGet": ("1.0 1.0.0.0 1.0.0+x 01.0", "1.0.0-BETA 1.0.0-beta+x"),
}

REFUSED = {
    "PyPI": ("", "2004d", "1.0-foo", "latest"),
    "npm": ("", "latest", "1.2.3.4", "1.x", "^1.0.0", "1.2.3-a..b"),
    "Debian": ("", "1-", "-1", "a:1", "1_0", "1 2", ":1", "1:", "<unfixed>"),
    "Ubuntu": ("",),
    "Alpine": (
        "",
        "a",
        "1.",
        "1..2",
        "1.0A",
        "1.0bc",
        "6.6.2p1",
        "1-r",
        "1-2",
        "1_foo",
        "1~",
        "1-r1a",
    ),
    "crates.io": ("", "*", "1.0.0.0"),
    "Go": ("", "(devel)", "v", "go"),
    "Packagist": ("", "garbage", "1.2.3.#", "^1.0", "feature/x-dev"),
    "RubyGems": ("", "1..2", "a", "1.0_1"),
    "Maven": ("1.0é",),
    "NuGet": ("", "1.2.3.4.5", "1.0-", "1.*"),
}


def chains():
    return [(ecosystem, chain.split()) for ecosystem, chain in ASCENDING.items()]


def test_every_ecosystem_is_here():
    assert set(ASCENDING) == set(EQUAL) == set(REFUSED) == ORDERED


@pytest.mark.parametrize(("ecosystem", "chain"), chains())
def test_ascending(ecosystem, chain):
    keys = [compare_key(ecosystem, version) for version in chain]
    wrong = [
        (chain[low], chain[high])
        for high in range(len(chain))
        for low in range(high)
        if not keys[low] < keys[high] or keys[high] < keys[low] or keys[low] == keys[high]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("ecosystem", "group"),
    [(ecosystem, group) for ecosystem, groups in EQUAL.items() for group in groups],
)
def test_equal(ecosystem, group):
    versions = group.split()
    first = compare_key(ecosystem, versions[0])
    assert [v for v in versions if compare_key(ecosystem, v) != first] == []
    assert not any(first < compare_key(ecosystem, v) for v in versions)


@pytest.mark.parametrize(
    ("ecosystem", "version"),
    [(ecosystem, version) for ecosystem, versions in REFUSED.items() for version in versions],
)
def test_refused(ecosystem, version):
    with pytest.raises(VersionError):
        compare_key(ecosystem, version)


def test_messages():
    with pytest.raises(VersionError, match=r"^'\^1.0' is no version of npm$"):
        compare_key("npm", "^1.0")
    with pytest.raises(VersionError, match=r"^a version of 257 characters$"):
        compare_key("npm", "1" * 257)
    with pytest.raises(VersionError, match=r"^'1\\u0660' has characters that no version has$"):
        compare_key("npm", "1\u0660")
    with pytest.raises(VersionError, match=r"^versions of 'Hex:12' cannot be put in order$"):
        compare_key("Hex:12", "1.0")


def test_repository_behind_a_colon_does_not_count():
    drupal = "Packagist:https://packages.example.org/8"
    assert compare_key(drupal, "2.4.6-p3") > compare_key("Packagist", "2.4.6")


def test_six_parts_are_compared_as_php_does():
    chain = ["6.4.20.2", "6.4.20.2.1-rc", "6.4.20.2.1", "6.4.20.2.1-foo"]
    keys = [compare_key("Packagist", version) for version in chain[:3]]
    assert all(low < high for low, high in pairwise(keys))
    assert compare_key("Packagist", chain[3]) < keys[1]


@pytest.mark.parametrize(
    ("ecosystem", "version", "branch"),
    [
        ("Packagist", "dev-main", True),
        ("Packagist", "2.4.x-dev", True),
        ("Packagist", "master", True),
        ("Packagist", "2.4-dev", False),
        ("Packagist", "2.4.6-p3", False),
        ("npm", "dev-main", False),
    ],
)
def test_branches(ecosystem, version, branch):
    assert is_branch(ecosystem, version) is branch


@pytest.mark.parametrize(
    ("ecosystem", "name", "normal"),
    [
        ("PyPI", "Foo_.Bar", "foo-bar"),
        ("Packagist", "Magento/Community", "magento/community"),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
        ("npm", "JSONStream", "JSONStream"),
        ("RubyGems", "RedCloth", "RedCloth"),
        ("Go", "github.com/BurntSushi/toml", "github.com/BurntSushi/toml"),
        ("Maven", "org.Example:Name", "org.Example:Name"),
        ("Debian", "Name", "Name"),
    ],
)
def test_names(ecosystem, name, normal):
    assert normalised_name(ecosystem, name) == normal


ecosystems = st.sampled_from(sorted(ORDERED))
odd_versions = st.one_of(
    st.text(),
    st.text(string.printable, max_size=12),
    st.text("019.-+_vabrc", min_size=1, max_size=12),
    st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")),
)
# What packages are really called: no word of Maven between two dots.
versions = st.from_regex(
    r"\A[0-9]{1,2}(\.[0-9]{1,2}){0,3}(-?(alpha|beta|rc|dev|p|sp|x)[.-]?[0-9]?)?\Z"
)


@given(ecosystems, odd_versions)
def test_any_text_has_a_key_or_a_version_error(ecosystem, version):
    try:
        key = compare_key(ecosystem, version)
    except VersionError:
        return
    assert key == compare_key(ecosystem, version)
    assert not key < key


def sign(ecosystem, one, other):
    left, right = compare_key(ecosystem, one), compare_key(ecosystem, other)
    assert [left < right, left == right, left > right].count(True) == 1
    return (left > right) - (left < right)


@given(ecosystems, st.one_of(versions, odd_versions), st.one_of(versions, odd_versions))
def test_antisymmetric(ecosystem, one, other):
    try:
        assert sign(ecosystem, one, other) == -sign(ecosystem, other, one)
    except VersionError:
        return


def check_transitive(ecosystem, three):
    known = []
    for version in three:
        try:
            compare_key(ecosystem, version)
        except VersionError:
            continue
        known.append(version)
    if len(known) < 3:
        return
    low, middle, high = sorted(known, key=lambda version: compare_key(ecosystem, version))
    assert sign(ecosystem, low, middle) <= 0
    assert sign(ecosystem, middle, high) <= 0
    assert sign(ecosystem, low, high) <= 0


@given(ecosystems, st.lists(versions, min_size=3, max_size=3))
def test_transitive(ecosystem, three):
    check_transitive(ecosystem, three)


@given(
    st.sampled_from(sorted(ORDERED - {"Maven", "PyPI"})),
    st.lists(st.text("01.-ab", min_size=1, max_size=6).map("1".__add__), min_size=3, max_size=3),
)
def test_transitive_among_odd_versions(ecosystem, three):
    check_transitive(ecosystem, three)


def test_a_systems_release_is_a_scope_of_its_own():
    assert sorted(SYSTEMS) == ["Alpine", "Debian", "Ubuntu"]
    assert LANGUAGES == ORDERED - SYSTEMS
    assert scope("Debian:12") == "Debian:12"
    assert scope("Maven:https://example.org") == "Maven"
    assert compare_key("Ubuntu:22.04:LTS", "1-1") < compare_key("Ubuntu:22.04:LTS", "1-1ubuntu1")


DPKG = "0123456789" + "aZ.+~-"


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not here")
@given(st.text(DPKG, max_size=8), st.text(DPKG, max_size=8), st.sampled_from(["", "0:", "1:"]))
@settings(max_examples=300, deadline=None)
def test_dpkg_agrees(one, other, epoch):
    one, other = f"{epoch}1{one}", f"1{other}"
    try:
        left, right = compare_key("Debian", one), compare_key("Debian", other)
    except VersionError:
        return
    told = "lt" if left < right else "gt" if left > right else "eq"
    command = ["dpkg", "--compare-versions", one, told, other]
    assert subprocess.run(command, check=False).returncode == 0


# https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/v3.0.0/test/version.data
APK = """\
2.34 > 0.1.0_alpha
0.1.0_alpha2 > 0.1.0_alpha
2.2.39-r1 > 1.0.4-r3
1.0.4-r4 < 1.6
1.1 > 1.1_alpha1
1.3_alpha8 > 0.6.0
2.3.0b-r2 < 2.3.0b-r3
0.12.3 > 0.12
3.1_p16 < 3.1_p17
1.06-r6 < 006
9.3.4-r2 > 9.3.4
2.01.01_alpha10 > 0.94
4.2.52_p2-r1 < 4.2.52_p4-r2
20040406-r1 > 2.12r-r4
2.9.11_pre20051101-r2 > 2.9.11_pre20051101
1.6.8_p12-r1 > 1.6.8_p9-r2
0.1.0_alpha_pre2 < 0.1.0_alpha
1.0.0_pre20191002222144-r0 < 1.0.0_pre20210530193627-r0
1.0~1234-r0 > 1.0-r0
"""


@pytest.mark.parametrize("line", APK.splitlines())
def test_apk_says(line):
    one, told, other = line.split()
    left, right = compare_key("Alpine", one), compare_key("Alpine", other)
    assert ("<" if left < right else ">" if left > right else "=") == told
