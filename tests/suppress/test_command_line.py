"""Suppressions in a real repository, through the command line."""

import json

import pytest

from tests.suppress.made import TODAY

# In two parts, so that no scanner takes this file for a leak.
KEY = "sk_live_" + "51HqVbRt8mKpLzX3wNcYdE7fG"
FILES = {
    "pay.php": f"<?php\nnamespace Shop;\n$stripe = '{KEY}';\n",
    "tools/build.py": "import subprocess\n\nsubprocess.run(order, shell=True)\n",
    ".github/workflows/preview.yml": """\
on: pull_request_target
jobs:
  preview:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {ref: "${{ github.event.pull_request.head.sha }}"}
      - run: make preview
        env: {TOKEN: "${{ secrets.DEPLOY_TOKEN }}"}
""",
    "Dockerfile": "FROM php:8.4\nADD https://example.org/a.tar.gz /\nCMD php shop.php\n",
    "app.js": f"'use strict';\nconst stripe = '{KEY.replace('5', '7')}';\n",
    "page.html": f"<p>Teapots</p>\n<script data-key='{KEY.replace('5', '6')}'></script>\n",
    "mail.html.twig": f"{{% block x %}}\n<a href='https://x.example/?key={KEY.replace('5', '8')}'>x</a>\n",
}
COMMENTS = {
    "pay.php": "// {}",
    "tools/build.py": "# {}",
    ".github/workflows/preview.yml": "# {}",
    "Dockerfile": "# {}",
    "app.js": "/* {} */",
    "page.html": "<!-- {} -->",
    "mail.html.twig": "{{# {} #}}",
}
SOON = "2026-12-01"
ARGUMENTS = ("--offline", "--today", TODAY)


def said(rule, until=SOON):
    return f"shopsec: allow {rule} until {until} by Anna because it is an example of ours"


@pytest.fixture
def repository(tree, git):
    """Write files into a repository and commit them."""

    def write(files):
        root = tree(files)
        if not (root / ".git").exists():
            git(root, "init", "--quiet")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", "shop")
        return root

    return write


def places(scanned):
    """One rule and line of each file, as a map: those where a comment fits into the text."""
    found: dict[str, tuple[str, int]] = {}
    for each in scanned.document["results"]:
        finding = each["finding"]
        place = finding["location"]
        if place["start_line"] and place["uri"] in FILES and len(finding["related"]) == 0:
            found.setdefault(place["uri"], (finding["rule_id"], place["start_line"]))
    return found


def suppressed(scanned):
    return {
        (each["finding"]["location"]["uri"], each["finding"]["rule_id"])
        for each in scanned.document["results"]
        if each["suppressed_by"]
    }


def test_comments_in_every_language(scan, repository):
    found = places(scan(repository(FILES), *ARGUMENTS))
    assert set(found) == set(FILES)
    changed = {}
    for name, (rule, line) in found.items():
        lines = FILES[name].split("\n")
        text = lines[line - 1]
        indent = text[: len(text) - len(text.lstrip())]
        lines.insert(line - 1, indent + COMMENTS[name].format(said(rule)))
        changed[name] = "\n".join(lines)
    root = repository(changed)
    scanned = scan(root, *ARGUMENTS)
    assert suppressed(scanned) == {(name, rule) for name, (rule, _) in found.items()}
    uses = scanned.document["suppressions"]
    assert {use["state"] for use in uses} == {"used"}
    assert {use["suppression"]["owner"] for use in uses} == {"Anna"}
    shown = {
        each["ruleId"] + each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in scanned.sarif["results"]
    }
    assert not shown & {rule + name for name, (rule, _) in found.items()}
    later = scan(root, "--offline", "--today", "2026-12-02")
    assert suppressed(later) == set()
    assert {use["state"] for use in later.document["suppressions"]} == {"expired"}
    assert "\nSuppressed: 7 expired\n" in later.reports["terminal"]


def test_settings_and_statements(scan, shopsec, repository, tmp_path):
    vex = {
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://x.example/1",
        "author": "Anna", "timestamp": "2026-11-20T09:00:00Z", "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2022-28346"},
                "products": [{"@id": "pkg:pypi/django@3.2.0"}],
                "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path",
            }
        ],
    }  # fmt: skip
    allow = f"""[[allow]]
rule = "package:pillow"
paths = ["/requirements.txt"]
reason = "Images are only those of our own photographer"
owner = "anna"
until = {SOON}
"""
    root = repository(
        {
            "requirements.txt": "django==3.2.0\npillow==8.4.0\n",
            "shop.openvex.json": json.dumps(vex),
            ".vex/broken.json": "{",
            "shopsec.toml": allow,
        }
    )
    scanned = scan(root, *ARGUMENTS)
    rules = {rule for _, rule in suppressed(scanned)}
    assert {"CVE-2022-28346", "CVE-2023-4863"} <= rules
    assert "CVE-2022-28347" not in rules
    states = {use["suppression"]["place"]: use["state"] for use in scanned.document["suppressions"]}
    assert states == {
        ".vex/broken.json": "refused", "shop.openvex.json:1": "used", "shopsec.toml:1": "used",
    }  # fmt: skip
    assert str(tmp_path) not in json.dumps(scanned.document["suppressions"])
    target = tmp_path / "all.sarif"
    shopsec("scan", root, "-q", *ARGUMENTS, "--output", f"sarif-all={target}")
    (run,) = json.loads(target.read_text())["runs"]
    said_of = {each["ruleId"]: len(each["suppressions"]) for each in run["results"]}
    assert (said_of["CVE-2023-4863"], said_of["CVE-2022-28347"]) == (1, 0)
    strict = shopsec("scan", root, "-q", *ARGUMENTS, "--policy", "strict", "--today", "2026-11-20")
    assert "there 2026-11-27 is the last day" in " ".join(strict.stdout.split())


def test_a_folder_of_a_repository(scan, repository):
    root = repository(
        {
            "shop/app/a.py": "eval(x)\neval(y)  # " + said("bandit.B307") + "\n",
            "shop/lib/b.py": "eval(x)\n",
            "shop/shopsec.toml": '[[allow]]\nrule = "bandit.B307"\npaths = ["/lib/"]\nowner = "anna"\n'
            f'reason = "It is an example of ours"\nuntil = {SOON}\n',
        }
    )
    document = scan(root / "shop", *ARGUMENTS).document
    hidden = {
        (each["finding"]["location"]["uri"], each["finding"]["location"]["start_line"])
        for each in document["results"]
        if each["suppressed_by"]
    }
    assert hidden == {("shop/app/a.py", 2), ("shop/lib/b.py", 1)}


@pytest.mark.parametrize(
    ("toml", "message", "hint"),
    [
        (
            '[[allow]]\nrule = "R-1"\n',
            "shopsec.toml:1: allow.reason: is missing",
            "required here: rule",
        ),
        (
            '\nvex = ["no.json"]\n',
            "shopsec.toml:2: vex: no.json: matches no file of shop",
            "name OpenVEX",
        ),
    ],
)
def test_settings_that_cannot_be_used(shopsec, repository, toml, message, hint):
    ended = shopsec("scan", repository({"shopsec.toml": toml}), *ARGUMENTS)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert hint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_hook_reads_comments_from_the_index_and_names_nothing_useless(shopsec, repository, git):
    root = repository({"a.txt": "x\n", "shopsec.toml": '[[allow]]\nrule = "R-1"\nowner = "anna"\n'
                       f'reason = "It is an example of ours"\nuntil = {SOON}\n'})  # fmt: skip
    (root / "pay.php").write_text(f"<?php\n$stripe = '{KEY}';\n")
    git(root, "add", "--all")
    first = shopsec("scan", "--staged", "-q", "--today", TODAY, "--format", "json", cwd=root)
    (rule,) = {each["finding"]["rule_id"] for each in json.loads(first.stdout)["results"]}
    assert first.returncode == 1
    (root / "pay.php").write_text(f"<?php\n// {said(rule)}\n$stripe = '{KEY}';\n")
    git(root, "add", "--all")
    (root / "pay.php").write_text("<?php\n")
    second = shopsec("scan", "--staged", "-q", "--today", TODAY, "--format", "json", cwd=root)
    assert second.returncode == 0
    (use,) = json.loads(second.stdout)["suppressions"]
    assert (use["state"], use["suppression"]["place"]) == ("used", "pay.php:2")


def test_a_comment_whose_risk_is_gone_is_unused(scan, repository):
    text = f"x = 1\n# {said('bandit.B307')}\nliteral_eval(x)\n"
    docs = f"<!-- {said('bandit.B307')} -->\n"
    scanned = scan(repository({"shop/a.py": text, "docs/a.md": docs}), *ARGUMENTS)
    (use,) = scanned.document["suppressions"]
    assert (use["state"], use["suppression"]["place"]) == ("unused", "shop/a.py:2")
    assert "shop/a.py:2" in scanned.reports["terminal"]
