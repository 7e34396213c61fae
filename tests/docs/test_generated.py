"""What is generated is current: the README's output, --help, rule pages, fields, schema."""

import importlib.util
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]


def build():
    spec = importlib.util.spec_from_file_location("docs_build", TOP / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FILES = build().generated()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TOP)))
def test_a_generated_file_is_current(path):
    assert path.read_text(encoding="utf-8") == FILES[path], "python3 dev.py docs writes it again"


def test_no_page_is_left_of_a_pack_that_is_gone():
    assert set((TOP / "docs" / "rules").glob("*.md")) <= set(FILES)


def test_the_readme_shows_a_real_first_screen():
    text = FILES[TOP / "README.md"]
    assert "\nFix these first\n 1 " in text
    assert "\nNot checked\n" in text
