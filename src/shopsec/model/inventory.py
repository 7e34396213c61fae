"""The files of a repository, as the walk found them. No content, no I/O."""

from dataclasses import dataclass, field
from functools import cached_property

from shopsec.model.coverage import Item, ScannerRun
from shopsec.model.finding import Location, Role
from shopsec.model.paths import display_path, path_of
from shopsec.model.result import Repository


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A regular file inside the folder that is scanned.

    A dataclass, not a pydantic model: there are 100,000 of them and nothing to validate.
    """

    uri: str
    """Relative reference from the folder scanned."""
    size: int
    """Bytes."""
    role: Role
    tracked: bool
    """Known to git; False for untracked files and plain folders."""
    content_path: str = ""
    """Of a file that is there through a symbolic link: the path of the file itself."""

    path: str = field(init=False, repr=False, compare=False)
    """Path for the file system, relative to the folder scanned."""
    name: str = field(init=False, repr=False, compare=False)
    """The last part of the path."""

    def __post_init__(self) -> None:
        # Kept, not worked out anew: scanners ask every file for them dozens of times.
        path = path_of(self.uri)
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "name", path.rpartition("/")[2])

    def at(self, line: int | None = None) -> Location:
        """A location in this file."""
        return Location(uri=self.uri, start_line=line)

    def as_item(self, line: int | None = None) -> Item:
        """This file, or a line of it, as an entry of the coverage ledger."""
        return Item(name=display_path(self.uri), location=self.at(line))


@dataclass(frozen=True)
class Inventory:
    """All files to scan, sorted by URI, and the walk's own entry in the ledger."""

    root: str
    """Absolute path of the folder scanned."""
    repository: Repository
    files: tuple[SourceFile, ...]
    run: ScannerRun
    staged: bool = False
    """Only what the next commit changes: nothing can be said of what is not there."""
    beside: tuple[SourceFile, ...] = ()
    """Files that are not scanned and can be read, for what they say of those that are."""

    @cached_property
    def by_uri(self) -> dict[str, SourceFile]:
        """Files by their reference."""
        return {file.uri: file for file in self.files}
