import pytest

from shopsec.scan.dependencies.lockfiles.base import LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.nuget_lock import parse
from tests.dependencies import hostile

PACKAGES_LOCK = """\
{
  "version": 2,
  "dependencies": {
    "net6.0": {
      "Newtonsoft.Json": {
        "type": "Direct",
        "requested": "[12.0.3, )",
        "resolved": "12.0.3",
        "dependencies": {"Microsoft.CSharp": "4.3.0"}
      },
      "microsoft.csharp": {"type": "Transitive", "resolved": "4.3.0"},
      "System.Text": {"type": "CentralTransitive", "resolved": "5.0.0"},
      "shop.core": {"type": "Project", "dependencies": {"NLog": "[5.0.0, )", "shop.data": "1"}},
      "NLog": {"type": "Transitive", "resolved": "5.0.0", "dependencies": {"System.Text": "5"}},
      "shop.data": {"type": "Project"},
      "Lost": {"type": "Direct"},
      "Odd": 5
    },
    "net6.0/win-x64": {
      "NewtonSoft.Json": {"type": "Direct", "resolved": "12.0.3"},
      "NLog": {"type": "Transitive", "resolved": "5.1.0", "dependencies": []}
    },
    "net8.0": []
  }
}
"""


def test_packages_lock_json():
    parsed = parse(PACKAGES_LOCK)
    assert parsed.pins == (
        Pin("Newtonsoft.Json", "12.0.3", 5, direct=True),
        Pin("microsoft.csharp", "4.3.0", 11, direct=False, via=("Newtonsoft.Json",)),
        Pin("System.Text", "5.0.0", 12, direct=False, via=("NLog",)),
        Pin("NLog", "5.0.0", 14, direct=True),
        Pin("NLog", "5.1.0", 21, direct=True),
    )
    assert parsed.unpinned == (
        Unpinned("Odd", 17, "cannot be parsed"),
        Unpinned("net8.0", 23, "cannot be parsed"),
        Unpinned("Lost", 16, "has no version in the lockfile", "Lost"),
    )


@pytest.mark.parametrize("text", ["{}", '{"dependencies": []}'])
def test_something_else_is_an_error(text):
    with pytest.raises(LockfileError, match=r"is no packages\.lock\.json"):
        parse(text)


def test_hostile_files():
    hostile.survives_being_cut_off(parse, PACKAGES_LOCK)
    hostile.survives_noise(parse, PACKAGES_LOCK)
    hostile.names_a_merge_conflict(parse, PACKAGES_LOCK, 11)
