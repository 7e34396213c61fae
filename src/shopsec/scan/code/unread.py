"""Code that no scanner here reads, told in the ledger by language so that it never looks clean."""

import re
from collections import Counter

from shopsec.model import Area, Item, Role, SourceFile, Status
from shopsec.scan.base import Ledger, Outcome, Readiness, Target
from shopsec.scan.host import Host

NAME = "unread-code"
_LANGUAGES = {
    "PHP": ("php", "phtml"),
    "JavaScript": ("js", "mjs", "cjs", "jsx"),
    "TypeScript": ("ts", "mts", "cts", "tsx"),
    "Vue": ("vue",),
    "Svelte": ("svelte",),
    "Ruby": ("rb", "rake"),
    "Java": ("java",),
    "Kotlin": ("kt", "kts"),
    "C#": ("cs",),
    "Go": ("go",),
    "Scala": ("scala",),
    "Elixir": ("ex", "exs"),
    "Perl": ("pl", "pm"),
    "Rust": ("rs",),
}
_BY_ENDING = {ending: name for name, endings in _LANGUAGES.items() for ending in endings}
# Settings of build tools never see a visitor; what is built or only declares types is no source.
_NO_SOURCE = re.compile(r".*\.(?:min\.m?js|d\.[mc]?ts|config\.[mc]?[jt]s|conf\.js)$|\..*rc\.c?js$")
_REASON = "no scanner here reads their code"
_NEXT_STEP = "run a tool that reads them, and import its SARIF report"


class UnreadCode:
    """Counts the files of production code in languages that only other tools read."""

    name = NAME
    area = Area.CODE

    def scan(self, target: Target, host: Host) -> Outcome:
        """One item a language: of thousands of files nobody would read the names."""
        del host  # the inventory has it all
        ledger = Ledger(
            self.name,
            self.area,
            unit="languages",
            next_step=_NEXT_STEP,
        )
        counts: Counter[str] = Counter()
        for file in target.inventory.files:
            language = language_of(file)
            if not language:
                continue
            if file.role is Role.PRODUCTION:
                counts[language] += 1
            else:
                ledger.exclude("files of such languages outside of production")
        ledger.handed_in = len(counts)
        for language, count in counts.items():
            ledger.miss(Item(name=f"{language} ({count} file{'s'[: count != 1]})"), _REASON)
        return Outcome(ledger.close("", Status.MISSING if counts else None))

    def check(self, target: Target, host: Host) -> Readiness:
        """What it would tell."""
        del host
        files = (file for file in target.inventory.files if file.role is Role.PRODUCTION)
        found = {language for file in files if (language := language_of(file))}
        if not found:
            return Readiness(self.name, self.area, Status.NOT_APPLICABLE, "languages", 0)
        return Readiness(
            self.name, self.area, Status.MISSING, "languages", len(found),
            message=_REASON, next_step=_NEXT_STEP,
        )  # fmt: skip


def language_of(file: SourceFile) -> str:
    """The language that a file is written in, empty where it is none of those above."""
    if _NO_SOURCE.match(file.name):
        return ""
    _, dot, ending = file.name.rpartition(".")
    return _BY_ENDING.get(ending.lower(), "") if dot else ""
