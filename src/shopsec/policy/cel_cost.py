"""How much an expression can build, and which patterns it matches with, from its tree.

CEL's runtime bounds iterations and nesting but no sizes: eight nested ``replace`` make a text of
two gigabytes. The bound here is one on characters and items: those of every value that is made on
the way, for nothing is given back before an evaluation ends.
"""

from collections.abc import Iterator, Mapping

from shopsec.policy.cel_tree import Call, Constant, Expr, Loop, Name, Tree, walk

MOST_BUILT = 50_000_000
"""Most characters and items one evaluation may build."""
ITERATIONS = 10_000
"""CEL's own budget for all loops of one evaluation."""

# Their values are of a fixed size, whatever they read.
_PLAIN = frozenset({
    "_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "_-_", "-_", "_*_",
    "_/_", "_%_", "@not_strictly_false", "size", "contains", "startsWith", "endsWith", "matches",
    "indexOf", "lastIndexOf", "int", "uint", "double", "bool", "type",
})  # fmt: skip
_BUILDING = frozenset({"_+_", "replace", "join", "format", "strings.quote", "split"})
# `%.1000f` is the longest that the runtime prints of a number.
_FORMATTED = 500


def builds(tree: Tree) -> bool:
    """True where a value can be larger than what it is made of."""
    return any(isinstance(each, Call) and each.function in _BUILDING for each in walk(tree.root))


def constant_patterns(tree: Tree) -> Iterator[tuple[str, int]]:
    """Every pattern of a ``matches`` that depends on no field, and where it begins."""
    for each in walk(tree.root):
        if isinstance(each, Call) and each.function == "matches" and len(each.arguments) == 2:
            pattern = each.arguments[1]
            text = _constant(pattern)
            if text is not None:
                yield text, tree.offsets.get(_first(pattern).id, 0)


def built(tree: Tree, size: int) -> int:
    """Most characters and items an evaluation can build from fields that have ``size`` of them."""
    bound = _Bound(size)
    bound.of(tree.root, {}, 1)
    return bound.built


class _Bound:
    """Sizes from the leaves up. A field may have all of the characters, and as many items."""

    def __init__(self, field: int) -> None:
        self._field = field
        self.built = 0

    def of(self, expression: Expr, known: Mapping[str, int], times: int) -> int:
        """Most a value can have, evaluated so many times."""
        if self.built > MOST_BUILT:
            return 1
        if isinstance(expression, Constant):
            return 1 + len(expression.text or "")
        if isinstance(expression, Name):
            return known.get(expression.name, self._field)
        if isinstance(expression, Loop):
            return self._loop(expression, known, times)
        sizes = [self.of(each, known, times) for each in expression.arguments]
        made = _made(expression.function, sizes)
        self.built += made * times
        return made

    def _loop(self, loop: Loop, known: Mapping[str, int], times: int) -> int:
        """A list's items have no more together than the list.

        What is made of an item grows at least as its size does, so that all of it being in one
        item is the worst case, beside what each costs where it is empty.
        """
        over = self.of(loop.over, known, times)
        items = over
        if isinstance(loop.over, Call) and loop.over.function == "[]":
            items = len(loop.over.arguments)
        rounds = min(items * times, ITERATIONS) if times > 1 else min(items, ITERATIONS)
        empty = {**known, **dict.fromkeys(loop.variables, 0), loop.accumulator: 0}
        whole = {**known, **dict.fromkeys(loop.variables, over), loop.accumulator: 0}
        each = self.of(loop.step, empty, rounds) * min(items, ITERATIONS)
        made = each + self.of(loop.step, whole, times)
        self.built += made * times
        return self.of(loop.result, {**known, loop.accumulator: made}, times)


def _made(function: str, sizes: list[int]) -> int:
    """Most a function's value has, by what its arguments have."""
    if function in _PLAIN:
        return 1
    together = sum(sizes) + 1
    if function == "replace":
        return (sizes[0] + 1) * (sizes[2] + 1)
    if function == "join":
        return (sizes[0] + 1) * (sizes[1] + 1) if len(sizes) > 1 else together
    if function == "format":
        return sizes[0] * _FORMATTED + 4 * together
    if function == "strings.quote":
        return 4 * together
    return 2 * together if function == "split" else together + len(sizes)


def _constant(expression: Expr) -> str | None:
    """The text of an expression that is one without any field."""
    if isinstance(expression, Constant):
        return expression.text
    if isinstance(expression, Call) and expression.function == "_+_":
        parts = [_constant(each) for each in expression.arguments]
        if all(part is not None for part in parts):
            return "".join(part for part in parts if part is not None)
    return None


def _first(expression: Expr) -> Expr:
    """The part of an expression that stands first."""
    while isinstance(expression, Call) and expression.arguments:
        expression = expression.arguments[0]
    return expression
