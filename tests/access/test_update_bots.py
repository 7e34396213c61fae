"""Dependabot and Renovate, and what no bot covers."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.json5_document import parse_json5
from shopsec.scan.access.resources import repository, update_bots
from tests.access.in_memory import built, in_memory

COMPOSER = {"composer.json": '{"require": {"php": "^8.4"}}'}
DOCKER = {"Dockerfile": "FROM php:8.4\n"}


def entries(text, name=".github/dependabot.yml"):
    return [
        (each.view.ecosystem, each.view.off, each.view.runs_foreign_code, each.line_at("cause"))
        for each in built(update_bots.SOURCE, {name: text})
    ]


def dependabot(more, note=""):
    return f"version: 2\nupdates:\n  - package-ecosystem: pip\n{more}{note}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (dependabot(""), [("python", "", False, 3)]),
        (dependabot("    open-pull-requests-limit: 0\n"),
         [("python", "open-pull-requests-limit: 0", False, 4)]),
        (dependabot("    open-pull-requests-limit: 0\n", "# Security updates only\n"),
         [("python", "", False, 3)]),
        (dependabot("    ignore:\n      - dependency-name: '*'\n"),
         [("python", "every dependency is ignored", False, 5)]),
        (dependabot("    ignore:\n      - {dependency-name: '*', update-types: [a]}\n"),
         [("python", "", False, 3)]),
        (dependabot("    insecure-external-code-execution: allow\n"), [("python", "", True, 4)]),
        ("updates:\n  - 3\n  - package-ecosystem: elm\n", [("elm", "", False, 3)]),
    ],
)  # fmt: skip
def test_entries_of_dependabot(text, found):
    assert entries(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{}", [("*", "", False, 1)]),
        ('{\n  "enabled": false\n}', [("*", "enabled: false", False, 2)]),
        ('{"enabledManagers": ["npm", "dockerfile"]}',
         [("docker", "", False, 1), ("npm", "", False, 1)]),
        ("{\n  // all: 'of' it\n  extends: ['config:recommended',],\n\tenabled: false, /* x\n */ }",
         [("*", "enabled: false", False, 4)]),
    ],
)  # fmt: skip
def test_entries_of_renovate(text, found):
    assert entries(text, "renovate.json5") == found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".github/dependabot.yml", ""),
        (".github/dependabot.yml", "updates: [\n"),
        ("renovate.json", ""),
        ("renovate.json", "[]"),
        ("renovate.json", "a: b"),
        ("renovate.json", "{" * 5_000),
        (".renovaterc", b"\xff"),
    ],
)
def test_what_the_bot_could_not_read_is_named(name, text):
    with pytest.raises(DocumentError):
        built(update_bots.SOURCE, {name: text})


@given(st.text(max_size=200))
def test_any_text_is_json5_or_named(text):
    line = 1
    with contextlib.suppress(DocumentError):
        line = parse_json5(text.encode("utf-8", "surrogatepass")).line()
    assert line >= 1


def test_comments_keep_their_lines_and_texts_stay():
    document = parse_json5(b'{\n/* a\n b */ "url": "https://x", // y\n"z": \'a // b\'}')
    assert document.value == {"url": "https://x", "z": "a // b"}
    assert document.line("z") == 4


def whole(contents, **options):
    """The views of a repository, by kind."""
    files = in_memory(contents, **options)
    found = built(update_bots.SOURCE, contents)
    return {each.kind: each for each in repository.build(files, found)}


def audit(trigger, command="composer audit"):
    text = f"on: {trigger}\njobs:\n  a:\n    steps: [{{run: {command}}}]\n"
    return {".github/workflows/audit.yml": text}


@pytest.mark.parametrize(
    ("contents", "bot", "audited", "uncovered"),
    [
        (COMPOSER, "", False, ()),
        ({**COMPOSER, **audit("push")}, "", False, ()),
        ({**COMPOSER, **audit("{schedule: []}")}, "", True, ()),
        ({**COMPOSER, **audit("{schedule: []}", "make")}, "", False, ()),
        ({**COMPOSER, **audit("{schedule: []}", "'a'\n# composer audit")}, "", False, ()),
        ({**COMPOSER, **DOCKER, "renovate.json": "{}"}, "renovate", False, ()),
        ({**COMPOSER, **DOCKER, "renovate.json": '{"enabledManagers": ["composer"]}'},
         "renovate", False, ("docker",)),
        ({**DOCKER, ".github/dependabot.yml": "updates: [{package-ecosystem: npm}]"},
         "dependabot", False, ("docker",)),
        ({**COMPOSER, ".pyup.yml": ""}, "other", False, ()),
        ({"package.json": '{"dependencies": {}, "renovate": {}}'}, "renovate", False, ()),
    ],
)  # fmt: skip
def test_who_brings_updates(contents, bot, audited, uncovered):
    view = whole(contents)["updates"].view
    assert (view.bot, view.audit_on_schedule, view.uncovered) == (bot, audited, uncovered)


@pytest.mark.parametrize(
    ("contents", "ecosystems"),
    [
        ({"package.json": '{"name": "x"}', **DOCKER}, ("docker",)),
        ({"pyproject.toml": "[tool.ruff]\n", **DOCKER}, ("docker",)),
        ({"go.mod": "module x\nrequire y v1\n", "requirements.txt": "a\n"}, ("go", "python")),
        ({"infra/main.tf": 'provider "aws" {}\n', "Gemfile": "gem 'rails'\n"},
         ("ruby", "terraform")),
        ({**audit("push"), **COMPOSER}, ("composer",)),
        ({".github/workflows/a.yml": "steps: [{uses: a/b@v1}]\n"}, ("github-actions",)),
    ],
)  # fmt: skip
def test_manifests(contents, ecosystems):
    assert whole(contents)["updates"].view.ecosystems == ecosystems


@pytest.mark.parametrize(
    ("more", "scans"),
    [
        ({}, False),
        (
            {".pre-commit-config.yaml": "repos: [{repo: https://github.com/gitleaks/gitleaks}]"},
            True,
        ),
        ({".pre-commit-config.yaml": "# gitleaks\nrepos: []\n"}, False),
        ({".gitleaks.toml": ""}, True),
        ({".husky/pre-commit": "npx secretlint\n"}, True),
        ({"src/gitleaks.txt": "gitleaks"}, False),
        ({".gitlab-ci.yml": "include: {template: Jobs/Secret-Detection.gitlab-ci.yml}"}, True),
        (audit("push", "trufflehog git file://."), True),
    ],
)
def test_whether_something_looks_for_secrets(more, scans):
    assert whole({**COMPOSER, **more})["repository"].view.secret_scan is scans


def test_the_place_is_the_file_that_shows_the_need():
    found = whole({**COMPOSER, "a/Dockerfile": "FROM a\n", **audit("push")})
    assert found["repository"].file.path == ".github/workflows/audit.yml"
    assert found["updates"].file.path == "composer.json"
    found = whole({**DOCKER, ".github/dependabot.yml": "updates: [{package-ecosystem: npm}]"})
    assert found["repository"].file.path == "Dockerfile"
    assert found["updates"].file.path == ".github/dependabot.yml"


def test_nothing_is_missing_where_there_is_nothing():
    assert whole({"README.md": "hello"}) == {}
    assert whole(COMPOSER, whole=False) == {}
