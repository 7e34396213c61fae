"""Pipelines of any shape: values of the wrong type in every place, never a crash."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.model import Role, SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.resources import azure, bitbucket, github, gitlab, jenkins, precommit
from shopsec.scan.access.resources.release_scripts import SOURCE as SCRIPTS
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources, facts_of
from tests.access.in_memory import built, built_or_refused

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


@pytest.mark.parametrize(
    ("source", "name", "text", "problem"),
    [
        (
            github.SOURCE, ".github/workflows/w.yml",
            "jobs:\n" + "".join(f"  j{n}: {{steps: []}}\n" for n in range(github.JOBS + 1)),
            "has more than 500 jobs or 5000 steps",
        ),
        (
            github.SOURCE, ".github/workflows/w.yml",
            "jobs:\n  j:\n    steps:\n" + "      - run: x\n" * (github.STEPS + 1),
            "has more than 500 jobs or 5000 steps",
        ),
        (
            gitlab.SOURCE, ".gitlab-ci.yml",
            "".join(f"j{n}: {{script: x}}\n" for n in range(gitlab.JOBS + 1)),
            "has more than 2000 jobs",
        ),
        (
            bitbucket.SOURCE, "bitbucket-pipelines.yml",
            "pipelines:\n  default:\n" + "    - step: {}\n" * (bitbucket.STEPS + 1),
            "has more than 1000 steps",
        ),
        (
            azure.SOURCE, "azure-pipelines.yml",
            "jobs:\n" + "  - job: a\n" * (azure.JOBS + 1),
            "has more than 1000 jobs",
        ),
        (
            jenkins.SOURCE, "Jenkinsfile",
            "stage('a') { sh 'x' }\n" * (jenkins.STAGES + 1),
            "has more than 1000 stages",
        ),
    ],
)  # fmt: skip
def test_what_is_too_large_is_named(source, name, text, problem):
    with pytest.raises(DocumentError, match=problem):
        built(source, {name: text})


def test_many_jobs_that_wait_for_each_other_take_little_time():
    text = "on: push\njobs:\n" + "".join(
        f"  j{n}: {{needs: [{', '.join(f'j{k}' for k in range(max(0, n - 20), n))}], "
        "steps: [{run: pytest}]}\n"
        for n in range(400)
    )
    started = time.process_time()
    jobs = [each.view for each in built(github.SOURCE, {".github/workflows/w.yml": text})]
    assert sum(view.KIND == "job" for view in jobs) == 400
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "words",
    ["docker -H ", "git push ", "ssh -i x ", "curl https://", "${{ ", "$(", '"', "| ", "a@", "mvn a ",
     "echo $TOKEN ", "make ", "\\ ", "{ ", "://", "aws ", "-o a.sh "],
)  # fmt: skip
def test_no_line_is_too_long(words):
    text = words * (200_000 // len(words))
    started = time.process_time()
    script = Script(text, SourceFile("a", 1, Role.PRODUCTION, True), 1, [text])
    assert len(list(command_resources([script], Owner("x", "y")))) <= 1
    assert isinstance(facts_of(text).deploys, bool)
    assert time.process_time() - started < 2
