"""Deployer's recipes, and settings of package managers."""

import pytest

from shopsec.scan.access.resources import deployer, package_managers
from tests.access.in_memory import built


def test_what_a_recipe_runs():
    found = built(
        deployer.SOURCE,
        {
            "deploy.php": "<?php\nnamespace Deployer;\nhost('a')->setRemoteUser('root')\n"
            "  ->setSshArguments(['-o StrictHostKeyChecking=no']);\n"
            "task('x', function () {\n  run(\"php artisan migrate:fresh --force\");\n  run('ls');\n});\n"
        },
    )
    assert [each.line for each in found] == [3, 4, 6]
    root, option, command = (each.view for each in found)
    assert (root.as_root, option.skips_verification) == (True, "StrictHostKeyChecking=no")
    assert (command.destroys_data, command.in_deployment) == ("migrate:fresh", True)


def test_another_deploy_php():
    assert (
        built(deployer.SOURCE, {"deploy.php": "<?php run('curl -k https://a.example.com');"}) == []
    )


@pytest.mark.parametrize(
    ("name", "text", "switches"),
    [
        (".npmrc", "a=1\nstrict-ssl = false\n", [(2, "strict-ssl=false")]),
        (".npmrc", "strict-ssl=true\n", []),
        (".yarnrc", "strict-ssl false\n", [(1, "strict-ssl=false")]),
        ("a/.yarnrc.yml", "enableStrictSsl: false\n", [(1, "strict-ssl=false")]),
        ("composer.json", '{"config": {\n"secure-http": false}}', [(2, "secure-http false")]),
        ("composer.json", '{"config": {"disable-tls": true}}', [(1, "disable-tls true")]),
        ("composer.json", '{"config": {"secure-http": true}}', []),
    ],
)
def test_package_managers(name, text, switches):
    found = built(package_managers.SOURCE, {name: text})
    assert [(each.line, each.view.skips_verification) for each in found] == switches
