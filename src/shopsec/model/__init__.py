"""Values that flow through the pipeline: frozen, without I/O."""

from shopsec.model.coverage import (
    LISTED,
    Database,
    Excluded,
    Item,
    NotCovered,
    ScannerRun,
    Status,
    group_not_covered,
)
from shopsec.model.file_text import FileText, lines_of
from shopsec.model.finding import (
    Advisory,
    Area,
    Confidence,
    Finding,
    Location,
    Package,
    Role,
    Rule,
    Severity,
    Snippet,
)
from shopsec.model.inventory import Inventory, SourceFile
from shopsec.model.organisation import NamedAction, NamedReport, NamedResult, Organisation
from shopsec.model.paths import display_path, path_of, printable, uri_of
from shopsec.model.pinned import PinnedPackage
from shopsec.model.purls import purl_of
from shopsec.model.result import (
    Action,
    BaselineState,
    Decision,
    Effort,
    KnownResult,
    Outcome,
    Reason,
    Report,
    Repository,
    Result,
    Term,
    Tier,
)
from shopsec.model.shard import SHARD_SCHEMA, SHARD_START, SHARDS
from shopsec.model.suppression import Suppression, SuppressionState, SuppressionUse

__all__ = [
    "LISTED",
    "SHARDS",
    "SHARD_SCHEMA",
    "SHARD_START",
    "Action",
    "Advisory",
    "Area",
    "BaselineState",
    "Confidence",
    "Database",
    "Decision",
    "Effort",
    "Excluded",
    "FileText",
    "Finding",
    "Inventory",
    "Item",
    "KnownResult",
    "Location",
    "NamedAction",
    "NamedReport",
    "NamedResult",
    "NotCovered",
    "Organisation",
    "Outcome",
    "Package",
    "PinnedPackage",
    "Reason",
    "Report",
    "Repository",
    "Result",
    "Role",
    "Rule",
    "ScannerRun",
    "Severity",
    "Snippet",
    "SourceFile",
    "Status",
    "Suppression",
    "SuppressionState",
    "SuppressionUse",
    "Term",
    "Tier",
    "display_path",
    "group_not_covered",
    "lines_of",
    "path_of",
    "printable",
    "purl_of",
    "uri_of",
]
