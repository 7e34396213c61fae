"""Files made to stop the scanner, to keep it busy, or to be passed over."""

import dataclasses
import time

import pytest

from shopsec.errors import PolicyError
from shopsec.model import Area, Status
from shopsec.scan.access.resources import repository
from shopsec.scan.access.resources.registry import SUMMARIES
from shopsec.scan.access.scanner import Access, read_resources
from shopsec.scan.base import Ledger
from tests.access.in_memory import in_memory

BUG = "a bug in shopsec, please report it: "
POD = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [\n'
POD += '{"name": "b", "image": "php:8.4.1",\n"securityContext": {"privileged": true}}]}}'


@pytest.fixture
def scan(tree, target_of):
    def run(files):
        target, host = target_of(tree(files))
        return Access().scan(target, host)

    return run


def books(files):
    """What became of files in memory: the resources, and why which file is not covered."""
    ledger = Ledger("access", Area.ACCESS)
    found = read_resources(in_memory(files), ledger)
    missed = {i.name: group.reason for group in ledger.close().not_covered for i in group.items}
    return found, missed


def seconds(files):
    start = time.process_time()
    books(files)
    return time.process_time() - start


def places(outcome, rule):
    return [str(each.location) for each in outcome.findings if each.rule_id == rule]


def test_a_mask_without_a_method_says_nothing():
    found, missed = books({"pg_hba.conf": "host all all 10.0.0.0 255.0.0.0\n"})
    assert missed == {}
    assert [each.view.no_login for each in found] == [""]


@pytest.mark.parametrize("pattern", ["(" * 100_000, "*a" * 2_000, "[z-a]", "[[:foo:]]", "["])
def test_a_pattern_that_is_none_costs_nothing_else(pattern):
    files = {
        "CODEOWNERS": f"{pattern} @a\n* @b\n",
        "Dockerfile": "FROM php:8.4\nCOPY . .\n",
        ".dockerignore": f"{pattern}\n.git\n",
    }
    found, missed = books(files)
    assert missed == {}
    (image,) = (each.view for each in found if each.kind == "dockerfile")
    assert (image.ignores_git, image.ignores_env) == (True, False)
    assert [each.kind for each in found if each.kind == "owners"] == ["owners"]


def test_a_bug_in_a_reader_costs_its_file_only(monkeypatch, scan):
    def broken(*_):
        raise KeyError("nothing")

    monkeypatch.setattr("shopsec.scan.access.resources.jenkins.parse_jenkinsfile", broken)
    outcome = scan({"Jenkinsfile": "node { sh 'make' }", "Dockerfile": "FROM php:8.4\n"})
    assert outcome.run.status is Status.PARTIAL
    assert [(g.reason, [i.name for i in g.items]) for g in outcome.run.not_covered] == [
        (BUG + "KeyError", ["Jenkinsfile"])
    ]
    assert places(outcome, "CONTAINER-001") == ["Dockerfile:1"]


def test_a_bug_in_a_summary_is_named_and_the_others_are_made(monkeypatch, scan):
    def broken(*_):
        raise RecursionError("of the file's own words")

    summary = dataclasses.replace(repository.SUMMARY, build=broken)
    others = [each for each in SUMMARIES if each is not repository.SUMMARY]
    monkeypatch.setattr("shopsec.scan.access.scanner.SUMMARIES", (summary, *others))
    outcome = scan({"compose.yaml": "services:\n  a:\n    image: php:7.4.1\n"})
    assert outcome.run.status is Status.PARTIAL
    assert [(g.reason, [i.name for i in g.items]) for g in outcome.run.not_covered] == [
        (BUG + "RecursionError", ["the whole of the repository: repository"])
    ]
    assert "compose.yaml:3" in {str(each.location) for each in outcome.findings}


def test_rules_that_cannot_be_read_end_the_scan(monkeypatch, scan):
    def unreadable(*_):
        raise PolicyError("severity.yaml is broken")

    monkeypatch.setattr("shopsec.scan.access.resources.jenkins.parse_jenkinsfile", unreadable)
    with pytest.raises(PolicyError):
        scan({"Jenkinsfile": "node { sh 'make' }"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".gitlab-ci.yml", "a:\n  script: [make]\n" + "\n" * 200_000),
        ("pnpm-lock.yaml", "packages:\n" + "\n" * 100_000),
        (".github/dependabot.yml", "version: 2\nupdates: []\n" + "#" * 200_000),
        ("composer.json", '{"require": {"php": "' + "<" * 120_000 + '"}}'),
        ("composer.json", '{"require": {"php": "' + "1." * 60_000 + '"}}'),
        ("requirements.txt", "django" + "=" * 120_000),
        ("Gemfile", "ruby " + " " * 200_000),
        ("package.json", '{"engines": {"node": "20"}, "x": "node' + " " * 200_000 + '"}'),
        ("Jenkinsfile", "pipeline { " + '\\"' * 200_000),
        ("renovate.json", "{" + '\\"' * 200_000 + "}"),
        ("renovate.json5", "{" + "/* " * 100_000 + "}"),
        ("deploy.sh", ("curl " + '\\"' * 5_000 + " | sh\n") * 20),
        ("deploy.sh", "".join(f"curl -o a{n}.sh https://x.y/a{n}.sh\n" for n in range(1_500))),
        ("wp-config.php", "<?php define('DB_PASSWORD', $x['a'] " + "a=" * 100_000),
        (".htaccess", "Options x\n<Files a" + " " * 200_000 + "b\n"),
        ("my.cnf", ("a b" + " " * 990 + "c\n") * 200),
        ("Makefile", ("a " * 250 + "\n") * 500 + "deploy:\n\tssh a b\n"),
        ("Dockerfile", "FROM php:8.4\nRUN " + "--x=y " * 50_000),
        ("Dockerfile", "".join(f"ARG A{n + 1}=$A{n}$A{n}\n" for n in range(200)) + "FROM $A99\n"),
        ("Dockerfile", "FROM a AS s0\n" + "".join(
            f"FROM s{n} AS s{n + 1}\n" for n in range(20_000))),
    ],
)  # fmt: skip
def test_a_file_of_repeated_signs_takes_no_long_time(name, text):
    assert seconds({name: text}) < 4


def test_a_helm_template_of_quotes_takes_no_long_time():
    chart = {"c/Chart.yaml": "name: c\nversion: 1.0.0\n"}
    text = "apiVersion: v1\nkind: Pod\n{{ " + '\\"' * 200_000
    assert seconds(chart | {"c/templates/a.yaml": text}) < 4


def test_what_is_no_code_is_given_up():
    text = "<?php define('DB_PASSWORD', $x['a'] " + "a=" * 100_000
    assert books({"wp-config.php": text})[1] == {
        "wp-config.php": "line 1: takes more than 2 seconds to be read as PHP"
    }


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-32-be"])
def test_a_mark_tells_the_encoding(scan, encoding):
    mark = "\ufeff" if encoding.endswith("be") else ""
    files = {
        ".env": "# x\nAPP_ENV=prod\nAPP_DEBUG=1\n",
        "k8s.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n"
        "      image: php:8.4.1\n      securityContext:\n        privileged: true\n",
        "deploy.sh": "cd /srv\ncurl -k https://x.example.com/a\nrsync -a . a@b.example.com:/srv\n",
    }
    outcome = scan({name: (mark + text).encode(encoding) for name, text in files.items()})
    same = scan(files)
    assert outcome.run.status is Status.SUCCEEDED
    assert [(each.rule_id, str(each.location)) for each in outcome.findings] == [
        (each.rule_id, str(each.location)) for each in same.findings
    ]
    assert {each.location.uri for each in outcome.findings} >= {".env", "k8s.yaml", "deploy.sh"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (".gitlab-ci.yml", "[" * 5000 + "]" * 5000, "line 1: nested more than 100 levels deep"),
        (".gitlab-ci.yml", "deploy: [\n", "line 2: not valid YAML: "),
        ("ci/shop.gitlab-ci.yml", "deploy: [\n", "line 2: not valid YAML: "),
        (".circleci/config.yml", "a: [\n", "line 2: not valid YAML: "),
        (".env", b"\xff\xfe\x00", "line 1: holds a NUL byte"),
        (".env.production", b"A=1\nB=\0\n", "line 2: holds a NUL byte"),
        ("Makefile", b"a:\n\tx\0\n", "line 2: holds a NUL byte"),
        ("Makefile", b"a:\n\tssh x\0\n", "line 2: holds a NUL byte"),
        ("Jenkinsfile", "node { sh 'make' }".encode("utf-16-le"), "line 1: holds a NUL byte"),
        ("Procfile", b"\0", "line 1: holds a NUL byte"),
        ("wp-config.php", b"<?php\n\0", "line 2: holds a NUL byte"),
        ("app/etc/env.php", b"\0", "line 1: holds a NUL byte"),
        ("nginx.conf", b"\0", "line 1: holds a NUL byte"),
        ("public/.htaccess", b"\0", "line 1: holds a NUL byte"),
        ("php.ini", b"\0", "line 1: holds a NUL byte"),
        (".netrc", b"\0", "line 1: holds a NUL byte"),
        ("package-lock.json", "{broken", "line 1: not valid JSON: "),
        ("composer.lock", '{"packages": [\n{"name": "shopware/core",', "line 2: not valid JSON: "),
        ("Pipfile.lock", "[" * 100_000, "line 1: not JSON that can be read: too deep"),
        ("k8s.json", POD[:-1], "line 3: not valid JSON: "),
    ],
)
def test_a_file_that_cannot_be_read_is_named(name, content, reason):
    _, missed = books({name: content})
    assert list(missed) == [name]
    assert missed[name].startswith(reason)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".env", ""),
        (".env", "# nothing yet\n"),
        ("Makefile", "all:\n\ttrue\n"),
        ("nginx.conf", "# moved\n"),
        (".htaccess", "ErrorDocument 404 /404.html\n"),
        ("wp-config.php", "<?php\n"),
        ("config/a.json", '{"kind": 1}'),
        ("a.yml", "[" * 5000),
        ("notes.env", b"\0"),
        ("tool.json", b"\0"),
    ],
)
def test_what_can_be_read_or_is_none_of_ours_is_not_named(name, content):
    assert books({name: content})[1] == {}


@pytest.mark.parametrize("name", ["k8s.json", "deploy/pod.yaml"])
def test_kubernetes_objects_in_json(scan, name):
    assert places(scan({name: POD}), "CONTAINER-002") == [f"{name}:3"]
    one_line = scan({name: POD.replace("\n", "")})
    assert places(one_line, "CONTAINER-002") == [f"{name}:1"]


def test_templates_that_only_helm_can_render_are_named():
    files = {f"c/templates/{n}.yaml": "apiVersion: v1\nkind: Pod\n  {{ x }}: [\n" for n in range(7)}
    ledger = Ledger("access", Area.ACCESS)
    read_resources(in_memory({"c/Chart.yaml": "name: c\n"} | files), ledger)
    assert ledger.excluded == {
        "Helm templates that only helm can render: c/templates/0.yaml, c/templates/1.yaml, "
        "c/templates/2.yaml, c/templates/3.yaml, c/templates/4.yaml and 2 more": 7
    }


@pytest.mark.parametrize(
    ("name", "text", "unknown"),
    [
        ("Dockerfile", "ARG V\nFROM php:${V}\n", "php:${V}"),
        ("Dockerfile", "ARG V=8.4\nFROM php:${V}\n", None),
        ("compose.yaml", "services:\n  a:\n    image: nginx@sha256:00\n", "nginx@sha256:00"),
        ("compose.yaml", "services:\n  a:\n    image: postgres:17.11@sha256:00\n", None),
        ("compose.yaml", "services:\n  a:\n    image: postgres\n", None),
    ],
)
def test_a_version_that_nobody_can_tell_is_said(scan, name, text, unknown):
    said = [each.message for each in scan({name: text}).findings if each.rule_id == "PATCH-012"]
    title = "Nobody here knows how long these images get security fixes"
    assert said == ([f"{title}: {unknown}"] if unknown else [])


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("compose.yaml",
         "# \u2028 \x85\nservices:\n  a:\n    image: php:8.4.1\n    privileged: true\n", 5),
        ("deploy.sh", "# \x0b\x0c\x1c\u2028\nrsync -a . a@b.example.com:/srv -e 'ssh -o "
         "StrictHostKeyChecking=no'\n", 2),
        ("Makefile", "# \x0b\x0c\x1c\ndeploy:\n\tcurl -k https://a.example.com/x\n", 3),
        ("php.ini", "; \x0b\x0c\u2028\nallow_url_include = On\n", 2),
        ("Dockerfile", "# a\rb\x0bc\nFROM php\n", 2),
        (".github/workflows/a.yml", "# \u2028 \x85\non: push\npermissions: {}\njobs:\n  a:\n"
         "    runs-on: x\n    steps:\n      - run: curl -k https://a.example.com/x\n", 8),
        ("Jenkinsfile", "// \x0b\x0c\u2028\nnode {\n sh 'curl -k https://a.example.com/x'\n}\n", 3),
    ],
)  # fmt: skip
def test_lines_are_those_of_git(scan, name, text, line):
    outcome = scan({name: text})
    assert outcome.run.not_covered == ()
    assert (name, line) in {(f.location.uri, f.location.start_line) for f in outcome.findings}
    assert all(f.location.start_line <= text.count("\n") for f in outcome.findings)
