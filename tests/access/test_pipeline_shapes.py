"""Pipelines of any shape: values of the wrong type in every place, never a crash."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.scan.access.resources import azure, bitbucket, github, gitlab, precommit
from shopsec.scan.access.resources.release_scripts import SOURCE as SCRIPTS
from tests.access.in_memory import built_or_refused

KEYS = {
    ".github/workflows/w.yml": (
        github.SOURCE,
        ["on", "jobs", "steps", "run", "uses", "with", "env", "if", "needs", "permissions", "secrets",
         "environment", "name", "concurrency", "runs-on", "labels", "strategy", "matrix", "inputs",
         "type", "workflow_dispatch", "workflow_run", "workflows", "push", "branches", "tags", "ref",
         "pull_request", "types", "continue-on-error", "id", "tags", "push", "path"],
    ),
    "action.yml": (github.ACTION_SOURCE, ["runs", "steps", "run", "uses", "with", "name", "env"]),
    ".gitlab-ci.yml": (
        gitlab.SOURCE,
        ["include", "local", "project", "remote", "ref", "extends", "script", "before_script",
         "default", "rules", "if", "when", "only", "refs", "needs", "job", "stages", "stage",
         "variables", "value", "environment", "name", "action", "allow_failure", "inherit",
         "workflow", "secrets", "image", "a", ".a", "resource_group"],
    ),
    "bitbucket-pipelines.yml": (
        bitbucket.SOURCE,
        ["pipelines", "default", "branches", "main", "step", "parallel", "stage", "steps", "script",
         "pipe", "variables", "deployment", "trigger", "name", "after-script", "custom"],
    ),
    "azure-pipelines.yml": (
        azure.SOURCE,
        ["trigger", "pr", "stages", "stage", "jobs", "job", "deployment", "environment", "steps",
         "script", "task", "inputs", "strategy", "runOnce", "deploy", "dependsOn", "condition",
         "parameters", "name", "type", "values", "variables", "resources", "repositories", "env",
         "continueOnError", "schedules"],
    ),
    ".pre-commit-config.yaml": (precommit.SOURCE, ["repos", "repo", "rev", "hooks", "id"]),
    "package.json": (SCRIPTS, ["scripts", "deploy", "rsync a b@c:", "migrate"]),
}  # fmt: skip
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(
        ["", "a", ".a", "main", "always", "./", "./a", "actions/checkout@v4", "a/b@main", "true",
         "kubectl apply -f x", "${{ inputs.a }}", "$TOKEN", "inherit", "write-all", "manual", "/*",
         "local", "self-hosted", "a:b:c@d"]
    ),
)  # fmt: skip


def shapes(keys):
    return st.recursive(
        VALUES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(keys), inner, max_size=4),
        ),
        max_leaves=25,
    )


@pytest.mark.parametrize("name", KEYS)
@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_shape_is_survived(name, data):
    source, keys = KEYS[name]
    top = data.draw(st.dictionaries(st.sampled_from(keys), shapes(keys), max_size=5))
    for each in built_or_refused(source, {name: json.dumps(top)}):
        assert each.line >= 1
        assert set(each.values()) >= {"file.path", "file.role"}
        assert all(line >= 1 for line in each.places.values())
