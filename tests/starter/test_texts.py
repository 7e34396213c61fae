"""The texts of the first files, whatever they are made of."""

import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shopsec.config import read_settings
from shopsec.starter.pipelines import (
    github_workflow,
    gitlab_include,
    pre_commit_config,
    pre_commit_entry,
)
from shopsec.starter.quoting import branch_filter, quoted
from shopsec.starter.settings_file import generated_patterns, settings_text
from shopsec.starter.source import Source

SOURCE = Source("https://github.com/acme/shopsec", "7" * 40)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_a_quoted_text_is_itself_in_yaml_and_toml(text):
    assert yaml.safe_load(quoted(text)) == text
    assert tomllib.loads(f"a = {quoted(text)}") == {"a": text}
    assert quoted(text).isprintable()


@pytest.mark.parametrize(
    ("branch", "pattern"),
    [("main", "main"), ("release/1.x", "release/1.x"), ("!c++", r"\!c\+\+"), ("a]", "a]")],
)
def test_a_filter_is_true_of_one_branch(branch, pattern):
    assert branch_filter(branch) == pattern


@given(TEXTS, st.text("abc/. -"))
def test_a_workflow_is_what_it_is_made_of(branch, path):
    workflow = yaml.load(github_workflow(SOURCE, branch, path), yaml.BaseLoader)
    assert workflow["on"]["push"]["branches"] == [branch_filter(branch)]
    assert list(workflow["on"]) == ["pull_request", "push", "merge_group", "schedule"]
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    checkout, step = job["steps"]
    assert checkout["with"] == {"fetch-depth": "0", "persist-credentials": "false"}
    assert step["uses"] == f"acme/shopsec@{'7' * 40}"
    assert step["with"].get("path", ".") == path


def test_what_is_not_known_is_marked():
    known = github_workflow(SOURCE, "main", ".") + gitlab_include(SOURCE, "", ".")
    assert "# put" not in (known + pre_commit_config(SOURCE)).lower()
    assert "# put the owner and commit" in github_workflow(Source(commit="7" * 40), "main", ".")
    assert "# put the owner and commit" in github_workflow(Source(SOURCE.url), "main", ".")
    assert gitlab_include(Source(), "", ".").count("# put that of your copy of shopsec\n") == 2
    assert pre_commit_config(Source()).count("# put that of your copy of shopsec\n") == 2


def test_digits_of_a_commit_stay_a_text():
    (include,) = yaml.safe_load(gitlab_include(SOURCE, "", "apps/a"))["include"]
    assert include["inputs"] == {
        "source": SOURCE.url,
        "commit": "7" * 40,
        "job-name": "shopsec-apps-a",
        "path": "apps/a",
    }
    (entry,) = yaml.safe_load("repos:\n" + pre_commit_entry(SOURCE))["repos"]
    assert entry == {"repo": SOURCE.url, "rev": "7" * 40, "hooks": [{"id": "shopsec"}]}


def test_settings(tmp_path):
    evidence = 'composer.json names a\npolicy = "observe"'
    text = settings_text([("magento", evidence), ("node", "x")], ["a/__generated__/b.ts", "c.js"])
    assert text == (
        "# Settings of shopsec; `shopsec schema` prints all that there are.\n\n"
        "# When the gate fails: small-team, strict, observe, commit, or a .yaml file beside this"
        ' one.\npolicy = "small-team"\n\n'
        '# Recognised: magento (composer.json names a\\npolicy = "observe").\n'
        "# Recognised: node (x).\n"
        "# The kind of shop says which files money and customers' data flow through: shopsec paths"
        '\n# platform = "magento"\n\n'
        "# These files look generated; left out, they are counted in every report.\n"
        '# exclude = ["__generated__/"]\n'
    )
    (tmp_path / "shopsec.toml").write_text(text)
    assert read_settings(tmp_path, None, {}).policy == "small-team"


def test_each_comment_of_the_settings_can_be_taken_in(tmp_path):
    text = settings_text([("magento", "x")], ["s.min.js", "a.css.map"])
    taken = "".join(
        line.removeprefix("# ") if " = " in line else line for line in text.splitlines(True)
    )
    (tmp_path / "shopsec.toml").write_text(taken)
    settings = read_settings(tmp_path, None, {})
    assert (settings.platform, settings.exclude) == ("magento", ("*.map", "*.min.js"))


def test_settings_of_no_known_shop():
    text = settings_text([], [])
    assert "# No kind of shop was recognised." in text
    assert "exclude" not in text


@pytest.mark.parametrize(
    ("path", "patterns"),
    [
        ("pub/a.min.js", ["*.min.js"]),
        ("web/.next/server/x.js", [".next/"]),
        ("dist/x.js", []),
        ("build/x.js", []),
        ("map.js", []),
        ("a.map", []),
    ],
)
def test_what_is_clearly_generated(path, patterns):
    assert generated_patterns([path]) == patterns
