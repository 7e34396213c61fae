"""The first five actions are those that an owner would take first (docs/order.md).

NDCG@5 with graded gains (Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR
techniques", ACM TOIS 20(4), 2002; discount 1 / log2(rank + 1)): the sum of discounted gains of the
tool's first five actions, divided by the sum for the owner's own order.
"""

import json
import math
import re
import shutil
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from shopsec.cli.main import cli
from shopsec.scan.host import Host
from tests.conftest import TODAY
from tests.secrets import planted

TOP = Path(__file__).resolve().parents[2]
PAGE = (TOP / "docs" / "order.md").read_text(encoding="utf-8")
ORDER = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
# What may not stand in the repository.
MADE_UP = {"medusa": {".env": f"STRIPE_API_KEY={planted.stripe()}\n"}}


@pytest.fixture
def scanned(tmp_path, monkeypatch):
    """Scan a copy of an example as a plain folder, offline, where Trivy is missing."""
    found = Host.which
    monkeypatch.setattr(
        Host, "which", lambda host, name: None if name == "trivy" else found(host, name)
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def scan(shop):
        folder = tmp_path / shop
        shutil.copytree(TOP / "examples" / shop, folder)
        for name, text in MADE_UP.get(shop, {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        arguments = ["scan", shop, "--offline", "--exit-zero", "--format", "json"]
        ended = CliRunner().invoke(cli, [*arguments, "--today", TODAY], standalone_mode=False)
        assert ended.exception is None
        return json.loads(ended.stdout)

    return scan


def closed_by(report):
    """For each action the findings that it closes."""
    found = {each["finding"]["fingerprint"]: each["finding"] for each in report["results"]}
    return [[found[each] for each in action["closes"]] for action in report["actions"]]


def meant(item, finding):
    """Whether an item of the owner's list is about a finding."""
    if finding["location"]["uri"] != item["file"]:
        return False
    if "package" in item:
        return bool(finding["package"]) and finding["package"]["name"] == item["package"]
    of = item.get("of")
    return (not of or finding["symbol"] == of) and any(
        fnmatch(finding["rule_id"], rule) for rule in item["rules"]
    )


def gains(items, actions):
    """The gain of each action and, best first, those of the owner's deeds.

    What one action closes together is one deed: its greatest gain counts, and counts once.
    """
    left, gained = list(items), []
    for findings in actions:
        closed = [item for item in left if any(meant(item, finding) for finding in findings)]
        left = [item for item in left if item not in closed]
        gained.append(max((item["gain"] for item in closed), default=0))
    return gained, sorted([*filter(None, gained), *(item["gain"] for item in left)], reverse=True)


def dcg(found):
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(found[:5], start=1))


def ndcg(items, actions):
    gained, ideal = gains(items, actions)
    return dcg(gained) / dcg(ideal)


@pytest.mark.parametrize("shop", ORDER)
def test_the_first_five_are_what_an_owner_would_do_first(shop, scanned):
    report = scanned(shop)
    found = ndcg(ORDER[shop], closed_by(report))
    titles = [f"{action['priority']} {action['title']}" for action in report["actions"]]
    assert found >= 0.85, "\n".join([f"NDCG@5 {found:.3f}", *titles])


def test_the_measure_is_one_for_the_owners_order_and_less_for_another():
    items = [{"file": name, "rules": ["r"], "gain": gain} for name, gain in (("a", 3), ("b", 1))]
    first, second = (
        [{"location": {"uri": name}, "rule_id": "r", "package": None, "symbol": ""}]
        for name in ("a", "b")
    )
    assert ndcg(items, [first, second]) == 1
    assert ndcg(items, [second, first]) == pytest.approx(
        (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))
    )
    assert ndcg(items, []) == 0
    assert ndcg(items, [[*first, *second]]) == 1
