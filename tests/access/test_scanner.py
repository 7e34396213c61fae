import dataclasses

import pytest

from shopsec.model import Role, Severity, Status
from shopsec.redaction import name_shown
from shopsec.scan.access.scanner import Access

# What is missing in a repository as a whole; other tests speak of that.
ABOUT_THE_WHOLE = {"PATCH-007", "SECRETMGMT-011", "TRACE-001"}

WORKFLOW = """\
on: {on}
permissions: {{contents: read}}
jobs:
  preview:
    runs-on: ubuntu-latest
    {more}
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{{{ github.event.pull_request.head.sha }}}}
      - run: {run}
"""


@pytest.fixture
def access(tree, target_of):
    def run(files):
        target, host = target_of(tree(files))
        outcome = Access().scan(target, host)
        return dataclasses.replace(
            outcome,
            findings=tuple(f for f in outcome.findings if f.rule_id not in ABOUT_THE_WHOLE),
            rules=tuple(rule for rule in outcome.rules if rule.id not in ABOUT_THE_WHOLE),
        )

    return run


def found(outcome):
    return [(each.rule_id, str(each.location), each.severity) for each in outcome.findings]


def workflow(on="pull_request_target", more="timeout-minutes: 5", run="make"):
    return {".github/workflows/w.yml": WORKFLOW.format(on=on, more=more, run=run)}


def test_a_script_too_long_is_partly_covered_and_its_start_is_checked(tree, target_of):
    text = "rsync -a . deploy@shop.example.com:/srv\n" + "# x\n" * 20_000
    target, host = target_of(tree({"deploy.sh": text}))
    outcome = Access().scan(target, host)
    assert outcome.run.status is Status.PARTIAL
    assert [group.reason for group in outcome.run.not_covered] == [
        "its lines behind the first 20,000 are not looked at"
    ]
    assert "DEPLOY-018" in {finding.rule_id for finding in outcome.findings}


def test_a_repository_is_checked_and_counted(access):
    outcome = access(
        {
            **workflow(),
            "compose.yaml": "services:\n  db:\n    image: postgres:17.11\n    restart: always\n"
            "    ports: ['5432:5432']\n",
            "vendor/x/Dockerfile": "FROM php\n",
            "README.md": "",
        }
    )
    assert outcome.run.status is Status.SUCCEEDED
    assert (outcome.run.handed_in, outcome.run.covered) == (2, 2)
    assert [(each.reason, each.count) for each in outcome.run.excluded] == [("vendored files", 1)]
    assert found(outcome) == [
        ("DEPLOY-001", ".github/workflows/w.yml:10", Severity.CRITICAL),
        ("SHOP-016", "compose.yaml:5", Severity.HIGH),
    ]
    assert {rule.id for rule in outcome.rules} == {"DEPLOY-001", "SHOP-016"}


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({}, Severity.CRITICAL),
        ({"on": "workflow_run"}, Severity.CRITICAL),
        ({"more": "environment: preview"}, Severity.MEDIUM),
        ({"more": "if: github.event.pull_request.author_association == 'OWNER'"}, Severity.MEDIUM),
        ({"on": "pull_request"}, None),
        ({"more": "if: github.event.pull_request.head.repo.fork == false"}, None),
        ({"run": "git diff --stat"}, None),
        ({"run": '"FILES=$(git diff --name-only) && echo $FILES"'}, None),
        ({"run": "'X=$(./evil) && echo'"}, Severity.CRITICAL),
    ],
)
def test_who_may_run_strangers_code(access, changes, severity):
    outcome = access(workflow(**changes))
    severities = [f.severity for f in outcome.findings if f.rule_id == "DEPLOY-001"]
    assert severities == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (".github/workflows/a.yml", "on: [push\njobs: {}\n", "line 2: not valid YAML: "),
        (".github/workflows/a.yml", "", "line 1: is no workflow: it has no jobs"),
        (".github/workflows/a.yml", "- a\n", "line 1: is no workflow: it has no jobs"),
        (".github/workflows/a.yml", b"on: push\njobs: \xff\n", "line 2: is not UTF-8 text"),
        (".github/workflows/a.yml", "a: &a [" + "x, " * 9 + "]\n" + "".join(
            f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi",
                                                                         strict=True)),
         "line 6: holds more than 200000 values"),
        (".github/workflows/a.yml", "a: " + "[" * 5000, "line 1: nested more than 100 levels deep"),
        ("Dockerfile", "FROM\n", "line 1: FROM needs an image, or an image AS a name"),
        ("Dockerfile", "", "line 1: has no FROM instruction"),
        ("Dockerfile", "FROM a\nRUNN x\n", "line 2: unknown instruction 'RUNN'"),
        ("Dockerfile", "FROM a\nRUN <<EOF\nx\n", "line 2: the here-document 'EOF' does not end"),
        ("compose.yaml", "services: 3\n", "line 1: is no Compose file: it has no services"),
        ("shop/settings.py", "DEBUG = \nMIDDLEWARE = []\n", "line 1: not Python that can be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_and_the_rest_is_checked(access, name, content, reason):
    outcome = access({name: content, "b/Dockerfile": "FROM php:8.4\n"})
    assert outcome.run.status is Status.PARTIAL
    ((item, said),) = [
        (item.name, group.reason) for group in outcome.run.not_covered for item in group.items
    ]
    assert item == name
    assert said.startswith(reason)
    assert [each.rule_id for each in outcome.findings] == ["CONTAINER-001"]


def test_a_file_that_is_too_large_is_named(access):
    outcome = access(
        {
            "Dockerfile": "FROM php:8.4\nUSER www-data\n" + "# x\n" * 300,
            "shopsec.toml": "[limits]\nfile_bytes = 1000\n",
        }
    )
    assert [group.reason for group in outcome.run.not_covered] == ["larger than 1 kB"]


def test_roles_lower_the_severity_and_never_silence(access):
    outcome = access({"tests/Dockerfile": "FROM php:8.4\n"})
    (finding,) = outcome.findings
    assert (finding.severity, finding.role) == (Severity.INFO, Role.TEST)


def test_one_finding_a_repository_names_every_place(access):
    body = "on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{run: make}]\n"
    outcome = access({f".github/workflows/{name}.yml": body for name in "abc"})
    (finding,) = outcome.findings
    assert finding.rule_id == "ACCESS-002"
    assert finding.message == "Workflows do not say what they may do (3 places)"
    assert [str(place) for place in finding.related] == [
        ".github/workflows/b.yml:1",
        ".github/workflows/c.yml:1",
    ]


def test_no_such_file_is_not_applicable(access):
    assert access({"a.md": ""}).run.status is Status.NOT_APPLICABLE


def test_hostile_names_are_only_names(access):
    outcome = access({".github/workflows/::set-output name=x::y\n.yml": "on: push\njobs: 1\n"})
    ((item, _),) = [(i, g) for g in outcome.run.not_covered for i in g.items]
    assert item.name == ".github/workflows/::set-output name=x::y\\n.yml"


def test_a_password_that_names_a_job_is_not_printed(access):
    password = "Tr0ub4dor" + "&3horse"
    ((path, text),) = workflow().items()
    outcome = access({path: text.replace("preview", password)})
    messages = {finding.rule_id: finding.message for finding in outcome.findings}
    assert messages["DEPLOY-001"].endswith(": job ***")
    assert [message for message in messages.values() if password in message] == []
    assert [message for message in messages if password in message] == []


@pytest.mark.parametrize(
    "name",
    [
        "job deploy-k8s-prod",
        "tj-actions/changed-files@v44",
        "postgres15, ubuntu2404",
        "redis uses redis:7.2-alpine3.19",
        "validatingwebhookconfigurations",
        "id-token: write",
        "AWS_SECRET_ACCESS_KEY",
        "${{ github.event.pull_request.title }}",
    ],
)
def test_names_of_things_are_printed(name):
    assert name_shown(name) == name


def test_what_looks_like_a_password_is_no_name():
    for password in ("Sup3rS3cret" + "2024", "Summer2024" + "!", "a1b2" * 10):
        assert name_shown(f"job {password}, then") == "job ***, then"
