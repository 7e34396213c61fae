"""``shopsec explain FINGERPRINT``: one result of a saved report."""

import json

import pytest

SHOP = {
    "shop/pay.py": "import pickle\n\n\ndef load(x):\n    return pickle.loads(x)\n",
    "shop/price.py": "eval(x)\n",
}


@pytest.fixture
def saved(shopsec, tree, tmp_path):
    root, file = tree(SHOP), tmp_path / "report.json"
    shopsec("scan", root, "--offline", "--output", f"json={file}")
    return file


def marks(file, rule):
    results = json.loads(file.read_text())["results"]
    return [each for each in results if each["finding"]["rule_id"] == rule]


def test_a_result_is_explained_with_its_lines_and_its_sum(saved, shopsec):
    (result,) = marks(saved, "bandit.B301")
    mark = result["finding"]["fingerprint"]
    page = shopsec("explain", mark[:6].upper(), "--report", saved).stdout
    assert page.startswith(f"{mark}  bandit.B301  shop/pay.py:5\n")
    assert ">     5      return pickle.loads(x)\n" in page
    for term in result["terms"]:
        assert f"{term['points']:+5}  {term['text']}\n" in page
    assert f"{result['priority']:>5}  priority, tier {result['tier']}" in page
    assert "\nWhy: " in page
    assert "\nDo: " in page


def test_what_is_not_there_is_said(saved, shopsec, tmp_path):
    for arguments, said in (
        (("000000000000", "--report", saved), "no result has the fingerprint 000000000000"),
        (("abcdef12",), "a fingerprint is looked up in a report"),
        (("SHOP-002", "--report", saved), "'SHOP-002' is no fingerprint"),
        (("abcdef", "--report", tmp_path / "none"), "cannot be read: No such file"),
        (("abcde",), "there is no rule 'abcde'"),
    ):
        run = shopsec("explain", *arguments)
        assert run.returncode == 2
        assert said in run.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON report"),
        ("[" * 100_000, "is no JSON report"),
        ("[]", "is no JSON report of shopsec"),
        ('{"schema": "shopsec-report-0"}', "is no JSON report of shopsec"),
        ('{"schema": "shopsec-report-1"}', "version is not as this version writes it"),
    ],
)
def test_a_file_that_is_no_report_is_named(tmp_path, shopsec, text, said):
    file = tmp_path / "report.json"
    file.write_text(text)
    run = shopsec("explain", "abcdef", "--report", file)
    assert run.returncode == 2
    assert said in run.stderr


def test_several_of_one_beginning_are_named(saved, shopsec):
    document = json.loads(saved.read_text())
    for number, each in enumerate(document["results"]):
        each["finding"]["fingerprint"] = f"abcdef{number:010}"
    saved.write_text(json.dumps(document))
    run = shopsec("explain", "abcdef", "--report", saved)
    assert run.returncode == 2
    assert "abcdef0000000000, abcdef0000000001" in run.stderr
