"""What reading one image may take, and the error for an image that cannot be read."""

import time

# Images of shops have a few GB in some 100,000 files.
_UNPACKED_BYTES = 32_000_000_000
_ENTRIES = 2_000_000
_KEPT_BYTES = 512_000_000
_PACKAGES = 1_000_000


class UnreadableImageError(Exception):
    """An image, or a part of it, cannot be read; the message is a reason for the ledger."""


class Budget:
    """What is left of an image's time, bytes and entries; UnreadableImageError where nothing is."""

    def __init__(self, end: float) -> None:
        """``end`` is a time of the monotonic clock."""
        self._end = end
        self._bytes = _UNPACKED_BYTES
        self._entries = _ENTRIES
        self._kept = _KEPT_BYTES
        self._packages = _PACKAGES

    def take_bytes(self, count: int) -> None:
        """Count bytes that were read or unpacked."""
        self._bytes -= count
        if self._bytes < 0:
            raise UnreadableImageError(f"unpacks to more than {_UNPACKED_BYTES // 10**9} GB")
        if time.monotonic() > self._end:
            raise UnreadableImageError("could not be read in time")

    def take_entry(self) -> None:
        """Count an entry of a tar file."""
        self._entries -= 1
        if self._entries < 0:
            raise UnreadableImageError(f"has more than {_ENTRIES} entries")

    def keep(self, count: int) -> None:
        """Count bytes of files that are held or parsed whole."""
        self._kept -= count
        if self._kept < 0:
            raise UnreadableImageError(
                f"has more than {_KEPT_BYTES // 10**6} MB of package lists and manifests"
            )

    def take_packages(self, count: int) -> None:
        """Count packages that a layer lists."""
        self._packages -= count
        if self._packages < 0:
            raise UnreadableImageError(f"lists more than {_PACKAGES} packages")
