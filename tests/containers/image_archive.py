"""Writes container images as `docker save` archives and OCI layouts, without any engine.

https://github.com/opencontainers/image-spec
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

Layer = Mapping[str, str] | bytes
"""Content by path, or a tar file as it is."""


def alpine(release: str) -> dict[str, str]:
    """An Alpine system with a libcrypto3 that CVE-2023-5678 is known of."""
    return {
        "etc/os-release": f'ID=alpine\nVERSION_ID={release}\nNAME="Alpine Linux"\n',
        "etc/alpine-release": f"{release}\n",
        "lib/apk/db/installed": (
            "P:libcrypto3\nV:3.1.4-r2\nA:x86_64\nL:Apache-2.0\no:openssl\n\n"
            "P:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\no:musl\n\n"
        ),
    }


DEBIAN: dict[str, str] = {
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\nNAME="Debian GNU/Linux"\n',
    "etc/debian_version": "12.4\n",
    "var/lib/dpkg/status": (
        "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\n"
        "Source: zlib (1:1.2.13.dfsg-1)\nVersion: 1:1.2.13.dfsg-1+b1\n\n"
    ),
}
DJANGO: dict[str, str] = {
    "usr/lib/python3/site-packages/Django-3.2.0.dist-info/METADATA": (
        "Metadata-Version: 2.1\nName: Django\nVersion: 3.2.0\n"
    ),
}


NODE: dict[str, str] = {
    "app/node_modules/lodash/package.json": '{"name": "lodash", "version": "4.17.20"}',
}
USER = "10001"


def write_archive(
    path: Path,
    layers: Sequence[Layer],
    leave_out: Sequence[str] = (),
    *,
    history: Sequence[str] = (),
    user: str = USER,
    labels: Mapping[str, str] | None = None,
) -> None:
    """Write what `docker save` would; without the files of ``leave_out`` it is a torn one.

    Of ``history`` the entries without a layer begin with "-".
    """
    about = {"User": user, "Labels": dict(labels or {})}
    tars = [*map(_layer, layers)]
    names = [f"{number}/layer.tar" for number in range(len(tars))]
    manifest = [{"Config": "config.json", "RepoTags": ["shop:1"], "Layers": names}]
    files = {"manifest.json": _json(manifest), "config.json": _config(tars, history, about)}
    files |= dict(zip(names, tars, strict=True))
    path.write_bytes(_tar({name: files[name] for name in files if name not in leave_out}))


def write_layout(folder: Path, layers: Sequence[Layer]) -> None:
    """Write an OCI image layout."""
    tars = [*map(_layer, layers)]
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    kind = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": _blob(blobs, _config(tars), f"{kind}.config.v1+json"),
        "layers": [_blob(blobs, tar, f"{kind}.layer.v1.tar") for tar in tars],
    }
    described = _blob(blobs, _json(manifest), f"{kind}.manifest.v1+json")
    (folder / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    (folder / "index.json").write_bytes(_json({"schemaVersion": 2, "manifests": [described]}))


def entry(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    """An entry of a tar file; ``fields`` are those of TarInfo (``type``, ``linkname`` ...)."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar_of(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A tar file of any entries, in this order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _layer(layer: Layer) -> bytes:
    if isinstance(layer, bytes):
        return layer
    return _tar({name: text.encode() for name, text in layer.items()})


def _config(
    tars: Sequence[bytes], history: Sequence[str] = (), about: Mapping[str, object] | None = None
) -> bytes:
    identifiers = [_digest(tar) for tar in tars]
    system = {"architecture": "amd64", "os": "linux", "config": about or {"User": USER}}
    entries = [
        {"created_by": each.removeprefix("-"), "empty_layer": each.startswith("-")}
        for each in history
    ]
    layers = {"type": "layers", "diff_ids": identifiers}
    return _json(system | {"rootfs": layers, "history": entries})


def _blob(blobs: Path, content: bytes, media_type: str) -> dict[str, object]:
    digest = _digest(content)
    (blobs / digest.removeprefix("sha256:")).write_bytes(content)
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _tar(files: Mapping[str, bytes]) -> bytes:
    return tar_of(*(entry(name, content) for name, content in files.items()))
