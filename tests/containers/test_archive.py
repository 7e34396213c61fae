"""Archives of images: layers over one another, and hostile ones. Nothing is ever written."""

import gzip
import hashlib
import json
import os
import tarfile
import tempfile
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.scan.containers.archive import budget as limits
from shopsec.scan.containers.archive.budget import UnreadableImageError
from shopsec.scan.containers.archive.contents import ImageContents
from shopsec.scan.containers.archive.image import read_image
from tests.containers.image_archive import (
    DEBIAN,
    DJANGO,
    alpine,
    entry,
    tar_of,
    write_archive,
    write_layout,
)
from tests.containers.rpm_database import BASH, header, write_rpm_database

APK, STATUS = "lib/apk/db/installed", "var/lib/dpkg/status"
ALPINE = alpine("3.19.1")
MUSL = "P:musl\nV:1.2.4-r2\n\n"


def gz(content):
    return gzip.compress(content, mtime=0)


def read(path, seconds=20.0):
    return read_image(str(path), time.monotonic() + seconds)


def refused(path, seconds=20.0):
    with pytest.raises(UnreadableImageError) as caught:
        read(path, seconds)
    return str(caught.value)


def packages(found):
    """Version and layer by name."""
    return {each.package.name: (each.package.version, each.layer) for each in found.packages}


@pytest.fixture
def archive(tmp_path):
    """Write an archive of these layers and read it."""

    def run(*layers):
        write_archive(tmp_path / "shop.tar", layers)
        return read(tmp_path / "shop.tar")

    return run


@pytest.mark.parametrize("form", ["saved", "packed", "layout", "packed layers", "layout in a tar"])
def test_forms(tmp_path, form):
    layers = [ALPINE, DJANGO]
    if form == "packed layers":
        packed = [gz(tar_of(*(entry(n, t.encode()) for n, t in each.items()))) for each in layers]
        write_layout(tmp_path / "image", packed)
    elif form.startswith("layout"):
        write_layout(tmp_path / "image", layers)
    else:
        write_archive(tmp_path / "image", layers)
    if form == "packed":
        (tmp_path / "image").write_bytes(gz((tmp_path / "image").read_bytes()))
    path = tmp_path / "image"
    if form == "layout in a tar":
        with tarfile.open(tmp_path / "layout.tar", "w") as file:
            file.add(path, arcname=".")
        path = tmp_path / "layout.tar"
    found = read(path)
    assert found.system is not None
    assert (found.system.release, found.layers, found.problems) == ("alpine 3.19.1", 2, ())
    assert packages(found) == {"libcrypto3": ("3.1.4-r2", 0), "musl": ("1.2.4-r2", 0)}


def test_the_id_is_the_configurations_digest(tmp_path):
    write_archive(tmp_path / "shop.tar", [ALPINE])
    with tarfile.open(tmp_path / "shop.tar") as file:
        member = file.extractfile("config.json")
        assert member is not None
        digest = hashlib.sha256(member.read()).hexdigest()
    assert read(tmp_path / "shop.tar").id == f"sha256:{digest}"


def test_which_layer_a_package_is_of(archive):
    base = {APK: MUSL + "P:curl\nV:8.0-r0\n\nP:gone\nV:1\n\n"}
    own = {APK: MUSL + "P:curl\nV:8.1-r0\n\nP:nginx\nV:1.24-r0\n\n"}
    assert packages(archive(base, DJANGO, own)) == {
        "musl": ("1.2.4-r2", 0), "curl": ("8.1-r0", 2), "nginx": ("1.24-r0", 2),
    }  # fmt: skip


@pytest.mark.parametrize(
    "upper",
    [
        {"lib/apk/db/.wh.installed": ""},
        {"lib/apk/.wh.db": ""},
        {".wh.lib": ""},
        {"lib/apk/db/.wh..wh..opq": ""},
        {"lib/.wh..wh..opq": ""},
        {".wh..wh..opq": ""},
        {"lib/apk": "a file in place of the folder"},
        tar_of(entry(APK, type=tarfile.DIRTYPE)),
    ],
)
def test_what_upper_layers_take_away(archive, upper):
    assert packages(archive(ALPINE, upper)) == {}
    # In its own layer a whiteout takes nothing away, and above it files come back.
    assert packages(archive(ALPINE, upper, {APK: MUSL})) == {"musl": ("1.2.4-r2", 2)}


def test_a_whiteout_of_something_else(archive):
    upper = {"lib/.wh.apkx": "", "lib/apk/db/.wh.installed.new": "", "x/.wh..wh..opq": ""}
    assert len(packages(archive(ALPINE, upper))) == 2


def test_a_whiteout_does_not_hide_its_own_layer(archive):
    layer = {APK: MUSL, "lib/apk/db/.wh..wh..opq": "", "lib/apk/db/.wh.installed": ""}
    # Without libcrypto3; and musl came with the base, whoever wrote the list anew.
    assert packages(archive(ALPINE, layer)) == {"musl": ("1.2.4-r2", 0)}


def test_the_last_of_a_name_counts(archive):
    layer = tar_of(
        entry(APK, b"P:old\nV:1\n"),
        entry(f"./{APK}", b"P:new\nV:2\n"),
        entry("etc//os-release", b"ID=x"),
    )
    found = archive(layer)
    assert packages(found) == {"new": ("2", 0)}
    assert found.system is not None
    assert found.system.release == "x"


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "../usr/lib/os-release"),
        (tarfile.SYMTYPE, "/usr/lib/os-release"),
        (tarfile.SYMTYPE, "../../../../usr/lib/os-release"),
        (tarfile.LNKTYPE, "usr/lib/os-release"),
        (tarfile.LNKTYPE, "./usr/lib/os-release"),
    ],
)
def test_links_within_the_image(archive, kind, target):
    layer = tar_of(
        entry("etc/os-release", type=kind, linkname=target),
        entry("usr/lib/os-release", b"ID=debian\nVERSION_ID=12\n"),
    )
    found = archive(layer)
    assert found.system is not None
    assert (found.system.release, found.problems) == ("debian 12", ())


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../etc/passwd", APK, "loop"])
def test_links_lead_nowhere_else(archive, tmp_path, target):
    target = str(tmp_path / "shop.tar") if target == "loop" else target
    layer = tar_of(entry(APK, type=tarfile.SYMTYPE, linkname=target))
    found = archive(ALPINE, layer)
    assert packages(found) == {}
    assert found.problems == (f"{APK} is a link to what is not read",)


def test_distroless_and_rpm(archive, tmp_path):
    rpm = write_rpm_database(tmp_path / "rpmdb.sqlite", [header(BASH)])
    layer = tar_of(
        entry("var/lib/dpkg/status.d/base", b"Package: base-files\nVersion: 12.4\n"),
        entry("var/lib/dpkg/status.d/base.md5sums", b"Package: no\nVersion: 1\n"),
        entry("var/lib/rpm/rpmdb.sqlite", rpm),
        entry("var/lib/rpm/rpmdb.sqlite-wal"),
    )
    found = archive(layer)
    assert packages(found) == {"base-files": ("12.4", 0), "bash": ("5.1.8-6.el9", 0)}
    assert found.problems == ()


@pytest.mark.parametrize(
    ("name", "fields", "problem"),
    [
        (APK, {"type": tarfile.CHRTYPE}, f"{APK} is a device"),
        (APK, {"type": tarfile.FIFOTYPE}, f"{APK} is a device"),
        ("usr/lib/sysimage/rpm/Packages.db", {},
         "usr/lib/sysimage/rpm/Packages.db is rpm's list in an older form (Berkeley DB or ndb),"
         " which only Trivy reads"),
        ("var/lib/rpm/rpmdb.sqlite-wal", {},
         "var/lib/rpm/rpmdb.sqlite-wal has changes that are not in rpm's list yet"),
        ("var/lib/rpm/rpmdb.sqlite", {},
         "var/lib/rpm/rpmdb.sqlite is no SQLite file of rpm, or a damaged one"),
    ],
)  # fmt: skip
def test_lists_that_cannot_be_read(archive, name, fields, problem):
    content = b"" if fields else b"garbage"
    assert archive(DEBIAN, tar_of(entry(name, content, **fields))).problems == (problem,)


def test_paths_out_of_the_image(archive, tmp_path):
    before = sorted(tmp_path.parent.rglob("*"))
    layer = tar_of(
        entry("../../outside", b"x"),
        entry("a/../../etc/os-release", b"ID=evil"),
        entry("/etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
        entry("dev/sda", type=tarfile.BLKTYPE),
        entry("dev/pipe", type=tarfile.FIFOTYPE),
    )
    found = archive(layer)
    assert found.system is not None
    assert found.system.release == "debian 12"
    assert found.problems == ("it has 2 entries whose paths lead out of the image (../)",)
    assert sorted(tmp_path.parent.rglob("*")) == sorted([*before, tmp_path / "shop.tar"])


def sparse(name):
    """GNU tar's entry for a file of 10 GB that holds nothing."""
    size = 10_000_000_000
    info = tarfile.TarInfo(name)
    info.type = tarfile.GNUTYPE_SPARSE
    header_ = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header_[386:398] = b"\x80" + size.to_bytes(11, "big")  # the first run: nothing, at the end
    header_[398:410] = b"%011o\0" % 0
    header_[483:495] = b"\x80" + size.to_bytes(11, "big")
    header_[148:156] = b" " * 8
    header_[148:156] = b"%06o\0 " % sum(header_)
    return bytes(header_)


def test_a_sparse_file_of_10_gb(archive):
    rest = tar_of(entry("etc/os-release", b"ID=debian\nVERSION_ID=12\n"))
    started = time.monotonic()
    found = archive(sparse("var/log/big") + rest)
    assert found.system is not None
    assert (found.system.release, found.problems) == ("debian 12", ())
    found = archive(sparse(STATUS) + rest)
    assert found.problems == (f"{STATUS} has 10,000 MB; up to 64 MB are read",)
    assert time.monotonic() - started < 5


def test_a_layer_that_unpacks_to_10_gb_of_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "_UNPACKED_BYTES", 50_000_000)
    info = tarfile.TarInfo("big")
    info.size = 100_000_000
    packed = gz(info.tobuf() + bytes(info.size) + tar_of())
    assert len(packed) < 200_000
    write_archive(tmp_path / "shop.tar", [packed])
    assert refused(tmp_path / "shop.tar") == "unpacks to more than 0 GB"


def test_time_runs_out(tmp_path):
    write_archive(tmp_path / "shop.tar", [ALPINE])
    assert refused(tmp_path / "shop.tar", seconds=-1) == "could not be read in time"


def test_too_many_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "_ENTRIES", 3)
    write_archive(tmp_path / "shop.tar", [{}])
    assert packages(read(tmp_path / "shop.tar")) == {}
    write_archive(tmp_path / "shop.tar", [{"a": ""}])
    assert refused(tmp_path / "shop.tar") == "layer 1 of 1: has more than 3 entries"


def test_a_header_that_claims_to_be_huge(tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 3_000_000
    packed = gz(info.tobuf() + b"9 a=bcde\n" * 400_000)
    write_archive(tmp_path / "shop.tar", [packed])
    assert refused(tmp_path / "shop.tar") == (
        "layer 1 of 1: has an entry with a header of more than 2 MB"
    )


def whole(tmp_path):
    write_archive(tmp_path / "whole.tar", [ALPINE])
    return (tmp_path / "whole.tar").read_bytes()


NEITHER = "is neither a docker-save archive nor an OCI layout"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", NEITHER),
        (b"%PDF-1.7", NEITHER),
        (b"PK\3\4" + bytes(600), NEITHER),
        (bytes(10_240), NEITHER),
        (tar_of(entry("a", b"b")), NEITHER),
        (gz(tar_of(entry("a", b"b"))), NEITHER),
        (gz(b"no tar"), "is damaged or cut off: truncated header"),
        (b"\x28\xb5\x2f\xfd" + bytes(600), "is packed with zstd, which Python reads from 3.14 on"),
        (tar_of(entry("manifest.json", b"{")), "has a manifest.json that is no JSON"),
        (tar_of(entry("manifest.json", b"[" * 100_000)), "has a manifest.json that is no JSON"),
        (tar_of(entry("manifest.json", b"[]")), "has a manifest.json that names no image"),
        (tar_of(entry("manifest.json", b"[{}]")), "has a manifest.json that names no layers"),
        (tar_of(entry("manifest.json", b'[{"Config": "c", "Layers": [1]}]')),
         "has a manifest.json that names no layers"),
        (tar_of(entry("manifest.json", b'[{"Config": "../c\\u001b", "Layers": []}]')),
         "names ../c\\x1b, which is not in it"),
        (tar_of(entry("index.json", b"{}")), "has an index.json that is none, or too deep"),
        (tar_of(entry("index.json", b'{"manifests": []}')), "has an index.json that names no image"),
        (tar_of(entry("index.json", b'{"manifests": [{"digest": "sha256:../../x"}]}')),
         "names a part without a digest"),
    ],
)  # fmt: skip
def test_files_that_are_no_image(tmp_path, content, reason):
    (tmp_path / "shop.tar").write_bytes(content)
    assert refused(tmp_path / "shop.tar") == reason


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "shop.tar")
    assert refused(tmp_path / "shop.tar") == "is no regular file"


def test_a_sparse_file_of_10_gb_in_place_of_an_archive(tmp_path):
    with (tmp_path / "shop.tar").open("wb") as file:
        file.truncate(10_000_000_000)
    assert refused(tmp_path / "shop.tar") == NEITHER


@pytest.mark.parametrize("part", ["config.json", "0/layer.tar"])
def test_a_manifest_that_names_what_is_not_there(tmp_path, part):
    write_archive(tmp_path / "shop.tar", [ALPINE, DEBIAN], leave_out=[part])
    where = "layer 1 of 2: " if part.startswith("0") else ""
    assert refused(tmp_path / "shop.tar") == f"{where}names {part}, which is not in it"


def test_cut_off_wherever_it_is(tmp_path):
    content = whole(tmp_path)
    end = -(-len(content.rstrip(b"\0")) // 512) * 512  # behind it is padding
    for size in (*range(0, end + 1, 512), end - 1):
        (tmp_path / "cut.tar").write_bytes(content[:size])
        reason = refused(tmp_path / "cut.tar")
        assert reason in {NEITHER, "is cut off", "is damaged or cut off: unexpected end of data"}
    packed = gz(content)
    for size in range(20, len(packed), 97):
        (tmp_path / "cut.tar").write_bytes(packed[:size])
        assert refused(tmp_path / "cut.tar").startswith(
            "is damaged or cut off: Compressed file ended"
        )


def test_damaged_in_the_middle(tmp_path):
    """tarfile takes a damaged header for the end: an image would look clean."""
    layer = tar_of(entry("a", b"b"), entry(APK, MUSL.encode()))
    write_archive(tmp_path / "shop.tar", [layer[:1024] + b"\xff" * 512 + layer[1536:]])
    assert refused(tmp_path / "shop.tar") == "layer 1 of 1: is damaged"
    packed = bytearray(gz(layer))
    packed[-6] ^= 0xFF
    write_archive(tmp_path / "shop.tar", [bytes(packed)])
    assert refused(tmp_path / "shop.tar").startswith(
        "layer 1 of 1: is damaged or cut off: CRC check"
    )


def test_a_layer_packed_with_zstd(tmp_path):
    write_layout(tmp_path / "image", [b"\x28\xb5\x2f\xfd" + bytes(600)])
    assert refused(tmp_path / "image") == (
        "layer 1 of 1: is packed with zstd, which Python reads from 3.14 on"
    )


def damage(content, changes):
    changed = bytearray(content)
    for place, value in changes:
        changed[place % len(changed)] = value
    return bytes(changed)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8),
    st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_any_damage_is_told_or_harmless(changes, packed):
    layer = tar_of(entry(APK, MUSL.encode()), entry("etc/a", type=tarfile.SYMTYPE, linkname="b"))
    content = saved_image(gz(layer) if packed else layer)
    found = read_bytes(damage(content.rstrip(b"\0"), changes) + bytes(1024))
    assert isinstance(found, str | ImageContents)


@given(st.binary(max_size=2_000))
def test_garbage_is_told(content):
    assert isinstance(read_bytes(content), str)


def saved_image(*layers):
    names = [f"{number}.tar" for number in range(len(layers))]
    manifest = json.dumps([{"Config": "c", "Layers": names}]).encode()
    parts = [entry(name, layer) for name, layer in zip(names, layers, strict=True)]
    return tar_of(*parts, entry("c", b"{}"), entry("manifest.json", manifest))


def read_bytes(content):
    """The contents, or the reason why there are none."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            return read(file.name)
        except UnreadableImageError as error:
            return str(error)


def test_a_layer_that_comes_twice_is_a_link(tmp_path):
    layer = tar_of(entry(APK, MUSL.encode()))
    manifest = [{"Config": "c", "Layers": ["a/layer.tar", "b/layer.tar"]}]
    content = tar_of(
        entry("a/layer.tar", layer),
        entry("b/layer.tar", type=tarfile.SYMTYPE, linkname="../a/layer.tar"),
        entry("c", b"{}"),
        entry("manifest.json", json.dumps(manifest).encode()),
    )
    (tmp_path / "shop.tar").write_bytes(content)
    assert packages(read(tmp_path / "shop.tar")) == {"musl": ("1.2.4-r2", 0)}


def test_further_images_are_told(tmp_path):
    manifest = [{"Config": "c", "Layers": []}] * 3
    content = tar_of(entry("c", b"{}"), entry("manifest.json", json.dumps(manifest).encode()))
    (tmp_path / "shop.tar").write_bytes(content)
    assert read(tmp_path / "shop.tar").problems == ("it holds 2 more images, not looked into",)


def test_an_index_of_platforms(tmp_path):
    """Of several the one for linux/amd64; descriptions of how one was built are no images."""
    write_layout(tmp_path / "image", [ALPINE])
    index = json.loads((tmp_path / "image" / "index.json").read_bytes())
    (amd,) = index["manifests"]
    arm = {
        **amd,
        "digest": f"sha256:{'0' * 64}",
        "platform": {"os": "linux", "architecture": "arm64"},
    }
    built = {**arm, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    amd["platform"] = {"os": "linux", "architecture": "amd64"}
    index["manifests"] = [built, arm, amd]
    (tmp_path / "image" / "index.json").write_text(json.dumps(index))
    found = read(tmp_path / "image")
    assert packages(found) == {"libcrypto3": ("3.1.4-r2", 0), "musl": ("1.2.4-r2", 0)}
    assert found.problems == ("it holds 1 more image, not looked into",)


def test_a_layout_reads_nothing_outside_itself(tmp_path):
    write_layout(tmp_path / "image", [ALPINE])
    index = tmp_path / "image" / "index.json"
    index.rename(tmp_path / "index.json")
    index.symlink_to(tmp_path / "index.json")
    assert refused(tmp_path / "image") == "has a index.json that is a link"
    index.unlink()
    assert refused(tmp_path / "image") == "names index.json, which is not in it"
    (tmp_path / "index.json").rename(index)
    (tmp_path / "image" / "blobs").rename(tmp_path / "blobs")
    (tmp_path / "image" / "blobs").symlink_to(tmp_path / "blobs")
    assert refused(tmp_path / "image").endswith("that is a link")
    (tmp_path / "image" / "blobs").unlink()
    assert refused(tmp_path / "image").endswith("which is not in it")


def test_a_manifest_that_is_its_own_index(tmp_path):
    layout = tmp_path / "image"
    write_layout(layout, [ALPINE])
    digest = "1" * 64
    kind = "application/vnd.oci.image.index.v1+json"
    entry_ = {"manifests": [{"mediaType": kind, "digest": f"sha256:{digest}"}] * 2}
    (layout / "index.json").write_text(json.dumps(entry_))
    (layout / "blobs" / "sha256" / digest).write_text(json.dumps(entry_))
    assert refused(layout) == "has an index.json that is none, or too deep"
