"""Every character of an expression is found again in the file, however it is written there."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from shopsec.policy.document import parse_document

LINES = st.lists(
    st.lists(st.text("abc.'\"\\&|é", min_size=1, max_size=6), min_size=1, max_size=4).map(" ".join),
    min_size=1,
    max_size=4,
).map("\n".join)


@given(LINES, st.sampled_from(["'", '"', "|", ">", None]), st.sampled_from([20, 80]), st.booleans())
def test_the_place_of_a_character(text, style, width, as_written):
    options = {"default_style": style, "width": width, "allow_unicode": as_written}
    written = yaml.dump({"rule": {"when": text}}, **options)
    place = parse_document(written, "f").place("rule", "when")
    assert place.node.value == text
    for offset, character in enumerate(text):
        if character in " \n":
            continue
        _, line, column = place.at(offset).partition(": ")[0].split(":")
        found = written.split("\n")[int(line) - 1][int(column) - 1]
        assert found == character or (place.node.style == '"' and found == "\\")


def test_words_are_those_of_yaml_1_2():
    text = "on: yes\nday: 2026-01-02\nmany: [1, -2, 1.5, true, ~, 0x10, 1_0, ! 1, !!str 2, '3']\n"
    assert parse_document(text, "f").root.value == {
        "on": "yes",
        "day": "2026-01-02",
        "many": [1, -2, 1.5, True, None, "0x10", "1_0", "1", "2", "3"],
    }


def test_anchors_and_merged_keys():
    text = "base: &b {a: 1, c: 2}\nown: {<<: *b, a: 3}\nboth: {<<: [*b, {d: 4}]}\n"
    assert parse_document(text, "f").root.value == {
        "base": {"a": 1, "c": 2},
        "own": {"a": 3, "c": 2},
        "both": {"a": 1, "c": 2, "d": 4},
    }
