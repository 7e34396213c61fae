"""Runtimes in Dockerfiles, pipelines, clouds and platforms' own code."""

import datetime

import pytest

from shopsec.model import Role
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.resources import (
    runtimes_core,
    runtimes_dockerfiles,
    runtimes_github,
    runtimes_pipelines,
    runtimes_platform_sh,
)
from shopsec.scan.access.resources.registry import SUMMARIES
from shopsec.scan.access.scanner import Access
from tests.access.in_memory import built, runtimes

WORKFLOW = ".github/workflows/test.yml"


def test_stages_of_a_dockerfile():
    text = """\
ARG PHP=7.4
FROM node:16 AS assets
RUN npm ci
FROM php:${PHP}-fpm-bullseye AS base
FROM base
COPY --from=composer:2 /usr/bin/composer /usr/bin/
COPY --from=assets /srv /srv
COPY --from=0 /srv /srv
RUN curl https://deb.nodesource.com/setup_14.x | bash -
"""
    assert runtimes(runtimes_dockerfiles.SOURCE, {"Dockerfile": text}) == [
        (2, "Node.js 16", "build"),
        (4, "PHP 7.4", "live"),
        (4, "Debian 11", "live"),
        (6, "composer:2", "build"),
        (9, "Node.js 14", "live"),
    ]


def test_the_same_line_twice_in_a_file_is_one():
    text = "FROM php:8.4-fpm AS a\nFROM php:8.4-cli AS b\nFROM php:8.4-fpm\nFROM scratch\n"
    assert runtimes(runtimes_dockerfiles.SOURCE, {"Dockerfile": text}) == [
        (1, "PHP 8.4", "build"),
    ]


def workflow(job):
    body = "".join(f"    {line}\n" for line in job.splitlines())
    return {WORKFLOW: f"on: push\nenv: {{PHP: '7.4'}}\njobs:\n  test:\n{body}"}


@pytest.mark.parametrize(
    ("job", "found"),
    [
        ("container: node:14", [(5, "Node.js 14", "ci")]),
        ("services:\n  db:\n    image: postgres:12", [(7, "PostgreSQL 12", "ci")]),
        ("steps:\n  - uses: actions/setup-node@v6\n    with: {node-version: 16}",
         [(7, "Node.js 16", "ci")]),
        ("steps:\n  - uses: actions/setup-node@v6\n    with: {node-version: lts/gallium}",
         [(7, "Node.js 16", "ci")]),
        ("steps:\n  - uses: actions/setup-node@v6\n    with: {node-version: 'lts/*'}", []),
        ("steps:\n  - uses: shivammathur/setup-php@v2\n    with: {php-version: '${{ env.PHP }}'}",
         [(7, "PHP 7.4", "ci")]),
        ("steps:\n  - uses: actions/setup-python@v6\n    with:\n      python-version: |\n"
         "        3.8\n        3.7", [(8, "Python 3.8", "ci"), (8, "Python 3.7", "ci")]),
        ("steps:\n  - uses: actions/setup-python@v6\n    with:\n      python-version: |\n"
         "        3.8\n        3.13", [(8, "Python 3.13", "ci")]),
        ("strategy: {matrix: {php: ['7.4', '8.0']}}\nsteps:\n  - uses: shivammathur/setup-php@v2\n"
         "    with: {php-version: '${{ matrix.php }}'}",
         [(5, "PHP 7.4", "ci"), (5, "PHP 8.0", "ci")]),
        ("strategy: {matrix: {php: ['7.4', '8.4']}}\nsteps:\n  - uses: shivammathur/setup-php@v2\n"
         "    with: {php-version: '${{ matrix.php }}'}", [(5, "PHP 8.4", "ci")]),
        ("strategy:\n  matrix:\n    include:\n      - db: postgres:12\n      - db: postgres:18\n"
         "services: {db: {image: '${{ matrix.db }}'}}", [(9, "PostgreSQL 18", "ci")]),
        ("strategy: {matrix: '${{ fromJSON(needs.x.outputs.y) }}'}\n"
         "container: php:${{ matrix.php }}", []),
        ("container: php:${{ needs.a.outputs.php }}", [(5, "PHP", "ci")]),
        ("steps: 3\nservices: [a]\nstrategy: x\ncontainer: {image: 3}", []),
    ],
)  # fmt: skip
def test_what_a_workflow_runs(job, found):
    assert runtimes(runtimes_github.SOURCE, workflow(job)) == found


def test_an_action_of_the_repository_with_its_default():
    text = """\
inputs:
  node: {default: "16"}
runs:
  using: composite
  steps:
    - uses: actions/setup-node@v6
      with: {node-version: "${{ inputs.node }}"}
"""
    found = runtimes(runtimes_github.SOURCE, {".github/actions/setup/action.yml": text})
    assert found == [(7, "Node.js 16", "ci")]


@pytest.mark.parametrize("text", ["", "- a\n", "jobs: 3\n", "jobs: {a: 3}\n", "a: b\n"])
def test_a_workflow_without_jobs_has_no_runtimes(text):
    assert runtimes(runtimes_github.SOURCE, {WORKFLOW: text}) == []


def test_images_of_gitlab():
    text = """\
variables: {MYSQL: {value: "5.7"}}
default:
  image: {name: "php:7.4", entrypoint: [""]}
test:
  image: node:12
  services:
    - redis:5
    - name: mysql:$MYSQL
      alias: db
"""
    assert runtimes(runtimes_pipelines.SOURCE, {".gitlab-ci.yml": text}) == [
        (3, "PHP 7.4", "ci"),
        (5, "Node.js 12", "ci"),
        (7, "Redis 5.0", "ci"),
        (8, "MySQL 5.7", "ci"),
    ]


def test_services_of_other_pipelines_are_names_only():
    text = """\
image: node:12
definitions:
  services:
    mysql: {image: "mysql:5.7"}
pipelines:
  default:
    - step: {services: [mysql, docker]}
"""
    found = built(runtimes_pipelines.SOURCE, {"bitbucket-pipelines.yml": text})
    assert [(each.line, each.view.title, each.view.found_in) for each in found] == [
        (1, "Node.js 12", "job"),
        (4, "MySQL 5.7", "service"),
    ]


def test_hosters_call_mariadb_mysql():
    text = "mysql:\n  type: mysql:10.4\ncache:\n  type: 'redis:5.0'\nx:\n  type: nothing:1\n"
    assert runtimes(runtimes_platform_sh.SOURCE, {".magento/services.yaml": text}) == [
        (2, "MariaDB 10.4", "live"),
        (4, "Redis 5.0", "live"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("wp-includes/version.php", "<?php\n$wp_version = '6.1.1';\n", [(2, "WordPress 6.1")]),
        ("index.php", "<?php\ndefine('VERSION', '2.3.0.2');\n\n// Configuration\n"
         "if (is_file('config.php')) {", [(2, "OpenCart 2")]),
        ("index.php", "<?php\ndefine('VERSION', '2.3.0.2');\n", []),
        ("app/AppKernel.php", "// PrestaShop\n  const VERSION = '1.7.8.9';", [
            (2, "PrestaShop 1.7")]),
        ("core/lib/Drupal.php", "<?php\nclass Drupal {\n  const VERSION = '9.5.0';", [(3, "Drupal 9.5")]),
        ("app/AppKernel.php", "const VERSION = '1.0.0';", []),
        ("other/Version.php", "const VERSION = '1.0';", []),
    ],
)  # fmt: skip
def test_platforms_in_the_repository(name, text, found):
    assert [each[:2] for each in runtimes(runtimes_core.SOURCE, {name: text})] == found


@pytest.mark.parametrize(
    ("block", "title"),
    [
        ('"aws_db_instance" "a" {\n  engine = "postgres"\n  engine_version = "12.4"\n}',
         "PostgreSQL 12"),
        ('"aws_rds_cluster" "a" {\n  engine = "aurora-mysql"\n'
         '  engine_version = "5.7.mysql_aurora.2.11.1"\n}', "MySQL 5.7"),
        ('"aws_elasticache_replication_group" "a" {\n\n  engine_version = "5.0.6"\n}', "Redis 5.0"),
        ('"aws_opensearch_domain" "a" {\n\n  engine_version = "Elasticsearch_7.10"\n}',
         "Elasticsearch 7"),
        ('"aws_lambda_function" "a" {\n\n  runtime = "nodejs16.x"\n}', "Node.js 16"),
        ('"google_cloudfunctions_function" "a" {\n\n  runtime = "python38"\n}', "Python 3.8"),
        ('"google_sql_database_instance" "a" {\n\n  database_version = "MYSQL_5_7"\n}',
         "MySQL 5.7"),
        ('"azurerm_postgresql_server" "a" {\n\n  version = "9.6"\n}', "PostgreSQL 9.6"),
    ],
)  # fmt: skip
def test_what_terraform_orders(tree, target_of, block, title):
    target, host = target_of(tree({"infra/main.tf": f"resource {block}\n"}))
    (finding,) = [
        each
        for each in Access().scan(target, host).findings
        if each.rule_id in {"PATCH-001", "PATCH-003"}
    ]
    assert title in finding.message
    assert str(finding.location) == "infra/main.tf:3"


def test_helm_values_point_to_the_line_of_the_image(tree, target_of):
    values = "replicas: 1\ncache:\n  image:\n    repository: redis\n    tag: '5.0'\n"
    target, host = target_of(tree({"chart/values-prod.yaml": values, "chart/Chart.yaml": "a: b\n"}))
    (finding,) = [
        each for each in Access().scan(target, host).findings if each.rule_id == "PATCH-003"
    ]
    assert (str(finding.location), finding.severity) == ("chart/values-prod.yaml:4", "high")


def test_summaries_are_registered():
    assert {"runtimes of services and containers", "repository"} <= {s.name for s in SUMMARIES}


@pytest.mark.parametrize(
    ("today", "found"),
    [
        ("2026-09-01", []),
        ("2026-10-02", ["PATCH-005"]),
        ("2026-12-31", ["PATCH-005"]),
        ("2027-01-01", ["PATCH-001 medium"]),
        ("2027-03-30", ["PATCH-001 medium"]),
        ("2027-03-31", ["PATCH-001 high"]),
    ],
)
def test_the_day_of_the_scan_decides(today, found):
    day = datetime.date.fromisoformat(today)
    (each,) = built(runtimes_dockerfiles.SOURCE, {"Dockerfile": "FROM php:8.2\n"}, today=day)
    view = each.view
    said = []
    if view.ended:
        said.append("PATCH-001 " + ("medium" if view.days_left > -90 else "high"))
    elif view.days_left <= 90:
        said.append("PATCH-005")
    assert said == found


def test_what_cannot_be_read_is_no_crash():
    for text in ("FROM\n", "", "FROM a\nRUN <<X\n"):
        with pytest.raises(DocumentError):
            built(runtimes_dockerfiles.SOURCE, {"Dockerfile": text})
    with pytest.raises(DocumentError):
        built(runtimes_pipelines.SOURCE, {".gitlab-ci.yml": "image: [\n"})
    with pytest.raises(DocumentError):
        built(runtimes_platform_sh.SOURCE, {".platform.app.yaml": b"type: php:8.1\n\xff"})


def test_a_role_lowers_what_is_found(tree, target_of):
    target, host = target_of(tree({"examples/shop/.nvmrc": "16\n"}))
    (finding,) = [f for f in Access().scan(target, host).findings if f.rule_id == "PATCH-001"]
    assert (finding.role, finding.severity) == (Role.EXAMPLE, "low")


def test_one_release_line_in_several_files_is_one_finding(tree, target_of):
    files = {".nvmrc": "16\n", "shop/.nvmrc": "16.20.2\n", "pwa/.nvmrc": "14\n"}
    target, host = target_of(tree(files))
    found = [each for each in Access().scan(target, host).findings if each.rule_id == "PATCH-001"]
    assert [(each.symbol, each.location.uri, len(each.related)) for each in found] == [
        ("Node.js 16", ".nvmrc", 1),
        ("Node.js 14", "pwa/.nvmrc", 0),
    ]


def test_the_ledger_names_the_table_and_says_when_it_is_old(tree, target_of, tmp_path):
    root = tree({"Dockerfile": "FROM php:8.4\n"})
    target, host = target_of(root)
    run = Access().scan(target, host).run
    assert [(each.name, each.date) for each in run.databases] == [
        ("product lifecycles", "2026-08-22")
    ]
    assert run.message == ""

    late = type(target)(target.inventory, target.settings, "2027-08-22")
    run = Access().scan(late, host).run
    assert run.status == "succeeded"
    assert run.databases[0].name == "product lifecycles, 365 days old"
    assert run.message == "ends of support announced in the last 365 days are not known here"


def test_a_broken_refreshed_table_is_named_and_not_used(tree, target_of, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "lifecycle.json").write_text("{")
    target, host = target_of(tree({".nvmrc": "16\n"}))
    outcome = Access().scan(target, host)
    assert outcome.run.status == "succeeded"
    assert outcome.run.message.startswith("the refreshed product lifecycles cannot be used")
    assert "PATCH-001" in {each.rule_id for each in outcome.findings}
