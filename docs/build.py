#!/usr/bin/env python3
"""Writes what is generated: the README's output, tables of inputs, docs/*.md, docs/rules/, schema.

    python docs/build.py           write the files again
    python docs/build.py --check   say which of them are not current; exit 1 if any

Run it with a Python that has shopsec, as `python3 dev.py docs` does.
"""

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from shopsec.cli.main import cli
from shopsec.config import config_schema
from shopsec.policy import advisory_packs
from shopsec.policy.gates import (
    BOUNDS,
    COVERAGE_FIELDS,
    COVERAGE_WORDS,
    RESULT_FIELDS,
    RESULT_WORDS,
    RUN_FIELDS,
)
from shopsec.policy.rule_text import page
from shopsec.policy.rules import AccessRules, embedded_access_packs, load_access_rules, read_pack
from shopsec.policy.secret_formats import RULES_FILE, load_formats, rule_table, search_table
from shopsec.scan.access.resources.registry import KINDS
from shopsec.scan.host import Host
from shopsec.scan.secrets.table import FILE_NAME

TOP = Path(__file__).resolve().parents[1]
TODAY = "2026-11-24"
_BLOCK = re.compile(r"(<!-- output of: shopsec (.+) -->\n```\n).*?(```\n)", re.DOTALL)

_TABLE = re.compile(r"(<!-- (inputs|outputs) of (\S+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def generated() -> dict[Path, str]:
    """Every generated file with the text it should have."""
    table = TOP / "policies" / "secrets" / FILE_NAME
    pack = TOP / "policies" / "advisories" / advisory_packs.FILE_NAME
    files = {
        table: search_table(load_formats()),
        table.with_name(RULES_FILE): rule_table(load_formats()),
        pack: advisory_packs.pack_text(advisory_packs.load_packs()),
    }
    if "--check" not in sys.argv:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")  # what follows is made with them
    readme = TOP / "README.md"
    files |= {readme: _BLOCK.sub(_with_output, readme.read_text(encoding="utf-8"))}
    for page_ in (TOP / "github-action" / "README.md", TOP / "gitlab-template" / "README.md"):
        files[page_] = _TABLE.sub(_with_table, page_.read_text(encoding="utf-8"))
    docs = TOP / "docs"
    files[docs / "secrets.md"] = "\n".join(_formats())
    files[docs / "cli.md"] = "# Commands\n\n" + "\n".join(_help(cli, "shopsec"))
    files[docs / "fields.md"] = "\n".join((*_fields(), *_gate_fields()))
    files[docs / "shopsec.schema.json"] = (
        json.dumps(config_schema(), indent=2, sort_keys=True) + "\n"
    )
    for path in embedded_access_packs():
        rules = load_access_rules(KINDS, [path])
        files[docs / "rules" / f"{path.stem}.md"] = _pack(read_pack(path).title, rules)
    return files


def _with_output(block: re.Match[str]) -> str:
    output = _output(block[2].split())
    # The first screen: what follows is the ledger and the table of results.
    first_screen = output.partition("\nCoverage\n")[0].rstrip()
    return f"{block[1]}{first_screen}\n{block[3]}"


def _with_table(block: re.Match[str]) -> str:
    """A table of what an action or a template takes or gives, from the file itself."""
    described = next(yaml.safe_load_all((TOP / block[3]).read_text(encoding="utf-8")))
    lines = ["| name | default | |", "| --- | --- | --- |"]
    if block[2] == "outputs":
        lines = ["| output | |", "| --- | --- |"]
    for name, one in described.get("spec", described)[block[2]].items():
        default = json.dumps(one["default"]) if "default" in one else "none: must be given"
        if "${{" in default:
            default = "the job's"
        shown = f" {default.strip(chr(34)) or '(empty)'} |" if block[2] == "inputs" else ""
        lines.append(f"| `{name}` |{shown} {one['description']} |")
    return block[1] + "\n".join(lines) + "\n" + block[4]


def _output(arguments: list[str]) -> str:
    """What a command prints about the example shop as a plain folder, where Trivy is missing."""
    found = Host.which

    def without_trivy(host: Host, program: str) -> str | None:
        return None if program == "trivy" else found(host, program)

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        shutil.copytree(TOP / "examples", Path(folder) / "examples")
        patch.setattr(Host, "which", without_trivy)
        patch.setenv("XDG_CACHE_HOME", str(Path(folder) / "cache"))
        patch.delenv("SHOPSEC_TRIVY", raising=False)
        patch.chdir(folder)
        result = CliRunner().invoke(cli, [*arguments, "--today", TODAY], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.stdout


def _help(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent, max_content_width=88)
    path = context.command_path
    yield f"## {path}\n\n```\n{command.get_help(context).rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None:
                yield from _help(found, inner, context)


def _gate_fields() -> Iterator[str]:
    yield "# What gate policies may read\n"
    yield (
        "`fail` and `warn` clauses read `result` and `run`, `incomplete` clauses `coverage` and "
        "`run`. A clause that\ncan never hold is refused with its line: another text than one of "
        "these, a priority over 100, two values\nof one field at once. `import:*` is the name of "
        "any import.\n"
    )
    yield "| field | type | values |\n| --- | --- | --- |"
    for name, kind in (RESULT_FIELDS | COVERAGE_FIELDS | RUN_FIELDS).items():
        words = {**RESULT_WORDS, **COVERAGE_WORDS}.get(name, ())
        low, high = BOUNDS.get(name, (None, None))
        least = f"{low} to {high}" if high is not None else f"{low} or more"
        values = ", ".join(f'`"{word}"`' for word in sorted(words)) or (least if low == 0 else "")
        yield f"| `{name}` | {kind.name()} | {values} |"
    yield ""


def _fields() -> Iterator[str]:
    yield "# What rules may read\n"
    yield "As `shopsec policy fields` prints them; all kinds have `file.path` and `file.role`.\n"
    for name, kind in sorted(KINDS.items()):
        yield f"## {name}\n\n{kind.doc}\n"
        yield "| field | type | meaning |\n| --- | --- | --- |"
        for field, described in kind.fields.items():
            yield f"| `{name}.{field}` | {described.type.name()} | {described.doc} |"
        places = ", ".join(f"`{place}`" for place in kind.places)
        yield f"\nPlaces for `at`: {places}\n" if places else ""


_TOLD = """## What a report tells of a value

At most its first four and last two characters, and only of keys in a known form; the name it is
assigned to; and a keyed digest, which is in `symbol` of the JSON report and goes into the
fingerprint. The digest is an HMAC of the stretched value. Its salt is made of the address of the
repository's origin, so that it is the same on every machine, and so that others can work it out.

A value that people might choose, by a low estimate under 60 bits, could therefore be found by
trying a dictionary. Its digest has 3 hexadecimal digits instead of 16: hundreds of the passwords of
any dictionary have the same one, so that none is confirmed by it. Findings of one run are told
apart by the values themselves.

With `SHOPSEC_SALT` in the environment, a text that only the team knows and that is the same
wherever its scans run, all digests are complete. Fingerprints change when it is set or changed.

## What people have said to be no secret

Comments (`pragma: allowlist secret`, `pragma: allowlist nextline secret`, `gitleaks:allow`,
`trivy:ignore` alone or with the id of a secret's rule), answers in `.secrets.baseline` and entries
of `.gitleaksignore` silence findings; a commit hook reads the two files as git's index has them.
Every report counts what is silenced and names the first places, the JSON report up to 50 for each
reason, under `coverage`, `excluded`, `items`.

Vendored files that are committed are searched for keys that are sure by their form only.
"""


def _formats() -> Iterator[str]:
    yield "# Secrets that are recognised\n"
    yield (
        "Written down: by whom the form is described: the vendor, several detectors (tools), or"
        " nobody (memory). Kind: what such a key is for; a public one is no finding.\n"
    )
    yield "| id | provider | secret | severity | confidence | kind | written down |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for form in load_formats():
        yield (
            f"| `secrets.{form.id}` | {form.provider} | {form.title} | {form.severity} |"
            f" {form.confidence} | {form.mode} | {form.basis} |"
        )
    yield f"\n{_TOLD}"


def _pack(title: str, rules: AccessRules) -> str:
    return f"# {title}\n\n" + "\n".join(page(rule.spec) for rule in rules.rules)


def main() -> int:
    """Write or check."""
    files = generated()
    stale = [
        path
        for path, text in files.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    stale += [path for path in (TOP / "docs" / "rules").glob("*.md") if path not in files]
    for path in stale:
        name = path.relative_to(TOP)
        if "--check" in sys.argv:
            print(f"{name} is not current: python3 dev.py docs")
        elif path in files:
            path.parent.mkdir(exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
            print(f"{name} written")
        else:
            path.unlink()
            print(f"{name} removed")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
