"""The first ``shopsec.toml``. Pure."""

import re
from collections.abc import Iterable, Sequence

from shopsec.model import printable
from shopsec.starter.quoting import quoted

# Made by a build in each case, never by a person; dist/ and build/ may be either.
_GENERATED = {
    pattern: re.compile(rf"(?:^|/){regex}")
    for pattern, regex in {
        "*.map": r"[^/]+\.(?:js|css|mjs)\.map$",
        "*.min.css": r"[^/]+\.min\.css$",
        "*.min.js": r"[^/]+\.min\.js$",
        ".next/": r"\.next/",
        ".nuxt/": r"\.nuxt/",
        "__generated__/": r"__generated__/",
        "htmlcov/": r"htmlcov/",
        "lcov-report/": r"lcov-report/",
        "storybook-static/": r"storybook-static/",
    }.items()
}

_SETTINGS = """\
# Settings of shopsec; `shopsec schema` prints all that there are.

# When the gate fails: small-team, strict, observe, commit, or a .yaml file beside this one.
policy = "small-team"
"""


def settings_text(recognised: Sequence[tuple[str, str]], paths: Iterable[str]) -> str:
    """The file's text: ids of the platforms, each with what speaks for it, and names of all files.

    Nothing is left out of scans here: what looks generated is proposed in a comment.
    """
    lines = [""]
    for platform, evidence in recognised:
        lines.append(f"# Recognised: {printable(platform)} ({printable(evidence)}).")
    lines.append(
        "# The kind of shop says which files money and customers' data flow through: shopsec paths"
        if recognised
        else "# No kind of shop was recognised. One of those that `shopsec paths --help` tells of:"
    )
    lines.append(f"# platform = {quoted(recognised[0][0] if recognised else 'magento')}")
    patterns = generated_patterns(paths)
    if patterns:
        listed = ", ".join(map(quoted, patterns))
        lines += ["", "# These files look generated; left out, they are counted in every report."]
        lines += [f"# exclude = [{listed}]"]
    return _SETTINGS + "".join(f"{line}\n" for line in lines)


def generated_patterns(paths: Iterable[str]) -> list[str]:
    """Patterns, as in .gitignore, of what is there and clearly generated."""
    unmet = dict(_GENERATED)
    for path in paths:
        for pattern in [each for each, regex in unmet.items() if regex.search(path)]:
            del unmet[pattern]
    return sorted(_GENERATED.keys() - unmet.keys())
