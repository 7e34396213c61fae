"""The next step in the words of the tool that wrote the lockfile."""

from dataclasses import replace

import pytest

from shopsec.model import Location, Role
from shopsec.scan.dependencies.packages import Key, PlacedPin
from shopsec.scan.dependencies.upgrades import relock_command, upgrade_command, upgrade_step


def pin(uri, name="a", via=()):
    return PlacedPin(Key("x", name, "1.0"), Location(uri=uri, start_line=1), Role.PRODUCTION,
                     via=via)  # fmt: skip


@pytest.mark.parametrize(
    ("lockfile", "direct", "transitive"),
    [
        ("package-lock.json", "npm install a@2.0", '"overrides": {"a": "2.0"} in package.json'),
        ("npm-shrinkwrap.json", "npm install a@2.0", '"overrides": {"a": "2.0"} in package.json'),
        ("yarn.lock", "yarn up a@2.0 (yarn 1: yarn upgrade a@2.0)",
         '"resolutions": {"a": "2.0"} in package.json'),
        ("pnpm-lock.yaml", "pnpm update a@2.0",
         '"pnpm": {"overrides": {"a": "2.0"}} in package.json'),
        ("bun.lock", "bun add a@2.0", '"overrides": {"a": "2.0"} in package.json'),
        ("composer.lock", "composer require a:^2.0 --update-with-all-dependencies",
         "composer update a --with-all-dependencies"),
        ("Gemfile.lock", "bundle update a --conservative", "bundle update a --conservative"),
        ("gems.locked", "bundle update a --conservative", "bundle update a --conservative"),
        ("go.mod", "go get a@v2.0", "go get a@v2.0"),
        ("Cargo.lock", "cargo update -p a --precise 2.0", "cargo update -p a --precise 2.0"),
        ("uv.lock", "uv lock --upgrade-package a==2.0", "uv lock --upgrade-package a==2.0"),
        ("poetry.lock", "poetry update a", "poetry update a"),
        ("pdm.lock", "pdm update a", "pdm update a"),
        ("Pipfile.lock", "pipenv upgrade a==2.0", "pipenv upgrade a==2.0"),
        ("packages.lock.json", "dotnet add package a --version 2.0",
         "dotnet add package a --version 2.0"),
        ("pom.xml", "set a to 2.0 in pom.xml", "set a to 2.0 in pom.xml"),
        ("requirements.txt", "", ""),
        ("bom.json", "", ""),
    ],
)  # fmt: skip
def test_every_lockfile_has_its_command(lockfile, direct, transitive):
    assert upgrade_command(f"web/{lockfile}", "a", "2.0", direct=True) == direct
    assert upgrade_command(f"web/{lockfile}", "a", "2.0", direct=False) == transitive


@pytest.mark.parametrize(
    ("place", "fixed", "upgrade_to", "step"),
    [
        (pin("uv.lock"), "2.0", "2.0",
         "uv lock --upgrade-package a==2.0; run the tests, deploy"),
        (pin("uv.lock"), "2.0", "",
         "uv lock --upgrade-package a==2.0; run the tests, deploy"),
        (pin("uv.lock"), "2.0", "2.5",
         "uv lock --upgrade-package a==2.5; run the tests, deploy"
         " (2.0 mends this one, 2.5 all that is known of a)"),
        (pin("api/requirements.txt"), "2.0", "2.0",
         "set a to 2.0 in api/requirements.txt; run the tests, deploy"),
        (pin("package-lock.json", via=("top", "mid")), "2.0", "2.0",
         'top > mid pulls it in: raise top first, or "overrides": {"a": "2.0"} in package.json;'
         " run the tests, deploy"),
        (pin("package-lock.json", "@s/{a}"), "2.0", "2.0",
         "npm install '@s/{a}'@2.0; run the tests, deploy"),
        (pin("uv.lock"), "", "",
         "no fixed version is known: take the package out, or shield what it exposes"),
    ],
)  # fmt: skip
def test_the_step_says_what_pulls_it_in_and_what_else_it_mends(place, fixed, upgrade_to, step):
    assert upgrade_step(place, fixed, upgrade_to, malicious=False) == step


def test_a_malicious_package_is_taken_out_whatever_is_called_fixed():
    assert upgrade_step(pin("uv.lock"), "2.0", "2.0", malicious=True) == (
        "take the package out now; treat every secret that machines with it could read as stolen,"
        " and replace them"
    )


@pytest.mark.parametrize(
    ("lockfile", "command"),
    [
        ("package-lock.json", "npm update 'a;$(touch pwn)'"),
        ("composer.lock", "composer update 'a;$(touch pwn)' --with-all-dependencies"),
        ("Gemfile.lock", "bundle update 'a;$(touch pwn)' --conservative"),
        ("Cargo.lock", "cargo update -p 'a;$(touch pwn)' --precise '1;x'"),
    ],
)
def test_names_in_commands_are_quoted(lockfile, command):
    assert relock_command(lockfile, "a;$(touch pwn)", "1;x") == command


def test_a_name_in_what_is_no_command_is_not_quoted():
    assert upgrade_command("bun.lock", "a'b", "1", direct=False) == (
        '"overrides": {"a\'b": "1"} in package.json'
    )
    assert upgrade_command("pom.xml", "g:a;b", "1", direct=True) == "set g:a;b to 1 in pom.xml"


@pytest.mark.parametrize(
    ("found", "step"),
    [
        (pin("modules/my pay/composer.lock"),
         "cd 'modules/my pay' && composer require a:^2.0 --update-with-all-dependencies"),
        (pin("shop/requirements.txt"), "set a to 2.0 in shop/requirements.txt"),
        (pin("shop/pom.xml"), "set a to 2.0 in shop/pom.xml"),
        (pin("web/yarn.lock", via=("b",)),
         'b pulls it in: raise b first, or "resolutions": {"a": "2.0"} in web/package.json'),
        (pin("composer.lock", "phpunit/phpunit"),
         "composer require --dev 'phpunit/phpunit:^2.0' --update-with-all-dependencies, on the"
         " server composer install --no-dev, and see that vendor/phpunit/phpunit is gone there"),
        (replace(pin("Gemfile.lock", via=("rails",)), raised_with=("rails",)),
         "rails and a go by one version: bundle update rails (the Gemfile must admit 2.0)"),
        (replace(pin("a/composer.lock"), raised_with=("a", "b")),
         "a, b go by one version: cd a && composer require 'a:^2.0' 'b:^2.0'"
         " --update-with-all-dependencies"),
    ],
)  # fmt: skip
def test_the_step_names_the_folder_and_whatever_goes_by_the_same_version(found, step):
    assert upgrade_step(found, "2.0", "2.0", malicious=False) == f"{step}; run the tests, deploy"
