"""CEL, the language of every rule a team may want to argue with.

One environment per kind of subject, each field declared with its type, so that a misspelt field
or a wrong comparison is an error with line and column when the policy is loaded, not a rule that
never matches. Runtime: cel-expr-python, the official C++ implementation (RE2, linear time).
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from cel_expr_python import cel

from shopsec.errors import PolicyError

BOOL = cel.Type.BOOL
INT = cel.Type.INT
DOUBLE = cel.Type.DOUBLE
STRING = cel.Type.STRING
STRINGS = cel.Type.List(cel.Type.STRING)
STRING_MAP = cel.Type.Map(cel.Type.STRING, cel.Type.STRING)

Type = cel.Type
Activation = cel.Activation

_FAILED = (cel.Type.ERROR, cel.Type.UNKNOWN)
_CONFIG = "extensions:\n- name: strings\n"


class Expression:
    """A compiled, type-checked expression."""

    def __init__(self, text: str, compiled: cel.Expression, where: str) -> None:
        self.text = text
        self._compiled = compiled
        self._where = where

    def holds(self, activation: cel.Activation) -> bool:
        """Evaluate a BOOL expression; PolicyError when it cannot be (division by zero ...)."""
        value = self._evaluate(activation)
        return value is True

    def text_of(self, activation: cel.Activation) -> str:
        """Evaluate a STRING expression."""
        return str(self._evaluate(activation))

    def _evaluate(self, activation: cel.Activation) -> object:
        value = self._compiled.eval(activation)
        if value.type() in _FAILED:
            raise PolicyError(f"{self._where}: {self.text!r} failed: {value.value()}")
        return value.value()


class Environment:
    """The fields an expression may read, for one kind of subject."""

    def __init__(self, fields: Mapping[str, cel.Type]) -> None:
        self._fields = dict(fields)
        self._env = cel.NewEnv(
            config=cel.NewEnvConfigFromYaml(_CONFIG), variables=dict(self._fields)
        )

    def compile(self, text: str, where: str, returns: cel.Type = BOOL) -> Expression:
        """Compile and type-check; ``where`` names file and rule in errors."""
        try:
            compiled = self._env.compile(text)
        except RuntimeError as error:
            raise PolicyError(
                f"{where}: {_first_line(str(error))}", self._hint(str(error))
            ) from error
        if compiled.return_type() != returns:
            raise PolicyError(
                f"{where}: {text!r} gives {compiled.return_type().name()}, "
                f"it must give {returns.name()}"
            )
        for pattern in _PATTERN.findall(text):
            _check_pattern(pattern[0] or pattern[1], where)
        return Expression(text, compiled, where)

    def activation(self, values: Mapping[str, Any]) -> cel.Activation:
        """Bind one subject's values, shared by all expressions evaluated on it."""
        return self._env.Activation(dict(values))

    def _hint(self, error: str) -> str:
        if "undeclared reference" not in error:
            return ""
        return f"fields: {', '.join(sorted(self._fields))}"


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


def _first_line(error: str) -> str:
    line = error.removeprefix("INVALID_ARGUMENT: ").splitlines()[0]
    return re.sub(r"^ERROR: <input>:(\d+):(\d+): ", r"line \1, column \2 of the expression: ", line)


# A broken regular expression is accepted by the compiler and would fail at the first use.
_PATTERN = re.compile(r"""matches\(\s*r?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\s*\)""")


@cache
def _matcher() -> cel.Expression:
    return cel.NewEnv(variables={"pattern": STRING}).compile("''.matches(pattern)")


def _check_pattern(pattern: str, where: str) -> None:
    value = _matcher().eval(data={"pattern": pattern})
    if value.type() == cel.Type.ERROR:
        raise PolicyError(f"{where}: {value.value()}")
