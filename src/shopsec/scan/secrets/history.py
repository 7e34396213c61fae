"""The secrets of all commits: each content once, and of a known history what has been added.

The cache holds ids of commits and of contents, never a value, a text or a path: the contents that
secrets are told by are searched again in every run, the others are not.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shopsec.errors import ScannerError
from shopsec.levels import Confidence
from shopsec.scan.secrets.checks import identity_of
from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.history_cache import HistoryCache, SearchedHistory
from shopsec.scan.secrets.hits import Hit
from shopsec.scan.secrets.past import Changes, History
from shopsec.scan.secrets.reading import HEAD, is_binary, text_of
from shopsec.scan.secrets.redaction import name_of
from shopsec.scan.secrets.source import Source

_TEXTS, _BINARY = "texts", "binary"

# Half the bytes of some shops' history: every version has most of its lines moved.
_TRANSLATIONS = (".po", ".pot", ".mo")


def translations(path: str) -> str:
    """Why a path is not searched in the past: translations, as the ledger has it, or nothing."""
    return "translations in old commits" if path.endswith(_TRANSLATIONS) else ""


@dataclass(frozen=True, order=True)
class PastPlace:
    """Where a value first came to a path."""

    date: str
    """ISO 8601, in UTC."""
    commit: str
    path: str
    line: int


@dataclass(frozen=True)
class PastSecret:
    """A value that a rule found in one commit or in many."""

    hit: Hit
    """The surest one."""
    name: str
    """What the value is assigned to, where that may be printed."""
    identity: str = field(repr=False)
    """What tells it from others, see checks.identity_of: never to be printed."""
    places: tuple[PastPlace, ...]
    """One for each path, the oldest first; none where what brought it has been lost since."""
    still_in_head: bool | None
    """Whether HEAD has it; None where not all of HEAD was searched."""

    @property
    def rule(self) -> str:
        """The rule that found it."""
        return self.hit.rule

    @property
    def value(self) -> str:
        """The secret itself: never to be printed."""
        return self.hit.place.value


@dataclass
class HistoryOutcome:
    """What was found, and the books."""

    secrets: list[PastSecret] = field(default_factory=list)
    searched: int = 0
    """Different contents that were searched in this run."""
    from_cache: int = 0
    """Contents that an earlier run searched without finding anything to tell."""
    binary: int = 0
    too_large: int = 0
    problems: list[str] = field(default_factory=list)
    """Why the history was not searched completely; empty when it was."""
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass
class _Trace:
    """One value while the history is searched."""

    hit: Hit
    name: str
    identity: str = field(repr=False)
    order: tuple[int, str]
    lines: dict[str, int] = field(default_factory=dict)
    """Its line in each content that has it."""
    places: dict[str, tuple[str, int, PastPlace]] = field(default_factory=dict)
    """The oldest place at each path, behind what orders it: date, and place among the changes."""
    shown: dict[str, str] = field(default_factory=dict)
    """The content at each of these places."""


def search_history(
    history: History,
    engine: Engine,
    table_key: str,
    cache_folder: Path | None,
    *,
    since: str | None,
    limit: int,
    deadline: float,
    leave_out: Callable[[str], str] = translations,
) -> HistoryOutcome:
    """Search every content of all commits, or of those that ``since`` does not lead to.

    ``table_key`` stands for all that decides what the engine finds and ``leave_out`` leaves out;
    that function tells of a path why it is not searched, or "". ``limit`` is in bytes, ``deadline``
    a time of time.monotonic(). With ``since`` the cache is left alone.
    """
    search = _Search(history, engine, limit, deadline, leave_out)
    try:
        cache = HistoryCache(cache_folder, history.identity, f"{table_key}\0{limit}")
        search.run(since, cache)
    except ScannerError as error:
        search.outcome.problems.append(error.message)
    return search.outcome


class _Search:
    """One run."""

    def __init__(
        self,
        history: History,
        engine: Engine,
        limit: int,
        deadline: float,
        leave_out: Callable[[str], str],
    ) -> None:
        self.outcome = HistoryOutcome()
        self._history = history
        self._engine = engine
        self._limit = limit
        self._deadline = deadline
        self._leave_out = leave_out
        self._complete = True
        self._books: Counter[str] = Counter()
        self._traces: dict[tuple[str, str], _Trace] = {}
        self._left_out: dict[str, Counter[str]] = {}
        self._again: set[str] = set()
        self._missing = 0
        self._cut_short: Counter[str] = Counter()

    def run(self, since: str | None, cache: HistoryCache) -> None:
        """Fill the outcome."""
        tips = self._tips()
        head = self._head()
        state = SearchedHistory() if since else self._usable(cache.read(), tips)
        known = [self._commit(since)] if since else state.tips
        also = dict.fromkeys(commit for _, commit in state.again)
        with self._history.changes(known, also, self._deadline) as changes:
            if changes.problem:
                self._incomplete(changes.problem)
            self._search_all(self._wanted(changes, state, head), state)
            pairs = self._trace_back(changes)
        self._tell(head, all_of_head=not since)
        again = self._to_search_again()
        self._close_books(again)
        if self._complete and not since:
            holders = {blob for trace in self._traces.values() for blob in trace.lines}
            held = sorted(holders.union(state.held) - again)
            pairs = [(blob, commit) for blob, commit in pairs if blob in again]
            cache.write(SearchedHistory(tips, pairs, held, self._books))

    def _incomplete(self, problem: str) -> None:
        """Tell a problem after which the next run must start anew."""
        self._complete = False
        self.outcome.problems.append(problem)

    def _tips(self) -> tuple[str, ...]:
        tips, missing, other = self._history.tips(self._deadline)
        if missing:
            self._incomplete(f"{missing} branches or tags lead to an object that is missing")
        if other:
            self._incomplete(f"{other} tags of a file or a folder are not searched")
        if self._history.is_shallow():
            self._incomplete("the clone is shallow, its older commits are not there")
        return tips

    def _head(self) -> dict[str, str]:
        try:
            return self._history.head_blobs(self._deadline)
        except ScannerError as error:
            self._incomplete(f"what HEAD holds is not known: {error.message}")
            return {}

    def _commit(self, revision: str) -> str:
        commit = self._history.commit_of(revision)
        if commit is None:
            raise ScannerError(f"there is no commit {revision}, nothing was searched")
        return commit

    def _usable(self, state: SearchedHistory, tips: Sequence[str]) -> SearchedHistory:
        """The state, unless commits have gone that its secrets would be told by."""
        commits = {commit for _, commit in state.again}
        there = {*self._history.existing(commits.union(state.tips), self._deadline)}
        known = [tip for tip in state.tips if tip in there]
        if not known or not commits <= there:
            return SearchedHistory()
        if commits & self._history.unreachable(commits, tips, self._deadline):
            return SearchedHistory()
        return SearchedHistory(known, state.again, state.held, state.books)

    def _wanted(
        self, changes: Changes, state: SearchedHistory, head: Mapping[str, str]
    ) -> Iterator[tuple[str, str]]:
        """Each content once, with a path of it; of known commits those to be searched again."""
        known = {commit for _, commit in state.again}
        again = {blob for blob, _ in state.again}
        left_out: dict[str, str] = {}
        seen: set[str] = set()
        for blob, path, commit, _ in changes:
            if blob in seen or (commit in known and blob not in again):
                continue
            reason = self._leave_out(path)
            if reason:
                left_out[blob] = reason
                continue
            seen.add(blob)
            yield blob, path
        self._books.update(reason for blob, reason in left_out.items() if blob not in seen)
        yield from ((blob, head[blob]) for blob in state.held if blob in head and blob not in seen)

    def _search_all(self, wanted: Iterable[tuple[str, str]], state: SearchedHistory) -> None:
        self._books.update(state.books)
        known = {*state.held, *(blob for blob, _ in state.again)}
        try:
            asked = self._of_a_size(wanted)
            for blob, path, content in self._history.contents(asked, self._deadline):
                if content is None:
                    self._lose(blob)
                elif is_binary(content[:HEAD]):
                    self._books[_BINARY] += 1
                else:
                    self._search_text(blob, path, text_of(content))
                    self.outcome.searched += 1
                    self._books[_TEXTS] += blob not in known
        except ScannerError as error:
            self._incomplete(f"{error.message}: the rest of the history is not searched")
        for blob in state.held:
            self._left_out.pop(blob, None)  # it is in the books of an earlier run

    def _of_a_size(self, blobs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        for blob, path, size in self._history.sizes(blobs, self._deadline):
            if size is None:
                self._lose(blob)
            elif size > self._limit:
                self.outcome.too_large += 1
                self._again.add(blob)
            else:
                yield blob, path

    def _lose(self, blob: str) -> None:
        self._missing += 1
        self._again.add(blob)

    def _search_text(self, blob: str, path: str, text: str) -> None:
        source = Source(text, path)
        found = self._engine.search(source, self._deadline)
        if found.left_out:
            self._left_out[blob] = found.left_out
        if found.cut_short:
            self._cut_short[found.cut_short] += 1
            self._again.add(blob)
        values = [hit.place.value for hit in found.hits]
        for hit in found.hits:
            identity = identity_of(source, hit.rule, hit.place)
            order = (hit.verdict.confidence.rank, blob)
            new = _Trace(hit, "", identity, (len(Confidence), ""))
            trace = self._traces.setdefault((hit.rule, identity), new)
            if order < trace.order:
                trace.hit, trace.order = hit, order
                trace.name = name_of(source, hit, values)
            trace.lines.setdefault(blob, source.line_number(hit.begins))

    def _trace_back(self, changes: Changes) -> list[tuple[str, str]]:
        """Find the oldest commit that brought each value to each path.

        Returns which commits brought the contents that the next run may have to search again.
        """
        holders: dict[str, list[_Trace]] = {blob: [] for blob in self._again}
        for trace in self._traces.values():
            for blob in trace.lines:
                holders.setdefault(blob, []).append(trace)
        pairs: dict[tuple[str, str], None] = {}
        for number, (blob, path, commit, seconds) in enumerate(changes):
            if blob not in holders:
                continue
            pairs[blob, commit] = None
            for trace in holders[blob]:
                # Changes come the newest first: the last one is the oldest.
                place = PastPlace(_date(seconds), commit, path, trace.lines[blob])
                trace.places[path] = (place.date, -number, place)
                trace.shown[path] = blob
        return [*pairs]

    def _tell(self, head: Mapping[str, str], *, all_of_head: bool) -> None:
        lost = self.outcome.problems or self._missing or self._cut_short
        unknown = None if lost or not all_of_head else False
        secrets = (
            PastSecret(
                trace.hit,
                trace.name,
                trace.identity,
                tuple(place for _, _, place in sorted(trace.places.values())),
                still_in_head=any(blob in head for blob in trace.lines) or unknown,
            )
            for trace in self._traces.values()
        )
        self.outcome.secrets = sorted(
            secrets, key=lambda each: (each.places, each.rule, each.identity)
        )

    def _to_search_again(self) -> set[str]:
        """Contents that are needed to tell the same once more."""
        again = set(self._again)
        for trace in self._traces.values():
            again.add(trace.order[1])
            again.update(trace.shown.values())
        return again

    def _close_books(self, again: set[str]) -> None:
        outcome = self.outcome
        for blob, left_out in self._left_out.items():
            (outcome.left_out if blob in again else self._books).update(left_out)
        outcome.binary = self._books[_BINARY]
        outcome.from_cache = max(0, self._books[_TEXTS] - outcome.searched)
        outcome.left_out.update(
            {key: count for key, count in self._books.items() if key not in {_TEXTS, _BINARY}}
        )
        if self._missing:
            outcome.problems.append(f"{self._missing} files of commits are missing")
        for reason, count in sorted(self._cut_short.items()):
            outcome.problems.append(f"{count} files of commits: {reason}")


def _date(seconds: int) -> str:
    """ISO 8601, in UTC; a commit may claim a time that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC).isoformat()
