"""What services, containers and images get as environment variables, as settings.

A shop's switches (APP_ENV, DEBUG, CORS) mean the same wherever they are set, so that one rule
about a setting serves all places.
"""

from collections.abc import Iterator, Mapping, Sequence

from shopsec.model import Role
from shopsec.scan.access.documents.assignments import Assignment, Value
from shopsec.scan.access.resources.base import Files, Resource, Summary
from shopsec.scan.access.resources.dotenv_settings import users_among
from shopsec.scan.access.resources.frameworks import framework_of_names
from shopsec.scan.access.resources.settings import Place, SettingsView

# What each kind that has variables is for, where it does not say so itself.
_STAGES = {
    "service": "unknown", "container": "production", "dockerfile": "production",
    "secret_object": "production", "helm_values": "unknown",
}  # fmt: skip
_DEPLOYED = frozenset({"secret_object", "helm_values"})
# Frameworks whose variables have names that many other programs use as well: DEBUG.
_PLAIN_NAMES = frozenset({"django", "saleor"})
_NOT_WRITTEN_HERE = ("datastore", "watches_host", "admin_tool")


def build(files: Files, resources: Sequence[Resource]) -> Iterator[Resource]:
    """A setting for every variable of every service, container and image."""
    shop = _framework(files, resources)
    for resource in resources:
        variables: Mapping[str, str] = getattr(resource.view, "environment", {})
        if resource.kind in _STAGES and variables:
            own = shop if _may_be_ours(resource) else ""
            yield from _settings(resource, variables, own)


SUMMARY = Summary("environments", build)


def _framework(files: Files, resources: Sequence[Resource]) -> str:
    """The framework of the shop's code, where it has plain names and the shop no other."""
    found = {
        each.view.framework
        for each in resources
        if isinstance(each.view, SettingsView)
        and each.view.origin == "code"
        and each.view.framework
    }
    if not found and any(file.name == "manage.py" for file in files.files):
        return "django"
    return found.pop() if len(found) == 1 and found <= _PLAIN_NAMES else ""


def _may_be_ours(resource: Resource) -> bool:
    """True for what may run the shop's code: built here, or of a registry's own folder."""
    view = resource.view
    if any(getattr(view, name, False) for name in _NOT_WRITTEN_HERE):
        return False
    image = str(getattr(view, "image", ""))
    return not image or "/" in image


def _settings(resource: Resource, variables: Mapping[str, str], shop: str) -> Iterator[Resource]:
    assignments = [
        Assignment(name, _line(resource, name), Value("literal", text))
        for name, text in sorted(variables.items())
        if "$" not in text
    ]
    place = Place(
        resource.file,
        framework_of_names(variables) or shop,
        origin=resource.kind,
        stage=_stage(resource),
        users=users_among(assignments),
    )
    for assignment in assignments:
        yield place.setting(assignment)


def _stage(resource: Resource) -> str:
    if getattr(resource.view, "live", False):
        return "production"
    if resource.file.role is not Role.PRODUCTION and resource.kind in _DEPLOYED:
        return "developer"
    return str(getattr(resource.view, "stack", _STAGES[resource.kind]))


def _line(resource: Resource, name: str) -> int:
    """The variable's own line where its builder keeps it, else that of all variables."""
    return resource.places.get(f"environment.{name}", resource.line_at("environment"))
