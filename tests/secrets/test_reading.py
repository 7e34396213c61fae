import os

import pytest

from shopsec.scan.secrets.reading import HEAD, UnsearchableError, is_binary, read_text


@pytest.fixture
def read(tmp_path):
    def run(content, limit=100_000):
        (tmp_path / "a").write_bytes(content)
        return read_text(str(tmp_path), "a", limit)

    return run


def test_utf8_and_latin1_keep_their_bytes(read):
    assert read("größe".encode()) == "größe".encode().decode("latin-1")
    assert read(b"gr\xf6\xdfe") == "größe"
    assert read(b"") == ""


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_marked_utf16_and_utf32_are_decoded(read, encoding):
    assert "KEY = 1\nnext" in read("KEY = 1\nnext".encode(encoding))


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n",
        b"%PDF-1.7\n",
        b"GIF89a",
        b"PK\x03\x04",
        b"text\0text",
        "KEY".encode("utf-16-le"),
    ],
)
def test_binary_files_are_told_by_their_first_bytes(read, content):
    assert read(content) is None


def test_a_late_nul_does_not_hide_a_text(read):
    assert read(b"a" * HEAD + b"\0") == "a" * HEAD + "\0"
    assert not is_binary(b"key = 1")


def test_too_large_unless_binary(read):
    with pytest.raises(UnsearchableError, match="larger than 100 kB"):
        read(b"a" * 100_001)
    assert read(b"a" * 100_000)
    assert read(b"\0" + b"a" * 200_000) is None


@pytest.mark.parametrize("where", ["file", "folder"])
def test_links_are_not_followed_anywhere_in_a_path(tmp_path, where):
    outside, root = tmp_path / "outside", tmp_path / "shop"
    outside.mkdir()
    root.mkdir()
    (outside / "a").write_text("secret")
    if where == "folder":
        (root / "in").symlink_to(outside)
    else:
        (root / "in").mkdir()
        (root / "in" / "a").symlink_to(outside / "a")
    with pytest.raises(UnsearchableError, match="cannot be read"):
        read_text(str(root), "in/a", 100)


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnsearchableError, match="not a regular file"):
        read_text(str(tmp_path), "pipe", 100)
    with pytest.raises(UnsearchableError, match="No such file"):
        read_text(str(tmp_path), "gone", 100)
