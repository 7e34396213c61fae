"""Kubernetes roles and who has them.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/ and
https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.scan.access.resources.base import Resource, fact
from shopsec.scan.access.resources.kubernetes_objects import (
    KubernetesObject,
    entries,
    mapping,
    texts,
)

_READS = frozenset({"get", "list", "watch", "*"})
_MANAGES_ROLES = frozenset({"bind", "escalate", "impersonate"})
_EVERYBODY = frozenset({"system:anonymous", "system:unauthenticated", "system:authenticated"})
# What Kubernetes itself gives to everybody: version, health and API discovery.
_FOR_EVERYBODY = frozenset(
    {"system:public-info-viewer", "system:discovery", "system:basic-user",
     "system:service-account-issuer-discovery"}
)  # fmt: skip
_ADMIN_ROLES = frozenset({"cluster-admin", "admin"})


@dataclass(frozen=True)
class KubernetesRole:
    """A Role or ClusterRole of Kubernetes."""

    KIND: ClassVar[str] = "role"
    PLACES: ClassVar[tuple[str, ...]] = ("all_powers", "wildcard", "powers")

    name: str = fact("its name")
    cluster: bool = fact("a ClusterRole: it may hold in every namespace")
    all_powers: bool = fact("a rule allows every verb on every resource of the core or all groups")
    wildcard: bool = fact("a rule allows every verb, or names every resource")
    powers: tuple[str, ...] = fact(
        "what leads to more: reads secrets, runs commands in pods, binds, escalates, impersonates"
    )


@dataclass(frozen=True)
class Binding:
    """A RoleBinding or ClusterRoleBinding of Kubernetes."""

    KIND: ClassVar[str] = "binding"
    PLACES: ClassVar[tuple[str, ...]] = ("role", "subjects")

    name: str = fact("its name")
    cluster: bool = fact("a ClusterRoleBinding: it holds in every namespace")
    role: str = fact("the role it gives")
    admin: bool = fact("that role is cluster-admin or admin")
    accounts: tuple[str, ...] = fact("service accounts and users that get it")
    everybody: bool = fact("anybody, or anybody who is logged in, gets it")


def access_of(each: KubernetesObject) -> Iterator[Resource]:
    """The role or binding that an object is; nothing for another object."""
    if each.kind in {"Role", "ClusterRole"}:
        yield _role(each)
    elif each.kind in {"RoleBinding", "ClusterRoleBinding"}:
        yield _binding(each)


def _role(each: KubernetesObject) -> Resource:
    places: dict[str, int] = {}
    powers: dict[str, None] = {}
    for number, rule in enumerate(entries(each.body, "rules")):
        line = each.line("rules", number, "verbs")
        verbs, resources = set(texts(mapping(rule).get("verbs"))), _resources(rule)
        every_verb, every_resource = "*" in verbs, "*" in resources
        if every_verb and every_resource and _is_core(rule):
            places.setdefault("all_powers", line)
        elif (every_resource and _is_core(rule)) or (every_verb and resources):
            places.setdefault("wildcard", line)
        found = tuple(_powers(verbs, resources, named=bool(mapping(rule).get("resourceNames"))))
        if found:
            places.setdefault("powers", line)
            powers.update(dict.fromkeys(found))
    view = KubernetesRole(
        name=each.name,
        cluster=each.kind == "ClusterRole",
        all_powers="all_powers" in places,
        wildcard="wildcard" in places,
        powers=tuple(powers),
    )
    if view.all_powers:
        places["wildcard"] = places["all_powers"]
    return Resource(view, each.file, each.line("kind"), each.name, places, each.last_line)


def _resources(rule: Any) -> set[str]:
    return set(texts(mapping(rule).get("resources")))


def _is_core(rule: Any) -> bool:
    return bool({"", "*"} & set(texts(mapping(rule).get("apiGroups"))))


def _powers(verbs: set[str], resources: set[str], *, named: bool) -> Iterator[str]:
    if "secrets" in resources and verbs & _READS and not named:
        yield "reads secrets"
    if {"pods/exec", "pods/attach"} & resources and verbs & {"create", "*"}:
        yield "runs commands in pods"
    for verb in sorted(verbs & _MANAGES_ROLES):
        yield f"may {verb}"


def _binding(each: KubernetesObject) -> Resource:
    role = str(mapping(each.body, "roleRef").get("name") or "")
    subjects = [one for one in entries(each.body, "subjects") if isinstance(one, dict)]
    names = {str(one.get("name") or "") for one in subjects}
    view = Binding(
        name=each.name,
        cluster=each.kind == "ClusterRoleBinding",
        role=role,
        admin=role in _ADMIN_ROLES,
        accounts=tuple(filter(None, map(_account, subjects))),
        everybody=bool(names & _EVERYBODY) and role not in _FOR_EVERYBODY,
    )
    places = {"role": each.line("roleRef", "name"), "subjects": each.line("subjects")}
    return Resource(view, each.file, each.line("kind"), each.name, places, each.last_line)


def _account(subject: Mapping[str, Any]) -> str:
    kind, name = str(subject.get("kind") or ""), str(subject.get("name") or "")
    # A group called system:serviceaccounts is every pod of the cluster or of a namespace.
    if kind in {"ServiceAccount", "User"} or name.startswith("system:serviceaccounts"):
        return f"{kind} {name}"
    return ""
