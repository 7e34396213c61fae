"""Reports of many repositories as one ranked list."""

import json
import shutil
from pathlib import Path

import pytest

from shopsec.model import NamedReport, Repository
from shopsec.rank.organisation import join
from shopsec.report.organisation import render_markdown
from tests.cli.in_shards import QUICK, scan, shards
from tests.report.reports import full

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def reports(run, committed, tmp_path):
    """JSON reports of three shops: one that fails, one that is not whole, one that passes."""
    clean = tmp_path / "clean"
    clean.mkdir()
    (clean / "a.txt").write_text("nothing\n")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.py").write_text("def (:\n")
    folders = [committed(clean), committed(broken)]
    folders.append(committed(shutil.copytree(EXAMPLES / "shop", tmp_path / "shop")))
    found = {}
    for folder, policy in zip(folders, ("observe", "strict", "small-team"), strict=True):
        file = tmp_path / f"{folder.name}.json"
        scan(run, folder, "--policy", policy, *QUICK, "--output", f"json={file}")
        found[folder.name] = file
    return found


def test_one_list_of_all_and_every_decision_beside_it(run, reports):
    code, text = run("merge", *reports.values(), "--format", "json")
    document = json.loads(text)
    assert (code, document["schema"], document["outcome"]) == (1, "shopsec-organisation-1", "fail")
    assert {each["name"]: each["decision"]["outcome"] for each in document["repositories"]} == {
        "shop": "fail", "broken": "incomplete", "clean": "warn",
    }  # fmt: skip
    assert [each["name"] for each in document["repositories"]] == ["shop", "broken", "clean"]
    alone = {name: json.loads(file.read_text()) for name, file in reports.items()}
    expected = [
        (name, each["priority"], each["finding"]["fingerprint"])
        for name, report in alone.items()
        for each in report["results"]
    ]
    there = [
        (each["repository"], each["priority"], each["finding"]["fingerprint"])
        for each in document["results"]
    ]
    assert sorted(there) == sorted(expected)
    tiers = ["fix-now", "sprint", "planned", "watch"]
    ranks = [(tiers.index(each["tier"]), -each["priority"]) for each in document["results"]]
    assert ranks == sorted(ranks)
    actions = [(each["repository"], each["title"]) for each in document["actions"]]
    assert actions[0] == ("shop", alone["shop"]["actions"][0]["title"])
    assert len(actions) == 5
    assert document["counts"]["fix-now"] == alone["shop"]["counts"]["fix-now"]


def test_what_is_not_checked_somewhere_is_on_every_page(run, reports, tmp_path):
    page = tmp_path / "page.md"
    only = [reports["broken"], reports["clean"]]
    code, text = run("merge", *only, "--output", f"markdown={page}")
    assert code == 3
    assert text.splitlines()[:2] == ["shopsec 0.1.0 · 2 repositories", "INCOMPLETE  broken"]
    (line,) = [line for line in text.splitlines() if "a.py" in line]
    assert line.startswith("  not checked: bandit: no file could be scanned; 1 file: is not Python")
    assert "| broken \\(broken @" in page.read_text()
    assert "is not Python" in page.read_text()
    assert run("merge", *only, "--exit-zero")[0] == 0
    assert run("merge", reports["clean"])[0] == 0


def test_the_order_of_the_files_does_not_matter(run, reports):
    files = list(reports.values())
    for name in ("terminal", "markdown", "json"):
        one = run("merge", *files, "--format", name)
        assert run("merge", *reversed(files), "--format", name) == one


def test_repositories_of_one_name_are_told_apart_by_their_origins(run, reports, tmp_path):
    other = tmp_path / "other.json"
    document = json.loads(reports["shop"].read_text())
    document["repository"]["remote"] = "git@git.example.org:acme/shop.git"
    other.write_text(json.dumps(document))
    code, text = run("merge", reports["shop"], other, "--format", "json")
    names = [each["name"] for each in json.loads(text)["repositories"]]
    assert (code, names) == (1, ["git.example.org/acme/shop", "shop"])
    code, said = run("merge", reports["shop"], other, other)
    assert code == 2
    assert f"{other}: is of the repository of {other}, git.example.org/acme/shop\n" in said


def test_one_repository_is_one_whatever_its_checkouts_are_called(run, reports, tmp_path):
    document = json.loads(reports["shop"].read_text())
    files = []
    for name, remote in {"one": "git@h.example:a/b.git", "two": "https://h.example/a/b"}.items():
        document["repository"] |= {"name": name, "remote": remote}
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps(document))
    code, said = run("merge", *files)
    assert code == 2
    assert f"{files[1]}: is of the repository of {files[0]}, h.example/a/b\n" in said
    document["repository"]["path_in_repository"] = "shop"
    files[1].write_text(json.dumps(document))
    code, text = run("merge", *files, "--format", "json")
    assert {each["name"] for each in json.loads(text)["repositories"]} == {"one", "two/shop"}


def test_what_a_repository_says_of_itself_is_no_markup(run, reports):
    document = json.loads(reports["broken"].read_text())
    document["repository"]["name"] = "<b>@all\n# big\x1b[31m"
    reports["broken"].write_text(json.dumps(document))
    text = run("merge", *reports.values(), "--format", "markdown")[1]
    assert "<b>" not in text
    assert "@all" not in text
    assert "\x1b" not in run("merge", *reports.values())[1]


@pytest.mark.parametrize("name", ["html", "sarif"])
def test_other_formats_are_refused(run, reports, name):
    code, said = run("merge", *reports.values(), "--format", name)
    assert (code, said.splitlines()[0]) == (2, f"{name}: is no format of many reports")


def test_shards_and_reports_do_not_mix(run, reports, tmp_path):
    (shard,) = shards(run, tmp_path / "shop", tmp_path / "shards", 1, *QUICK)
    code, said = run("merge", shard, reports["clean"])
    assert (code, said.splitlines()[0]) == (
        2, "shards and reports are not merged with each other",
    )  # fmt: skip
    code, said = run("merge", *reports.values(), "--policy", "strict")
    assert (code, said.splitlines()[0]) == (2, "--policy: decided is what each report says")


def test_a_page_of_very_many_repositories_keeps_to_the_limit_of_a_job_summary():
    many = [
        NamedReport(
            name=f"shop-{number}",
            report=full("x" * 300).model_copy(update={"repository": Repository(name="y" * 300)}),
        )
        for number in range(1_000)
    ]
    page = render_markdown(join(many))
    assert 500_000 < len(page.encode()) <= 1024 * 1024
    rows = page.count("\n| shop-")
    assert f"\nand {1_000 - rows} more\n" in page
    assert "### Results" in page
