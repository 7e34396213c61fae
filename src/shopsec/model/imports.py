"""What the settings say of another tool's SARIF file."""

import os
import re
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import GetJsonSchemaHandler, model_validator

from shopsec.model.base import Frozen
from shopsec.model.finding import IMPORT_PREFIX

if TYPE_CHECKING:  # loading them takes time, and only the schema needs them
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

COMMIT = "{commit}"
"""Stands for the commit in the name of a file."""
ImportArea = Literal["dependencies", "secrets", "code", "containers", "access"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_ENDING = re.compile(r"(?:\.sarif)?(?:\.json)?$", re.IGNORECASE)


class Import(Frozen):
    """Another tool's SARIF file: an [[imports]] table, or its file alone as a string."""

    file: str
    """SARIF 2.1.0 beside this file; {commit} stands for the full hash of the commit scanned."""
    name: str = ""
    """What coverage calls it, after "import:". [default: the file's name without its ending]"""
    area: ImportArea | None = None
    """What the tool looks at, where neither its name nor its rules tell."""
    required: bool = True
    """Without a complete file of this very commit the run is incomplete."""

    @model_validator(mode="before")
    @classmethod
    def _file_alone(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _can_be_named(self) -> Self:
        if not self.file.strip() or "\0" in self.file:
            raise ValueError("names no file")
        if not _NAME.fullmatch(self.label):
            raise ValueError("give it a name of letters, digits, '.', '_' and '-'")
        return self

    @property
    def label(self) -> str:
        """Its name, or what its file is called: ``reports/zizmor-{commit}.sarif`` is zizmor."""
        file = os.path.basename(self.file.replace("\\", "/"))
        return self.name or re.sub(r"[-_.]?\{commit\}", "", _ENDING.sub("", file))

    @property
    def scanner(self) -> str:
        """What the ledger, --only, --skip and policies call it; no scanner of ours is so called."""
        return IMPORT_PREFIX + self.label

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: "CoreSchema", handler: GetJsonSchemaHandler
    ) -> "JsonSchemaValue":
        return {"anyOf": [{"type": "string"}, handler.resolve_ref_schema(handler(schema))]}
