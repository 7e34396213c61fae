"""From the report of `trivy config` to findings and to what it says nothing about. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, Field

from shopsec.model import Area, Confidence, Finding, Location, Rule, Severity
from shopsec.scan.containers.answers import Answer, plain_text, severity_of
from shopsec.scan.containers.config_copies import Copies, Copy
from shopsec.scan.containers.config_files import Kind

SCANNER = "trivy-config"


class _Cause(BaseModel):
    resource: str = Field(default="", alias="Resource")
    start_line: int = Field(default=0, alias="StartLine")
    end_line: int = Field(default=0, alias="EndLine")


class _Misconfiguration(BaseModel):
    id: str = Field(alias="ID")
    avd_id: str = Field(default="", alias="AVDID")
    title: str = Field(alias="Title")
    description: str = Field(default="", alias="Description")
    resolution: str = Field(default="", alias="Resolution")
    severity: str = Field(alias="Severity")
    url: str = Field(default="", alias="PrimaryURL")
    status: str = Field(alias="Status")
    cause: _Cause = Field(default=_Cause(), alias="CauseMetadata")

    @property
    def number(self) -> str:
        """DS-0002; Trivy before 0.68 calls it DS002, and AVD-DS-0002 beside that."""
        return self.avd_id.removeprefix("AVD-") or self.id


class _Result(BaseModel):
    target: str = Field(alias="Target")
    type: str = Field(default="", alias="Type")
    misconfigurations: list[_Misconfiguration] = Field(default=[], alias="Misconfigurations")


class ConfigAnswer(Answer):
    """The report of `trivy config --include-non-failures`; without a file there are no results."""

    results: list[_Result] = Field(default=[], alias="Results")


@dataclass(frozen=True)
class _Judgement:
    severity: Severity
    impact: str | None


_ADVICE = _Judgement(Severity.LOW, "advice")
_ROOT = _Judgement(Severity.MEDIUM, "root-container")
# Where Trivy's own rating misleads a shop. The advice is about size, speed and style, or about
# defence in depth that nearly no shop has, and Trivy rates most of it high or critical.
_OURS: dict[str, _Judgement] = {
    "DS-0002": _ROOT,
    "KSV-0012": _ROOT,
    "KSV-0105": _ROOT,
    "KSV-0118": _ADVICE,  # says again what KSV-0001, KSV-0012 and KSV-0030 say
    **dict.fromkeys(
        (
            "DS-0006",  # COPY --from the current image: does not build
            "DS-0007",  # more than one ENTRYPOINT
            "DS-0008",  # a port above 65535
            "DS-0009",  # relative WORKDIR
            "DS-0010",  # sudo while building
            "DS-0011",  # COPY of many without a slash: does not build
            "DS-0012",  # two stages of one name
            "DS-0013",  # RUN cd
            "DS-0015",  # yum clean all
            "DS-0016",  # more than one CMD
            "DS-0017",  # RUN apt-get update alone
            "DS-0019",  # dnf clean all
            "DS-0020",  # zypper clean
            "DS-0021",  # apt-get without -y
            "DS-0022",  # MAINTAINER
            "DS-0023",  # more than one HEALTHCHECK
            "DS-0024",  # apt-get dist-upgrade
            "DS-0025",  # apk add without --no-cache
            "DS-0026",  # no HEALTHCHECK
            "DS-0027",  # microdnf clean all
            "DS-0029",  # apt-get without --no-install-recommends
            "KSV-0014",  # root file system is not read-only
            "KSV-0104",  # no seccomp profile
            "KSV-0125",  # image of a registry that is not on a list nobody wrote
            "AWS-0015",  # encrypted, but not with a key of one's own; so the next two
            "AWS-0128",
            "AWS-0132",
        ),
        _ADVICE,
    ),
}
# A name such as TOKEN is all that this rule goes by.
_CONFIDENCE = {"DS-0031": Confidence.MEDIUM}


@dataclass(frozen=True)
class ConfigFindings:
    """What a report says of the copies."""

    findings: tuple[Finding, ...]
    rules: tuple[Rule, ...]
    missed: dict[str, str]
    """Reason by target, for every copy without a verdict."""
    empty_templates: int
    """Templates of charts that give nothing with the chart's default values."""


def read_answer(answer: ConfigAnswer, copies: Copies) -> ConfigFindings:
    """Sort a report out; a copy that it does not mention has no verdict."""
    handed_in = copies.handed_in
    modules = _modules(handed_in)
    findings: dict[tuple[str, int, str, str], Finding] = {}
    rules: dict[str, Rule] = {}
    answered: set[str] = set()
    rendered: set[str] = set()
    for result in answer.results:
        copy = handed_in.get(result.target) or modules.get(result.target)
        if copy is None:
            continue
        if result.type == "helm" and copy.chart is not None:
            rendered.add(copy.chart)
        if _is_answer(result, copy):
            answered.add(result.target)
        for found in _failures(result, copy):
            rules[found.number] = _rule(found)
            line = found.cause.start_line
            key = (copy.file.uri, line, found.number, found.cause.resource)
            findings[key] = _finding(found, copy)
    missed, empty = _silence(handed_in, answered, rendered)
    return ConfigFindings(tuple(findings.values()), tuple(rules.values()), missed, empty)


def _modules(handed_in: dict[str, Copy]) -> dict[str, Copy]:
    """A file for each folder of Terraform: the target of what Trivy says of a whole module."""
    modules: dict[str, Copy] = {}
    for path, copy in handed_in.items():
        if copy.kind is Kind.TERRAFORM:
            modules.setdefault(path.rpartition("/")[0], copy)
    return modules


def _is_answer(result: _Result, copy: Copy) -> bool:
    """Whether the file was looked at; of Terraform the probe tells."""
    if copy.kind is not Kind.TERRAFORM:
        return not copy.is_list
    return any(_is_probe(each, copy) for each in result.misconfigurations)


def _is_probe(found: _Misconfiguration, copy: Copy) -> bool:
    return copy.last_line is not None and found.cause.start_line > copy.last_line


def _failures(result: _Result, copy: Copy) -> Iterator[_Misconfiguration]:
    for each in result.misconfigurations:
        if each.status == "FAIL" and not _is_probe(each, copy):
            yield each


def _silence(
    handed_in: dict[str, Copy], answered: set[str], rendered: set[str]
) -> tuple[dict[str, str], int]:
    """Copies that the report does not speak of: the reasons, and the templates without content."""
    missed: dict[str, str] = {}
    empty = 0
    for target, copy in handed_in.items():
        if target in answered:
            continue
        if copy.is_list:
            missed[target] = "is a Kubernetes List, which Trivy does not look into"
        elif copy.chart is None:
            missed[target] = "Trivy gives no answer for it: not valid, or nothing it knows"
        elif copy.chart in rendered:
            empty += 1
        else:
            missed[target] = "Trivy could not render its Helm chart"
    return missed, empty


def _rule(found: _Misconfiguration) -> Rule:
    ours = _OURS.get(found.number)
    return Rule(
        id=f"trivy.{plain_text(found.number, 60)}",
        scanner=SCANNER,
        title=_title(found),
        severity=_severity(found),
        why=plain_text(found.description, 600) or _title(found),
        fix=plain_text(found.resolution, 600) or "Look at the line; the linked page tells more.",
        help_uri=found.url if found.url.startswith("https://") else None,
        impact=ours.impact if ours else None,
    )


def _finding(found: _Misconfiguration, copy: Copy) -> Finding:
    """A finding in the words of the check alone.

    Trivy's own message quotes the file, and with it whatever secret is written there.
    """
    resource = _address(found.cause.resource)
    return Finding(
        rule_id=f"trivy.{plain_text(found.number, 60)}",
        scanner=SCANNER,
        area=Area.CONTAINERS,
        message=f"{_title(found)} ({resource})" if resource else _title(found),
        location=_location(found, copy),
        severity=_severity(found),
        confidence=_CONFIDENCE.get(found.number, Confidence.HIGH),
        role=copy.file.role,
        symbol=resource,
    )


def _location(found: _Misconfiguration, copy: Copy) -> Location:
    """In a chart Trivy counts the lines of what was rendered, which are not the template's."""
    first, last = found.cause.start_line, found.cause.end_line
    if first <= 0 or copy.chart is not None:
        return copy.file.at()
    return Location(uri=copy.file.uri, start_line=first, end_line=max(first, last))


def _title(found: _Misconfiguration) -> str:
    return plain_text(found.title, 200).removesuffix(".")


def _severity(found: _Misconfiguration) -> Severity:
    ours = _OURS.get(found.number)
    return ours.severity if ours else severity_of(found.severity)


def _address(resource: str) -> str:
    """A Terraform address such as aws_s3_bucket.logs, without the keys of for_each."""
    plain = re.sub(r"\[.*?(\]|$)", "", plain_text(resource, 200))
    return plain if re.fullmatch(r"[A-Za-z_][\w.-]*", plain) else ""
