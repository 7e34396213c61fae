"""The report of `trivy image`, as far as it is used. Pure.

https://github.com/aquasecurity/trivy/blob/main/pkg/types/report.go; recorded reports of several
versions are in tests/containers/recorded.
"""

from pydantic import BaseModel, Field, ValidationError

from shopsec.scan.containers.answers import Answer, plain_text

# https://github.com/aquasecurity/trivy/blob/main/pkg/types/report.go
_KNOWN_CLASSES = frozenset(
    ["", "os-pkgs", "lang-pkgs", "config", "secret", "license", "license-file", "custom"]
)


class Layer(BaseModel):
    """The layer that something is in."""

    diff_id: str = Field(default="", alias="DiffID")


class Cvss(BaseModel):
    """One source's rating."""

    v3_vector: str = Field(default="", alias="V3Vector")
    v3_score: float = Field(default=0, alias="V3Score", ge=0, le=10)
    v4_vector: str = Field(default="", alias="V40Vector")
    v4_score: float = Field(default=0, alias="V40Score", ge=0, le=10)


class Vulnerability(BaseModel):
    """A vulnerability of a package in the image."""

    id: str = Field(alias="VulnerabilityID")
    vendor_ids: list[str] = Field(default=[], alias="VendorIDs")
    package: str = Field(alias="PkgName")
    installed: str = Field(alias="InstalledVersion")
    fixed: str = Field(default="", alias="FixedVersion")
    layer: Layer = Field(default=Layer(), alias="Layer")
    severity: str = Field(default="", alias="Severity")
    title: str = Field(default="", alias="Title")
    description: str = Field(default="", alias="Description")
    url: str = Field(default="", alias="PrimaryURL")
    cwes: list[str] = Field(default=[], alias="CweIDs")
    cvss: dict[str, Cvss] = Field(default={}, alias="CVSS")


class Secret(BaseModel):
    """A secret in a file of the image; where Trivy quotes it, masked, is not read at all."""

    rule: str = Field(alias="RuleID")
    title: str = Field(default="", alias="Title")
    severity: str = Field(default="", alias="Severity")
    layer: Layer = Field(default=Layer(), alias="Layer")


class Package(BaseModel):
    """A package in the image."""

    name: str = Field(alias="Name")


class Result(BaseModel):
    """What Trivy says of one list of packages, or of one file with secrets."""

    target: str = Field(default="", alias="Target")
    kind: str = Field(default="", alias="Class")
    type: str = Field(default="", alias="Type")
    packages: list[Package] = Field(default=[], alias="Packages")
    vulnerabilities: list[Vulnerability] = Field(default=[], alias="Vulnerabilities")
    secrets: list[Secret] = Field(default=[], alias="Secrets")


class System(BaseModel):
    """The image's operating system."""

    family: str = Field(alias="Family")
    name: str = Field(default="", alias="Name")
    end_of_life: bool = Field(default=False, alias="EOSL")

    @property
    def release(self) -> str:
        """For people; nothing where an SBOM names none, which Trivy calls ``none``."""
        return "" if self.family == "none" else plain_text(f"{self.family} {self.name}", 100)


class HistoryEntry(BaseModel):
    """An instruction of the Dockerfiles that the image and its bases were built from."""

    created_by: str = ""
    empty_layer: bool = False


class _Config(BaseModel):
    user: str = Field(default="", alias="User")
    labels: dict[str, str] | None = Field(default=None, alias="Labels")


class ImageConfig(BaseModel):
    """The image's own words: https://github.com/opencontainers/image-spec/blob/main/config.md."""

    history: list[HistoryEntry] | None = None
    config: _Config = _Config()


class Metadata(BaseModel):
    """What Trivy says of the image as a whole."""

    system: System | None = Field(default=None, alias="OS")
    diff_ids: list[str] = Field(default=[], alias="DiffIDs")
    image_config: ImageConfig = Field(default=ImageConfig(), alias="ImageConfig")


class _RootFs(BaseModel):
    diff_ids: list[str] = []


class _WholeConfig(ImageConfig):
    rootfs: _RootFs = _RootFs()


def metadata_of(config: bytes) -> Metadata:
    """What an image's configuration tells by itself; nothing where it is of another shape."""
    try:
        read = _WholeConfig.model_validate_json(config)
    except ValidationError:
        return Metadata()
    return Metadata.model_construct(system=None, diff_ids=read.rootfs.diff_ids, image_config=read)


class ImageAnswer(Answer):
    """The report of `trivy image --list-all-pkgs`; an image without packages has no results."""

    metadata: Metadata = Field(default=Metadata(), alias="Metadata")
    results: list[Result] = Field(default=[], alias="Results")

    @property
    def unknown_kinds(self) -> tuple[str, ...]:
        """Kinds of result that no Trivy up to the newest one read here has."""
        kinds = {plain_text(each.kind, 40) for each in self.results}
        return tuple(sorted(kinds - _KNOWN_CLASSES))

    def place_of_secret(self, result: Result) -> str:
        """The file that holds it; Trivy gives what its configuration holds the image's own name."""
        if result.target == self.artifact_name:
            return "the configuration (ENV or history)"
        return plain_text(result.target.lstrip("/"), 200)

    def lists(self, kind: str) -> bool:
        """Whether it has packages of a type such as jar."""
        return any(each.type == kind and each.packages for each in self.results)
