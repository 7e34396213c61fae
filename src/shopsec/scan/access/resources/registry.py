"""All kinds of resources and all files they come from. Adding one is a module and a line here."""

from shopsec.scan.access.resources import compose, django, dockerfiles, github, pipeline
from shopsec.scan.access.resources.base import Source, Summary, kind_of

SOURCES: tuple[Source, ...] = (
    github.SOURCE,
    dockerfiles.SOURCE,
    compose.SOURCE,
    django.SOURCE,
)
SUMMARIES: tuple[Summary, ...] = ()
KINDS = {
    kind.name: kind
    for kind in map(
        kind_of,
        (
            pipeline.Workflow,
            pipeline.Job,
            pipeline.Step,
            dockerfiles.DockerfileView,
            compose.Service,
            django.Setting,
            django.SettingsView,
        ),
    )
}
