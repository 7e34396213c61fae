"""A tool's SARIF file, and shopsec reading it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shopsec.model import Import
from shopsec.scan.base import Outcome
from shopsec.scan.imported.imported_file import ImportedFile
from shopsec.scan.imported.scanner import Imported

RECORDED = Path(__file__).parent / "recorded"
EXAMPLES = Path(__file__).parents[2] / "examples"
Document = dict[str, Any]


def result(name: str = "R1", /, uri: str = "app.py", line: int | None = 1, **more: Any) -> Document:
    """One result at a place."""
    region = {"region": {"startLine": line}} if line is not None else {}
    place = {"physicalLocation": {"artifactLocation": {"uri": uri}, **region}}
    given = {"ruleId": name, "message": {"text": f"{name} happened"}, "locations": [place]}
    return given | more


def sarif(*results: Any, tool: str = "Semgrep OSS", rules: Any = (), **run: Any) -> Document:
    """A document with one run."""
    driver = {"name": tool, "semanticVersion": "1.2.3", "rules": list(rules)}
    return {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": list(results)} | run],
    }


@pytest.fixture
def imported(tree, target_of, tmp_path) -> Callable[..., Outcome]:
    """Read a document (or bytes) about a shop of some files."""

    def run(
        document: Document | bytes,
        files: dict[str, str] | None = None,
        *,
        root: Path | None = None,
        area: Any = None,
        name: str = "tool",
    ) -> Outcome:
        path = tmp_path / f"{name}.sarif"
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        path.write_bytes(content)
        folder = root or tree(files or {"app.py": "one\ntwo\nthree\n"})
        target, host = target_of(folder)
        return Imported(ImportedFile(Import(file=str(path), area=area), str(path))).scan(
            target, host
        )

    return run
