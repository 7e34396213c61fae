"""Reading a policy file (YAML) into a checked model; errors name file, line, column and field."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shopsec.errors import PolicyError
from shopsec.model import printable
from shopsec.policy.document import Document, Location, Place, parse_document

BYTES = 2_000_000
"""Most bytes a policy file may have."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Loaded(Generic[Model]):
    """A checked policy file and the place of everything in it."""

    value: Model
    document: Document

    def place(self, *location: int | str) -> Place:
        """The place of a value, for messages."""
        return self.document.place(*location)


def read_policy_file(path: Path, model: type[Model]) -> Model:
    """Read a YAML file and validate it; PolicyError names file, line, column and field."""
    return load_policy_file(path, model).value


def load_policy_file(path: Path, model: type[Model]) -> Loaded[Model]:
    """The same with the places, for what can only be checked later."""
    return parse_policy(_read(path), model, shown(path))


def shown(path: Path) -> str:
    """A file's name as messages have it: from the current folder, where it is below that."""
    try:
        return printable(str(path.relative_to(Path.cwd())))
    except (ValueError, OSError):
        return printable(str(path))


def suggestion(name: str, known: Iterable[str]) -> str:
    """``did you mean NAME? `` for the known name that is nearest, or nothing."""
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {near[0]}? " if near else ""


def _read(path: Path) -> str:
    name = shown(path)
    if path.exists() and not path.is_file():
        raise PolicyError(f"{name}: is no regular file")
    try:
        with path.open("rb") as file:
            content = file.read(BYTES + 1)
    except OSError as error:
        raise PolicyError(f"{name}: cannot be read: {error.strerror}") from error
    if len(content) > BYTES:
        raise PolicyError(f"{name}: is larger than {BYTES // 1_000_000} MB", "split it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        raise PolicyError(
            f"{name}:{line}: is not UTF-8 text: byte 0x{byte:02x}", "save it as UTF-8"
        ) from error


def parse_policy(text: str, model: type[Model], name: str) -> Loaded[Model]:
    """Parse YAML text into a model; ``name`` is what errors call the file."""
    document = parse_document(text, name)
    try:
        return Loaded(model.model_validate(document.root.value), document)
    except ValidationError as error:
        raise _explained(error, model, document) from error


def _explained(error: ValidationError, model: type[BaseModel], document: Document) -> PolicyError:
    """The most telling of what is wrong, and how much else there is."""
    found = error.errors(include_url=False)
    # Of a list with broken items pydantic also says that it is too short.
    errors = [each for each in found if each["type"] != "too_short" or not each["input"]]
    unknown = [each for each in errors if each["type"] == "extra_forbidden"]
    # A misspelt key leaves the right one missing: that is one mistake.
    meant = {
        (document.place(*each["loc"][:-1]).node.start, _meant(each, model)) for each in unknown
    }
    rest = [
        each
        for each in errors
        if each["type"] != "missing"
        or (document.place(*each["loc"]).node.start, each["loc"][-1]) not in meant
    ]
    first = min(rest, key=lambda each: _rank(each, model))
    problem, hint = _in_words(first, model)
    place = document.place(*first["loc"])
    where = place.at_key() if first["type"] == "extra_forbidden" else str(place)
    more = f" (and {len(rest) - 1} more)" if len(rest) > 1 else ""
    return PolicyError(printable(f"{where}: {problem}{more}"), printable(hint))


def _rank(error: ErrorDetails, model: type[BaseModel]) -> int:
    if error["type"] == "extra_forbidden":
        return 0 if _meant(error, model) else 1
    return 3 if error["type"] == "missing" else 2


def _meant(error: ErrorDetails, model: type[BaseModel]) -> str:
    near = difflib.get_close_matches(
        str(error["loc"][-1]), _allowed_fields(model, error["loc"]), n=1
    )
    return near[0] if near else ""


_KINDS = {
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "model_type": "keys with values",
    "dict_type": "keys with values",
    "mapping_type": "keys with values",
}


def _in_words(error: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    """What is wrong and what to do about it, in YAML's words instead of Python's."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        allowed = _allowed_fields(model, error["loc"])
        return "unknown key", (
            suggestion(str(error["loc"][-1]), allowed)
            + (f"allowed here: {', '.join(allowed)}" if allowed else "")
        )
    if kind == "missing":
        return "is missing", ""
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}, not {_given(given)}", ""
    if kind in {"enum", "literal_error"}:
        allowed_values = str(context.get("expected", ""))
        near = suggestion(str(given), [part.strip("'") for part in _words(allowed_values)])
        return f"must be {allowed_values}, not {_given(given)}", near.strip()
    if kind in {"too_short", "string_too_short"}:
        return "must not be empty", ""
    if kind == "string_pattern_mismatch":
        return f"must look like {context['pattern']}, not {_given(given)}", ""
    message = error["msg"].removeprefix("Value error, ")
    return message.replace("Input should be", "must be"), ""


def _words(expected: str) -> list[str]:
    return expected.replace(" or ", ", ").split(", ")


def _given(value: Any) -> str:
    if isinstance(value, dict):
        return "keys with values"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _allowed_fields(model: type[BaseModel], location: Location) -> Sequence[str]:
    """The fields allowed where an unknown one stood, as far as the model tells."""
    current: Any = model
    for part in location[:-1]:
        if isinstance(part, str) and part in getattr(current, "model_fields", {}):
            current = _inner_model(current.model_fields[part].annotation)
    also: tuple[str, ...] = getattr(current, "also_allowed", ())
    return sorted({*getattr(current, "model_fields", {}), *also})


def _inner_model(annotation: Any) -> Any:
    if hasattr(annotation, "model_fields"):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None
