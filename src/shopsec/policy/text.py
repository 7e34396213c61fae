"""Reading a policy file (YAML) into a checked model, with errors that name file and line."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from shopsec.errors import PolicyError

Model = TypeVar("Model", bound=BaseModel)
# libyaml's loader where PyYAML was built with it: ten times faster.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_policy_file(path: Path, model: type[Model]) -> Model:
    """Read a YAML file and validate it; PolicyError names the file, the line and the field."""
    return parse_policy(read_policy_text(path), model, str(path))


def read_policy_text(path: Path) -> str:
    """The text of a policy file; PolicyError where it is none that can be read."""
    if path.exists() and not path.is_file():
        raise PolicyError(f"{path}: is no regular file")
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: is not UTF-8 text") from error


def parse_policy(text: str, model: type[Model], name: str) -> Model:
    """Parse YAML text into a model; ``name`` is what errors call the file."""
    try:
        value = yaml.load(text, Loader=_LOADER)  # noqa: S506 -- one of the two safe loaders
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise PolicyError(f"{name}{line}: not valid YAML: {problem}") from error
    except RecursionError as error:
        raise PolicyError(f"{name}: nested too deeply") from error
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        line_number = line_of(yaml.compose(text, Loader=_LOADER), first["loc"])
        where = ".".join(str(part) for part in first["loc"])
        raise PolicyError(
            f"{name}:{line_number}: {where or 'document'}: {first['msg']}",
            allowed_fields(model, first["loc"]) if first["type"] == "extra_forbidden" else "",
        ) from error


def line_of(node: Any, location: tuple[int | str, ...]) -> int:
    """Line (from 1) of the deepest part of ``location`` that the YAML node has."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == part), None)
            if found is None:
                return int(line)
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                return int(line)
            node = node.value[part]
            line = node.start_mark.line + 1
    return int(line)


def allowed_fields(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """Name the fields allowed where an unknown one stood, as far as the model tells."""
    current: Any = model
    for part in location[:-1]:
        if isinstance(part, str) and part in getattr(current, "model_fields", {}):
            current = _inner_model(current.model_fields[part].annotation)
    names = sorted(getattr(current, "model_fields", {}))
    return f"allowed here: {', '.join(names)}" if names else ""


def _inner_model(annotation: Any) -> Any:
    if hasattr(annotation, "model_fields"):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None
