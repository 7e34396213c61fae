"""Versions in files of versions, manifests and lockfiles."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.resources import pins, pins_locks, pins_manifests
from tests.access.in_memory import built, built_or_refused, runtimes


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        (".nvmrc", "v16.20.0\n", [(1, "Node.js 16")]),
        (".nvmrc", "# ours\n\nlts/gallium\n", [(3, "Node.js 16")]),
        (".nvmrc", "lts/*\n", []),
        (".nvmrc", "node\n", []),
        (".node-version", "20", [(1, "Node.js 20")]),
        (".python-version", "3.8.12\n3.12.1\n", [(1, "Python 3.8")]),
        (".ruby-version", "ruby-2.7.6\n", [(1, "Ruby 2.7")]),
        (".php-version", "8.0\n", [(1, "PHP 8.0")]),
        (".tool-versions", "nodejs 16.20.0\n# x\npython 3.8.1 3.9.1\njava temurin-11.0.2+9\nx 1\n",
         [(1, "Node.js 16"), (3, "Python 3.8"), (4, "Java (Temurin) 11")]),
        ("runtime.txt", "python-3.8.12\n", [(1, "Python 3.8")]),
        (".nvmrc", "", []),
        (".nvmrc", "\ufeff16\n", [(1, "Node.js 16")]),
    ],
)  # fmt: skip
def test_pinned_versions(name, text, found):
    assert [each[:2] for each in runtimes(pins.SOURCE, {name: text})] == found


def test_a_pin_that_cannot_be_one():
    with pytest.raises(DocumentError, match="is not UTF-8 text"):
        built(pins.SOURCE, {".nvmrc": b"\xe9"})
    with pytest.raises(DocumentError, match="more than 1000 lines"):
        built(pins.SOURCE, {".tool-versions": "a 1\n" * 1_001})


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("composer.json", '{"require": {\n"php": "~7.4.0",\n"laravel/framework": "^8.0"}}',
         [(2, "PHP 7.4", "unclear"), (3, "Laravel 8", "unclear")]),
        ("composer.json", '{"require": {"php": "^7.4 || ^8.4"},\n"config": {"platform": {\n'
         '"php": "7.4.33"}}}', [(3, "PHP 7.4", "live")]),
        ("package.json", '{"engines": {\n"node": ">=14 <17"}, "dependencies": {\n"next": "12.1.0"}}',
         [(2, "Node.js 16", "unclear"), (3, "Next.js 12", "live")]),
        ("package.json", '{"volta": {\n"node": "16.20.1"}, "engines": {"node": ">=12"}}',
         [(2, "Node.js 16", "live")]),
        ("package.json", '{"engines": "16", "dependencies": []}', []),
        ("package.json", '{"dependencies": {"next": "latest"}}', [(1, "Next.js 16", "unclear")]),
        ("pyproject.toml", '[project]\nname = "x"\nrequires-python = ">=3.7,<3.9"\n'
         'dependencies = [\n "Django[x]>=3.2,<4",\n "y"]\n',
         [(3, "Python 3.8", "unclear"), (5, "Django 3.2", "unclear")]),
        ("pyproject.toml", '[project]\nname = "saleor"\nversion = "3.18.4"\n',
         [(3, "Saleor 3.18", "live")]),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "~3.8"\n'
         'django = {version = "^4.1"}\n', [(2, "Python 3.8", "unclear"), (3, "Django 4.2", "unclear")]),
        ("Pipfile", '[requires]\npython_version = "3.8"\n[packages]\nDjango = "==3.2.1"\n',
         [(2, "Python 3.8", "live"), (4, "Django 3.2", "live")]),
        ("Gemfile", 'source "x"\nruby "2.7.6"\n', [(2, "Ruby 2.7", "live")]),
        ("Gemfile", "ruby '~> 2.7.0'\n", [(1, "Ruby 2.7", "unclear")]),
    ],
)  # fmt: skip
def test_versions_that_manifests_ask_for(name, text, found):
    assert runtimes(pins_manifests.SOURCE, {name: text}) == found


def test_a_range_is_named_in_the_summary():
    (each,) = built(pins_manifests.SOURCE, {"package.json": '{"engines": {"node": ">=14 <17"}}'})
    assert each.view.summary.startswith("Node.js 16, the newest that '>=14 <17' allows, ended on")


def test_a_lockfile_beside_knows_better():
    files = {"composer.json": '{"require": {"laravel/framework": "^8.0"}}', "composer.lock": "{}"}
    assert runtimes(pins_manifests.SOURCE, files) == []


def test_the_manifests_of_a_monorepo_are_read_at_the_top_only():
    engines = '{"engines": {"node": "16"}}'
    files = {"package.json": engines, "packages/a/package.json": engines, "x/b.json": engines}
    assert len(runtimes(pins_manifests.SOURCE, files)) == 1
    del files["package.json"]
    assert len(runtimes(pins_manifests.SOURCE, files)) == 1


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("package.json", "{\n,", "line 2: not valid JSON"),
        ("package.json", "[" * 100_000, "too deep"),
        ("package.json", '{"a": ' + "9" * 5_000 + "}", "a number too long"),
        ("pyproject.toml", "a = 1\nb = \n", "line 2: not valid TOML"),
        ("pyproject.toml", "a = " + "[" * 10_000, "TOML"),
        ("composer.json", b'{"a": "\xff"}', "is not UTF-8 text"),
    ],
)
def test_manifests_that_cannot_be_read_are_named(name, text, problem):
    with pytest.raises(DocumentError, match=problem):
        built(pins_manifests.SOURCE, {name: text})


COMPOSER = """\
{"packages": [
  {"name": "shopware/core", "version": "v6.4.20.2"},
  {"name": "symfony/framework-bundle", "version": "v5.3.1"}
]}
"""


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("composer.lock", COMPOSER, [(2, "Shopware 6.4", "live")]),
        ("composer.lock", COMPOSER.replace("shopware/core", "a/b"), [(3, "Symfony 5.3", "live")]),
        ("package-lock.json", '{"packages": {\n"node_modules/next": {\n"version": "13.0.1"},'
         '"node_modules/a/node_modules/next": {"version": "12.0.0"}}}', [(2, "Next.js 13", "live")]),
        ("yarn.lock", '"next@^12.0.0", next@^12.1.0:\n  version "12.3.4"\n\nnext-auth@1:\n'
         '  version "4.0.0"\n', [(1, "Next.js 12", "live")]),
        ("yarn.lock", '"@medusajs/medusa@npm:^1.20.0":\n  version: 1.20.1\n',
         [(1, "Medusa 1", "live")]),
        ("yarn.lock", '"@medusajs/medusa@workspace:.":\n  version: 0.0.0-use.local\n', []),
        ("pnpm-lock.yaml", "packages:\n  /next@13.4.1(react@18):\n    x: 1\n  next@14.0.1:\n",
         [(4, "Next.js 14", "live")]),
        ("bun.lock", '{"packages": {\n"next": ["next@13.1.0", ""]}}', [(2, "Next.js 13", "live")]),
        ("poetry.lock", '[[package]]\nname = "Django"\nversion = "3.2.25"\n',
         [(2, "Django 3.2", "live")]),
        ("Pipfile.lock", '{"default": {"django": {"hashes": ["a"], "version": "==4.1.1"}}}',
         [(1, "Django 4.1", "live")]),
        ("requirements/prod.txt", "x\nDjango==3.2.25 --hash=sha256:a\n", [(2, "Django 3.2", "live")]),
        ("requirements.txt", "Django[argon2]>=3.2,<4.0 ; python_version > '3'\n",
         [(1, "Django 3.2", "unclear")]),
        ("requirements.txt", "django-filter==2.4.0\n# Django==1.0\n", []),
        ("Gemfile.lock", "GEM\n  specs:\n    rails (6.1.7)\n      actioncable (= 6.1.7)\n",
         [(3, "Ruby on Rails 6.1", "live")]),
        ("notes.txt", "Django==1.0\n", []),
    ],
)  # fmt: skip
def test_platforms_and_frameworks_in_lockfiles(name, text, found):
    assert runtimes(pins_locks.SOURCE, {name: text}) == found


@pytest.mark.parametrize(
    ("manifest", "use"),
    [
        ({"dependencies": {"next": "13"}}, "live"),
        ({"devDependencies": {"next": "13"}}, "developer"),
        ({"dependencies": {"react": "19"}}, "unclear"),
        ([], "live"),
    ],
)
def test_what_an_npm_lockfile_holds_is_what_its_manifest_says(manifest, use):
    lock = '{"packages": {"node_modules/next": {"version": "13.0.1"}}}'
    files = {"package-lock.json": lock, "package.json": json.dumps(manifest)}
    assert runtimes(pins_locks.SOURCE, files) == [(1, "Next.js 13", use)]


NAMES = st.sampled_from(
    [".nvmrc", ".tool-versions", "composer.json", "package.json", "pyproject.toml", "Gemfile",
     "Pipfile", "composer.lock", "yarn.lock", "pnpm-lock.yaml", "poetry.lock", "requirements.txt"]
)  # fmt: skip


@given(NAMES, st.text(max_size=200) | st.binary(max_size=200))
def test_any_content_is_read_or_named(name, content):
    for source in (pins.SOURCE, pins_locks.SOURCE, pins_manifests.SOURCE):
        lines = [1]
        with contextlib.suppress(DocumentError):
            lines += [line for line, _, _ in runtimes(source, {name: content})]
        assert min(lines) == 1


def test_a_long_lockfile_takes_no_long_time():
    text = '"next": {"hashes": [' + '"a",' * 200_000 + "]\n" + "next@" * 100_000
    for name in ("Pipfile.lock", "yarn.lock", "package-lock.json", "requirements.txt"):
        assert built_or_refused(pins_locks.SOURCE, {name: text}) == []
