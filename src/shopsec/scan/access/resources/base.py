"""What a resource is: a frozen view whose fields are, by declaration, what rules may read."""

import dataclasses
import datetime
import posixpath
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, ClassVar, Protocol, TypeVar

from shopsec.model import SourceFile, display_path, uri_of
from shopsec.policy import cel
from shopsec.policy.lifecycle import Lifecycles
from shopsec.policy.rules import Field, ResourceKind

_CEL_TYPES: Mapping[Any, cel.Type] = {
    bool: cel.BOOL,
    int: cel.INT,
    str: cel.STRING,
    tuple[str, ...]: cel.STRINGS,
    Mapping[str, str]: cel.STRING_MAP,
}


def fact(doc: str, default: Any = dataclasses.MISSING) -> Any:
    """A field of a resource, with the sentence that documents it."""
    return dataclasses.field(default=default, metadata={"doc": doc})


class View(Protocol):
    """A frozen dataclass of facts."""

    KIND: ClassVar[str]
    PLACES: ClassVar[tuple[str, ...]]
    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True)
class Resource:
    """One view with the place it stands at."""

    view: View
    file: SourceFile
    line: int
    name: str
    """What a person calls it; with the file it tells resources of a kind apart."""
    places: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Lines of named places; one that is not here stands at ``line``."""
    last_line: int = 0
    """Where it ends, as far as that is known: other tools' findings up to there are about it."""

    @property
    def kind(self) -> str:
        """Name of the kind."""
        return self.view.KIND

    def line_at(self, place: str) -> int:
        """Line of a named place, or of the resource itself."""
        return self.places.get(place, self.line)

    def values(self) -> dict[str, Any]:
        """Every declared variable with its value, as CEL takes it."""
        values = {
            variable: _plain(getattr(self.view, name))
            for name, variable in _variables(type(self.view))
        }
        values["file.path"] = _path_shown(self.file.uri)
        values["file.role"] = self.file.role.value
        return values


@cache
def _variables(view: type[View]) -> tuple[tuple[str, str], ...]:
    """Name of every field with the variable that rules know it by."""
    return tuple((each.name, f"{view.KIND}.{each.name}") for each in dataclasses.fields(view))


@lru_cache(maxsize=256)
def _path_shown(uri: str) -> str:
    return display_path(uri)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def kind_of(view: type[View]) -> ResourceKind:
    """Declare a view's fields to the policy engine; the type of each is its annotation."""
    annotations = typing.get_type_hints(view)
    return ResourceKind(
        name=view.KIND,
        doc=" ".join((view.__doc__ or "").split()),
        fields={
            field.name: Field(_CEL_TYPES[annotations[field.name]], field.metadata["doc"])
            for field in dataclasses.fields(view)
        },
        places=view.PLACES,
    )


class Files(Protocol):
    """The files that resources are built from: a repository's, or those of a rule's example."""

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """All of them, sorted by name."""
        ...  # pragma: no cover

    @property
    def whole_repository(self) -> bool:
        """False for a folder of a larger repository, whose other files nobody sees here."""
        ...  # pragma: no cover

    @property
    def today(self) -> datetime.date:
        """The day that stands for now."""
        ...  # pragma: no cover

    @property
    def lifecycles(self) -> Lifecycles:
        """How long the makers of runtimes and platforms mend holes."""
        ...  # pragma: no cover

    @property
    def remote(self) -> str:
        """Address of the origin without credentials; empty where there is none."""
        ...  # pragma: no cover

    @property
    def memo(self) -> dict[str, Any]:
        """What was worked out about these files as a whole, by the name of who did; see once()."""
        ...  # pragma: no cover

    def read(self, file: SourceFile) -> bytes:
        """Content of one file; Unreadable where there is none to be had."""
        ...  # pragma: no cover

    def find(self, uri: str) -> SourceFile | None:
        """The file of a name, or None."""
        ...  # pragma: no cover


_Worked = TypeVar("_Worked")


def once(files: Files, name: str, work: Callable[[Files], _Worked]) -> _Worked:
    """What ``work`` makes of all files, worked out the first time that somebody asks."""
    if name not in files.memo:
        files.memo[name] = work(files)
    return typing.cast("_Worked", files.memo[name])


def beside(files: Files, file: SourceFile, name: str) -> SourceFile | None:
    """The file called ``name`` in the folder of another."""
    return files.find(uri_of(posixpath.join(posixpath.dirname(file.path), name)))


# Endings that most files of a repository have and few settings: a source is asked about such a
# file only where it names the ending.
BULK = frozenset({
    "php", "phtml", "py", "rb", "erb", "js", "jsx", "ts", "tsx", "vue", "twig", "html", "md", "mdx",
    "rst", "css", "scss", "less", "svg", "png", "jpg", "jpeg", "gif", "webp", "ico", "woff",
    "woff2", "ttf", "eot", "feature", "snap", "po", "mo", "map", "xml", "csv", "pdf", "jbuilder",
})  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A kind of file that resources come from."""

    name: str
    matches: Callable[[SourceFile], bool]
    build: Callable[[SourceFile, bytes, Files], Iterable[Resource]]
    """Raises DocumentError where the content cannot be used."""
    holds: Callable[[bytes], bool] | None = None
    """Where a name says too little: a cheap look at the content. A file of whose kind no source
    holds anything is none of ours, and is not counted."""
    canonical: Callable[[SourceFile], bool] | None = None
    """Names that mean this kind of file whatever it holds, such as .gitlab-ci.yml. Where ``holds``
    finds nothing in one of them it is built all the same: one that cannot be read is named."""
    bulk: tuple[str, ...] = ()
    """Those of BULK that it may match."""
    scripts: bool = False
    """Its files hold shell scripts, of which only so much is looked at (shell.too_long)."""


@dataclass(frozen=True)
class Summary:
    """Resources that speak of the repository as a whole, made when every file has been read."""

    name: str
    build: Callable[[Files, Sequence[Resource]], Iterable[Resource]]
