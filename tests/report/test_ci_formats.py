"""What holds for every format that CI systems read, on made-up reports and on the example shops."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.cli.output import TEXT_FORMATS
from shopsec.model import Area, Outcome, Status, Tier
from tests.ci.conftest import ROOT
from tests.report.ci_reports import PARTIAL, decided, everything, misses
from tests.report.reports import SUPPRESSION, full, large, report, result
from tests.report.schemas import gitlab_schema
from tests.tools import need

SECURITY = (
    "gitlab-container-scanning",
    "gitlab-dependency-scanning",
    "gitlab-sast",
    "gitlab-secret-detection",
)
FORMATS = ("code-quality", "comment", "github", "junit", "markdown", *SECURITY)
UNFINISHED = (Status.PARTIAL, Status.FAILED, Status.MISSING, Status.SKIPPED)
# In two parts, so that no scanner takes this file for a leak.
SECRET = "sk_live_" + "51HqVbRt8mKpLzX3wNcYdE7fG"


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_report_gives_the_same_bytes(name):
    render = TEXT_FORMATS[name]
    assert render(everything()) == render(everything())


@pytest.mark.parametrize("status", UNFINISHED)
@pytest.mark.parametrize("area", list(Area))
def test_every_incomplete_run_is_named(status, area):
    name = f"{area.value}-it"
    run = PARTIAL.model_copy(update={"scanner": name, "area": area, "status": status})
    decision = decided(Outcome.INCOMPLETE, misses(name))
    given = report((), coverage=(run,), decision=decision)
    named = {form for form in FORMATS if name in "".join(TEXT_FORMATS[form](given))}
    assert named - {*SECURITY} == {*FORMATS} - {*SECURITY}
    assert named & {*SECURITY} == {
        Area.REPOSITORY: {*SECURITY},
        Area.SECRETS: {"gitlab-secret-detection"},
        Area.DEPENDENCIES: {"gitlab-dependency-scanning"},
    }.get(area, {"gitlab-sast"})


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_suppressed_shows_nowhere_as_active(name):
    quiet = result(
        1, tier=Tier.FIX_NOW, priority=99, suppressed=SUPPRESSION, message="quietly there"
    )
    assert "quietly" not in "".join(TEXT_FORMATS[name](report((quiet,))))


@settings(max_examples=30)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_keeps_to_each_formats_syntax(text):
    given_report = full(text or "x", help_uri=f"https://x/{text}")
    made = {name: "".join(TEXT_FORMATS[name](given_report)) for name in FORMATS}
    assert len(json.loads(made["code-quality"])) == 5
    assert [len(json.loads(made[name])["vulnerabilities"]) for name in SECURITY] == [0, 1, 2, 1]
    root = ET.fromstring(made["junit"].encode())
    assert [suite.get("tests") for suite in root] == ["1", "2", "2", "1", "1"]
    lines = made["github"].split("\n")
    assert [line.split(" ")[0] for line in lines] == [
        "::warning", "::error", *["::warning"] * 3, "::notice", "",
    ]  # fmt: skip
    assert made["comment"].count("\n1. **") == 3
    assert made["markdown"].count("\n| ") == 2 + 2 + 2 + 4


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """Every report of the example shops, and of a folder with nothing in it."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "bare").mkdir()
    (folder / "bare" / "index.html").write_text("<h1>Teapots</h1>\n")
    roots = {name: ROOT / "examples" / name for name in ("shop", "magento")}
    found = {}
    for name, root in (roots | {"bare": folder / "bare"}).items():
        outputs = [f"--output={form}={folder / f'{name}-{form}'}" for form in (*FORMATS, "json")]
        command = [sys.executable, "-P", "-m", "shopsec", "scan", root, "--offline", "-q"]
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
        subprocess.run(
            [*command, "--exit-zero", "--today=2026-11-24", *outputs],
            env=os.environ | {"HOME": str(folder), "PATH": path},
            check=True,
            capture_output=True,
        )
        found[name] = {
            form: (folder / f"{name}-{form}").read_text("utf-8") for form in (*FORMATS, "json")
        }
    return found


def active(reports):
    document = json.loads(reports["json"])
    return [each for each in document["results"] if each["suppressed_by"] is None]


SHOPS = ("shop", "magento", "bare")
SEVERITIES = {
    "fix-now": ("blocker", "Critical"),
    "sprint": ("critical", "High"),
    "planned": ("major", "Medium"),
    "watch": ("minor", "Low"),
}


@pytest.mark.parametrize("shop", SHOPS)
def test_code_quality_lists_what_the_json_report_does(scanned, shop):
    expected = [
        (each["finding"]["fingerprint"], SEVERITIES[each["tier"]][0])
        for each in active(scanned[shop])
    ]
    entries = json.loads(scanned[shop]["code-quality"])
    found = [
        (each["fingerprint"], each["severity"])
        for each in entries
        if not each["check_name"].startswith("shopsec.not-checked.")
    ]
    assert found == expected
    assert all((ROOT / each["location"]["path"]).exists() for each in entries)
    assert all(set(each) == set(entries[0]) for each in entries)


@pytest.mark.parametrize("shop", SHOPS)
def test_the_four_security_reports_share_all_results(scanned, shop):
    documents = [json.loads(scanned[shop][name]) for name in SECURITY]
    found = [each for document in documents for each in document["vulnerabilities"]]
    expected = active(scanned[shop])
    assert len({each["id"] for each in found}) == len(found) == len(expected)
    severities = sorted(each["severity"] for each in found)
    assert severities == sorted(SEVERITIES[each["tier"]][1] for each in expected)


@pytest.mark.parametrize("shop", ["shop", "magento"])
def test_dependencies_that_were_only_compared_with_the_pack_are_a_failed_scan(scanned, shop):
    scan = json.loads(scanned[shop]["gitlab-dependency-scanning"])["scan"]
    assert scan["status"] == "failure"
    assert scan["messages"][0]["value"].startswith("osv: not checked: ")


@pytest.mark.parametrize("shop", SHOPS)
def test_junit_is_red_where_the_gate_is(scanned, shop):
    document = json.loads(scanned[shop]["json"])
    fails = {
        each
        for reason in document["decision"]["reasons"]
        if reason["outcome"] == "fail"
        for each in reason["fingerprints"]
    }
    root = ET.fromstring(scanned[shop]["junit"].encode())
    red = {
        case.attrib["name"].rpartition("[")[2].removesuffix("]")
        for case in root.iterfind("testsuite/testcase")
        if case.find("failure") is not None and case.get("classname") != "shopsec.gate"
    }
    assert red == fails
    unfinished = {
        suite.attrib["name"].removeprefix("shopsec.")
        for suite in root
        if suite.find("testcase/error") is not None
    } - {"gate"}
    assert unfinished == {
        run["scanner"]
        for run in document["coverage"]
        if run["status"] not in {"succeeded", "not_applicable"}
    }


def test_the_worst_of_the_shop_is_said_first(scanned):
    where = "examples/shop/.github/workflows/preview.yml"
    title = "Strangers' pull requests run with the shop's rights"
    lines = scanned["shop"]["github"].splitlines()
    (first,) = [line for line in lines if f"file={where}" in line][:1]
    assert first.startswith(f"::error file={where},line=10,title={title} (fix now%2C 80)::")
    assert f"1. **{title}** (fix now, 80)  \n   {where}:10: " in scanned["shop"]["comment"]
    assert scanned["shop"]["comment"].startswith("<!-- shopsec:examples/shop -->\n")


@pytest.mark.real
@pytest.mark.parametrize("name", SECURITY)
def test_the_shops_before_gitlabs_own_schemas(scanned, name, tmp_path):
    files = []
    for shop in SHOPS:
        files.append(tmp_path / f"{shop}.json")
        files[-1].write_text(scanned[shop][name])
    schema = gitlab_schema(name.removeprefix("gitlab-"))
    command = [need("check-jsonschema"), "--schemafile", schema, *files]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_no_report_has_the_secret(tmp_path, tree):
    root = tree({"settings.py": f"STRIPE_KEY = '{SECRET}'\n"})
    outputs = [f"--output={name}={tmp_path / name}" for name in FORMATS]
    command = [sys.executable, "-P", "-m", "shopsec", "scan", root, "--only=secrets", "-q"]
    subprocess.run([*command, "--exit-zero", *outputs], check=True, capture_output=True)
    texts = {name: (tmp_path / name).read_text("utf-8") for name in FORMATS}
    assert not [name for name, text in texts.items() if SECRET[8:] in text]
    assert json.loads(texts["gitlab-secret-detection"])["vulnerabilities"][0]["location"] == {
        "file": "settings.py",
        "start_line": 1,
        "end_line": 1,
        "commit": {"sha": "0000000"},
    }


def test_thirty_thousand_results_are_all_in_the_security_reports():
    given = large(30_000)
    counts = {
        name: len(json.loads("".join(TEXT_FORMATS[name](given)))["vulnerabilities"])
        for name in SECURITY
    }
    assert counts == {
        "gitlab-container-scanning": 0,
        "gitlab-dependency-scanning": 15_000,
        "gitlab-sast": 15_000,
        "gitlab-secret-detection": 0,
    }
