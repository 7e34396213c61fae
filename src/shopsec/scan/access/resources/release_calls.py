"""Lines of pipelines that deploy, or that start a script of the repository which does."""

import re
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
from shopsec.scan.access.resources.script_calls import call_pattern
from shopsec.scan.access.resources.scripts import facts_of
from shopsec.scan.host import Unreadable

_MOST = 200


@dataclass(frozen=True)
class Releases:
    """What counts as a deployment in the scripts of this repository's pipelines."""

    calls: re.Pattern[str] | None

    def deploys(self, text: str) -> bool:
        """True when a script deploys, or starts one of the repository's own that does."""
        if facts_of(text).deploys:
            return True
        return self.calls is not None and self.calls.search(text) is not None


def releases_of(files: Files) -> Releases:
    """The scripts that deploy, looked for once."""
    return once(files, "scripts that deploy", _read)


def _read(files: Files) -> Releases:
    patterns = list(dict.fromkeys(_patterns(files)))[:_MOST]
    return Releases(re.compile("|".join(patterns)) if patterns else None)


def _patterns(files: Files) -> Iterator[str]:
    for file in files.files:
        if not is_script_file(file) or file.role is Role.VENDORED:
            continue
        try:
            content = files.read(file)
            if worth_reading(content):
                for each in read_scripts(file, content):
                    if facts_of(each.script.text).deploys:
                        yield call_pattern(each.system, each.name, file)
        except (DocumentError, Unreadable):
            continue  # named where the file is read for itself
