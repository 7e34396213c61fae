from shopsec.scan.dependencies.lockfiles.base import Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.pdm_lock import parse
from tests.dependencies import hostile

PDM_LOCK = """\
[metadata]
groups = ["default", "dev", "test", "fast"]

[[package]]
name = "Coverage"
version = "7.4.1"
groups = ["test"]

[[package]]
name = "coverage"
version = "7.4.1"
extras = ["toml"]
groups = ["test"]
dependencies = ["coverage==7.4.1", "tomli; python_version < '3.11'"]

[[package]]
name = "tomli"
version = "2.0.1"
groups = ["default", "test"]

[[package]]
name = "uvloop"
version = "0.19.0"
groups = ["fast"]

[[package]]
name = "ruff"
version = "0.4"
groups = ["dev"]

[[package]]
name = "fork"
version = "1"
git = "https://example.org/fork"

[[package]]
name = "here"
version = "1"
path = "./here"

[[package]]
name = "none"
"""
PYPROJECT = """\
[project]
dependencies = ["tomli"]
optional-dependencies = { fast = ["uvloop>=0.1"] }
[tool.pdm.dev-dependencies]
test = ["coverage[toml]", "-e file:///here"]
[dependency-groups]
dev = ["ruff", { include-group = "test" }]
"""
GAPS = (
    Unpinned("fork", 32, "comes from a URL, not from the index"),
    Unpinned("here", 37, "is a folder or file, not a package of the index"),
    Unpinned("none", 42, "has no version in the lockfile"),
)


def test_pdm_lock():
    parsed = parse(PDM_LOCK)
    assert parsed.pins == (
        Pin("Coverage", "7.4.1", 5),
        Pin("tomli", "2.0.1", 17),
        Pin("uvloop", "0.19.0", 22),
        Pin("ruff", "0.4", 27, dev=True),
    )
    assert parsed.unpinned == GAPS


def test_pdm_lock_with_its_manifest():
    parsed = parse(PDM_LOCK, PYPROJECT)
    assert parsed.pins == (
        Pin("Coverage", "7.4.1", 5, dev=True, direct=True),
        Pin("tomli", "2.0.1", 17, direct=True),
        Pin("uvloop", "0.19.0", 22, direct=True),
        Pin("ruff", "0.4", 27, dev=True, direct=True),
    )
    assert parsed.unpinned == GAPS


def test_what_a_package_and_its_extra_need_is_joined():
    parsed = parse(PDM_LOCK, '[project]\ndependencies = ["coverage"]')
    assert parsed.pins[1] == Pin("tomli", "2.0.1", 17, direct=False, via=("coverage",))


def test_hostile_files():
    hostile.survives_being_cut_off(lambda text: parse(text, PYPROJECT), PDM_LOCK)
    hostile.survives_noise(lambda text: parse(text, PYPROJECT), PDM_LOCK)
    hostile.names_a_merge_conflict(parse, PDM_LOCK, 5)
    for end in range(len(PYPROJECT)):
        assert len(parse(PDM_LOCK, PYPROJECT[:end]).pins) == 4
