"""The embedded pack as a source: what a first run without network or store can already tell."""

import json
from collections.abc import Iterable

from shopsec.model import Database
from shopsec.policy.advisory_packs import FILE_NAME
from shopsec.policy.bundled import policies_folder
from shopsec.scan.dependencies.osv_record import AffectedPackage, OsvRecord, record_of
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.ranges import State, evaluate
from shopsec.scan.dependencies.versions import base_name, normalised_name


class EmbeddedPack:
    """A few hundred advisories in our own words."""

    def __init__(self) -> None:
        text = (policies_folder() / "advisories" / FILE_NAME).read_text(encoding="utf-8")
        document = json.loads(text)
        self.date: str = document["as_of"]
        self._by_package: dict[tuple[str, str], list[tuple[OsvRecord, AffectedPackage]]] = {}
        self._by_name: dict[str, OsvRecord] = {}
        records = [record_of(entry) for entry in document["advisories"]]
        self.count = len(records)
        for record in records:
            for name in (record.id, *record.aliases):
                self._by_name.setdefault(name, record)
            for package in record.affected:
                ecosystem = package.affected.ecosystem
                place = (ecosystem, normalised_name(ecosystem, package.affected.name))
                self._by_package.setdefault(place, []).append((record, package))

    @property
    def database(self) -> Database:
        """What the ledger says it is."""
        return Database(
            name=f"embedded pack, {self.count} advisories", date=self.date, embedded=True
        )

    def affecting(self, key: Key) -> list[OsvRecord]:
        """The records that affect a package version."""
        return [
            record
            for record, package in self._by_package.get((base_name(key.ecosystem), key.name), ())
            if evaluate(package.affected, key.version).state is State.AFFECTED
        ]

    def words_for(self, records: Iterable[OsvRecord]) -> list[OsvRecord]:
        """The pack's records of the same vulnerabilities: our words and scores beside theirs."""
        names = {name for record in records for name in (record.id, *record.aliases)}
        return list({id(r): r for name in sorted(names) if (r := self._by_name.get(name))}.values())
