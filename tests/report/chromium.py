"""A page in a real browser, through the small driver beside this file."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.tools import NODE_TOOLS, absent, need

DRIVER = Path(__file__).with_name("browser.cjs")


class Chromium:
    """One browser; every ``open`` starts with an empty profile and no network."""

    def __init__(self) -> None:
        if not (NODE_TOOLS / "playwright-core").is_dir():
            absent("playwright-core")
        self._driver = subprocess.Popen(
            [need("node"), str(DRIVER), need("chromium")],
            env=os.environ | {"NODE_PATH": str(NODE_TOOLS)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip

    def _ask(self, command: str, **options: Any) -> Any:
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        self._driver.stdin.write(json.dumps({"command": command, **options}) + "\n")
        self._driver.stdin.flush()
        answer = json.loads(self._driver.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def open(self, file: Path, **options: Any) -> None:
        """Open a file; ``options`` are those of Playwright's newContext."""
        self._ask("open", file=file.as_uri(), **options)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        return self._ask("evaluate", script=script)

    def fill(self, label: str, text: str) -> None:
        """Type into a field."""
        self._ask("fill", label=label, text=text)

    def choose(self, label: str, text: str) -> None:
        """Choose an option."""
        self._ask("choose", label=label, text=text)

    def click(self, selector: str, text: str = "") -> None:
        """Click on the first element that matches."""
        self._ask("click", selector=selector, text=text)

    def press(self, key: str) -> None:
        """Press a key."""
        self._ask("press", key=key)

    def media(self, **options: Any) -> None:
        """Emulate print, or a colour scheme."""
        self._ask("media", **options)

    def seen(self) -> Any:
        """Lines of the console (violations of the page's policy too) and requests."""
        return self._ask("seen")

    def close(self) -> None:
        """End the browser."""
        self._driver.communicate(timeout=60)
