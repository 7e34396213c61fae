"""What services, containers and images get as environment variables, as settings.

A shop's switches (APP_ENV, DEBUG, CORS) mean the same wherever they are set, so that one rule
about a setting serves all places.
"""

from collections.abc import Iterator, Mapping, Sequence

from shopsec.scan.access.documents.assignments import Assignment, Value
from shopsec.scan.access.resources.base import Files, Resource, Summary
from shopsec.scan.access.resources.dotenv_settings import users_among
from shopsec.scan.access.resources.frameworks import framework_of_names
from shopsec.scan.access.resources.settings import Place

# What each kind that has variables is for, where it does not say so itself.
_STAGES = {"service": "unknown", "container": "production", "dockerfile": "production"}


def build(files: Files, resources: Sequence[Resource]) -> Iterator[Resource]:
    """A setting for every variable of every service, container and image."""
    del files
    for resource in resources:
        variables: Mapping[str, str] = getattr(resource.view, "environment", {})
        if resource.kind in _STAGES and variables:
            yield from _settings(resource, variables)


SUMMARY = Summary("environments", build)


def _settings(resource: Resource, variables: Mapping[str, str]) -> Iterator[Resource]:
    assignments = [
        Assignment(name, _line(resource, name), Value("literal", text))
        for name, text in sorted(variables.items())
        if "$" not in text
    ]
    place = Place(
        resource.file,
        framework_of_names(variables),
        origin=resource.kind,
        stage=getattr(resource.view, "stack", _STAGES[resource.kind]),
        users=users_among(assignments),
    )
    for assignment in assignments:
        yield place.setting(assignment)


def _line(resource: Resource, name: str) -> int:
    """The variable's own line where its builder keeps it, else that of all variables."""
    return resource.places.get(f"environment.{name}", resource.line_at("environment"))
