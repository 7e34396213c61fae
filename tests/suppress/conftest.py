"""The command line, as the tests of it have it."""

from tests.cli.conftest import scan, shopsec

__all__ = ["scan", "shopsec"]
