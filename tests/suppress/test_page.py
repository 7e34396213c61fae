"""The examples of docs/suppressions.md are ones that work."""

import re
from pathlib import Path

import pytest

from shopsec.cli.explain import rule_page
from shopsec.config import read_settings
from shopsec.model import Repository, SuppressionState
from shopsec.policy.gates import load_gate
from shopsec.scan.access.scanner import load_rules
from shopsec.suppress.apply import suppress
from shopsec.suppress.claims import Terms
from shopsec.suppress.comments import comments_near
from shopsec.suppress.settings import allowed
from shopsec.suppress.terms import MOST_DAYS, SOON_DAYS
from shopsec.suppress.vex import statements
from tests.suppress.made import TODAY, result, vulnerable

TOP = Path(__file__).resolve().parents[2]
PAGE = (TOP / "docs" / "suppressions.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMENTS = [(language, text) for language, text in EXAMPLES if "shopsec: allow" in text]


def example(language):
    (text,) = (text for each, text in EXAMPLES if each == language)
    return text


def test_the_tables_of_the_settings(tree):
    root = tree({"shopsec.toml": example("toml")})
    first, second = allowed(read_settings(root, None, {}), TODAY)
    assert (first.selector, second.selector) == ("bandit.B602", "package:pillow")


@pytest.mark.parametrize(("language", "text"), COMMENTS)
def test_each_comment(language, text):
    line = text.count("\n")
    (found,) = comments_near([result(line=line)], lambda uri: text.encode(), TODAY)
    assert found.problem == ""
    assert found.at is not None
    assert found.at.start_line == line


def test_every_language_has_a_comment():
    assert [language for language, _ in COMMENTS] == [
        "python", "php", "yaml", "dockerfile", "js", "html", "twig",
    ]  # fmt: skip


def test_the_statement():
    found = statements(example("json").encode(), "a.json", Repository(name="shop"), TODAY)
    django = vulnerable("django", "3.2.0", "PyPI", cve="CVE-2022-28346")
    assert not suppress([django], found, Terms(TODAY, 14))[0][0].active


def test_its_numbers_and_states_are_those_of_the_program():
    assert f"at most {MOST_DAYS} days ahead" in PAGE
    assert f"ends within {SOON_DAYS} days" in PAGE
    for name, days in (("small-team", 14), ("strict", 7)):
        assert load_gate(name, Path()).fix_now_days == days
    assert re.findall(
        r"^\| (\w+) \| [^|]*\|$", PAGE.partition("| state |")[2], re.MULTILINE
    ) == list(SuppressionState)


def test_the_readme_links_it():
    assert "(docs/suppressions.md)" in (TOP / "README.md").read_text(encoding="utf-8")


def test_the_rules_that_it_names_are_there():
    rules = load_rules()
    names = set(re.findall(r"allow (\S+) until", PAGE)) - {"RULE"}
    for name in names:
        assert name.startswith("bandit.") or rule_page(rules, name)
