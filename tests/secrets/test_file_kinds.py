import pytest

from shopsec.scan.secrets.file_kinds import allows_bare, allows_blank, has_settings

NONE: frozenset[str] = frozenset()
BARE, SETTINGS, BLANK = "bare", "settings", "blank"


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        (".env", {BARE, SETTINGS}),
        (".env.production", {BARE, SETTINGS}),
        (".env.local.bak", {BARE, SETTINGS}),
        ("shop/prod.env", {BARE, SETTINGS}),
        ("shop/prod.env.old", {BARE, SETTINGS}),
        ("SHOP.ENV~", {BARE, SETTINGS}),
        (".envrc", {BARE, SETTINGS}),
        ("src/app.env.js", NONE),
        (".env.d.ts", {BARE}),
        ("app.yml.j2", {BARE}),
        ("app.php.dist", {BARE}),
        ("app.neon", {BARE}),
        ("Caddyfile", {BARE}),
        ("docker/Dockerfile.prod", {BARE, BLANK}),
        ("php.Dockerfile", {BARE, BLANK}),
        ("haproxy.cfg", {BARE, BLANK}),
        (".msmtprc", {BARE, BLANK}),
        ("_netrc", {BLANK}),
        ("a.py", NONE),
        ("env/a.php", NONE),
        ("~", NONE),
    ],
)
def test_how_a_file_writes_its_values(path, kinds):
    assert allows_bare(path) == (BARE in kinds)
    assert has_settings(path) == (SETTINGS in kinds)
    assert allows_blank(path) == (BLANK in kinds)
