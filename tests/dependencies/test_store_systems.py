"""Advisories of operating systems in the store: each release is a world of its own."""

import pytest

from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.store import Store
from shopsec.scan.dependencies.store_layout import FILE_NAME
from shopsec.scan.dependencies.store_update import update_store
from shopsec.scan.web import Web
from tests.dependencies.osv_stub import advisory, archive

BOTH = {
    "id": "DEBIAN-CVE-2026-1",
    "modified": "2026-11-01T00:00:00Z",
    "upstream": ["CVE-2026-1"],
    "affected": [
        {
            "package": {"ecosystem": release, "name": "zlib"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
        }
        for release, fixed in (("Debian:11", "1:1.2.11-3"), ("Debian:12", "1:1.2.13-2"))
    ],
}
BROKEN = (
    b'{"id": "DEBIAN-CVE-2026-2", "affected": [{"package": {"ecosystem": "Debian:12",'
    b' "name": "curl"}, "ranges": 1}]}'
)
NPM = advisory("X-1", "npm", "a", ("introduced", "0"))


def key(release, version, name="zlib"):
    return Key(release, name, version)


@pytest.fixture
def make(tmp_path):
    def run(**records):
        for name, content in records.items():
            path = tmp_path / "mirror" / name / "all.zip"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive(content))
        folder = tmp_path / "cache"
        update_store(folder, str(tmp_path / "mirror"), list(records), Web(5), lambda _: None)
        return Store(folder / FILE_NAME)

    return run


def affecting(store, asked):
    return [record.id for record in store.look_up([asked]).records[asked]]


def test_each_release_by_itself(make):
    store = make(Debian=[BOTH, BROKEN] + [BOTH | {"id": f"X-{n}"} for n in range(200)])
    assert affecting(store, key("Debian:11", "1:1.2.11-2"))[0] == "DEBIAN-CVE-2026-1"
    assert affecting(store, key("Debian:11", "1:1.2.11-3")) == []
    assert len(affecting(store, key("Debian:12", "1:1.2.11-3"))) == 201
    assert affecting(store, key("Debian:12", "1:1.2.13-2")) == []
    asked = key("Debian:12", "1")
    found = {each.id: each for each in store.look_up([asked]).records[asked]}
    assert found["DEBIAN-CVE-2026-1"].upstream == ("CVE-2026-1",)
    broken = key("Debian:12", "1", "curl")
    assert store.look_up([broken]).unanswered == {broken: "1 advisory of it could not be read"}


@pytest.mark.parametrize("release", ["Debian:99", "Debian", "Ubuntu:22.04:LTS"])
def test_a_release_that_is_not_there_is_not_clean(make, release):
    asked = key(release, "1")
    answer = make(Debian=[BOTH]).look_up([asked])
    assert (answer.records, answer.unanswered) == (
        {}, {asked: f"the local store has no advisories of {release}"},
    )  # fmt: skip


def test_an_update_of_others_keeps_all_releases(make):
    make(Debian=[BOTH])
    store = make(npm=[NPM])
    assert sorted(store.ecosystems()) == ["Debian", "npm"]
    assert affecting(store, key("Debian:11", "1")) == ["DEBIAN-CVE-2026-1"]
    assert affecting(store, key("Debian:12", "1")) == ["DEBIAN-CVE-2026-1"]
    assert affecting(store, Key("npm", "a", "1.0.0")) == ["X-1"]
