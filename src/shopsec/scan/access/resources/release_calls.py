"""Lines of pipelines that deploy, or that start a script of the repository which does."""

from collections.abc import Iterator
from dataclasses import dataclass

from shopsec.model import Role
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.resources.base import Files, once
from shopsec.scan.access.resources.release_scripts import (
    is_script_file,
    read_scripts,
    worth_reading,
)
from shopsec.scan.access.resources.script_calls import Call, call_of, calls_in
from shopsec.scan.access.resources.scripts import facts_of
from shopsec.scan.host import Unreadable


@dataclass(frozen=True)
class Releases:
    """What counts as a deployment in the scripts of this repository's pipelines."""

    calls: frozenset[Call]

    def deploys(self, text: str) -> bool:
        """True when a script deploys, or starts one of the repository's own that does."""
        return facts_of(text).deploys or (
            bool(self.calls) and not self.calls.isdisjoint(calls_in(text))
        )


def releases_of(files: Files) -> Releases:
    """The scripts that deploy, looked for once."""
    return once(files, "scripts that deploy", lambda every: Releases(frozenset(_calls(every))))


def _calls(files: Files) -> Iterator[Call]:
    for file in files.files:
        if not is_script_file(file) or file.role is Role.VENDORED:
            continue
        try:
            content = files.read(file)
            if worth_reading(content):
                for each in read_scripts(file, content):
                    if facts_of(each.script.text).deploys:
                        yield call_of(each.system, each.name, file)
        except (DocumentError, Unreadable):
            continue  # named where the file is read for itself
