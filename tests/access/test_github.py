"""GitHub workflows, with the actions and workflows of the same repository that they use."""

import pytest

from shopsec.scan.access.resources.github import ACTION_SOURCE, SOURCE
from shopsec.scan.access.resources.github_conditions import is_always_true
from shopsec.scan.access.resources.github_follow import automation_of
from shopsec.scan.access.resources.github_steps import runs_files
from shopsec.scan.access.resources.origin import owner_of
from tests.access.in_memory import built, in_memory

FOLDER = ".github/workflows/"
ACTION = ".github/actions/ship/action.yml"


def views(kind, contents, source=SOURCE):
    return {each.name: each for each in built(source, contents) if each.kind == kind}


def job(text, name="job", **others):
    files = in_memory({FOLDER + "w.yml": text, **others})
    found = SOURCE.build(files.find(FOLDER + "w.yml"), text.encode(), files)
    return next(each for each in found if each.kind == "job" and each.name == name)


def workflow(on="push", body="runs-on: x", steps="- run: make", more=""):
    return f"on: {on}\n{more}jobs:\n  job:\n    {body}\n    steps:\n" + "".join(
        f"      {line}\n" for line in steps.split("\n")
    )


SHIP = """\
name: ship
inputs: {title: {}}
runs:
  using: composite
  steps:
    - uses: somebody/login@v1
    - shell: bash
      run: |
        echo one
        echo ${{ inputs.title }}
    - shell: bash
      run: kubectl apply -f k8s/
"""


def test_a_job_does_what_its_composite_action_does():
    found = job(workflow(steps="- uses: ./.github/actions/ship"), **{ACTION: SHIP})
    assert found.view.deploys
    assert found.view.unpinned == ("somebody/login@v1",)
    assert found.line_at("deploy") == 6
    assert found.line_at("unpinned") == 6
    assert not job(workflow(steps="- uses: ./.github/actions/none"), **{ACTION: SHIP}).view.deploys


def test_what_callers_hand_to_an_action_is_known_in_it():
    title = workflow(
        on="issues",
        steps="- uses: ./.github/actions/ship\n  with: {title: '${{ github.event.issue.title }}'}",
    )
    contents = {FOLDER + "w.yml": title, ACTION: SHIP}
    steps = [each for each in built(ACTION_SOURCE, contents) if each.kind == "step"]
    assert [each.view.outsider_fields for each in steps] == [(), ("inputs.title",), ()]
    assert steps[1].line_at("script") == 10
    plain = workflow(steps="- uses: ./.github/actions/ship\n  with: {title: fixed}")
    steps = views("step", {FOLDER + "w.yml": plain, ACTION: SHIP}, ACTION_SOURCE)
    assert all(each.view.outsider_fields == () for each in steps.values())
    assert all(each.view.insider_fields == () for each in steps.values())


def test_an_action_knows_what_starts_it():
    contents = {FOLDER + "w.yml": workflow(on="pull_request_target",
                                           steps="- uses: ./.github/actions/ship"), ACTION: SHIP}  # fmt: skip
    steps = views("step", contents, ACTION_SOURCE)
    assert all(each.view.outsider_trigger for each in steps.values())


def test_actions_that_use_each_other_end():
    contents = {
        FOLDER + "w.yml": workflow(steps="- uses: ./a"),
        "a/action.yml": "runs: {using: composite, steps: [{uses: ./b}, {run: pytest}]}\n",
        "b/action.yml": "runs: {using: composite, steps: [{uses: ./a}, {uses: ./b}]}\n",
    }
    found = job(contents.pop(FOLDER + "w.yml"), **contents)
    assert found.view.tests


CALLED = """\
on:
  workflow_call:
    inputs: {title: {type: string}, where: {type: choice}}
permissions: {contents: read}
jobs:
  inner:
    environment: production
    steps:
      - run: kubectl apply -f ${{ inputs.title }}
        env: {KEY: "${{ secrets.SHOP_KEY }}"}
"""


def calling(on="push", more="secrets: inherit"):
    return f"on: {on}\njobs:\n  job:\n    uses: ./.github/workflows/called.yml\n    {more}\n"


def test_a_job_does_what_the_workflow_does_that_it_calls():
    found = job(calling(), **{FOLDER + "called.yml": CALLED})
    assert (found.view.deploys, found.view.environment) == (True, "production")
    assert (found.view.secrets, found.view.inherits_secrets) == (("SHOP_KEY",), "local")
    assert found.line_at("deploy") == 4
    handed = job(calling(more="with: {title: x}"), **{FOLDER + "called.yml": CALLED})
    assert handed.view.secrets == ()


def test_a_called_workflow_knows_its_callers():
    contents = {
        FOLDER + "called.yml": CALLED,
        FOLDER + "w.yml": calling(
            "pull_request_target", "with: {title: '${{ github.event.pull_request.title }}'}"
        ),
    }
    (inner,) = [
        each
        for each in built(SOURCE, contents)
        if each.kind == "step" and each.file.path.endswith("called.yml")
    ]
    assert inner.view.outsider_fields == ("inputs.title",)
    assert inner.view.outsider_trigger
    (alone,) = views("step", {FOLDER + "called.yml": CALLED}).values()
    assert (alone.view.outsider_fields, alone.view.insider_fields) == ((), ("inputs.title",))


def test_what_is_handed_on_is_carried_through_several_files():
    contents = {
        FOLDER + "w.yml": calling(
            "issue_comment", "with: {title: '${{ github.event.comment.body }}'}"
        ),
        FOLDER + "called.yml": "on: {workflow_call: {inputs: {title: {type: string}}}}\njobs:\n"
        "  j:\n    steps:\n      - uses: ./.github/actions/ship\n"
        "        with: {title: '${{ inputs.title }}'}\n",
        ACTION: SHIP,
    }
    found = automation_of(in_memory(contents)).surrounding(ACTION, {})
    assert found.outsider_inputs == {"title"}
    assert set(found.triggers) == {"workflow_call", "issue_comment"}


def test_workflows_that_call_each_other_end():
    loop = "on: workflow_call\njobs:\n  job:\n    uses: ./.github/workflows/{}.yml\n"
    contents = {FOLDER + "b.yml": loop.format("w"), FOLDER + "w.yml": loop.format("b")}
    assert not job(contents.pop(FOLDER + "w.yml"), **contents).view.deploys


@pytest.mark.parametrize(
    ("run", "others", "deploys"),
    [
        ("./bin/deploy.sh production", {"bin/deploy.sh": "rsync -az . a@shop:/srv\n"}, True),
        ("make ship", {"Makefile": "ship:\n\trsync -az . a@shop:/srv\n"}, True),
        ("make build", {"Makefile": "ship:\n\trsync -az . a@shop:/srv\n"}, False),
        ("npm run ship", {"package.json": '{"scripts": {"ship": "vercel --prod"}}'}, True),
        ("./bin/deploy.sh production", {"bin/deploy.sh": "echo later\n"}, False),
        ("./bin/deploy.sh production", {}, False),
    ],
)
def test_a_script_of_the_repository_may_deploy(run, others, deploys):
    assert job(workflow(steps=f"- run: {run}"), **others).view.deploys is deploys


@pytest.mark.parametrize(
    ("script", "fetches"),
    [
        ("git fetch origin $REF && git checkout $REF", True),
        ('git checkout "${REF}"', True),
        ("echo $REF", False),
        ("git checkout $REFERENCE", False),
    ],
)
def test_code_that_is_fetched_by_a_variable(script, fetches):
    steps = f"- run: '{script}'\n  env: {{REF: '${{{{ github.event.pull_request.head.sha }}}}'}}"
    view = job(workflow("pull_request_target", steps=steps)).view
    assert view.checks_out_untrusted is fetches


def test_code_that_is_fetched_by_an_input():
    inner = (
        "on: {workflow_call: {inputs: {ref: {type: string}}}}\njobs:\n  inner:\n    steps:\n"
        "      - uses: actions/checkout@v4\n        with: {ref: '${{ inputs.ref }}'}\n"
        "      - run: npm ci\n"
    )
    outer = calling(
        "pull_request_target", "with: {ref: '${{ github.event.pull_request.head.ref }}'}"
    )
    contents = {FOLDER + "called.yml": inner, FOLDER + "w.yml": outer}
    found = {each.name: each.view for each in built(SOURCE, contents) if each.kind == "job"}
    assert (found["inner"].runs_untrusted, found["inner"].outsider_trigger) == (True, True)
    assert (found["job"].runs_untrusted, found["job"].outsider_trigger) == (True, True)
    alone = job(inner, "inner").view
    assert (alone.runs_untrusted, alone.outsider_trigger) == (False, False)


@pytest.mark.parametrize(
    ("step", "keys"),
    [
        ("run: x\n  env: {AWS_SECRET_ACCESS_KEY: '${{ secrets.INFO }}'}", ("INFO",)),
        ("uses: a/b@v1\n  with: {aws-secret-access-key: '${{ secrets.X }}'}", ("X",)),
        ("uses: a/b@v1\n  with: {credentials_json: '${{ secrets.GCP }}'}", ("GCP",)),
        ("run: x ${{ secrets.GOOGLE_CREDENTIALS }}", ("GOOGLE_CREDENTIALS",)),
        ("run: x\n  env: {AWS_ROLE: '${{ secrets.AWS_ROLE }}'}", ()),
        ("run: x\n  env: {AWS_SECRET_ACCESS_KEY: minio}", ()),
    ],
)
def test_cloud_keys_are_known_by_name_or_use(step, keys):
    assert job(workflow(steps=f"- {step}")).view.long_lived_keys == keys


@pytest.mark.parametrize(
    ("on", "reachable"),
    [("push", False), ("pull_request", True), ("[push, issues]", True), ("schedule", False)],
)
def test_workflow_run_is_a_door_only_where_a_stranger_can_set_it_off(on, reachable):
    text = workflow(on="{workflow_run: {workflows: [ci]}}")
    found = job(text, **{FOLDER + "ci.yml": "name: ci\n" + workflow(on=on)})
    assert found.view.outsider_trigger is reachable


def test_workflow_run_of_a_workflow_nobody_knows_is_a_door():
    assert job(workflow(on="{workflow_run: {workflows: [ci]}}")).view.outsider_trigger


DEPLOY = "- run: make test\n- if: {}\n  run: kubectl apply -f k8s/"


@pytest.mark.parametrize(
    ("on", "condition", "request_", "unattended"),
    [
        ("[push, pull_request]", "always()", True, True),
        ("[push, pull_request]", "github.event_name == 'push'", False, True),
        ("[push, pull_request]", "github.ref == 'refs/heads/main'", False, True),
        ("[push, pull_request]", "startsWith(github.ref, 'refs/tags/')", False, True),
        ("[push, pull_request]", "github.event_name != 'pull_request'", False, True),
        ("{pull_request: {types: [closed]}}", "github.event.pull_request.merged", False, False),
        ("{pull_request: {types: [closed]}}", "always()", False, False),
        ("[push, workflow_dispatch]", "github.event_name == 'workflow_dispatch'", False, False),
        ("workflow_dispatch", "always()", False, False),
        ("release", "always()", False, False),
        ("{push: {branches: [develop]}}", "always()", False, False),
        ("{push: {branches: [develop, main]}}", "always()", False, True),
        ("{push: {tags: ['v*']}}", "always()", False, True),
        ("schedule", "always()", False, True),
    ],
)
def test_how_a_deployment_is_reached(on, condition, request_, unattended):
    view = job(workflow(on=on, steps=DEPLOY.format(condition))).view
    assert (view.deploys_on_request, view.unattended) == (request_, unattended)


def test_a_job_that_waits_for_an_environment_is_approved():
    text = (
        "on: push\njobs:\n  gate: {environment: production, steps: [{run: x}]}\n"
        "  job: {needs: gate, steps: [{run: flyctl deploy}]}\n"
    )
    assert job(text).view.approval
    assert not job(text.replace("needs: gate, ", "")).view.approval


@pytest.mark.parametrize(
    ("checkout", "upload", "left"),
    [
        ("actions/checkout@v4", "path: .\n    include-hidden-files: true", "uploaded"),
        ("actions/checkout@v4", "path: .", ""),
        ("actions/checkout@v4", "path: dist", ""),
        ("actions/checkout@v4", "path: .git", "uploaded"),
        ("actions/checkout@v6", "path: .\n    include-hidden-files: true", ""),
    ],
)
def test_where_the_token_of_a_checkout_goes(checkout, upload, left):
    steps = f"- uses: {checkout}\n- uses: actions/upload-artifact@v4\n  with:\n    {upload}"
    assert job(workflow(steps=steps)).view.leaves_token == left


def test_old_uploads_took_hidden_files_along():
    steps = "- uses: actions/checkout@v4\n- uses: actions/upload-artifact@v2\n  with: {path: .}"
    assert job(workflow(steps=steps)).view.leaves_token == "uploaded"


@pytest.mark.parametrize(
    ("script", "runs"),
    [
        ("git diff --name-only | grep x", False),
        ('FILES=$(git diff --name-only) && echo "$FILES"', False),
        ("X=$(./evil) && echo", True),
        ("if [[ $(git branch --show-current) == 'x' ]]; then\n  git checkout a\nfi", False),
        ("echo 'a (b c) d'", False),
        ("(make)", True),
        ("npm ci", True),
        ("# npm ci", False),
        ("for f in *; do cat $f; done", False),
        ("A=1 B='2 3' ./run", True),
    ],
)
def test_what_runs_a_checkout(script, runs):
    assert runs_files(script) is runs


def test_scripts_for_github_run_a_checkout_only_when_they_start_something():
    steps = (
        "- uses: actions/checkout@v4\n  with: {ref: '${{ github.event.pull_request.head.sha }}'}\n"
        '- uses: actions/github-script@v7\n  with: {script: "SCRIPT"}'
    )
    harmless = steps.replace("SCRIPT", "await github.rest.issues.createComment({})")
    running = steps.replace("SCRIPT", "await exec.exec('npm test')")
    assert not job(workflow("pull_request_target", steps=harmless)).view.runs_untrusted
    assert job(workflow("pull_request_target", steps=running)).view.runs_untrusted


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ('echo "A=$B" >> $GITHUB_ENV', True),
        ('echo "A=$B" >> "$GITHUB_PATH"', True),
        ("cat x >> ${GITHUB_ENV}", True),
        ("cat x | tee -a $GITHUB_ENV", True),
        ('echo "A=b" >> $GITHUB_ENV', False),
        ("echo A=b >> $GITHUB_ENV", False),
        ('echo "A=$B" >> $GITHUB_OUTPUT', False),
        ("cat $GITHUB_ENV", False),
    ],
)
def test_steps_that_set_variables(text, variables):
    steps = views("step", {FOLDER + "w.yml": workflow(steps=f"- run: '{text}'")})
    assert [each.view.sets_variables for each in steps.values()] == [variables]


@pytest.mark.parametrize(
    ("condition", "always"),
    [
        ("github.ref == 'x'", False),
        ("${{ github.ref == 'x' }}", False),
        ("${{ github.ref }} == 'x'", True),
        ("${{ a }} && ${{ b }}", True),
        ("${{ a }}\n", True),
        ("a\n", False),
        (True, False),
        (None, False),
    ],
)
def test_conditions_that_are_always_true(condition, always):
    assert is_always_true(condition) is always


def test_outputs_that_hold_names_from_a_pull_request():
    def fields(uses, output):
        steps = f"- id: s\n  uses: {uses}\n- run: echo ${{{{ steps.s.outputs.{output} }}}}"
        found = views("step", {FOLDER + "w.yml": workflow("pull_request", steps=steps)})
        last = found["job: step 2"].view
        return last.outsider_fields, last.insider_fields

    name = "steps.s.outputs.all_changed_files"
    assert fields("tj-actions/changed-files@v40", "all_changed_files") == ((name,), ())
    assert fields("tj-actions/changed-files@v46", "all_changed_files") == ((), (name,))
    assert fields("tj-actions/changed-files@v40", "any_changed") == ((), ())
    assert fields("actions/cache@v4", "cache-primary") == ((), ())


def test_the_owner_of_the_repository_is_trusted():
    text = workflow(
        body="if: github.repository == 'Shop/shop'",
        steps="- uses: shop/tools@main\n- uses: other/tools@main",
    )
    assert job(text).view.unpinned == ("other/tools@main",)
    found = views("include", {FOLDER + "w.yml": text})
    assert {name: (each.view.branch, each.view.own) for name, each in found.items()} == {
        "shop/tools@main": (True, True), "other/tools@main": (True, False),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("remote", "owner"),
    [
        ("https://github.com/Shop/shop.git", "shop"),
        ("git@github.com:shop/shop.git", "shop"),
        ("ssh://git@gitlab.example.com:2222/shop/web/shop.git", "shop"),
        ("https://gitlab.example.com/", ""),
        ("/srv/git/shop", ""),
        ("", ""),
    ],
)
def test_the_owner_in_an_address(remote, owner):
    assert owner_of(remote) == owner


def test_other_action_files_are_nothing():
    assert (
        built(ACTION_SOURCE, {"action.yml": "name: x\nruns: {using: node20, main: a.js}\n"}) == []
    )
    assert built(ACTION_SOURCE, {"shop/action.yml": "actions: [buy]\n"}) == []
    assert built(ACTION_SOURCE, {"vendor/a/action.yml": ""}) == []


def test_broken_neighbours_do_not_matter():
    found = job(workflow(), **{FOLDER + "x.yml": "jobs: [\n", "a/action.yml": b"\xff"})
    assert found.view.name == "job"
