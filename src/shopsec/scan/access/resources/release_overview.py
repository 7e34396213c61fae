"""Every job that deploys, seen beside the repository's other jobs and scripts."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from shopsec.scan.access.resources.base import Files, Resource, Summary, fact
from shopsec.scan.access.resources.pipeline import Job, Workflow
from shopsec.scan.access.resources.release_scripts import ScriptView

_LEADS_BACK = re.compile(r"roll-?back|revert|restore|undo", re.IGNORECASE)
_STAGING = re.compile(r"stag|preview|test|qa|uat|dev", re.IGNORECASE)
_LIVE = re.compile(r"prod|live", re.IGNORECASE)
# Keys of the pipeline's own helpers, which tests and releases may share.
_HELPERS = re.compile(
    r"CODECOV|SONAR|SLACK|COVERALLS|SENTRY|NPM_TOKEN|^GH_|^GITHUB_|DOCKERHUB|DOCKER_HUB|COMPOSER"
    r"|PACKAGIST|CACHE|DATADOG|TURBO",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Deployment:
    """A job that deploys, with what only the whole repository tells about it."""

    KIND: ClassVar[str] = "deployment"
    PLACES: ClassVar[tuple[str, ...]] = ("deploy", "environment")

    system: str = fact("github, gitlab, jenkins, bitbucket or azure")
    name: str = fact("the job's name")
    unattended: bool = fact("see job.unattended")
    on_push: bool = fact("a push to a branch starts it")
    waits_for_tests: bool = fact("it waits for tests, or for another workflow to end")
    tests_elsewhere: bool = fact("other jobs of the repository run tests or a scan")
    shared_secrets: tuple[str, ...] = fact("secrets that jobs with tests read too, sorted")
    shared_environment: bool = fact("jobs for staging and for the live shop use this environment")
    no_way_back: bool = fact("see job.overwrites; and no job or script is named for leading back")


def build(files: Files, found: Sequence[Resource]) -> Iterator[Resource]:
    """One resource for every job that deploys."""
    del files  # everything is known from the jobs
    jobs = [(each, each.view) for each in found if isinstance(each.view, Job)]
    tested = [view for _, view in jobs if view.tests and not view.deploys]
    read_by_tests = {name for view in tested for name in view.secrets}
    way_back = any(_LEADS_BACK.search(name) for name in _names(found))
    mixed = _mixed_environments([view for _, view in jobs if view.deploys])
    for resource, job in jobs:
        if not job.deploys:
            continue
        view = Deployment(
            system=job.system,
            name=job.name,
            unattended=job.unattended,
            on_push="push" in job.triggers and not job.only_tags,
            waits_for_tests=job.needs_tests or "workflow_run" in job.triggers,
            tests_elsewhere=bool(tested),
            shared_secrets=tuple(
                name for name in job.secrets if name in read_by_tests and not _HELPERS.search(name)
            ),
            shared_environment=job.environment in mixed,
            no_way_back=job.overwrites and not way_back,
        )
        yield Resource(view, resource.file, resource.line, resource.name, resource.places)


SUMMARY = Summary("deployments", build)


def _names(found: Sequence[Resource]) -> Iterator[str]:
    for each in found:
        if isinstance(each.view, (Job, ScriptView)):
            yield each.view.name
        if isinstance(each.view, Workflow):
            yield each.file.name


def _mixed_environments(jobs: Sequence[Job]) -> set[str]:
    """Environments that jobs for staging use as well as jobs for the live shop."""
    names: dict[str, list[str]] = defaultdict(list)
    for job in jobs:
        if job.environment and "$" not in job.environment:
            names[job.environment].append(job.name)
    return {
        environment
        for environment, users in names.items()
        if any(_STAGING.search(name) and not _LIVE.search(name) for name in users)
        and any(map(_LIVE.search, users))
    }
