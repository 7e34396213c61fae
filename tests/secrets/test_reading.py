import pytest

from shopsec.scan.secrets.reading import HEAD, is_binary, text_of


def test_utf8_and_latin1_keep_their_bytes():
    assert text_of("größe".encode()) == "größe".encode().decode("latin-1")
    assert text_of(b"gr\xf6\xdfe") == "größe"
    assert text_of(b"") == ""


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_marked_utf16_and_utf32_are_decoded(encoding):
    content = "KEY = 1\nnext".encode(encoding)
    assert not is_binary(content)
    assert "KEY = 1\nnext" in text_of(content)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_told_by_its_nul_bytes(encoding):
    text = "KEY = 1  # größe\r\nnext = 2\n"
    content = text.encode(encoding)
    assert not is_binary(content)
    assert text_of(content) == text.encode().decode("latin-1")
    assert "KEY = 1" in text_of((text * 1_000).encode(encoding))


def test_small_numbers_are_no_utf16():
    assert is_binary(b"".join(bytes([number, 0]) for number in range(100)))
    assert is_binary(b"key = 1\0" * 10)


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"GIF89a",
        b"PK\x03\x04",
        b"text\0text",
        "KEY".encode("utf-16-le"),
    ],
)
def test_binary_files_are_told_by_their_first_bytes(content):
    assert is_binary(content)


def test_a_late_nul_does_not_hide_a_text():
    assert not is_binary((b"a" * HEAD + b"\0")[:HEAD])
    assert not is_binary(b"key = 1")


@pytest.mark.parametrize("content", [b"ID3_KEY=1\n", b"BZh_KEY=1\n", b"%PDF-KEY=1\n", b"wOFF=1\n"])
def test_a_text_that_begins_like_a_format_is_a_text(content):
    assert not is_binary(content)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_few_nul_bytes_do_not_hide_a_text(encoding):
    text = "KEY = 1  # größe\n" * 100
    content = text.encode(encoding)
    assert not is_binary(content[:50] + b"\0" + content[50:])
    assert is_binary(content + b"\0" * (len(content) // 50))
    assert not is_binary(content + b"\0\x01")
    assert is_binary(bytes(range(128, 256)) * 10 + b"\0")
