"""A GitLab pipeline as GitLab sees it: includes, extends and references put together.

What comes from elsewhere (other projects, addresses, components, GitLab's templates) is not
fetched; it is listed as an inclusion.

https://docs.gitlab.com/ci/yaml/
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shopsec.model import Role, SourceFile, uri_of
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.yaml_document import parse_yaml
from shopsec.scan.access.resources.base import Files, once
from shopsec.scan.access.resources.gitlab_values import Budget, Written, flat, merged, written
from shopsec.scan.host import Unreadable

# GitLab allows 150 files and eleven levels of extends; a reference leads on ten times.
_FILES = 150
_LEVELS = 11
_REFERENCES = 10
_ROOT_NAME = re.compile(r"(?:.*\.)?gitlab-ci(?:\.[\w-]+)*\.ya?ml")
_OF_PIPELINES = re.compile(rb"\b(?:script|include|extends|trigger|stages|spec)[\"']?\s*:")
_ELSEWHERE = ("remote", "project", "component", "template")
_KEYWORDS = frozenset(
    ["default", "include", "stages", "variables", "workflow", "image", "services", "cache",
     "before_script", "after_script", "spec", "types"]
)  # fmt: skip
_DEFAULTS = ("after_script", "before_script", "id_tokens", "image", "services", "tags")


@dataclass(frozen=True)
class Inclusion:
    """What a pipeline takes from outside of its repository."""

    how: str
    name: str
    version: str
    place: Written
    has_digest: bool


@dataclass
class Pipeline:
    """A merged pipeline."""

    top: dict[str, Written] = field(default_factory=dict)
    inclusions: list[Inclusion] = field(default_factory=list)
    jobs: dict[str, Written] = field(default_factory=dict)
    """What runs, by name, with everything merged in; references are resolved when asked for."""
    budget: Budget = field(default_factory=Budget)

    def resolved(self, value: Written | None, level: int = 0) -> Iterator[Written]:
        """The items of a value, flattened, with references followed."""
        for each in flat(value) if value is not None else ():
            yield from self._followed(each, level)

    def _followed(self, each: Written, level: int) -> Iterator[Written]:
        self.budget.spend(1, each)
        if not each.is_reference:
            yield each
        elif level < _REFERENCES:
            target = self._target([name.text for name in each.items])
            if target is not None:
                yield from self.resolved(target, level + 1)

    def value(self, value: Written | None, level: int = 0) -> Written | None:
        """A single value, with a reference followed."""
        if value is None or not value.is_reference or level >= _REFERENCES:
            return value
        return self.value(self._target([name.text for name in value.items]), level + 1)

    def _target(self, names: list[str]) -> Written | None:
        found: Written | None = self.top.get(names[0]) if names else None
        for name in names[1:]:
            found = self.value(found)
            found = found.get(name) if found is not None else None
        return found


def is_gitlab(file: SourceFile) -> bool:
    """True for pipelines, and for what they are usually put together from."""
    if "gitlab" not in file.uri or not file.uri.endswith((".yml", ".yaml")):
        return False
    return file.uri.startswith(".gitlab/") or _ROOT_NAME.fullmatch(file.name) is not None


def is_named_for_gitlab(file: SourceFile) -> bool:
    """True for .gitlab-ci.yml and deploy.gitlab-ci.yml, which nothing else is called."""
    return file.name.endswith((".gitlab-ci.yml", ".gitlab-ci.yaml"))


def holds_pipeline(content: bytes) -> bool:
    """True when some key of a pipeline stands in the content."""
    return _OF_PIPELINES.search(content) is not None


def is_included(file: SourceFile, files: Files) -> bool:
    """True when some other pipeline includes the file: it is checked as part of that."""
    return file.uri in once(files, "included in GitLab pipelines", _included)


def check_part(file: SourceFile, content: bytes) -> None:
    """Say what is wrong with a file that other pipelines include; DocumentError if something is."""
    _whole(file, content)


def read_pipeline(file: SourceFile, content: bytes, files: Files) -> Pipeline:
    """Put a pipeline together; DocumentError where GitLab would refuse it."""
    reader = _Reader(file, files)
    pipeline = reader.pipeline
    for each in reader.documents(file, content):
        below = Written(file, 1, pipeline.top)
        pipeline.top = dict(merged(below, each, pipeline.budget).mapping)
    extended = _Extender(pipeline)
    names = [name for name, value in pipeline.top.items()
             if isinstance(value.value, dict) and name not in _KEYWORDS]  # fmt: skip
    pipeline.top.update({name: extended.job(name) for name in names})
    pipeline.jobs = {
        name: _with_defaults(pipeline.top[name], pipeline)
        for name in names
        if not name.startswith(".")
    }
    return pipeline


def _included(files: Files) -> frozenset[str]:
    found: set[str] = set()
    for file in files.files:
        if not is_gitlab(file) or file.role is Role.VENDORED:
            continue
        try:
            content = files.read(file)
            if holds_pipeline(content):
                reader = _Reader(file, files)
                list(reader.documents(file, content))
                found.update(reader.read)
        except (DocumentError, Unreadable):
            continue  # named where the file is read for itself
    return frozenset(found)


class _Reader:
    """Follows the includes of one pipeline."""

    def __init__(self, root: SourceFile, files: Files) -> None:
        self.pipeline = Pipeline()
        self.read: set[str] = set()
        self._root = root
        self._files = files
        self._known: dict[str, Written] = once(files, "values of GitLab pipelines", lambda _: {})

    def documents(self, file: SourceFile, content: bytes, level: int = 0) -> Iterator[Written]:
        """What a file includes, in the order in which GitLab merges it, and the file itself."""
        if file.uri not in self._known:
            self._known[file.uri] = _whole(file, content)
        whole = self._known[file.uri]
        include = whole.get("include")
        for entry in flat(include) if include is not None else ():
            yield from self._entry(entry, level)
        yield whole

    def _entry(self, entry: Written, level: int) -> Iterator[Written]:
        local = entry.text or (entry.get("local") or entry).text
        if entry.text and re.match(r"https?://", entry.text):
            self._note("remote", entry.text, "", entry)
            return
        how = next((each for each in _ELSEWHERE if entry.get(each) is not None), "")
        if how:
            self._note_elsewhere(how, entry)
            return
        if not local or "$" in local:
            return
        for file in self._local(local, entry):
            if file.uri in self.read or len(self.read) >= _FILES or level >= _FILES:
                continue
            self.read.add(file.uri)
            yield from self._included(file, entry, level)

    def _included(self, file: SourceFile, entry: Written, level: int) -> Iterator[Written]:
        try:
            yield from self.documents(file, self._files.read(file), level + 1)
        except (DocumentError, Unreadable) as error:
            if is_gitlab(file):
                return  # named where the file is read for itself
            raise DocumentError(f"includes {file.path}, which {error}", entry.line) from error

    def _local(self, path: str, entry: Written) -> list[SourceFile]:
        bare = posixpath.normpath(path.lstrip("/"))
        folder = posixpath.dirname(self._root.path)
        for name in dict.fromkeys((bare, posixpath.join(folder, bare))):
            if "*" in name:
                pattern = _glob(name)
                start = uri_of(name.partition("*")[0])
                below = (each for each in self._files.files if each.uri.startswith(start))
                found = [each for each in below if pattern.fullmatch(each.path)]
            else:
                found = [each for each in (self._files.find(uri_of(name)),) if each is not None]
            if found:
                return found
        if "*" not in bare:
            raise DocumentError(f"includes {bare}, which is not there", entry.line)
        return []

    def _note(self, how: str, name: str, version: str, place: Written) -> None:
        digest = place.get("integrity") is not None
        self.pipeline.inclusions.append(Inclusion(how, name, version, place, digest))

    def _note_elsewhere(self, how: str, entry: Written) -> None:
        name = entry.mapping[how].text
        version = (entry.get("ref") or Written(entry.file, entry.line, "")).text
        if how == "component":
            name, _, version = name.partition("@")
        self._note(how, name, version, entry)


def _whole(file: SourceFile, content: bytes) -> Written:
    parsed = parse_yaml(content)
    # A component has a head with its inputs before the pipeline.
    whole = written(file, parsed[-1].root) if parsed else Written(file, 1, {})
    if not isinstance(whole.value, dict):
        raise DocumentError("is no pipeline: it is no mapping")
    return whole


def _glob(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/?|\*)", pattern)
    whole = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*"}
    return re.compile("".join(whole.get(part, re.escape(part)) for part in parts))


class _Extender:
    """Merges what jobs extend into them."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._done: dict[str, Written] = {}

    def job(self, name: str, level: int = 0, seen: tuple[str, ...] = ()) -> Written:
        """A job with all that it extends; an unknown template counts as empty."""
        own = self._pipeline.top[name]
        if name in self._done:
            return self._done[name]
        below: Written | None = None
        extends = own.get("extends")
        for each in flat(extends) if extends is not None else ():
            base = each.text
            if base in seen or base == name:
                raise DocumentError(f"{name} extends itself", own.line)
            if level >= _LEVELS:
                raise DocumentError(f"{name} extends more than {_LEVELS} levels", own.line)
            if base in self._pipeline.top:
                template = self.job(base, level + 1, (*seen, name))
                below = merged(below, template, self._pipeline.budget)
        whole = merged(below, own, self._pipeline.budget)
        self._done[name] = Written(own.file, own.line, whole.value)
        return self._done[name]


def _with_defaults(job: Written, pipeline: Pipeline) -> Written:
    """A job with what ``default`` and the top of the file say for all jobs."""
    inherit = job.get("inherit")
    wanted = inherit.get("default") if inherit is not None else None
    if wanted is not None and wanted.value is False:
        return job
    names = _DEFAULTS if wanted is None or wanted.value is True else [w.text for w in wanted.items]
    default = pipeline.top.get("default")
    value = dict(job.mapping)
    for name in names:
        given = (default.get(name) if default is not None else None) or pipeline.top.get(name)
        if name not in value and given is not None and name in _DEFAULTS:
            value[name] = given
    return Written(job.file, job.line, value)
