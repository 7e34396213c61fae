"""Statements of AWS IAM policies: who may do what.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html and, for the
roles of pipelines, https://docs.github.com/en/actions/reference/security/oidc.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.resources.base import Resource, fact

_PIPELINES = {
    "token.actions.githubusercontent.com": "GitHub",
    "gitlab": "GitLab",
    "api.bitbucket.org": "Bitbucket",
}
# Conditions that leave strangers out although the principal is everybody.
_NARROWING = re.compile(
    r"aws:(?:SourceArn|SourceAccount|SourceVpc|SourceVpce|SourceIp|VpcSourceIp|PrincipalOrgID"
    r"|PrincipalOrgPaths|PrincipalArn|PrincipalAccount|SourceOrgID)|kms:(?:CallerAccount|ViaService)"
    r"|sts:ExternalId|cognito-identity\.amazonaws\.com:aud|[\w.-]+:sub|[\w.-]+:aud",
    re.IGNORECASE,
)
# Where all of a service means data, money or more rights.
_WEIGHTY = re.compile(
    r"(?:s3|rds|dynamodb|kms|secretsmanager|ssm|ec2|ecs|eks|lambda|sts|organizations|cloudformation"
    r"|redshift|elasticache|es|sqs|ses|route53):\*",
    re.IGNORECASE,
)
_SUBJECT_OF_ANYBODY = re.compile(r"(?:repo|project_path):(?:\*|[\w.-]*\*[\w.*-]*(?:/.*)?:?.*)|\*.*")

Line = Callable[..., int]
"""Line of a place in a policy: ``line("Statement", 0, "Action")``."""


@dataclass(frozen=True)
class Statement:
    """A statement of an AWS IAM policy."""

    KIND: ClassVar[str] = "statement"
    PLACES: ClassVar[tuple[str, ...]] = ("action", "principal", "condition")

    policy: str = fact("name of the policy, role or file that it stands in")
    about: str = fact("identity (what its holder may do), trust (who becomes a role) or resource")
    allows: bool = fact("Effect: Allow")
    actions: tuple[str, ...] = fact("Action, as written")
    resources: tuple[str, ...] = fact("Resource, as written")
    principals: tuple[str, ...] = fact("Principal, the members of every kind")
    all_resources: bool = fact("Resource is *, or left out in a resource's own policy")
    everything: bool = fact("Action is *")
    manages_access: bool = fact("Action is iam:*, which leads to everything")
    whole_services: tuple[str, ...] = fact(
        "services with data, machines or rights of which every action is meant, as s3:*"
    )
    all_but: bool = fact("NotAction: everything except what is named")
    anybody: bool = fact("the principal is everybody, and no condition narrows it")
    public: bool = fact("a resource's own policy, whose principal is anybody in that sense")
    reads_objects: bool = fact("s3:GetObject is all that it is about, as for a website's files")
    pipeline: str = fact("GitHub, GitLab or Bitbucket, where their pipelines become this role")
    subject: str = fact(
        "for a pipeline: bound, anybody (a pattern that fits strangers) or missing (no condition)"
    )


def statements_in(
    file: SourceFile, name: str, policy: Any, line: Line, *, about: str = ""
) -> Iterator[Resource]:
    """Every statement of a policy document; nothing where it is none."""
    found = policy.get("Statement") if isinstance(policy, dict) else None
    alone = isinstance(found, dict)
    for number, statement in enumerate([found] if alone else _list(found)):
        if not isinstance(statement, dict) or "Effect" not in statement:
            continue
        at: tuple[str | int, ...] = ("Statement",) if alone else ("Statement", number)
        places = {
            "action": line(*at, "NotAction" if "NotAction" in statement else "Action"),
            "principal": line(*at, "Principal"),
            "condition": line(*at, "Condition" if "Condition" in statement else "Principal"),
        }
        view = view_of(name, statement, about)
        yield Resource(view, file, line(*at), f"{name}/{number}", places)


def view_of(name: str, statement: Mapping[str, Any], about: str = "") -> Statement:
    """The facts of a statement in the form that JSON gives it."""
    actions = _texts(statement.get("Action"))
    resources = _texts(statement.get("Resource"))
    principals = _principals(statement.get("Principal"))
    conditions = dict(_conditions(statement.get("Condition")))
    lowered = tuple(each.lower() for each in actions)
    pipeline = _pipeline(principals)
    assumes = bool(actions) and all(each.startswith("sts:assumerole") for each in lowered)
    kind = about or (
        "trust" if assumes and principals else "resource" if principals else "identity"
    )
    anybody = "*" in principals and not any(map(_NARROWING.fullmatch, conditions))
    return Statement(
        policy=name,
        about=kind,
        allows=statement.get("Effect") == "Allow",
        actions=actions,
        resources=resources,
        principals=principals,
        all_resources="*" in resources or (not resources and "NotResource" not in statement),
        everything=bool({"*", "*:*"} & set(actions)),
        manages_access="iam:*" in lowered,
        whole_services=tuple(each for each in actions if _WEIGHTY.fullmatch(each)),
        all_but="NotAction" in statement,
        anybody=anybody,
        public=anybody and kind == "resource",
        reads_objects=set(lowered) <= {"s3:getobject", "s3:getobjectversion"} and bool(lowered),
        pipeline=pipeline,
        subject=_subject(conditions) if pipeline else "",
    )


def _principals(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        return tuple(text for members in value.values() for text in _texts(members))
    return _texts(value)


def _conditions(value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every key that a condition tests, with the values it is compared to."""
    for tests in value.values() if isinstance(value, dict) else ():
        for key, wanted in tests.items() if isinstance(tests, dict) else ():
            yield str(key), _texts(wanted)


def _pipeline(principals: tuple[str, ...]) -> str:
    for host, name in _PIPELINES.items():
        if any("oidc-provider/" in each and host in each for each in principals):
            return name
    return ""


def _subject(conditions: Mapping[str, tuple[str, ...]]) -> str:
    wanted = [values for key, values in conditions.items() if key.endswith((":sub", ":repository"))]
    if not wanted:
        return "missing"
    open_to_all = any(_SUBJECT_OF_ANYBODY.fullmatch(each) for values in wanted for each in values)
    return "anybody" if open_to_all else "bound"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> tuple[str, ...]:
    members = value if isinstance(value, list) else [value]
    return tuple(each for each in members if isinstance(each, str))
