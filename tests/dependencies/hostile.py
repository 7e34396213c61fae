"""What every parser of a lockfile must survive."""

import pytest

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError


def outcome(parse, text):
    """A Lockfile with sound lines, or the LockfileError; any other exception is a failure."""
    try:
        parsed = parse(text)
    except LockfileError as error:
        return error
    assert isinstance(parsed, Lockfile)
    lines = text.count("\n") + 1
    for pin in parsed.pins:
        assert 1 <= pin.line <= lines
        assert pin.name
        assert pin.version
    for entry in parsed.unpinned:
        assert 1 <= entry.line <= lines
        assert isinstance(entry.text, str)
    return parsed


def survives_being_cut_off(parse, text):
    for end in range(len(text)):
        outcome(parse, text[:end])


def survives_noise(parse, text):
    """Every line doubled, lost or replaced by another."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        for other in ([], [line, line], ["{"], ["]"], ["null"], ["a = 1"], ["  x (1)"], [lines[0]]):
            outcome(parse, "\n".join([*lines[:at], *other, *lines[at + 1 :]]))


def names_a_merge_conflict(parse, text, line):
    lines = text.split("\n")
    sides = ["<<<<<<< HEAD", lines[line - 1], "=======", lines[line - 1], ">>>>>>> other"]
    conflicted = "\n".join([*lines[: line - 1], *sides, *lines[line:]])
    with pytest.raises(LockfileError, match=f"line {line}: has an unresolved merge conflict"):
        parse(conflicted)
