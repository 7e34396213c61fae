"""GitLab pipelines: merged as GitLab does it, each piece at the place where it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.resources.gitlab import SOURCE
from shopsec.scan.access.resources.gitlab_pipeline import read_pipeline
from shopsec.scan.access.resources.gitlab_rules import is_unattended, ways_of
from tests.access.in_memory import built, built_or_refused, in_memory

ROOT = ".gitlab-ci.yml"


def pipeline(text, **others):
    files = in_memory({ROOT: text, **others})
    return read_pipeline(files.find(ROOT), text.encode(), files)


def script(text, job="job", **others):
    """(file, line, text) of every item of a job's script."""
    whole = pipeline(text, **others)
    return [
        (each.file.uri, each.line, each.text)
        for each in whole.resolved(whole.jobs[job].get("script"))
    ]


def jobs(text, **others):
    return {each.name: each for each in built(SOURCE, {ROOT: text, **others}) if each.kind == "job"}


def test_extends_is_merged_over_several_levels_and_templates():
    text = """\
.a: {script: [one], variables: {A: 1, B: 1}}
.b:
  extends: .a
  variables: {B: 2}
.c: {variables: {C: 3}, script: [two]}
job:
  extends: [.b, .c]
  variables: {D: 4}
"""
    whole = pipeline(text)
    variables = whole.jobs["job"].get("variables").mapping
    assert {name: each.value for name, each in variables.items()} == {
        "A": 1, "B": 2, "C": 3, "D": 4,
    }  # fmt: skip
    assert script(text) == [(ROOT, 5, "two")]
    assert list(whole.jobs) == ["job"]


def test_references_and_anchors_are_put_in_and_keep_their_places():
    text = """\
.setup:
  script:
    - !reference [.tools, get]
    - two
.tools:
  get: [one]
.list: &list
  - three
job:
  script:
    - !reference [.setup, script]
    - *list
    - !reference [.nowhere, script]
    - four
"""
    assert script(text) == [
        (ROOT, 6, "one"), (ROOT, 4, "two"), (ROOT, 8, "three"), (ROOT, 14, "four"),
    ]  # fmt: skip


def test_a_reference_may_stand_for_a_condition():
    text = """\
.rules:
  live: {if: $CI_COMMIT_BRANCH == "main"}
job:
  script: [make]
  rules:
    - if: !reference [.rules, live, if]
"""
    whole = pipeline(text)
    (way,) = ways_of(whole.jobs["job"], whole)
    assert (way.events, way.protected) == (frozenset({"push", "schedule", "web"}), True)


def test_local_includes_are_merged_below_the_file():
    others = {
        "ci/a.yml": "include: /ci/deep/b.yml\n.a: {script: [a]}\njob: {script: [below]}\n",
        "ci/deep/b.yml": ".b: {script: [b]}\n",
        "ci/jobs/one.yml": "one: {extends: .b}\n",
        "ci/jobs/two.yml": "two: {extends: .a}\n",
    }
    text = "include: [ci/a.yml, {local: '/ci/jobs/*.yml'}]\njob: {script: [above]}\n"
    assert script(text, **others) == [(ROOT, 2, "above")]
    assert script(text, "one", **others) == [("ci/deep/b.yml", 1, "b")]
    assert script(text, "two", **others) == [("ci/a.yml", 2, "a")]
    whole = pipeline(text, **others)
    assert (whole.jobs["one"].file.uri, whole.jobs["one"].line) == ("ci/jobs/one.yml", 1)


def test_a_part_of_a_pipeline_is_checked_once_and_at_its_own_place():
    resources = built(
        SOURCE,
        {
            ROOT: "include: .gitlab/ci/deploy.yml\n",
            ".gitlab/ci/deploy.yml": "deploy:\n  environment: production\n  script:\n"
            "    - kubectl apply -f k8s/\n",
        },
    )
    found = [(each.kind, each.file.uri, each.line) for each in resources]
    assert found == [
        ("workflow", ROOT, 1),
        ("job", ".gitlab/ci/deploy.yml", 1),
        ("step", ".gitlab/ci/deploy.yml", 4),
    ]
    assert resources[1].line_at("deploy") == 4


def test_a_part_that_is_broken_is_named_itself():
    contents = {ROOT: "include: .gitlab/a.yml\njob: {script: [x]}\n", ".gitlab/a.yml": "a: [\n"}
    files = in_memory(contents)
    root = files.find(ROOT)
    assert [each.name for each in SOURCE.build(root, contents[ROOT].encode(), files)][:2] == [
        ROOT, "job",
    ]  # fmt: skip
    part = files.find(".gitlab/a.yml")
    with pytest.raises(DocumentError, match="line 2: not valid YAML"):
        list(SOURCE.build(part, b"a: [\n", files))


@pytest.mark.parametrize(
    ("text", "others", "problem"),
    [
        ("include: ci/a.yml\n", {}, "line 1: includes ci/a.yml, which is not there"),
        ("include: ci/a.yml\n", {"ci/a.yml": "a: [\n"}, "includes ci/a.yml, which line 2: not"),
        ("- a\n", {}, "line 1: is no pipeline: it is no mapping"),
        ("a: {extends: b, script: x}\nb: {extends: a, script: x}\n", {}, "extends itself"),
        ("a: {extends: a}\n", {}, "line 1: a extends itself"),
        (
            "".join(f".j{n}: {{extends: .j{n + 1}, script: x}}\n" for n in range(14)),
            {},
            "extends more than 11 levels",
        ),
    ],
)
def test_what_gitlab_refuses_is_an_error(text, others, problem):
    with pytest.raises(DocumentError) as caught:
        pipeline(text, **others)
    assert problem in str(caught.value)


def test_files_that_include_each_other_end():
    others = {"b.yml": f"include: /{ROOT}\n.b: {{script: [b]}}\n"}
    assert script("include: b.yml\njob: {extends: .b}\n", **others) == [("b.yml", 2, "b")]


def test_references_that_lead_in_a_circle_end():
    text = (
        ".a: {script: [!reference [.b, script]]}\n"
        ".b: {script: [!reference [.a, script]]}\njob: {extends: .a}\n"
    )
    assert script(text) == []


def test_a_small_file_cannot_stand_for_a_huge_pipeline():
    keys = ", ".join(f"k{n}: {n}" for n in range(1000))
    text = f".a: {{variables: {{{keys}}}}}\n" + "".join(
        f"j{n}: {{extends: .a, script: x, variables: {{y: 1}}}}\n" for n in range(500)
    )
    with pytest.raises(DocumentError, match="is merged from more than 200000 values"):
        pipeline(text)


def test_defaults_count_unless_a_job_does_without():
    text = """\
default:
  before_script: [one]
image: php:8.4
job: {script: [x]}
without:
  script: [x]
  inherit: {default: false}
some:
  script: [x]
  inherit: {default: [image]}
"""
    whole = pipeline(text)
    given = {name: sorted(job.mapping) for name, job in whole.jobs.items()}
    assert given["job"] == ["before_script", "image", "script"]
    assert given["without"] == ["inherit", "script"]
    assert given["some"] == ["image", "inherit", "script"]


def test_a_component_has_its_pipeline_in_the_second_document():
    text = "spec:\n  inputs: {stage: {default: test}}\n---\njob:\n  script:\n    - make\n"
    assert script(text) == [(ROOT, 6, "make")]


@pytest.mark.parametrize(
    ("when", "events", "unattended", "protected"),
    [
        ("", {"push", "schedule", "web"}, True, False),
        ("when: manual", {"push", "schedule", "web"}, False, False),
        ("only: [main]", {"push", "schedule", "web"}, True, True),
        ("only: [develop]", {"push", "schedule", "web"}, False, False),
        ("only: [tags]", {"tag"}, True, True),
        ("only: [merge_requests]", {"merge_request_event"}, False, False),
        ("only: {refs: [web, schedules]}", {"web", "schedule"}, True, False),
        (
            "rules: [{if: $CI_PIPELINE_SOURCE == 'merge_request_event'}]",
            {"merge_request_event"}, False, False,
        ),
        (
            "rules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH, when: manual}]",
            {"push", "schedule", "web"}, False, True,
        ),
        (
            "rules: [{if: $CI_COMMIT_BRANCH == 'staging'}]",
            {"push", "schedule", "web"}, False, False,
        ),
        ("rules: [{if: $CI_COMMIT_TAG}]", {"tag"}, True, True),
        ("rules: [{if: $CI_PIPELINE_SOURCE == 'schedule'}]", {"schedule"}, True, False),
        (
            "rules: [{if: $CI_MERGE_REQUEST_IID || $CI_COMMIT_BRANCH == 'main'}]",
            {"merge_request_event", "push", "schedule", "web"}, True, True,
        ),
    ],
)  # fmt: skip
def test_when_a_job_runs(when, events, unattended, protected):
    whole = pipeline(f"job:\n  script: [x]\n  {when}\n")
    (way,) = ways_of(whole.jobs["job"], whole)
    assert (set(way.events), is_unattended(way), way.protected) == (events, unattended, protected)


def test_a_job_that_never_runs_has_no_way():
    whole = pipeline("job:\n  script: [x]\n  rules: [{if: $A, when: never}]\n")
    assert ways_of(whole.jobs["job"], whole) == ()


def test_a_rule_without_a_condition_counts_for_requests_where_they_start_pipelines():
    text = """\
workflow: {rules: [{if: $CI_MERGE_REQUEST_IID}, {if: $CI_COMMIT_BRANCH == "main"}]}
job: {script: [x], rules: [{changes: [a]}]}
"""
    whole = pipeline(text)
    (way,) = ways_of(whole.jobs["job"], whole)
    assert "merge_request_event" in way.events


DEPLOY = """\
test: {{stage: test, script: [phpunit]}}
gate: {{stage: test, script: [x], when: manual, allow_failure: {blocks}}}
deploy:
  stage: deploy
  script: [kubectl apply -f k8s/]
  {more}
"""


@pytest.mark.parametrize(
    ("more", "blocks", "approval"),
    [
        ("tags: [x]", "true", False),
        ("tags: [x]", "false", True),
        ("when: manual", "true", True),
        ("environment: production", "true", False),
        ("{environment: production, only: [main]}", "true", True),
        ("only: [main]", "true", False),
    ],
)
def test_who_approves(more, blocks, approval):
    lines = more.strip("{}").replace("production, only", "production\n  only")
    view = jobs(DEPLOY.format(more=lines, blocks=blocks))["deploy"].view
    assert (view.deploys, view.approval) == (True, approval)


@pytest.mark.parametrize(
    ("more", "waits"),
    [("", True), ("needs: []", False), ("needs: [test]", True), ("needs: [{job: gate}]", False)],
)
def test_what_a_job_waits_for(more, waits):
    view = jobs(DEPLOY.format(more=more, blocks="true"))["deploy"].view
    assert view.needs_tests is waits


def test_secrets_are_variables_that_no_file_sets():
    text = """\
variables: {DB_PASSWORD: root, API_TOKEN: $UPSTREAM_TOKEN}
job:
  script:
    - login $DB_PASSWORD $API_TOKEN $DEPLOY_KEY ${CI_JOB_TOKEN} $SSH_PRIVATE_KEY
  secrets: {VAULT: {vault: a/b@c}}
"""
    view = jobs(text)["job"].view
    assert view.secrets == (
        "API_TOKEN", "DEPLOY_KEY", "SSH_PRIVATE_KEY", "UPSTREAM_TOKEN", "VAULT",
    )  # fmt: skip


def test_environments_that_end_something_are_no_deployment():
    text = (
        "stop: {script: [x], environment: {name: production, action: stop}}\n"
        "live: {script: [x], environment: {name: production}}\n"
    )
    assert {name: each.view.deploys for name, each in jobs(text).items()} == {
        "stop": False, "live": True,
    }  # fmt: skip


def test_text_of_others_that_a_second_shell_reads():
    text = (
        "job:\n  script:\n    - ssh a@b \"release '$CI_COMMIT_MESSAGE'\"\n"
        '    - echo "$CI_COMMIT_MESSAGE"\n    - bash -c "x ${CI_MERGE_REQUEST_TITLE}"\n'
    )
    steps = [each for each in built(SOURCE, {ROOT: text}) if each.kind == "step"]
    assert [(each.line, each.view.outsider_fields) for each in steps] == [
        (3, ("CI_COMMIT_MESSAGE",)), (4, ()), (5, ("CI_MERGE_REQUEST_TITLE",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("include", "how", "branch", "insecure"),
    [
        ("{remote: 'https://e.org/a.yml'}", "remote", True, False),
        ("{remote: 'http://e.org/a.yml', integrity: sha256-x}", "remote", False, True),
        ("'https://e.org/a.yml'", "remote", True, False),
        ("{project: a/b, file: c.yml}", "project", True, False),
        ("{project: a/b, file: c.yml, ref: main}", "project", True, False),
        ("{project: a/b, file: c.yml, ref: v1.2}", "project", False, False),
        ("{component: e.org/a/b@1.2.3}", "component", False, False),
        ("{component: e.org/a/b@~latest}", "component", True, False),
        ("{template: Jobs/SAST.gitlab-ci.yml}", "template", False, False),
    ],
)
def test_what_comes_from_elsewhere(include, how, branch, insecure):
    resources = built(SOURCE, {ROOT: f"include:\n  - {include}\njob: {{script: [x]}}\n"})
    (view,) = [each.view for each in resources if each.kind == "include"]
    assert (view.how, view.branch, view.insecure) == (how, branch, insecure)


def test_files_of_other_kinds_are_nothing():
    assert built(SOURCE, {".gitlab/route-map.yml": "- source: a\n  public: b\n"}) == []
    assert built(SOURCE, {"ci/gitlab.yml": "job: {script: [x]}\n"}) == []


@given(st.text(alphabet="abjob:script extends[]{}!reference*&-\n '\"$", max_size=120))
def test_any_text_is_survived(text):
    assert all(each.line >= 1 for each in built_or_refused(SOURCE, {ROOT: text}))
