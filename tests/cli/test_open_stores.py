"""An open data store of a Compose stack is never nothing, whatever the stack's signs."""

import json

import pytest
from click.testing import CliRunner

from shopsec.cli.main import cli
from tests.conftest import TODAY

DB = """  db:
    image: mariadb:11.4
    environment: {MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: "1"}
    ports: ["3306:3306"]
"""
PROXY = """  traefik:
    image: traefik:v3.7
    command: ["--certificatesresolvers.le.acme.email=a@shop.example"]
    ports: ["80:80", "443:443"]
"""


@pytest.mark.parametrize(
    ("more", "outcome", "tier"),
    [
        ({}, "warn", "sprint"),
        ({"compose.yaml": PROXY}, "fail", "fix-now"),
        ({"deploy.sh": "ssh root@a 'cd /srv/shop && docker compose up -d'\n"}, "fail", "fix-now"),
    ],
)
def test_an_open_store_is_told(tmp_path, monkeypatch, more, outcome, tier):
    shop = tmp_path / "shop"
    shop.mkdir()
    for name, text in {
        **more,
        "compose.yaml": "services:\n" + more.get("compose.yaml", "") + DB,
    }.items():
        (shop / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    arguments = ["scan", "shop", "--offline", "--format", "json", "--today", TODAY]
    ended = CliRunner().invoke(cli, arguments, standalone_mode=False)
    report = json.loads(ended.stdout)
    assert report["decision"]["outcome"] == outcome
    (found,) = (each for each in report["results"] if each["finding"]["rule_id"] == "SHOP-015")
    assert found["tier"] == tier
    assert report["actions"][0]["title"] == "A data store lets anybody in: db"
