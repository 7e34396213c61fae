"""OSV's service (https://google.github.io/osv.dev/api/): which advisories affect what is asked.

A batch answers with ids and times of change only; what an advisory says is fetched once for each
id and time, and kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shopsec.errors import RefreshError, ScannerError
from shopsec.model import Database
from shopsec.scan.dependencies.osv_details import DetailCache
from shopsec.scan.dependencies.osv_record import OsvRecord, is_id, parse
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.source import Answer
from shopsec.scan.dependencies.versions import base_name
from shopsec.scan.web import Web, shown

BASE = "https://api.osv.dev"
URL_VARIABLE = "SHOPSEC_OSV_URL"
"""Environment variable for another server, with or without the path that pip-audit asks."""

# The service refuses more: 1,001 queries are answered with 400.
_BATCH = 1_000
_PAGES = 50
_BATCH_BYTES, _DETAIL_BYTES = 33_000_000, 20_000_000

Named = tuple[str, str]
"""Id of an advisory, and when it was changed."""


def base_of(url: str | None) -> str:
    """The server's address from what a person set: pip-audit wants the path of a query in it."""
    return (url or BASE).rstrip("/").removesuffix("/v1/query").rstrip("/")


class OsvService:
    """Asks the service about package versions."""

    def __init__(self, base: str, web: Web, cache: DetailCache, jobs: int) -> None:
        self._base = base
        self._web = web
        self._cache = cache
        self._jobs = jobs

    def look_up(self, keys: Iterable[Key]) -> Answer:
        """Answer for every key. What a failed request leaves open is unanswered, with the reason.

        A key may be unanswered and have records all the same, of those that could be fetched.
        """
        answer = Answer(databases=(Database(name="OSV, asked now"),))
        named: dict[Key, list[Named]] = {}
        wanted = [(key, name) for key in keys for name in _spellings(key)]
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            try:
                for key, names in self._ask(batch):
                    named.setdefault(key, []).extend(names)
            except RefreshError as error:
                answer.unanswered |= dict.fromkeys((key for key, _ in batch), error.message)
        details, problems = self._details({name for names in named.values() for name in names})
        for key, names in named.items():
            told = [details.get(name) or OsvRecord(*name) for name in dict.fromkeys(names)]
            answer.records[key] = [record for record in told if not record.withdrawn]
            missing = [problems[name] for name in names if name in problems]
            if missing:
                answer.unanswered[key] = missing[0]
        if answer.unanswered:
            answer.next_step = "run again; or shopsec db update, then scan with --offline"
        return answer

    def _ask(self, wanted: Sequence[tuple[Key, str]]) -> list[tuple[Key, list[Named]]]:
        """Ids for each key and name, of all pages; RefreshError when one is not answered for."""
        found: list[tuple[Key, list[Named]]] = [(key, []) for key, _ in wanted]
        pending = [(number, "") for number in range(len(wanted))]
        for _ in range(_PAGES):
            url = f"{self._base}/v1/querybatch"
            queries = [_query(*wanted[number], token) for number, token in pending]
            document = self._web.post_json(url, {"queries": queries}, _BATCH_BYTES)
            results = _results(shown(url), document, len(pending))
            later: list[tuple[int, str]] = []
            for (number, _), (names, token) in zip(pending, results, strict=True):
                found[number][1].extend(names)
                if token:
                    later.append((number, token))
            if not later:
                return found
            pending = later
        raise RefreshError(f"{shown(self._base)}: answers without end")

    def _details(self, names: set[Named]) -> tuple[dict[Named, OsvRecord], dict[Named, str]]:
        records = self._cache.read(names)
        missing = sorted(names - set(records))
        problems: dict[Named, str] = {}
        fetched: dict[Named, bytes] = {}
        with ThreadPoolExecutor(max_workers=self._jobs) as pool:
            for name, content in zip(missing, pool.map(self._fetch, missing), strict=True):
                if isinstance(content, str):
                    problems[name] = content
                    continue
                try:
                    records[name] = _of_that_id(name[0], parse(content))
                    fetched[name] = content
                except ScannerError as error:
                    problems[name] = error.message
        self._cache.write(fetched)
        return records, problems

    def _fetch(self, name: Named) -> bytes | str:
        """The advisory, or why it cannot be had."""
        try:
            return self._web.get(f"{self._base}/v1/vulns/{name[0]}", _DETAIL_BYTES)
        except RefreshError as error:
            return error.message


def _of_that_id(id_: str, record: OsvRecord) -> OsvRecord:
    if record.id != id_:
        raise ScannerError(f"{id_}: the service answers with another advisory")
    return record


def _spellings(key: Key) -> tuple[str, ...]:
    """The names to ask for: the service tells upper from lower case where registries do not.

    https://github.com/google/osv.dev/issues/5292; PyPI's names it normalises itself.
    """
    if base_name(key.ecosystem) == "PyPI":
        return (key.name,)
    return (*key.spellings, key.name)


def _query(key: Key, name: str, token: str) -> dict[str, Any]:
    query: dict[str, Any] = {
        "package": {"ecosystem": key.ecosystem, "name": name},
        "version": key.version,
    }
    return query | {"page_token": token} if token else query


def _results(url: str, document: Any, count: int) -> Iterator[tuple[list[Named], str]]:
    """Ids and the token of the next page, for each query in order.

    An entry of any other shape is no answer: taken for an empty one, it would be a clean package.
    """
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, list) or len(results) != count:
        raise RefreshError(f"{url}: does not answer for every package")
    for result in results:
        entries = result.get("vulns", []) if isinstance(result, dict) else None
        token = result.get("next_page_token", "") if isinstance(result, dict) else None
        if not isinstance(entries, list) or not isinstance(token, str):
            raise RefreshError(f"{url}: the answer is not what the API documents")
        yield [_named(url, entry) for entry in entries], token


def _named(url: str, entry: Any) -> Named:
    id_ = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(id_, str) or not is_id(id_):
        raise RefreshError(f"{url}: names an advisory without an id")
    return id_, str(entry.get("modified", ""))
