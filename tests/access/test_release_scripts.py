"""Scripts that people start, or that start the shop, and the overview of releases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.makefile import parse_makefile
from shopsec.scan.access.resources import dockerfile_commands, github, gitlab, release_overview
from shopsec.scan.access.resources.release_scripts import SOURCE
from tests.access.in_memory import built, in_memory


def scripts(contents):
    """(name, line of the deployment, system, deploys, in a pipeline, for trying out)."""
    return [
        (
            each.name, each.line_at("deploy"), each.view.system, each.view.deploys,
            each.view.in_pipeline, each.view.for_trying_out,
        )
        for each in built(SOURCE, contents)
        if each.kind == "script"
    ]  # fmt: skip


def test_targets_of_a_makefile():
    text = b"""\
SHELL := /bin/sh
X ?= 1
.PHONY: deploy
deploy: build
\t@echo go
\t-rsync -az . u@h:/srv

\tssh u@h x
two words: x
    echo
empty:
# comment
"""
    found = [(each.name, each.line, each.recipe, each.recipe_line) for each in parse_makefile(text)]
    assert found == [
        ("deploy", 4, "echo go\nrsync -az . u@h:/srv\n\nssh u@h x", 5),
        ("two", 9, "echo", 10),
    ]


def test_a_makefile_that_is_no_text_is_an_error():
    with pytest.raises(DocumentError, match="line 2: is not UTF-8"):
        parse_makefile(b"a:\n\t\xff")


@given(st.text(alphabet="ab:\t\n =#@-$()", max_size=200))
def test_any_makefile_is_survived(text):
    lines = text.count("\n") + 1
    for target in parse_makefile(text.encode()):
        assert 1 <= target.line < target.recipe_line <= lines


RSYNC = "rsync -az dist/ deploy@shop.example.com:/srv"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Makefile", f"a:\n\techo\nship:\n\techo\n\t{RSYNC}\n", ("ship", 5, "make")),
        ("justfile", f"ship:\n    {RSYNC}\n", ("ship", 2, "make")),
        (
            "package.json", f'{{\n"scripts": {{\n"a": "x",\n"ship": "{RSYNC}"\n}}}}',
            ("ship", 4, "npm"),
        ),
        (
            "composer.json", f'{{"scripts": {{\n"ship": ["x", "{RSYNC}"]\n}}}}',
            ("ship", 2, "composer"),
        ),
        ("bin/deploy.sh", f"#!/bin/sh\nset -e\n{RSYNC}\n", ("bin/deploy.sh", 3, "shell")),
        ("bin/deploy", f"#!/bin/sh\n{RSYNC}\n", ("bin/deploy", 2, "shell")),
        ("deploy.php", "<?php\nhost('shop.example.com');\n", ("deployer", 2, "deployer")),
        ("deploy.yaml", "import: x\nhosts:\n  shop:\n    deploy_path: /srv\n",
         ("deployer", 2, "deployer")),
        ("fabfile.py", "from fabric import Connection\nc = Connection('shop')\n",
         ("fabric", 2, "fabric")),
        ("config/deploy.rb", 'lock "3.19"\nset :deploy_to, "/srv"\n',
         ("capistrano", 2, "capistrano")),
        (".vscode/sftp.json", '{\n  "host": "shop.example.com"\n}\n', ("sftp.json", 2, "editor")),
    ],
)  # fmt: skip
def test_releases_by_hand(name, text, found):
    assert scripts({name: text}) == [(*found, True, False, False)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Makefile", "ship:\n\tssh-keyscan shop\n"),
        ("package.json", '{"scripts": {"build": "vite build"}}'),
        ("package.json", '{"scripts": ["rsync"]}'),
        ("bin/deploy", "no script, though it names rsync\n"),
        ("deploy.php", "<?php require 'recipe/common.php';\n"),
        ("deploy.yaml", "kind: Deployment\nhosts: x\n"),
        ("lib/rsync.sh", f"{RSYNC}\n"),
        (".vscode/sftp.json", "{}"),
    ],
)
def test_what_is_no_release(name, text):
    assert scripts({name: text}) == []


@pytest.mark.parametrize(
    ("call", "started"),
    [
        ("make ship", True),
        ("make -C . build ship", True),
        ("make ship-docs", False),
        ("make build && ship", False),
        ("npm run ship", False),
    ],
)
def test_what_a_pipeline_starts_is_no_release_by_hand(call, started):
    contents = {"Makefile": f"ship:\n\t{RSYNC}\n", ".gitlab-ci.yml": f"job:\n  script: [{call}]\n"}
    assert [each[4] for each in scripts(contents)] == [started]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("deploy-dev", RSYNC),
        ("deploy:staging", RSYNC),
        ("ship", "kubectl --context minikube apply -f k8s/"),
    ],
)
def test_what_is_for_trying_out(name, command):
    contents = {"package.json": f'{{"scripts": {{"{name}": "{command}"}}}}'}
    assert [each[5] for each in scripts(contents)] == [True]


def test_scripts_that_start_the_shop():
    def starts(name, text):
        return [
            (each.view.starts_shop, each.view.migrates)
            for each in built(SOURCE, {name: text})
            if each.kind == "script"
        ]

    both = "#!/bin/sh\npython manage.py migrate\nexec gunicorn shop.wsgi\n"
    assert starts("docker/entrypoint.sh", both) == [(True, True)]
    assert starts("Procfile", "web: gunicorn x\nrelease: python manage.py migrate\n") == [
        (True, False)
    ]


def test_commands_of_a_dockerfile():
    text = """\
FROM node:24 AS build
RUN --mount=type=cache,target=/x \\
    curl -k https://example.com
RUN ["curl", "-k", "https://example.com"]
ENV GIT_SSL_NO_VERIFY=1
FROM node:24
CMD ["sh", "-c", "npx prisma migrate deploy && node server.js"]
"""
    found = built(dockerfile_commands.SOURCE, {"Dockerfile": text})
    assert [(each.kind, each.line) for each in found] == [
        ("command", 2), ("command", 4), ("command", 5), ("script", 7),
    ]  # fmt: skip
    assert [each.view.owner for each in found[:3]] == ["build"] * 3
    assert (found[3].view.starts_shop, found[3].view.migrates) == (True, True)


def deployments(contents):
    files = in_memory(contents)
    found = [
        each
        for source in (github.SOURCE, gitlab.SOURCE, SOURCE)
        for file in files.files
        if source.matches(file)
        for each in source.build(file, files.read(file), files)
    ]
    return {each.name: each.view for each in release_overview.build(files, found)}


def test_a_deployment_is_seen_beside_the_other_jobs():
    text = """\
variables: {X: 1}
test: {script: ["phpunit $SHOP_TOKEN $CODECOV_TOKEN"]}
deploy staging:
  needs: []
  environment: production
  script: ["rsync -az . deploy@shop:/srv $SHOP_TOKEN $CODECOV_TOKEN"]
deploy live:
  environment: production
  stage: deploy
  script: [kubectl apply -f k8s/, kubectl rollout status deploy/shop]
"""
    found = deployments({".gitlab-ci.yml": text})
    staging, live = found["deploy staging"], found["deploy live"]
    assert (staging.tests_elsewhere, staging.waits_for_tests) == (True, False)
    assert (live.waits_for_tests, live.on_push) == (True, True)
    assert staging.shared_secrets == ("SHOP_TOKEN",)
    assert (staging.shared_environment, live.shared_environment) == (True, True)
    assert (staging.no_way_back, live.no_way_back) == (True, False)


def test_a_job_for_leading_back_is_a_way_back():
    text = "deploy: {script: [rsync -az . a@b:/srv]}\nrollback: {script: [x], when: manual}\n"
    assert not deployments({".gitlab-ci.yml": text})["deploy"].no_way_back
