import pytest

from shopsec.model import Role
from shopsec.repo.roles import role_of


@pytest.mark.parametrize(
    ("path", "role"),
    [
        (".env", Role.PRODUCTION),
        (".env.production", Role.PRODUCTION),
        (".env.prod.local", Role.PRODUCTION),
        (".env.local", Role.DEV),
        ("docker/dev.env", Role.DEV),
        (".env-dev", Role.DEV),
        (".env.test_cached", Role.TEST),
        ("ci.env", Role.TEST),
        (".env.dist", Role.EXAMPLE),
        (".env-example", Role.EXAMPLE),
        ("wp-config-sample.php", Role.EXAMPLE),
        ("docker/nginx/default.conf.template", Role.PRODUCTION),
        ("config.template", Role.EXAMPLE),
        ("integration-tests/medusa-config.js", Role.TEST),
        ("packages/a/__fixtures__/medusa-config.js", Role.TEST),
        ("vendor/a/tests/.env", Role.VENDORED),
        ("web/node_modules/a/index.js", Role.VENDORED),
        ("app/Http/Controllers/Vendor/OrderController.php", Role.PRODUCTION),
        ("src/Vendor/Payout.php", Role.PRODUCTION),
        ("Tests/Unit/a.py", Role.TEST),
    ],
)
def test_roles(path, role):
    assert role_of(path) is role
