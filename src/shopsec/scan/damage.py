"""What Python's reader of zip archives was seen to raise for damaged ones."""

import lzma
import struct
import zipfile
import zlib

OF_ZIP = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    ValueError,
)
