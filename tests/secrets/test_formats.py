"""Every format of policies/secrets: what its examples say is found, and nothing else of it."""

import pytest

from shopsec.levels import Severity
from shopsec.policy.secret_formats import load_formats, search_table
from shopsec.policy.secret_samples import sample
from shopsec.policy.severity import load_priority_model
from shopsec.scan.secrets.keywords import BY_NAME
from shopsec.scan.secrets.rules import rules
from shopsec.scan.secrets.settling import PUBLIC
from shopsec.scan.secrets.table import form_of, load_table
from tests.secrets.conftest import search

FORMATS = load_formats()
SLOTS = ("app/config.py", "# a shop")


def texts(templates, form):
    return [sample(each, f"{form.id} {number}") for number, each in enumerate(templates)]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.id)
def test_examples(form):
    for text in texts(form.examples.bad, form):
        found = search(text + "\n", "app/config.php")
        if form.mode == "public":
            assert found.left_out.get(PUBLIC, 0) >= 1, text
        else:
            assert form.id in {each.rule for each in found.sightings}, text
    for text in texts(form.examples.good, form):
        found = search(text + "\n", "app/config.php")
        assert form.id not in {each.rule for each in found.sightings}, text


def test_the_table_of_the_search_is_made_of_the_formats():
    import json

    assert [form_of(entry) for entry in json.loads(search_table(FORMATS))] == list(load_table())


def test_every_rule_says_what_to_do():
    impacts = load_priority_model().weights.impact
    for rule in rules().values():
        assert rule.cwe == (798,)
        assert rule.impact in impacts
        assert rule.severity is not Severity.UNKNOWN
        assert len(rule.why) > 25
        assert "git history" in rule.fix
    assert {f"secrets.{name}" for name in BY_NAME} <= set(rules())


def test_test_keys_weigh_less_than_live_ones():
    for form in FORMATS:
        if form.mode == "test":
            assert form.severity.rank >= Severity.MEDIUM.rank, form.id
        if form.mode == "public":
            assert form.severity is Severity.INFO, form.id
