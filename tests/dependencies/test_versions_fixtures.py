"""Lines of ``a < b`` that were written by hand for each ecosystem, where that folder is beside us."""

from pathlib import Path

import pytest

from shopsec.scan.dependencies.versions import VersionError, compare_key

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "version-fixtures"
ECOSYSTEMS = {
    "semver": "npm",
    "packagist": "Packagist",
    "rubygems": "RubyGems",
    "maven": "Maven",
    "nuget": "NuGet",
    "pypi": "PyPI",
}
# Lines of which the ecosystem's own tool says something else, and what it says.
OTHERWISE = {
    "semver": {"1.1.3.4.5 = 1.1.3.4.5": "refused"},
    "packagist": {
        "1.0.0 > 1.0": "=",
        "1.2.3.# = 1.2.3": "refused",
        "1.2.3.# = 1.2.3.#": "refused",
        "1.2.3.# = 1.2.3.1": "refused",
        "1.2.3.#.1 > 1.2.3": "refused",
        "1.2.3.#.p3 > 1.2.3": "refused",
        "1.2.3.#.beta < 1.2.3": "refused",
    },
    "maven": {"1-1 = 1-ga-1": ">"},
    # Versions from before PEP 440.
    "pypi": {
        "0.1-bulbasaur < 0.1-charmander": "refused",
        "0.1-charmander < 0.9-doduo": "refused",
        "0.9-doduo < 0.9-eevee": "refused",
        "0.9-eevee < 0.9-fearow": "refused",
        "0.9-fearow < 0.9-gyarados": "refused",
        "0.9-gyarados < 0.9-horsea": "refused",
        "0.9-horsea < 0.9-ivysaur": "refused",
        "0.9-ivysaur < 1.0": "refused",
        "-class.-jw.util.version.version-pre < 1.0": "refused",
        "-class.-jw.util.version.version-preview < 1.0": "refused",
        "-class.-jw.util.version.version-dev < 1.0": "refused",
    },
}


def answer(ecosystem, one, other):
    try:
        left, right = compare_key(ecosystem, one), compare_key(ecosystem, other)
    except VersionError:
        return "refused"
    return "<" if left < right else ">" if left > right else "="


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of version fixtures is not here")
@pytest.mark.parametrize("name", ECOSYSTEMS)
def test_lines(name):
    text = (FOLDER / f"{name}-versions.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if len(line.split()) == 3 and line[0] not in "/#"]
    assert len(lines) >= 25
    answers = {line: answer(ECOSYSTEMS[name], *line.split()[::2]) for line in lines}
    differing = {line: got for line, got in answers.items() if line.split()[1] != got}
    assert differing == OTHERWISE.get(name, {})
