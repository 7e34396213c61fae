"""Jenkinsfiles, Bitbucket and Azure pipelines, pre-commit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.jenkinsfile import TOKENS, parse_jenkinsfile
from shopsec.scan.access.resources import azure, bitbucket, jenkins, precommit
from tests.access.in_memory import built, built_or_refused


def of_kind(kind, source, name, text):
    return [each for each in built(source, {name: text}) if each.kind == kind]


JENKINSFILE = """\
// stage('no') { sh 'no' }
pipeline {
  options { disableConcurrentBuilds() }
  stages {
    stage("Test") {
      steps { sh 'phpunit' }
    }
    stage('Deploy') {
      when { changeRequest() }
      steps {
        withCredentials([string(credentialsId: 'x', variable: 'KEY')]) {
          sh '''
            set -e
            rsync -az dist/ \\
              deploy@shop:/srv
          '''
          sh "echo ${env.CHANGE_TITLE} \\"$KEY\\""
        }
      }
    }
  }
}
"""


def test_stages_are_jobs():
    test, deploy = of_kind("job", jenkins.SOURCE, "Jenkinsfile", JENKINSFILE)
    assert (test.name, test.line, test.view.tests, test.view.deploys) == ("Test", 5, True, False)
    view = deploy.view
    assert (view.deploys, view.needs_tests, view.pull_request) == (True, True, True)
    assert (view.concurrency, view.approval, view.secrets) == (True, False, ("KEY",))
    assert deploy.line_at("deploy") == 12


def test_what_groovy_puts_in_is_named():
    steps = of_kind("step", jenkins.SOURCE, "Jenkinsfile", JENKINSFILE)
    assert [(each.line, each.view.outsider_fields) for each in steps] == [
        (6, ()), (12, ()), (17, ("CHANGE_TITLE",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shell", "fields"),
    [
        ("""sh "echo ${title}" """, ("title",)),
        ("""sh 'echo ${title}' """, ()),
        ("""sh "echo ${other}" """, ()),
    ],
)
def test_a_web_hook_fills_variables(shell, fields):
    text = f"node {{ stage('x') {{ {shell} ; echo env.x_gitea_event }} }}"
    (step,) = of_kind("step", jenkins.SOURCE, "Jenkinsfile", text)
    assert step.view.outsider_fields == fields


def test_an_input_is_an_approval():
    text = "node { stage('a') { input 'Go?' }\nstage('b') { sh 'kubectl apply -f x' } }"
    (job,) = of_kind("job", jenkins.SOURCE, "Jenkinsfile", text)
    assert (job.name, job.line, job.view.approval) == ("b", 2, True)


def test_strings_lose_their_escapes():
    (stage,) = [s for s in parse_jenkinsfile(b'sh "a \\"b\\" \\\nc"\nbat \'it\\\'s\'') if s.shells]
    assert [(each.text, each.line) for each in stage.shells] == [('a "b"  c', 1), ("it's", 3)]


def test_too_many_words_are_cut():
    assert parse_jenkinsfile(b"a " * (TOKENS + 10))[0].words == {"a"}


def test_a_jenkinsfile_that_is_no_text_is_an_error():
    with pytest.raises(DocumentError, match="line 2: is not UTF-8"):
        parse_jenkinsfile(b"a\n\xff")


@given(st.text(alphabet='stage(\'x") {sh """}\n/*\'\\$', max_size=150))
def test_any_jenkinsfile_is_survived(text):
    lines = text.count("\n") + 1
    for stage in parse_jenkinsfile(text.encode()):
        assert 1 <= stage.line <= lines
        assert all(1 <= each.line <= lines for each in stage.shells)


BITBUCKET = """\
definitions:
  steps:
    - step: &deploy
        name: Deploy
        deployment: production
        script:
          - pipe: atlassian/rsync-deploy:0.8.1
            variables: {USER: $USER, SSH_KEY: $DEPLOY_KEY}
pipelines:
  default:
    - step:
        name: Test
        script: [npm test]
  branches:
    main:
      - step: {name: Test, script: [npm test]}
      - parallel:
          - step:
              script: [make]
          - step: *deploy
    live:
      - step: {name: Wait, trigger: manual, script: ["true"]}
      - step: *deploy
  pull-requests:
    '**':
      - step:
          name: Preview
          script:
            - pipe: atlassian/ssh-run:latest
"""


def test_steps_of_bitbucket_are_jobs():
    jobs = of_kind("job", bitbucket.SOURCE, "bitbucket-pipelines.yml", BITBUCKET)
    found = [(each.name, each.line, each.view.deploys, each.view.unattended) for each in jobs]
    assert found == [
        ("Test", 11, False, True),
        ("Test", 16, False, True),
        ("main", 18, False, True),
        ("Deploy", 20, True, True),
        ("Wait", 22, False, False),
        ("Deploy", 23, True, False),
        ("Preview", 26, True, False),
    ]
    deploy, preview = jobs[3], jobs[6]
    assert (deploy.view.environment, deploy.view.needs_tests) == ("production", True)
    assert (deploy.view.secrets, deploy.line_at("deploy")) == (("DEPLOY_KEY",), 7)
    assert preview.view.deploys_on_request


def test_pipes_are_taken_from_elsewhere():
    pipes = of_kind("include", bitbucket.SOURCE, "bitbucket-pipelines.yml", BITBUCKET)
    assert [(each.line, each.name, each.view.branch) for each in pipes] == [
        (7, "atlassian/rsync-deploy:0.8.1", False),
        (29, "atlassian/ssh-run:latest", True),
    ]


AZURE = """\
trigger: [main]
pr: [main]
parameters:
  - {name: version}
  - {name: place, type: string, values: [staging, production]}
  - {name: count, type: number}
variables: {NODE_TLS_REJECT_UNAUTHORIZED: 0}
resources:
  repositories:
    - {repository: t, type: github, name: shop/templates, ref: refs/heads/main}
    - {repository: u, type: github, name: shop/others, ref: refs/tags/v1}
stages:
  - stage: test
    jobs:
      - job: unit
        steps:
          - script: npm test
            continueOnError: true
  - stage: live
    jobs:
      - deployment: web
        environment: {name: production.shop}
        strategy:
          runOnce:
            deploy:
              steps:
                - task: AzureWebApp@1
                - bash: |
                    echo "$(Build.SourceVersionMessage)"
                    ./release ${{ parameters.version }} ${{ parameters.place }}
                - script: use $(API_TOKEN)
"""


def test_jobs_of_azure():
    unit, web = of_kind("job", azure.SOURCE, "azure-pipelines.yml", AZURE)
    assert (unit.name, unit.line, unit.view.tests, unit.view.deploys) == ("unit", 15, True, False)
    view = web.view
    assert (view.deploys, view.environment, view.needs_tests) == (True, "production", True)
    assert (view.secrets, view.triggers) == (("API_TOKEN",), ("push", "pull_request"))
    assert (view.deploys_on_request, view.live_environment) == (True, True)
    assert web.line_at("deploy") == 27


def test_steps_of_azure():
    steps = of_kind("step", azure.SOURCE, "azure-pipelines.yml", AZURE)
    found = [
        (each.line, each.view.tests, each.view.continue_on_error, each.view.outsider_fields,
         each.view.insider_fields)
        for each in steps
    ]  # fmt: skip
    assert found == [
        (17, True, True, (), ()),
        (28, False, False, ("Build.SourceVersionMessage",), ("parameters.version",)),
        (31, False, False, (), ()),
    ]


def test_what_azure_takes_from_elsewhere_and_switches_off():
    found = of_kind("include", azure.SOURCE, "azure-pipelines.yml", AZURE)
    assert [(each.line, each.name, each.view.branch) for each in found] == [
        (10, "shop/templates", True), (11, "shop/others", False),
    ]  # fmt: skip
    (command,) = of_kind("command", azure.SOURCE, "azure-pipelines.yml", AZURE)
    assert (command.line, command.view.skips_verification) == (
        7, "NODE_TLS_REJECT_UNAUTHORIZED=0",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("top", "triggers"),
    [
        ("steps: [{script: x}]", ("push",)),
        ("trigger: none\nsteps: [{script: x}]", ()),
        ("trigger: none\npr: [main]\nsteps: [{script: x}]", ("pull_request",)),
        ("pr: none\nschedules: [{cron: x}]\nsteps: [{script: x}]", ("push", "schedule")),
    ],
)
def test_what_starts_azure(top, triggers):
    (job,) = of_kind("job", azure.SOURCE, "azure-pipelines.yml", top)
    assert (job.name, job.view.triggers) == ("pipeline", triggers)


@pytest.mark.parametrize(
    ("source", "name", "text", "problem"),
    [
        (bitbucket.SOURCE, "bitbucket-pipelines.yml", "image: x\n", "it has no pipelines"),
        (azure.SOURCE, "azure-pipelines.yml", "- a\n", "it is no mapping"),
        (azure.SOURCE, "azure-pipelines-prod.yaml", "a: [\n", "line 2: not valid YAML"),
    ],
)
def test_what_is_no_pipeline_is_an_error(source, name, text, problem):
    with pytest.raises(DocumentError, match=problem):
        built(source, {name: text})


@pytest.mark.parametrize(
    ("source", "name"),
    [(bitbucket.SOURCE, "bitbucket-pipelines.yml"), (azure.SOURCE, "azure-pipelines.yml")],
)
@given(st.text(alphabet="pipelines:stage job[]{}-\n '\"&*", max_size=120))
def test_any_text_is_survived(source, name, text):
    assert all(each.line >= 1 for each in built_or_refused(source, {name: text}))


def test_hooks_of_pre_commit():
    text = """\
repos:
  - repo: local
  - repo: git://github.com/a/b
    rev: v1
  - repo: https://github.com/a/c
    rev: main
  - repo: https://github.com/a/d
  - repo: https://github.com/a/e
    rev: 0123456789012345678901234567890123456789
"""
    found = built(precommit.SOURCE, {".pre-commit-config.yaml": text})
    assert [
        (each.line, each.view.insecure, each.view.branch, each.view.pinned) for each in found
    ] == [(3, True, False, False), (6, False, True, False), (7, False, True, False),
          (9, False, False, True)]  # fmt: skip
    assert built(precommit.SOURCE, {".pre-commit-config.yaml": "repos: x\n"}) == []


def test_variables_of_a_whole_jenkinsfile():
    text = (
        "pipeline {\n environment {\n  PAYPAL_SECRET = 'blue-lantern-44'\n"
        "  GIT_SSL_NO_VERIFY = '1'\n  KEY = credentials('id')\n }\n"
        " stages { stage('a') { steps { sh 'rsync -a . deploy@shop:/srv' } } }\n}\n"
    )
    (workflow,) = of_kind("workflow", jenkins.SOURCE, "Jenkinsfile", text)
    assert (workflow.view.literal_secrets, workflow.line_at("env")) == (("PAYPAL_SECRET",), 3)
    (job,) = of_kind("job", jenkins.SOURCE, "Jenkinsfile", text)
    assert job.view.secrets == ("KEY", "PAYPAL_SECRET")
    (command,) = of_kind("command", jenkins.SOURCE, "Jenkinsfile", text)
    assert (command.view.skips_verification, command.line) == ("GIT_SSL_NO_VERIFY", 4)


@pytest.mark.parametrize(
    "variables",
    [
        "variables:\n  API_KEY: blue-lantern-44\n  DB_PASSWORD: $(FromVault)\n",
        "variables:\n- {name: API_KEY, value: blue-lantern-44}\n- group: live\n",
    ],
)
def test_variables_of_a_whole_azure_pipeline(variables):
    text = variables + "steps: [{script: ssh deploy@shop ./release}]\n"
    (workflow,) = of_kind("workflow", azure.SOURCE, "azure-pipelines.yml", text)
    assert (workflow.view.literal_secrets, workflow.line_at("env")) == (("API_KEY",), 2)
    tested = variables + "steps: [{script: npm test}]\n"
    (workflow,) = of_kind("workflow", azure.SOURCE, "azure-pipelines.yml", tested)
    assert workflow.view.literal_secrets == ()
