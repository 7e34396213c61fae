"""The lists of apk, dpkg and rpm, and what tells the system: whole ones and broken ones."""

import shutil
import sqlite3
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.containers.archive.os_release import System, parse_system
from shopsec.scan.containers.archive.packages import PackageList, SystemPackage
from shopsec.scan.containers.archive.rpm import parse_rpm
from shopsec.scan.containers.archive.stanzas import parse_apk, parse_dpkg
from tests.containers.rpm_database import BASH, KEY, OPENSSL, header, write_rpm_database

DPKG = b"""\
Package: zlib1g
Status: install ok installed
Architecture: amd64
Source: zlib (1:1.2.13.dfsg-1)
Version: 1:1.2.13.dfsg-1+b1
Description: compression library
 Version: 9 of a description is none
 .
 more

Package: libc6
Status: hold ok installed
Source: glibc
Version: 2.36-9

Package: gone
Status: deinstall ok config-files
Version: 1

Package: bash
Status: install ok installed
Version: 5.2
"""
APK = b"""\
C:Q1abc=
P:libcrypto3
V:3.1.4-r2
A:x86_64
o:openssl
F:usr/lib
R:libcrypto.so.3
Z:Q1V:9

P:musl
V:1.2.4-r2
"""


def test_dpkg():
    assert parse_dpkg(DPKG) == PackageList(
        (
            SystemPackage("deb", "zlib1g", "1:1.2.13.dfsg-1+b1", "zlib", "1:1.2.13.dfsg-1"),
            SystemPackage("deb", "libc6", "2.36-9", "glibc", "2.36-9"),
            SystemPackage("deb", "bash", "5.2", "bash", "5.2"),
        )
    )


def test_a_file_of_a_distroless_image_has_no_status():
    assert parse_dpkg(b"Package: base-files\nVersion: 12.4+deb12u5\n") == PackageList(
        (SystemPackage("deb", "base-files", "12.4+deb12u5", "base-files", "12.4+deb12u5"),)
    )


def test_apk():
    assert parse_apk(APK) == PackageList(
        (
            SystemPackage("apk", "libcrypto3", "3.1.4-r2", "openssl", "3.1.4-r2"),
            SystemPackage("apk", "musl", "1.2.4-r2", "musl", "1.2.4-r2"),
        )
    )


@pytest.mark.parametrize(
    ("parse", "content"),
    [
        (parse_dpkg, b"Package: a\nVersion: \x1b[2J\n\nPackage: b\nVersion: 1\n"),
        (parse_dpkg, b"Package: a\n\nPackage: b\nVersion: 1\n\n"),
        (parse_dpkg, b"Package: a\nVersion: 1\nSource: x (\n\nPackage: b\nVersion: 1\n"),
        (parse_apk, b"P:\xff\nV:1\n\n\nP:b\nV:1\n"),
    ],
)
def test_an_entry_that_cannot_be_read_is_told(parse, content):
    found = parse(content)
    assert [each.name for each in found.packages] == ["b"]
    assert found.problem == "1 of its entries cannot be read"


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="dpkg is not here")
def test_dpkg_tells_the_same_of_this_machine():
    form = "${db:Status-Status}\t${Package}\t${Version}\t${source:Package}\t${source:Version}\n"
    command = ["dpkg-query", "-W", "-f", form]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    expected = {
        SystemPackage("deb", *fields)
        for state, *fields in (line.split("\t") for line in told.splitlines())
        if state == "installed"
    }
    found = parse_dpkg(Path("/var/lib/dpkg/status").read_bytes())
    assert (set(found.packages), found.problem) == (expected, "")


def test_too_many_packages():
    content = b"".join(b"P:p%d\nV:1\n\n" % number for number in range(100_001))
    assert parse_apk(content) == PackageList(problem="lists more than 100000 packages")
    assert len(parse_apk(content[: content.rindex(b"P:")]).packages) == 100_000


@given(st.sampled_from([parse_dpkg, parse_apk, parse_rpm]), st.binary())
def test_garbage_never_raises(parse, content):
    assert isinstance(parse(content), PackageList)


def test_rpm(tmp_path):
    content = write_rpm_database(tmp_path / "rpmdb.sqlite", map(header, (OPENSSL, BASH, KEY)))
    assert content[18:20] == b"\2\2"  # write-ahead logging, which SQLite opens in no memory
    full = "1:3.0.7-24.el9"
    assert parse_rpm(content) == PackageList(
        (
            SystemPackage("rpm", "openssl-libs", full, "openssl", full),
            SystemPackage("rpm", "bash", "5.1.8-6.el9", "bash", "5.1.8-6.el9"),
        )
    )


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\xff" * 8,
        struct.pack(">2I", 1, 4) + struct.pack(">4I", 1000, 6, 900, 1) + b"abc\0",
        struct.pack(">2I", 1, 3) + struct.pack(">4I", 1000, 6, 0, 1) + b"abc",
        struct.pack(">2I", 1, 4) + struct.pack(">4I", 1003, 4, 2, 1) + b"abcd",
        header({1000: "a", 1001: "1"}),
    ],
)
def test_rows_that_are_no_header(tmp_path, blob):
    content = write_rpm_database(tmp_path / "rpmdb.sqlite", [blob, header(BASH)])
    found = parse_rpm(content)
    assert [each.name for each in found.packages] == ["bash"]
    assert found.problem == "1 of its entries cannot be read"


def test_a_view_is_not_run(tmp_path):
    database = sqlite3.connect(tmp_path / "a.sqlite")
    database.execute(
        "CREATE VIEW Packages AS WITH RECURSIVE n(blob) AS"
        " (SELECT 1 UNION ALL SELECT blob + 1 FROM n) SELECT blob FROM n"
    )
    database.commit()
    database.close()
    found = parse_rpm((tmp_path / "a.sqlite").read_bytes())
    assert found == PackageList(problem="is no SQLite file of rpm, or a damaged one")


ALPINE = b'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.1\n'


@pytest.mark.parametrize(
    ("files", "system", "ecosystem", "product"),
    [
        ((ALPINE, b"", b""), System("alpine", "3.19.1"), "Alpine:v3.19", "alpine-linux"),
        ((b"", b"3.18.4\n", b""), System("alpine", "3.18.4"), "Alpine:v3.18", "alpine-linux"),
        ((b"ID=alpine\nVERSION_ID=3.20.0_alpha20240315\n", b"", b""),
         System("alpine", "3.20.0_alpha20240315"), "", "alpine-linux"),
        ((b"ID=debian\nVERSION_ID=\"12\"\n", b"", b"12.4\n"), System("debian", "12.4"), "Debian:12",
         "debian"),
        ((b"", b"", b"11.9\n"), System("debian", "11.9"), "Debian:11", "debian"),
        ((b"ID=debian\n", b"", b"trixie/sid\n"), System("debian", ""), "", "debian"),
        ((b"ID=ubuntu\nVERSION_ID='22.04'\n", b"", b""), System("ubuntu", "22.04"),
         "Ubuntu:22.04:LTS", "ubuntu"),
        ((b"ID=ubuntu\nVERSION_ID=23.10\n", b"", b""), System("ubuntu", "23.10"), "Ubuntu:23.10",
         "ubuntu"),
        ((b"ID=ubuntu\nVERSION_ID=23.04\n", b"", b""), System("ubuntu", "23.04"), "Ubuntu:23.04",
         "ubuntu"),
        ((b'ID="rhel"\nVERSION_ID="9.3"\n', b"", b""), System("rhel", "9.3"), "", "rhel"),
        ((b"ID=kali\nVERSION_ID=2024.1\nID_LIKE=debian\n", b"", b"kali-rolling"),
         System("kali", "2024.1"), "", ""),
        ((b"ID=a\x1b[2Jb\n# ID=c\nVERSION_ID='open\n\xff\n", b"", b""),
         System("a\\x1b[2jb", ""), "", ""),
    ],
)  # fmt: skip
def test_systems(files, system, ecosystem, product):
    assert parse_system(*files) == system
    assert (system.ecosystem, system.product) == (ecosystem, product)


def test_nothing_tells_the_system():
    assert parse_system(b"NAME=x\n", b"", b"") is None
