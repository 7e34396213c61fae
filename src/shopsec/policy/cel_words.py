"""Texts that a field is compared with and can never be: a condition that is never what it says."""

from collections.abc import Collection, Iterator, Mapping

from shopsec.policy.cel_tree import Call, Constant, Name, Tree, walk

Words = Mapping[str, Collection[str]]
"""All values of a field by its name, for fields that have a few; ``x:*`` is all that begin so."""

_EQUALS = frozenset({"_==_", "_!=_"})


def impossible_words(tree: Tree, words: Words) -> Iterator[tuple[str, str, int]]:
    """(field, text, offset) of each comparison with a text that is none of the field's values."""
    for call in walk(tree.root):
        if not isinstance(call, Call):
            continue
        if call.function in _EQUALS:
            sides = call.arguments
            pairs = [(sides[0], sides[1]), (sides[1], sides[0])]
        elif call.function == "@in" and isinstance(call.arguments[1], Call):
            pairs = [(call.arguments[0], each) for each in call.arguments[1].arguments]
        else:
            continue
        for field, value in pairs:
            if not (isinstance(field, Name) and isinstance(value, Constant)):
                continue
            if value.text is not None and not is_word(value.text, words.get(field.name)):
                yield field.name, value.text, tree.offsets.get(value.id, 0)


def is_word(text: str, words: Collection[str] | None) -> bool:
    """Whether a text is one of a field's values; any is where these are not known."""
    return words is None or any(
        text == word or (word.endswith("*") and text.startswith(word[:-1])) for word in words
    )
