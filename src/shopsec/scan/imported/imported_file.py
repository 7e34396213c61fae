"""A SARIF file as the settings name it. Apart from what reads it: most scans have none."""

from dataclasses import dataclass

from shopsec.model import Area, Import
from shopsec.scan.imported.tools import area_of_tool, tool_of


@dataclass(frozen=True)
class ImportedFile:
    """A file of another tool, before it is read."""

    asked: Import
    path: str
    """Absolute."""
    refused: str = ""
    """Why it is not believed: what a branch says of itself is not what a tool said of it."""

    @property
    def area(self) -> Area:
        """What its tool looks at, as far as its name tells."""
        return Area(self.asked.area or area_of_tool(tool_of(self.asked.label)))
