"""Trivy's JSON, whole or not at all, and its complaints in plain words. Pure."""

from typing import Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from shopsec.errors import ScannerError
from shopsec.model import Severity, printable


class Answer(BaseModel):
    """What every report of Trivy holds; fields we do not use are ignored.

    https://github.com/aquasecurity/trivy/blob/main/pkg/types/report.go
    """

    schema_version: Literal[2] = Field(alias="SchemaVersion")
    artifact_name: str = Field(alias="ArtifactName")


AnswerT = TypeVar("AnswerT", bound=Answer)

NO_IMAGE = "is neither a docker-save archive nor an OCI layout"
NO_SBOM = "is neither a CycloneDX nor an SPDX document in JSON that this Trivy reads"
# What Trivy's last words hold, and what that means; the first that is found counts.
_CAUSES = (
    ("could not parse reference", "is no image reference"),
    (
        "only a single image",
        "holds several images, of which Trivy looks into none: docker save each by itself",
    ),
    ("manifest.json not found in tar", NO_IMAGE),
    ("not found in tar", "is an archive without some of the layers it names"),
    ("as an OCI Image", NO_IMAGE),
    ("scanning is not yet supported", NO_SBOM),
    ("invalid specification version", "is of a version of CycloneDX that this Trivy does not know"),
    ("UNAUTHORIZED", "its registry asks for credentials"),
    ("401 Unauthorized", "its registry asks for credentials"),
    ("DENIED", "its registry refuses these credentials"),
    ("TOOMANYREQUESTS", "its registry refuses: too many requests"),
    ("429 Too Many", "its registry refuses: too many requests"),
    ("MANIFEST_UNKNOWN", "its registry does not have it"),
    ("NAME_UNKNOWN", "its registry does not have it"),
    ("403 Forbidden", "its registry refuses these credentials"),
    ("status code 5", "is not on this machine, and its registry answers with an error of its own"),
    ("remote error:", "is not on this machine, and its registry cannot be reached"),
    ("podman error:", "is not on this machine, and the network is off"),
    ("DB schema doesn't match", "the vulnerability database is made for another Trivy"),
    ("failed to open db", "the vulnerability database is damaged"),
    ("on the first run", "the vulnerability database is damaged"),
    ("failed to download vulnerability DB", "the servers that hold it cannot be reached"),
)


def parse(stdout: bytes, model: type[AnswerT]) -> AnswerT:
    """Parse a report; ScannerError unless it is whole."""
    try:
        return model.model_validate_json(stdout)
    except ValidationError as error:
        raise ScannerError(f"Trivy printed {_what(stdout, error)}") from error


def _what(stdout: bytes, error: ValidationError) -> str:
    if not stdout.strip():
        return "nothing"
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid" or not first["loc"]:
        return "no complete JSON"
    # Names of fields are Trivy's, but keys of maps may be the image's.
    where = ".".join(str(part) for part in first["loc"][:6])
    return f"a report of another shape than shopsec knows, at {plain_text(where, 80)}"


def known_cause(stderr: str) -> str:
    """What went wrong in plain words, or nothing when these words are new to us."""
    return next((words for marker, words in _CAUSES if marker in stderr), "")


def last_words(line: str, most: int) -> str:
    """The end of a chain of causes as Go's programs print it: what went wrong stands last."""
    text = plain_text(line, 4_000)
    while len(text) > most and ": " in text:
        text = text.partition(": ")[2]
    return text[:most]


def plain_text(text: str, most: int) -> str:
    """Text of others on one line, without control characters, at most so many characters."""
    return printable(" ".join(text.split()))[:most]


def severity_of(text: str) -> Severity:
    """Trivy's word for a severity."""
    return {
        "CRITICAL": Severity.CRITICAL,
        "HIGH": Severity.HIGH,
        "MEDIUM": Severity.MEDIUM,
        "LOW": Severity.LOW,
    }.get(text, Severity.UNKNOWN)
