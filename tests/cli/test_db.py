"""``shopsec db``: each part whole and new or as it was, and said."""

import json
import shutil
import sqlite3

import pytest

from tests.containers.image_archive import alpine, write_archive
from tests.dependencies.osv_stub import Record, Stub, advisory, archive, feed, serving
from tests.dependencies.shop import ADVISORIES, LOCKFILES

PYPI = advisory("X-1", "PyPI", "a", ("introduced", "0"))


@pytest.fixture
def db(shopsec, tmp_path):
    """Run ``shopsec db`` with a cache of its own."""

    def run(*arguments, url=None):
        environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
        if url:
            environ |= {"SHOPSEC_KEV_URL": f"{url}/kev.json"}
        return shopsec("db", *arguments, environ=environ)

    return run


@pytest.fixture
def mirror(tmp_path):
    """A copy of OSV's archives and of CISA's feed."""
    folder = tmp_path / "mirror"
    by_ecosystem: dict[str, list[Record]] = {}
    for record in ADVISORIES:
        name = record["affected"][0]["package"]["ecosystem"]
        by_ecosystem.setdefault(name, []).append(record)
    for name, records in by_ecosystem.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "all.zip").write_bytes(archive(records))
    (folder / "known_exploited_vulnerabilities.json").write_bytes(feed())
    return folder


def test_a_copy_on_disk_needs_no_network(db, tree, mirror):
    root = tree(LOCKFILES)
    ended = db("update", root, "--from", mirror)
    assert (ended.returncode, ended.stdout.splitlines()) == (0, [
        "CISA KEV: 1500 ids, 2026-11-20",
        "Go: 1 advisories, 0 malicious packages, newest of 2026-10-01",
        "Maven: 1 advisories, 0 malicious packages, newest of 2026-10-01",
        "NuGet: 1 advisories, 0 malicious packages, newest of 2026-10-01",
        "Packagist: 2 advisories, 0 malicious packages, newest of 2026-10-02",
        "PyPI: 3 advisories, 0 malicious packages, newest of 2026-10-01",
        "RubyGems: 1 advisories, 0 malicious packages, newest of 2026-10-01",
        "crates.io: 1 advisories, 0 malicious packages, newest of 2026-10-01",
        "npm: 1 advisories, 2 malicious packages, newest of 2026-10-01",
    ])  # fmt: skip
    info = db("info").stdout.splitlines()
    assert sorted(info) == sorted(ended.stdout.splitlines())


def test_a_scan_offline_uses_it_and_says_how_old_it_is(db, tree, mirror, scan, tmp_path):
    root = tree(LOCKFILES)
    assert db("update", root, "--from", mirror).returncode == 0
    scanned = scan(root, "--offline", environ={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    (entry,) = [each for each in scanned.document["coverage"] if each["scanner"] == "osv"]
    assert (entry["status"], entry["handed_in"], entry["covered"]) == ("succeeded", 19, 19)
    named = {each["name"]: each["date"] for each in entry["databases"]}
    assert named["OSV npm, 1 advisories, 2 malicious packages"] == "2026-10-01"
    assert named["CISA KEV, 1500 ids"] == "2026-11-20"
    rules = {each["ruleId"] for each in scanned.sarif["results"]}
    assert {"CVE-2030-0001", "CVE-2021-44228", "RUSTSEC-2030-0001"} <= rules
    text = " ".join(scanned.reports["terminal"].split())
    assert "OSV PyPI, 3 advisories" in text
    assert "Take out evil-lib 1.4.2: it is an attack" in text
    assert "Upgrade django 4.2.0 to 4.2.11" in text


def test_an_empty_cache_says_what_would_fill_it(db):
    ended = db("info")
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [
        "no store of advisories: shopsec db update makes one",
        "CISA KEV: 1404 ids, 2025-08-25",
    ]


def test_a_damaged_store_is_named(db, tmp_path):
    path = tmp_path / "cache" / "shopsec" / "advisories.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"garbage" * 1_000)
    ended = db("info")
    assert ended.stderr.startswith(f"shopsec: error: {path}: the store of advisories is damaged")
    assert ended.stderr.endswith("\n  shopsec db update\n")
    assert ended.returncode == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ecosystems SET date = 5",
        "UPDATE ecosystems SET date = 'x'",
        "ALTER TABLE ecosystems ADD COLUMN x",
        "DROP TABLE ecosystems",
    ],
)
def test_a_store_with_other_contents_is_named(db, tree, mirror, tmp_path, change):
    assert db("update", tree({}), "--ecosystem", "npm", "--from", mirror).returncode == 0
    path = tmp_path / "cache" / "shopsec" / "advisories.sqlite"
    with sqlite3.connect(path) as database:
        database.execute(change)
    database.close()
    ended = db("info")
    assert ended.stderr.startswith(f"shopsec: error: {path}: the store of advisories is damaged")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 2)


def test_only_what_is_named_is_fetched(db, tree):
    files = {"/PyPI/all.zip": archive([PYPI]), "/kev.json": feed()}
    with serving(Stub(files=files)) as stub:
        arguments = ("update", tree({}), "--from", stub.url, "--ecosystem", "PyPI")
        ended = db(*arguments, url=stub.url)
    assert ended.returncode == 0
    assert stub.paths() == ["/kev.json", "/PyPI/all.zip"]
    assert ended.stdout.splitlines() == [
        "CISA KEV: 1500 ids, 2026-11-20",
        "PyPI: 1 advisories, 0 malicious packages, newest of 2026-10-01",
    ]
    assert ended.stderr == f"PyPI: fetching {stub.url}/PyPI/all.zip\nPyPI: reading PyPI.zip.part\n"


def test_one_part_that_fails_does_not_keep_the_other(db, tree):
    files = {"/PyPI/all.zip": archive([PYPI]), "/kev.json": feed(count=30)}
    with serving(Stub(files=files)) as stub:
        arguments = ("update", tree({}), "--from", stub.url, "--ecosystem", "PyPI")
        ended = db(*arguments, url=stub.url)
    assert ended.returncode == 3
    assert f"shopsec: error: {stub.url}/kev.json: is not the whole of CISA's" in ended.stderr
    assert ended.stdout == "PyPI: 1 advisories, 0 malicious packages, newest of 2026-10-01\n"
    assert db("info").stdout.splitlines()[1] == "CISA KEV: 1404 ids, 2025-08-25"


def test_an_archive_that_is_missing_changes_nothing(db, tree, mirror, tmp_path):
    root = tree(LOCKFILES)
    db("update", root, "--from", mirror)
    store = tmp_path / "cache" / "shopsec" / "advisories.sqlite"
    before = store.read_bytes()
    shutil.rmtree(mirror / "npm")
    ended = db("update", root, "--from", mirror)
    assert ended.returncode == 3
    assert f"shopsec: error: {mirror}/npm/all.zip: no such file\n" in ended.stderr
    assert store.read_bytes() == before


def test_a_copy_without_cisas_feed_keeps_what_was_there(db, tree, mirror):
    (mirror / "known_exploited_vulnerabilities.json").unlink()
    ended = db("update", tree(LOCKFILES), "--from", mirror)
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[0].endswith("is not there; what was there stays")


def test_a_folder_without_lockfiles_is_told_what_to_do(db, tree, mirror):
    root = tree({"package.json": json.dumps({"dependencies": {"a": "1"}})})
    ended = db("update", root, "--from", mirror)
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[0] == (
        f"{root}: has no lockfile and no image: name whose advisories you want with --ecosystem"
    )


@pytest.mark.parametrize("origin", ["", " "])
def test_from_nowhere_is_an_error_of_use(db, tree, origin):
    ended = db("update", tree({}), "--from", origin, "--ecosystem", "npm")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("shopsec: error: --from: names nothing\n")


def test_an_address_in_capitals_is_an_address(db, tree):
    with serving(Stub(files={"/PyPI/all.zip": archive([PYPI]), "/kev.json": feed()})) as stub:
        origin = stub.url.replace("http://", "HTTP://")
        ended = db("update", tree({}), "--from", origin, "--ecosystem", "PyPI", url=stub.url)
    assert (ended.returncode, stub.paths()) == (0, ["/kev.json", "/PyPI/all.zip"])


@pytest.mark.parametrize("files", [{}, {"/kev.json": b"{", "/PyPI/all.zip": b"PK"}])
def test_no_line_tells_a_password(db, tree, files):
    with serving(Stub(files=files)) as stub:
        url = stub.url.replace("//", "//user:hunter2@")
        ended = db("update", tree({}), "--from", url, "--ecosystem", "PyPI", url=url)
    assert ended.returncode == 3
    assert f"shopsec: error: {stub.url}/kev.json: " in ended.stderr
    assert "hunter2" not in ended.stdout + ended.stderr


def test_a_copy_that_cannot_be_read_is_named(db, tree, mirror):
    path = mirror / "known_exploited_vulnerabilities.json"
    path.unlink()
    path.mkdir()
    ended = db("update", tree({}), "--from", mirror, "--ecosystem", "npm")
    assert (ended.returncode, ended.stdout.count("npm: 1 advisories")) == (3, 1)
    assert f"shopsec: error: {path}: cannot be read: Is a directory\n" in ended.stderr


def test_systems_of_archives_that_the_settings_name(db, tree, tmp_path):
    folder = tmp_path / "mirror" / "Alpine"
    folder.mkdir(parents=True)
    record = advisory("ALPINE-CVE-2026-1", "Alpine:v3.19", "openssl", ("introduced", "0"))
    (folder / "all.zip").write_bytes(archive([record]))
    root = tree({"shopsec.toml": 'images = ["build/shop.tar", "nginx:1.27"]\n'})
    (root / "build").mkdir()
    write_archive(root / "build" / "shop.tar", [alpine("3.19.1")])
    ended = db("update", root, "--from", tmp_path / "mirror")
    assert (ended.returncode, ended.stdout.splitlines()[1:]) == (
        0, ["Alpine: 1 advisories, 0 malicious packages, newest of 2026-10-01"],
    )  # fmt: skip


def test_systems_are_large_and_fetched_by_name(db, tree, mirror):
    folder = mirror / "Debian"
    folder.mkdir()
    (folder / "all.zip").write_bytes(
        archive([advisory("DEBIAN-CVE-2026-1", "Debian:12", "zlib", ("introduced", "0"))])
    )
    assert "Debian" not in db("update", tree({}), "--from", mirror, "--all").stdout
    ended = db("update", tree({}), "--from", mirror, "--ecosystem", "Debian")
    assert "Debian: 1 advisories, 0 malicious packages, newest of 2026-10-01" in ended.stdout
