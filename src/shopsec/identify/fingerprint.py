"""What a finding is known by from run to run, version 1 (docs/fingerprints.md). Pure.

A finding's key is made of its rule and of what the file says there, never of its path, line or
scanner. Findings with an equal key are told apart one detail after the other, from the least
likely to change (the function around it) to the most (its number among them). The first value of
each detail is left out, so that most keys hold none: what is alone in its function, or whose equals
are all in one file, keeps its key when the function or the file is renamed.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shopsec.identify.traits import Traits
from shopsec.model import Area, Finding, Role

VERSION = "1"
_DIGITS = 16
_Key = tuple[str, ...]
_Tie = tuple[str, int, _Key]

# What formatters add, take away and exchange: brackets and commas at the ends of lines,
# semicolons, line continuations, one kind of quotes for the other.
_TOKEN = re.compile(r"\w+|[^\w\s()\[\]{},;\\\"'`]")


_NO_TRAITS = Traits()


def with_fingerprints(
    findings: Sequence[Finding], traits: Mapping[int, Traits]
) -> tuple[Finding, ...]:
    """The findings in their order, no two with one fingerprint.

    ``traits``: by the index of a finding; there are none for a file that cannot be read.
    """
    groups: dict[_Key, list[_Member]] = defaultdict(list)
    for index, finding in enumerate(findings):
        around = traits.get(index, _NO_TRAITS)
        member = _Member(index, finding, _details(finding, around))
        groups[_key(finding, around)].append(member)
    keys: dict[int, _Key] = {}
    for key, members in groups.items():
        ordered = sorted(members, key=_Member.order) if len(members) > 1 else members
        keys.update(_told_apart(ordered, key, depth=0))
    return tuple(
        finding.model_copy(update={"fingerprint": _digest(keys[index])})
        for index, finding in enumerate(findings)
    )


def words_of(text: str) -> str:
    """Text as it is compared: its words and operators, without what formatters change."""
    return " ".join(_TOKEN.findall(text))


@dataclass(frozen=True)
class _Member:
    """A finding among others of its key."""

    index: int
    finding: Finding
    details: _Key

    def order(self) -> tuple[bool, _Key, _Tie]:
        """What runs in production last, so that it never takes the key of a test; by details."""
        return self.finding.role is Role.PRODUCTION, self.details, _tie(self.finding)


def _key(finding: Finding, around: Traits) -> _Key:
    """What the finding is about, without where it stands."""
    package = finding.package
    if package is None:
        return (VERSION, finding.area.value, finding.rule_id, *_content(finding, around))
    # An image's symbol names the image before the package.
    image = finding.symbol.removesuffix(f"{package.name}@{package.version}").strip()
    what = (_vulnerability(finding), package.ecosystem, package.name, image)
    return (VERSION, finding.area.value, "package", *what)


def _vulnerability(finding: Finding) -> str:
    """One name of a vulnerability, whichever of its names the scanner uses."""
    if finding.advisory is None:
        return finding.rule_id
    names = {finding.advisory.id, *finding.advisory.aliases}
    return min(names, key=lambda name: (not name.startswith("CVE-"), name))


def _content(finding: Finding, around: Traits) -> _Key:
    symbol = "" if finding.symbol == _name(finding) else words_of(finding.symbol)
    if not finding.of_import and (finding.of_repository or finding.area is Area.SECRETS):
        return (symbol, "")
    if (
        finding.of_import or finding.area is not Area.ACCESS
    ):  # whose rules speak of a file where they name nothing
        symbol = symbol or words_of(around.text)
    return (symbol, around.title)


def _details(finding: Finding, around: Traits) -> _Key:
    """What findings with one key are told apart by, each detail in its turn.

    The whole path is none of them, so that a folder further up may be renamed; a version counts by
    its first number, so that an upgrade to one that is affected too is no new finding.
    """
    folder = finding.location.uri.rpartition("/")[0].rpartition("/")[2]
    if finding.package is not None:
        major = finding.package.version.partition(".")[0]
        return (major, around.title or _name(finding), folder)
    nearest = around.scope[0] if around.scope else ""
    return (nearest, ".".join(around.scope), _name(finding), folder)


def _name(finding: Finding) -> str:
    return finding.location.uri.rpartition("/")[2]


def _tie(finding: Finding) -> _Tie:
    """The order in which findings are numbered that no detail tells apart."""
    place = finding.location
    version = finding.package.version if finding.package is not None else ""
    rest = (version, finding.scanner, finding.message, finding.model_dump_json())
    return place.uri, place.start_line or 0, rest


def _told_apart(members: Sequence[_Member], key: _Key, depth: int) -> dict[int, _Key]:
    """Give each of some findings, in order, a key of its own; what comes first keeps ``key``."""
    if len(members) == 1:
        return {members[0].index: key}
    if depth == len(members[0].details):
        return {
            each.index: (*key, f"#{number}") if number else key
            for number, each in enumerate(members)
        }
    keys: dict[int, _Key] = {}
    groups = _grouped(members, lambda each: each.details[depth])
    for number, (value, some) in enumerate(groups.items()):
        keys |= _told_apart(some, (*key, f"{depth}:{value}") if number else key, depth + 1)
    return keys


def _grouped(
    members: Sequence[_Member], value: Callable[[_Member], str]
) -> dict[str, list[_Member]]:
    groups: dict[str, list[_Member]] = defaultdict(list)
    for each in members:
        groups[value(each)].append(each)
    return groups


def _digest(key: _Key) -> str:
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()[:_DIGITS]
