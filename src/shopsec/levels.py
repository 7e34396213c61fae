"""Scales and kinds that everything speaks of. Without imports, so that a hook starts at once."""

from enum import StrEnum


class Severity(StrEnum):
    """Technical severity, as the scanner or its database rates it; not our priority."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    UNKNOWN = "unknown"

    def lowered(self, levels: int) -> "Severity":
        """Return the severity so many levels down; ``info`` is the floor, unknown stays."""
        if self is Severity.UNKNOWN:
            return self
        return _ORDER[min(_ORDER.index(self) + levels, len(_ORDER) - 1)]

    @property
    def rank(self) -> int:
        """0 for the most severe; unknown ranks beside medium, since it may be anything."""
        return _ORDER.index(Severity.MEDIUM if self is Severity.UNKNOWN else self)


_ORDER = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)


class Confidence(StrEnum):
    """How sure a rule is that what it reports is true."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the surest."""
        return _SURENESS.index(self)


_SURENESS = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)


class Area(StrEnum):
    """What a scanner looks at; gate policies require areas, not tools."""

    REPOSITORY = "repository"
    DEPENDENCIES = "dependencies"
    SECRETS = "secrets"
    CODE = "code"
    CONTAINERS = "containers"
    ACCESS = "access"


class Role(StrEnum):
    """What a file is for, judged from its path."""

    PRODUCTION = "production"
    DEV = "dev"
    TEST = "test"
    DOCS = "docs"
    EXAMPLE = "example"
    VENDORED = "vendored"
