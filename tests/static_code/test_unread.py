"""Code that nothing here reads is told, and never a reason that a scan cannot finish."""

import json

import pytest
from click.testing import CliRunner

from shopsec.cli.main import cli
from shopsec.model import Role, SourceFile
from shopsec.scan.code.unread import language_of
from tests.conftest import TODAY


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("src/Controller/Pay.php", "PHP"),
        ("templates/cart.PHTML", "PHP"),
        ("assets/cart.js", "JavaScript"),
        ("assets/cart.min.js", ""),
        ("webpack.config.js", ""),
        (".eslintrc.js", ""),
        ("src/index.d.ts", ""),
        ("src/index.tsx", "TypeScript"),
        ("app/models/order.rb", "Ruby"),
        ("shop/views.py", ""),
        ("php", ""),
    ],
)
def test_languages_by_ending(name, language):
    assert language_of(SourceFile(name, 1, Role.PRODUCTION, True)) == language


def scanned(tmp_path, monkeypatch, *names, policy="small-team"):
    """Ledger's entry, and the outcomes of the reasons that name it."""
    shop = tmp_path / "shop"
    for name in names:
        (shop / name).parent.mkdir(parents=True, exist_ok=True)
        (shop / name).write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    arguments = ["scan", "shop", "--offline", "--format", "json", "--policy", policy]
    ended = CliRunner().invoke(cli, [*arguments, "--today", TODAY], standalone_mode=False)
    report = json.loads(ended.stdout)
    (entry,) = (each for each in report["coverage"] if each["scanner"] == "unread-code")
    reasons = report["decision"]["reasons"]
    return entry, [each["outcome"] for each in reasons if "unread-code" in each["scanners"]]


@pytest.mark.parametrize("policy", ["small-team", "strict", "observe"])
def test_it_is_told_by_language_and_is_a_warning_at_most(tmp_path, monkeypatch, policy):
    names = ("a.php", "b.php", "c.js", "tests/d.php", "shop.py")
    entry, outcomes = scanned(tmp_path, monkeypatch, *names, policy=policy)
    assert outcomes == ["warn"]
    assert (entry["status"], entry["handed_in"], entry["covered"]) == ("missing", 2, 0)
    (group,) = entry["not_covered"]
    assert group["reason"] == "no scanner here reads their code"
    assert [each["name"] for each in group["items"]] == ["JavaScript (1 file)", "PHP (2 files)"]
    assert [each["count"] for each in entry["excluded"]] == [1]


def test_a_shop_whose_code_is_all_read_has_nothing_to_tell(tmp_path, monkeypatch):
    entry, outcomes = scanned(tmp_path, monkeypatch, "shop.py", "webpack.config.js")
    assert (entry["status"], outcomes) == ("not_applicable", [])
