"""Packs that cannot be used: the error names file, line, column, rule, field and the next step."""

import pytest

from shopsec.errors import PolicyError
from shopsec.model import Area
from shopsec.policy.rules import load_access_rules, own_packs
from shopsec.scan.access.evaluate import evaluate
from shopsec.scan.access.resources.registry import KINDS
from shopsec.scan.access.scanner import read_resources
from shopsec.scan.base import Ledger
from tests.access.in_memory import in_memory

PACK = """\
pack: own
title: Own rules
rules:
  - id: {id}
    title: A job without a name
    on: {on}
    when: {when}
    {more}
    severity: low
    confidence: high
    cwe: [1]
    why: Because.
    fix: Name it.
    examples:
      bad: [{{file: a, line: 1, text: ""}}]
      good: [{{file: a, text: ""}}]
"""
RULE_KEYS = (
    "at, checks, confidence, cwe, detail, examples, fix, id, impact, on, owasp_cicd, per, same_as, "
    "severity, severity_when, title, when, why"
)


def pack(on="job", when='job.name == ""', more="per: resource", name="OWN-001"):
    return PACK.format(on=on, when=when, more=more, id=name)


def without(text, *lines):
    return "".join(each for each in text.splitlines(True) if each.strip() not in lines)


def load(tmp_path, monkeypatch, *texts):
    monkeypatch.chdir(tmp_path)
    names = ("own.yaml", "other.yaml")[: len(texts)]
    for name, text in zip(names, texts, strict=True):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(content)
    return load_access_rules(KINDS, [tmp_path / name for name in names])


def test_a_right_pack_loads(tmp_path, monkeypatch):
    (rule,) = load(tmp_path, monkeypatch, pack()).rules
    assert rule.spec.id == "OWN-001"
    assert rule.file == "own.yaml"
    assert rule.place.line == 4
    (rule,) = load(tmp_path, monkeypatch, b"\xef\xbb\xbf" + pack().encode()).rules
    assert rule.place_of("checks", 0, "when").spot == "own.yaml:7:11"


def fields(kind, *near):
    names = sorted(f"{kind}.{name}" for name in KINDS[kind].fields)
    hint = f"fields: {', '.join(names[:8])} and {len(names) + 2 - 8} more"
    return f"{''.join(near)}{hint} (shopsec policy fields {kind})"


FILE_AND_JOB = fields("job").replace("fields: ", "fields: file.path, file.role, ")
FILE_AND_JOB = FILE_AND_JOB.replace(", job.condition, job.deploys", "")
KIND_NAMES = ", ".join(sorted(KINDS))
WRONG = {
    "a misspelt field": (
        pack(when="job.nme == ''"),
        "own.yaml:7:11: OWN-001.when: undeclared reference to 'job.nme'",
        fields("job", "did you mean job.name? "),
    ),
    "in a folded text": (
        pack(when=">-\n      job.writes\n\n      && job.writs"),
        "own.yaml:10:10: OWN-001.when: undeclared reference to 'job.writs'",
        fields("job", "did you mean job.writes? "),
    ),
    "in a literal text": (
        pack(when="|  # why\n      job.writes &&\n        job.writs"),
        "own.yaml:9:9: OWN-001.when: undeclared reference to 'job.writs'",
        fields("job", "did you mean job.writes? "),
    ),
    "behind escapes": (
        pack(when=r'"job.name == \"\u00e9\" && job.writs"'),
        "own.yaml:7:38: OWN-001.when: undeclared reference to 'job.writs'",
        fields("job", "did you mean job.writes? "),
    ),
    "behind quotes": (
        pack(when="'job.name == ''x'' && job.writs'"),
        "own.yaml:7:33: OWN-001.when: undeclared reference to 'job.writs'",
        fields("job", "did you mean job.writes? "),
    ),
    "behind other ends of lines": (
        pack(when="job.writs").replace("Own rules", "Own \u2028 rules"),
        "own.yaml:7:11: OWN-001.when: undeclared reference to 'job.writs'",
        fields("job", "did you mean job.writes? "),
    ),
    "a misspelt function": (
        pack(when="job.name.contans('x')"),
        "own.yaml:7:20: OWN-001.when: undeclared reference to 'contans'",
        "did you mean contains? functions: all, charAt, contains, endsWith, exists, exists_one, "
        "filter, format, indexOf, join, lastIndexOf, lowerAscii, map, matches, replace, reverse, "
        "size, split, startsWith, substring, trim, upperAscii",
    ),
    "an operator that does not fit": (
        pack(when="job.name > 3"),
        "own.yaml:7:20: OWN-001.when: found no matching overload for '_>_' applied to "
        "'(string, int)'",
        "",
    ),
    "an end too soon": (
        pack(when="job.writes &&"),
        "own.yaml:7:24: OWN-001.when: Syntax error: the expression ends too soon",
        "",
    ),
    "a control character": (
        pack(when=r'"job.writes \e[31m"'),
        r"own.yaml:7:23: OWN-001.when: Syntax error: token recognition error at: '\x1b'",
        "",
    ),
    "no truth value": (
        pack(when="job.name"),
        "own.yaml:7:11: OWN-001.when: 'job.name' gives STRING, it must give BOOL",
        "",
    ),
    "no text": (
        pack(more="detail: job.writes"),
        "own.yaml:8:13: OWN-001.detail: 'job.writes' gives BOOL, it must give STRING",
        "",
    ),
    "a case of severity": (
        pack(more="severity_when: [{severity: low, when: job.writs}]"),
        "own.yaml:8:43: OWN-001.severity_when.0.when: undeclared reference to 'job.writs'",
        fields("job", "did you mean job.writes? "),
    ),
    "one of several checks": (
        without(
            pack(more="checks: [{on: job, when: 'true'}, {on: job, when: ' jo'}]"),
            "on: job",
            'when: job.name == ""',
        ),
        "own.yaml:6:57: OWN-001.checks.1.when: undeclared reference to 'jo'",
        FILE_AND_JOB,
    ),
    "checks beside a check": (
        pack(more="checks: [{on: job, when: 'true'}]"),
        "own.yaml:4:5: OWN-001: has checks, so on, when must stand in them",
        "",
    ),
    "no check": (
        without(pack(more="checks: []"), "on: job", 'when: job.name == ""'),
        "own.yaml:6:13: OWN-001.checks: must not be empty",
        "",
    ),
    "an unknown resource": (
        pack(on="jobb"),
        "own.yaml:6:9: OWN-001.on: there is no resource 'jobb'",
        f"did you mean job? one of {KIND_NAMES}",
    ),
    "an unknown place": (
        pack(more="at: triger"),
        "own.yaml:8:9: OWN-001.at: job has no place 'triger'",
        f"did you mean trigger? one of {', '.join(KINDS['job'].places)}, or leave it out",
    ),
    "an unknown impact": (
        pack(more="impact: credentials"),
        "own.yaml:8:13: OWN-001.impact: 'credentials' has no base points in severity.yaml",
        "did you mean credential? one of live-credential, credential, stranger-runs-code, "
        "open-data-store, published-data-store, known-password, open-to-strangers, "
        "personal-data-in-git, code-execution, code-execution-unsure, debug-in-production, "
        "forged-sessions, over-wide-token, unapproved-deploy, unread-deploy, changed-judgement, "
        "root-container, weak-hash, unowned, advice",
    ),
    "a misspelt key": (
        pack().replace("severity: low", "severty: low"),
        "own.yaml:9:5: OWN-001.severty: unknown key",
        f"did you mean severity? allowed here: {RULE_KEYS}",
    ),
    "a misspelt key of the only check": (
        pack().replace("when: job", "wen: job"),
        "own.yaml:7:5: OWN-001.wen: unknown key",
        f"did you mean when? allowed here: {RULE_KEYS}",
    ),
    "a misspelt key of an example": (
        pack().replace("line: 1", "lines: 1"),
        "own.yaml:15:23: OWN-001.examples.bad.0.lines: unknown key",
        "did you mean line? allowed here: file, files, line, role, text",
    ),
    "several mistakes": (
        pack().replace("severity: low", "severty: low").replace("cwe: [1]", "cwe: CWE-78"),
        "own.yaml:9:5: OWN-001.severty: unknown key (and 1 more)",
        f"did you mean severity? allowed here: {RULE_KEYS}",
    ),
    "a missing key": (
        without(pack(), "severity: low"),
        "own.yaml:4:5: OWN-001.severity: is missing",
        "",
    ),
    "a wrong word": (
        pack().replace("severity: low", "severity: hgih"),
        "own.yaml:9:15: OWN-001.severity: must be 'critical', 'high', 'medium', 'low', 'info' or "
        "'unknown', not 'hgih'",
        "did you mean high?",
    ),
    "no list": (
        pack().replace("cwe: [1]", "cwe: CWE-78"),
        "own.yaml:11:10: OWN-001.cwe: must be a list, not 'CWE-78'",
        "",
    ),
    "no number": (
        pack().replace("line: 1", "line: one"),
        "own.yaml:15:29: OWN-001.examples.bad.0.line: must be a whole number, not 'one'",
        "",
    ),
    "a key that is set twice": (
        pack().replace("    cwe: [1]", "    severity: critical\n    severity: high"),
        "own.yaml:11:5: OWN-001.severity: is set twice, first in line 9",
        "",
    ),
    "a rule that is there twice": (
        pack() + pack().split("rules:\n")[1],
        "own.yaml:17:9: OWN-001.id: is also in line 4",
        "give it a number of its own",
    ),
    "a control character in an id": (
        pack(name=r'"OWN\e[31m-001"'),
        r"own.yaml:4:9: OWN\x1b[31m-001.id: must look like ^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-[0-9]{3,}$,"
        r" not 'OWN\x1b[31m-001'",
        "",
    ),
    "no YAML": (
        "pack: own\ntitle: x\nrules: [\n",
        "own.yaml:4:1: not valid YAML: did not find expected node content",
        "",
    ),
    "nothing": ("", "own.yaml:1:1: must be keys with values, not nothing", ""),
    "two documents": (pack() + "---\n", "own.yaml:17:1: holds more than one document", ""),
    "a tag": (
        pack().replace("Because.", "!!python/name:os.system"),
        "own.yaml:12:10: the tag tag:yaml.org,2002:python/name:os.system has no meaning here",
        "",
    ),
    "hostile nesting": ("[" * 900, "own.yaml:1:101: nested more than 100 levels deep", ""),
    "aliases of aliases": (
        "x0: &x0 [a]\n"
        + "".join(f"x{n + 1}: &x{n + 1} [{', '.join([f'*x{n}'] * 10)}]\n" for n in range(9)),
        "own.yaml:6:50: holds more than 200000 values",
        "",
    ),
    "an alias in itself": ("a: &a [*a]\n", "own.yaml:1:8: not valid YAML: *a refers to itself", ""),
    "a huge file": (
        pack() + "#" * 2_000_000,
        "own.yaml: is larger than 2 MB",
        "split it",
    ),
    "a NUL": (
        pack() + "\n\0",
        r"own.yaml:18:1: not valid YAML: a character that YAML does not allow: \x00",
        "",
    ),
    "no UTF-8": (
        pack().replace("Because", "Wäre").encode("latin-1"),
        "own.yaml:12: is not UTF-8 text: byte 0xe4",
        "save it as UTF-8",
    ),
    "UTF-16": (
        pack().encode("utf-16"),
        "own.yaml:1: is not UTF-8 text: byte 0xff",
        "save it as UTF-8",
    ),
}


@pytest.mark.parametrize(("text", "message", "hint"), WRONG.values(), ids=WRONG)
def test_an_error_names_the_place(tmp_path, monkeypatch, text, message, hint):
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, monkeypatch, text)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_rule_that_is_in_two_packs_names_both(tmp_path, monkeypatch):
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, monkeypatch, pack(), "\n" + pack())
    assert caught.value.message == "other.yaml:5:9: OWN-001.id: is also in own.yaml:4"


@pytest.mark.parametrize(
    ("when", "column", "problem"),
    [
        ("job.name.matches('(')", 28, "missing ): ("),
        ("matches(job.name, '(')", 29, "missing ): ("),
        ("job.name.matches( '''(''')", 29, "missing ): ("),
        ('job.name.matches(r"(?=x)")', 28, "invalid perl operator: (?="),
        ("job.name.matches('(' + '')", 28, "missing ): ("),
        ("job.secrets.exists(each, each.matches('a)'))", 49, "unexpected ): a)"),
    ],
)
def test_a_broken_pattern_is_found_when_a_pack_is_loaded(
    tmp_path, monkeypatch, when, column, problem
):
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, monkeypatch, pack(when=when))
    place = f"own.yaml:7:{column}: OWN-001.when: "
    assert caught.value.message == f"{place}invalid regular expression: {problem}"


WORKFLOW = """\
on: push
jobs:
  (:
    runs-on: ubuntu-latest
    steps: [{run: make}]
  b:
    runs-on: ubuntu-latest
    steps: [{run: make}]
"""


def evaluated(tmp_path, monkeypatch, *texts):
    rules = load(tmp_path, monkeypatch, *texts)
    files = in_memory({".github/workflows/w.yml": WORKFLOW})
    return evaluate(rules, read_resources(files, Ledger("access", Area.ACCESS)))


def test_a_rule_that_is_too_much_work_fails_once_and_takes_no_other_with_it(tmp_path, monkeypatch):
    loop = "[" + ",".join("1" * 15) + "]"
    nested = "true"
    for name in "abcd":
        nested = f"{loop}.all({name},{nested})"
    findings, failures = evaluated(
        tmp_path, monkeypatch, pack(when=f'"{nested}"'), pack(when="'true'", name="OWN-002")
    )
    assert [finding.rule_id for finding in findings] == ["OWN-002", "OWN-002"]
    (failure,) = failures
    assert failure.gave_up
    assert failure.rule.spec.id == "OWN-001"
    assert failure.problem == (
        f"rule OWN-001 of own.yaml:7:11: {nested[:57] + '...'!r} is too much work: "
        "Iteration budget exceeded"
    )


def test_a_pattern_that_is_broken_at_last_is_the_fault_of_its_pack(tmp_path, monkeypatch):
    findings, failures = evaluated(tmp_path, monkeypatch, pack(when="\"'x'.matches(job.name)\""))
    assert findings == []
    (failure,) = failures
    assert not failure.gave_up
    assert failure.problem == (
        "rule OWN-001 of own.yaml:7:11: \"'x'.matches(job.name)\" failed: "
        "invalid regular expression: missing ): ("
    )


@pytest.mark.parametrize("pattern", ["", "**x", "a\0b", "no.yaml", "..", "folder"])
def test_a_pattern_that_leads_to_no_pack(tmp_path, pattern):
    (tmp_path / "folder").mkdir()
    with pytest.raises(PolicyError):
        own_packs([pattern], tmp_path)
