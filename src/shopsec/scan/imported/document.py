"""SARIF 2.1.0 as it is read here: only what findings are made of. Pure.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; numbers of sections are its own.
Results, rules and artifacts stay as they came until each is asked for, so that one that is not as
the standard says costs itself alone.
"""

import json
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import from_json

from shopsec.errors import ScannerError
from shopsec.model import printable

VERSION = "2.1.0"
_GZIP = b"\x1f\x8b"


class Part(BaseModel):
    """An object of the standard; properties that are not asked for are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, strict=True)


PartT = TypeVar("PartT", bound=Part)


def _listed(value: Any) -> Any:
    return [] if value is None else value


def _table(value: Any) -> Any:
    return {} if value is None else value


Untyped = Annotated[list[Any], BeforeValidator(_listed)]
Table = Annotated[dict[str, Any], BeforeValidator(_table)]


class Message(Part):
    """Section 3.11."""

    text: str | None = None
    id: str | None = None
    arguments: Untyped = Field(default_factory=list)


class Artifact(Part):
    """artifactLocation (3.4)."""

    uri: str | None = None
    uri_base_id: str | None = None
    index: int = -1


class Region(Part):
    """Section 3.30; lines count from 1."""

    start_line: int | None = None
    end_line: int | None = None


class _Physical(Part):
    artifact_location: Artifact | None = None
    region: Region | None = None


class Place(Part):
    """location (3.28)."""

    physical_location: _Physical | None = None


class _Component(Part):
    name: str | None = None
    index: int = -1


class Reference(Part):
    """reportingDescriptorReference (3.52)."""

    id: str | None = None
    index: int = -1
    tool_component: _Component | None = None


class _Relationship(Part):
    target: Reference


class _Configuration(Part):
    level: str | None = None
    rank: float | None = None


class Descriptor(Part):
    """reportingDescriptor (3.49): a rule."""

    id: str
    name: str | None = None
    short_description: Message | None = None
    full_description: Message | None = None
    help: Message | None = None
    help_uri: str | None = None
    message_strings: Table = Field(default_factory=dict)
    default_configuration: _Configuration | None = None
    properties: Table = Field(default_factory=dict)
    relationships: Annotated[list[_Relationship], BeforeValidator(_listed)] = Field(
        default_factory=list
    )


class ToolComponent(Part):
    """Section 3.19: the tool itself, or an extension of it."""

    name: str
    version: str | None = None
    semantic_version: str | None = None
    rules: Untyped = Field(default_factory=list)
    global_message_strings: Table = Field(default_factory=dict)


class _Tool(Part):
    driver: ToolComponent
    extensions: Annotated[list[ToolComponent], BeforeValidator(_listed)] = Field(
        default_factory=list
    )


class Notification(Part):
    """Section 3.58."""

    message: Message
    level: str | None = None
    locations: Untyped = Field(default_factory=list)


class Invocation(Part):
    """Section 3.20."""

    execution_successful: bool | None = None
    exit_code: int | None = None
    exit_signal_name: str | None = None
    process_start_failure_message: str | None = None
    tool_execution_notifications: Untyped = Field(default_factory=list)
    tool_configuration_notifications: Untyped = Field(default_factory=list)


class _Provenance(Part):
    revision_id: str | None = None


class Run(Part):
    """Section 3.14. Without results (3.14.23) the tool was not made to scan."""

    tool: _Tool
    results: list[Any] | None = None
    invocations: Annotated[list[Invocation], BeforeValidator(_listed)] = Field(default_factory=list)
    artifacts: Untyped = Field(default_factory=list)
    original_uri_base_ids: Table = Field(default_factory=dict)
    external_property_file_references: Table = Field(default_factory=dict)
    version_control_provenance: Annotated[list[_Provenance], BeforeValidator(_listed)] = Field(
        default_factory=list
    )


class _Suppression(Part):
    status: str | None = None


class SarifResult(Part):
    """result (3.27)."""

    rule_id: str | None = None
    rule_index: int = -1
    rule: Reference | None = None
    kind: str | None = None
    level: str | None = None
    rank: float | None = None
    message: Message = Field(default=Message())
    locations: Annotated[list[Place], BeforeValidator(_listed)] = Field(default_factory=list)
    related_locations: Untyped = Field(default_factory=list)
    code_flows: Untyped = Field(default_factory=list)
    partial_fingerprints: Table = Field(default_factory=dict)
    baseline_state: str | None = None
    suppressions: Annotated[list[_Suppression], BeforeValidator(_listed)] = Field(
        default_factory=list
    )
    taxa: Annotated[list[Reference], BeforeValidator(_listed)] = Field(default_factory=list)
    properties: Table = Field(default_factory=dict)

    @property
    def suppressed(self) -> bool:
        """Somebody decided so, and nobody is still to look at it or has refused (3.27.23)."""
        states = {each.status or "accepted" for each in self.suppressions}
        return states == {"accepted"}


def read_part(model: type[PartT], value: Any) -> PartT | None:
    """A value as an object of the standard; None where it is not as the standard says."""
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def runs_of(content: bytes) -> list[Run]:
    """The runs of a file; ScannerError says why it is none, or not whole."""
    document = _json(content)
    if not isinstance(document, dict) or not {"runs", "version"} <= document.keys():
        raise ScannerError("is JSON, but no SARIF: it has no version or no runs")
    version = document["version"]
    if version != VERSION:
        said = printable(version[:20]) if isinstance(version, str) else "of no version"
        raise ScannerError(f"is SARIF {said}; {VERSION} is read")
    runs = document["runs"]
    if not isinstance(runs, list) or not runs:
        raise ScannerError("has no runs, so no tool says anything in it")
    return [_run(number, run) for number, run in enumerate(runs)]


def _run(number: int, value: Any) -> Run:
    try:
        run = Run.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("runs", number, *first["loc"])))
        raise ScannerError(f"is not as SARIF says: {printable(place[:120])}") from error
    if run.external_property_file_references.get("results"):
        raise ScannerError(f"runs.{number} has its results in other files, which are not read")
    if run.results is None:
        raise ScannerError(f"runs.{number} has no results: the tool did not scan")
    return run


def _json(content: bytes) -> Any:
    if not content.strip():
        raise ScannerError("is empty: the tool wrote nothing")
    if content.startswith(_GZIP):
        raise ScannerError("is compressed: gunzip it first")
    try:
        # What writes UTF-16 is PowerShell's ">"; the standard says UTF-8 (3.1).
        text = content.decode(json.detect_encoding(content))
        return from_json(text, allow_inf_nan=True, cache_strings="keys")
    except UnicodeDecodeError as error:
        raise ScannerError("is no text in UTF-8") from error
    except ValueError as error:
        raise ScannerError(f"is no whole JSON: {printable(str(error)[:100])}") from error
