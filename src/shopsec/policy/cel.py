"""CEL, the language of every rule a team may want to argue with.

One environment per kind of subject, each field declared with its type, so that a misspelt field
or a wrong comparison is an error with line and column when the policy is loaded, not a rule that
never matches. Runtime: cel-expr-python, the official C++ implementation (RE2, linear time). It
bounds nesting and iterations, not memory; what an expression can build is bounded here
(``shopsec.policy.cel_cost``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from cel_expr_python import cel

from shopsec.errors import PolicyError
from shopsec.model import printable
from shopsec.policy.cel_cost import MOST_BUILT, builds, built, constant_patterns
from shopsec.policy.cel_never import Bounds, names_in, never_holds
from shopsec.policy.cel_tree import Tree, read_tree
from shopsec.policy.cel_words import Words, impossible_words
from shopsec.policy.document import Place
from shopsec.policy.text import suggestion

BOOL = cel.Type.BOOL
INT = cel.Type.INT
DOUBLE = cel.Type.DOUBLE
STRING = cel.Type.STRING
STRINGS = cel.Type.List(cel.Type.STRING)
STRING_MAP = cel.Type.Map(cel.Type.STRING, cel.Type.STRING)

Type = cel.Type

LONGEST = 2_000
"""Most characters of an expression; the longest that ships has 242."""
USUAL = 1_000
"""Characters that all fields of one subject are taken to have together when a policy is loaded;
what an expression builds from more is judged again with what is really there."""
_FIELDS_SHOWN = 8
_TEXT_SHOWN = 60

_CAN_BUILD = f"it could build more than {MOST_BUILT:_} characters"
_FAILED = (cel.Type.ERROR, cel.Type.UNKNOWN)
_CONFIG = "extensions:\n- name: strings\n"
_FUNCTIONS = (
    "all", "charAt", "contains", "endsWith", "exists", "exists_one", "filter", "format",
    "indexOf", "join", "lastIndexOf", "lowerAscii", "map", "matches", "replace", "reverse",
    "size", "split", "startsWith", "substring", "trim", "upperAscii",
)  # fmt: skip
# Not the end of shopsec: what the C++ runtime raises for one expression and one subject.
_RAISED = (RuntimeError, MemoryError, ValueError, TypeError, OverflowError)


class EvaluationError(PolicyError):
    """An expression that was loaded and cannot be evaluated: its policy is at fault."""

    def __init__(self, where: "str | Place", reason: str, *, too_much: bool = False) -> None:
        self.spot = where.spot if isinstance(where, Place) else where
        """Where the expression stands: file, line and column."""
        self.reason = printable(reason)
        self.too_much = too_much
        """It was more work than is allowed, and would be again."""
        super().__init__(printable(f"{where}: {reason}"))


@dataclass(frozen=True)
class Activation:
    """The values of one subject, bound."""

    values: Mapping[str, Any]
    bound: cel.Activation

    @cached_property
    def size(self) -> int:
        """Characters and items of all fields together."""
        return sum(map(_size, self.values.values()))


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(str(key)) + len(str(each)) + 2 for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return sum(len(str(each)) + 1 for each in value)
    return 1


class Expression:
    """A compiled, type-checked expression."""

    def __init__(
        self,
        text: str,
        compiled: cel.Expression,
        where: "str | Place",
        tree: Tree | None,
        fields: frozenset[str] = frozenset(),
    ) -> None:
        self.text = text
        self.fields = fields
        """Those that it reads; of an environment with words alone."""
        self._compiled = compiled
        self._where = where
        self._tree = tree
        """Where it can build texts or lists, else None."""

    def holds(self, activation: Activation) -> bool:
        """Evaluate a BOOL expression; EvaluationError when it cannot be (division by zero ...)."""
        return self._evaluate(activation) is True

    def text_of(self, activation: Activation) -> str:
        """Evaluate a STRING expression."""
        return str(self._evaluate(activation))

    def _evaluate(self, activation: Activation) -> object:
        if (
            self._tree is not None
            and activation.size > USUAL
            and built(self._tree, activation.size) > MOST_BUILT
        ):
            raise self._too_much(f"{_CAN_BUILD} from {activation.size}")
        try:
            value = self._compiled.eval(activation.bound)
        except MemoryError as error:
            raise self._too_much("needs more memory than there is") from error
        except _RAISED as error:
            problem = _without_status(str(error))
            if "budget" in problem:
                raise self._too_much(problem) from error
            raise EvaluationError(self._where, self._failed(problem)) from error
        if value.type() in _FAILED:
            problem = _without_status(str(value.value()))
            raise EvaluationError(self._where, self._failed(problem))
        return value.value()

    def _failed(self, problem: str) -> str:
        return f"{_shortened(self.text)} failed: {problem}"

    def _too_much(self, problem: str) -> EvaluationError:
        reason = f"{_shortened(self.text)} is too much work: {problem}"
        return EvaluationError(self._where, reason, too_much=True)


class Environment:
    """The fields an expression may read, for one kind of subject."""

    def __init__(
        self,
        fields: Mapping[str, cel.Type],
        list_fields: str = "",
        words: Words | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        """``list_fields`` is the command that lists all fields, for messages.

        ``words``: all values of fields that have a few; no other may be compared with them, and
        with those and the ``bounds`` of numbers an expression must be able to hold.
        """
        self._fields = dict(fields)
        self._words = words or {}
        self._bounds = bounds or {}
        self._list_fields = list_fields
        self._env = cel.NewEnv(
            config=cel.NewEnvConfigFromYaml(_CONFIG), variables=dict(self._fields)
        )

    def compile(self, text: str, where: "str | Place", returns: cel.Type = BOOL) -> Expression:
        """Compile and type-check; ``where`` is its place in a file, or begins every message."""
        if len(text) > LONGEST:
            raise PolicyError(f"{where}: has more than {LONGEST} characters", "split the rule")
        try:
            compiled = self._env.compile(text)
        except _RAISED as error:
            raise self._explained(str(error), text, where) from error
        if compiled.return_type() != returns:
            given, wanted = compiled.return_type().name(), returns.name()
            raise PolicyError(f"{where}: {_shortened(text)} gives {given}, it must give {wanted}")
        worth = self._words or _WORTH_READING.search(text)
        tree = read_tree(compiled.serialize()) if worth else None
        fields = frozenset(names_in(tree.root)) & set(self._fields) if tree else frozenset()
        if tree is not None:
            self._check_words(tree, text, where)
            if self._words:
                self._check_asks(tree, fields, where)
            _check_patterns(tree, text, where)
            if built(tree, USUAL) > MOST_BUILT:
                raise PolicyError(
                    f"{where}: is too much work: {_CAN_BUILD} from fields of {USUAL}",
                    "nest replace, join, format, map and + less deeply",
                )
        building = tree if tree and builds(tree) else None
        return Expression(text, compiled, where, building, fields)

    def _check_words(self, tree: Tree, text: str, where: "str | Place") -> None:
        for field, word, offset in impossible_words(tree, self._words):
            values = sorted(self._words[field])
            raise PolicyError(
                printable(f"{_at(where, text, offset)}: {field} is never {word!r}"),
                printable(f"{suggestion(word, values)}values: {', '.join(values)}"),
            )

    def _check_asks(self, tree: Tree, fields: frozenset[str], where: "str | Place") -> None:
        """A condition that is the same of everything is not what anybody means."""
        if not fields:
            raise PolicyError(
                f"{where}: the condition asks for no field, so it selects everything or nothing",
                "ask for one, such as result.tier or coverage.complete",
            )
        kinds = {name: kind.name() for name, kind in self._fields.items()}
        if never_holds(tree, kinds, self._words, self._bounds):
            raise PolicyError(
                f"{where}: the condition can never hold, so it selects nothing",
                "compare with values that the fields have, all of which can be at once",
            )

    def activation(self, values: Mapping[str, Any]) -> Activation:
        """Bind one subject's values, shared by all expressions evaluated on it."""
        return Activation(values, self._env.Activation(dict(values)))

    def _explained(self, error: str, text: str, where: "str | Place") -> PolicyError:
        problem, offset = _problem_and_offset(error, text)
        hint = ""
        unknown = re.search(r"undeclared reference to '([^']*)'", problem)
        if unknown:
            offset = _start_of(unknown[1], text, offset)
            hint = self._hint(unknown[1], text[offset:])
        return PolicyError(printable(f"{_at(where, text, offset)}: {problem}"), printable(hint))

    def _hint(self, name: str, rest: str) -> str:
        if rest.startswith(f"{name}("):
            return suggestion(name, _FUNCTIONS) + f"functions: {', '.join(_FUNCTIONS)}"
        near = suggestion(name, self._fields)
        subject = name.partition(".")[0]
        fields = sorted(self._fields, key=lambda each: (not each.startswith(f"{subject}."), each))
        more = len(fields) - _FIELDS_SHOWN
        listed = ", ".join(fields[:_FIELDS_SHOWN]) + (f" and {more} more" if more > 0 else "")
        also = f" ({self._list_fields})" if self._list_fields else ""
        return f"{near}fields: {listed}{also}"


_TOKEN = re.compile(
    r"""r?"(?:[^"\\]|\\.)*"|r?'(?:[^'\\]|\\.)*'|&&|\|\||\?|[()\[\]{}]|.""", re.DOTALL
)


def conjuncts(text: str) -> list[str]:
    """The parts that ``&&`` joins at the top of an expression; one part where it is no such."""
    parts, depth = [""], 0
    for word in _TOKEN.findall(text):
        depth += word in {"(", "[", "{"}
        depth -= word in {")", "]", "}"}
        if depth == 0 and word in {"||", "?"}:
            return [text]
        if depth == 0 and word == "&&":
            parts.append("")
        else:
            parts[-1] += word
    return [part.strip() for part in parts]


def _shortened(text: str) -> str:
    return repr(text if len(text) <= _TEXT_SHOWN else text[: _TEXT_SHOWN - 3] + "...")


def _without_status(error: str) -> str:
    """The first line of an error of the runtime, without its codes."""
    line = error.strip().partition("\n")[0]
    return re.sub(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$", "", line)


def _problem_and_offset(error: str, text: str) -> tuple[str, int]:
    """The first problem of a compiler's error, and the character of the text it is about."""
    line = _without_status(error)
    found = re.match(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)", line)
    if found is None:
        return line, 0
    offset = 0
    for each in text.split("\n")[: int(found[1]) - 1]:
        offset += len(each) + 1
    problem = re.sub(r" expecting \{.*\}$| \(in container ''\)$", "", found[3])
    problem = problem.replace("mismatched input '<EOF>'", "the expression ends too soon")
    return problem, min(max(offset + int(found[2]) - 1, 0), len(text))


def _start_of(name: str, text: str, offset: int) -> int:
    """Where a name begins; the compiler points to the last dot in it, or behind a function's."""
    start = text.rfind(name, 0, offset + len(name))
    return start if start >= 0 and start + len(name) >= offset else offset


def _at(where: "str | Place", text: str, offset: int) -> str:
    if isinstance(where, Place):
        return where.at(offset)
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return f"{where}: line {line}, column {column} of the expression"


# Nothing else takes a pattern, or makes a text or a list that is longer than what it is made of.
_WORTH_READING = re.compile(r"matches|replace|join|format|quote|map|filter|split|\+")


@cache
def _matcher() -> cel.Expression:
    return cel.NewEnv(variables={"pattern": STRING}).compile("''.matches(pattern)")


def _check_patterns(tree: Tree, text: str, where: "str | Place") -> None:
    """A broken pattern is accepted by the compiler and would fail at the first use."""
    for pattern, offset in constant_patterns(tree):
        value = _matcher().eval(data={"pattern": pattern})
        if value.type() == cel.Type.ERROR:
            problem = _without_status(str(value.value()))
            raise PolicyError(printable(f"{_at(where, text, offset)}: {problem}"))
