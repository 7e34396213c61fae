"""Other people's linters over what we ask others to use."""

import re
import subprocess

import pytest
import yaml

from tests.ci.conftest import ROOT
from tests.tools import need

pytestmark = pytest.mark.real

ACTION = ROOT / "action.yml"
EXAMPLES = sorted((ROOT / "github-action" / "examples").glob("*.yml"))


def clean(program, *arguments):
    ended = subprocess.run(
        [need(program), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_readme_pins_what_an_example_pins():
    """The linters read the examples only."""
    used = [
        set(re.findall(r"uses: .*", path.read_text()))
        for path in (ROOT / "github-action" / "README.md", *EXAMPLES)
    ]
    assert used[0]
    assert used[0] <= set.union(*used[1:])


def test_zizmor():
    clean("zizmor", "--offline", "--no-config", "--persona", "auditor", ACTION, *EXAMPLES)


def test_actionlint():
    clean("actionlint", *EXAMPLES)


@pytest.mark.parametrize(
    ("schema", "files"), [("github-actions", [ACTION]), ("github-workflows", EXAMPLES)]
)
def test_github_schemas(schema, files):
    clean("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)


def test_gitlab_schema(tmp_path):
    """GitLab's schema knows one document, the template has two: its inputs and its jobs."""
    header, jobs = (ROOT / "gitlab-template" / "shopsec.yml").read_text().split("\n---\n")
    inputs = yaml.safe_load(header)["spec"]["inputs"]

    def value(found):
        return str(inputs[found[1]].get("default", found[1]))

    documents = {
        "inputs.yml": header,
        "jobs.yml": re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", value, jobs),
    }
    for name, text in documents.items():
        (tmp_path / name).write_text(text)
        clean("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", tmp_path / name)


def test_pre_commit_manifest():
    clean("pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml")
