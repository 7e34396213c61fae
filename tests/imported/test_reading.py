"""Severity, confidence, CWE, area and words of results."""

import pytest

from shopsec.model import Confidence, Severity
from shopsec.scan.imported.tools import tool_of, vulnerability_of
from tests.imported.conftest import result, sarif


def rule(id_: str = "R1", **more):
    return {"id": id_} | more


@pytest.mark.parametrize(
    ("rule_more", "result_more", "severity"),
    [
        ({}, {}, Severity.MEDIUM),  # warning is the default
        ({}, {"level": "error"}, Severity.HIGH),
        ({}, {"level": "note"}, Severity.LOW),
        ({}, {"level": "none"}, Severity.INFO),
        ({"defaultConfiguration": {"level": "error"}}, {}, Severity.HIGH),
        ({"defaultConfiguration": {"level": "error"}}, {"level": "note"}, Severity.LOW),
        ({"properties": {"security-severity": "9.8"}}, {"level": "note"}, Severity.CRITICAL),
        ({"properties": {"security-severity": 7}}, {}, Severity.HIGH),
        ({"properties": {"security-severity": "6.9"}}, {}, Severity.MEDIUM),
        ({"properties": {"security-severity": "0.1"}}, {}, Severity.LOW),
        ({"properties": {"security-severity": "0.0"}}, {}, Severity.INFO),
        ({"properties": {"security-severity": "11"}}, {"level": "error"}, Severity.HIGH),
        ({"properties": {"security-severity": "nan"}}, {"level": "error"}, Severity.HIGH),
        ({"properties": {"security-severity": []}}, {"level": "error"}, Severity.HIGH),
        (
            {"properties": {"security-severity": "9.8"}},
            {"properties": {"security-severity": "2.0"}},
            Severity.LOW,
        ),
        ({}, {"rank": 95.0}, Severity.CRITICAL),
        ({}, {"rank": -1.0}, Severity.MEDIUM),
        ({}, {"rank": 95.0, "level": "note"}, Severity.LOW),
        ({}, {"level": "error", "properties": {"zizmor/severity": "Low"}}, Severity.LOW),
        ({}, {"properties": {"issue_severity": "HIGH"}}, Severity.HIGH),
    ],
)
def test_severity_is_the_most_exact_word_there_is(imported, rule_more, result_more, severity):
    outcome = imported(sarif(result(**result_more), rules=[rule(**rule_more)]))
    assert [each.severity for each in outcome.findings] == [severity]


@pytest.mark.parametrize(
    ("rule_more", "result_more", "confidence"),
    [
        ({}, {}, Confidence.MEDIUM),
        ({"properties": {"precision": "very-high"}}, {}, Confidence.HIGH),
        ({"properties": {"precision": "low"}}, {}, Confidence.LOW),
        (
            {"properties": {"precision": "high"}},
            {"properties": {"issue_confidence": "LOW"}},
            Confidence.LOW,
        ),
    ],
)
def test_confidence(imported, rule_more, result_more, confidence):
    outcome = imported(sarif(result(**result_more), rules=[rule(**rule_more)]))
    assert [each.confidence for each in outcome.findings] == [confidence]


@pytest.mark.parametrize(
    ("rule_more", "cwe"),
    [
        ({"properties": {"tags": ["security", "external/cwe/cwe-079"]}}, (79,)),
        ({"properties": {"tags": ["CWE-89: SQL Injection", "CWE-20"]}}, (20, 89)),
        ({"properties": {"tags": ["owasp-a1", 7, "cwe-", "CWE-0"]}}, ()),
        ({"properties": {"tags": "CWE-79"}}, ()),
        (
            {
                "relationships": [
                    {"target": {"id": "502", "toolComponent": {"name": "CWE"}}},
                    {"target": {"id": "78", "toolComponent": {"name": "OWASP"}}},
                ]
            },
            (502,),
        ),
    ],
)
def test_cwe_of_tags_and_taxa(imported, rule_more, cwe):
    outcome = imported(sarif(result(), rules=[rule(**rule_more)]))
    assert [each.cwe for each in outcome.rules] == [cwe]


def test_messages_of_the_rule_with_their_arguments(imported):
    described = rule(
        messageStrings={"default": {"text": "{0} flows into {1}, {{not}} {7}"}},
        helpUri="https://example.org/r1",
        shortDescription={"text": "Tainted value."},
    )
    message = {"id": "default", "arguments": ["input", "[query](1)"]}
    outcome = imported(sarif(result(message=message), rules=[described]))
    assert [each.message for each in outcome.findings] == ["input flows into query, {not} {7}"]
    assert [(each.title, each.help_uri) for each in outcome.rules] == [
        ("Tainted value", "https://example.org/r1")
    ]


def test_messages_that_all_rules_share(imported):
    document = sarif(result(message={"id": "shared", "arguments": ["x"]}))
    driver = document["runs"][0]["tool"]["driver"]
    driver["globalMessageStrings"] = {"shared": {"text": "about {0}"}}
    assert [each.message for each in imported(document).findings] == ["about x"]


def test_rules_of_an_extension_by_index(imported):
    document = sarif(
        result("js/xss", rule={"index": 1, "toolComponent": {"index": 0}}),
        result("js/sqli/deep"),
        result("unknown"),
        tool="CodeQL",
        rules=[],
    )
    tags = {"properties": {"tags": ["security"]}}
    document["runs"][0]["tool"]["extensions"] = [
        {
            "name": "codeql/javascript-queries",
            "rules": [
                rule("js/sqli", shortDescription={"text": "Query from input"}, **tags),
                rule("js/xss", shortDescription={"text": "Page from input"}, **tags),
            ],
        }
    ]
    outcome = imported(document)
    assert [(each.id, each.title, each.severity.value) for each in outcome.rules] == [
        ("codeql.js/xss", "Page from input", "medium"),
        ("codeql.js/sqli/deep", "Query from input", "medium"),
        ("codeql.unknown", "unknown", "info"),
    ]


def test_an_index_that_is_another_rule_is_not_believed(imported):
    rules = [rule("A", shortDescription={"text": "first"}), rule("B")]
    outcome = imported(sarif(result("B", ruleIndex=0), result("B", ruleIndex=99), rules=rules))
    assert [each.title for each in outcome.rules] == ["B"]


@pytest.mark.parametrize(
    ("tool", "id_", "tags", "area"),
    [
        ("gitleaks", "aws-access-token", [], "secrets"),
        ("zizmor", "zizmor/template-injection", [], "access"),
        ("Trivy", "CVE-2022-28346", ["vulnerability"], "dependencies"),
        ("Trivy", "aws-access-key-id", ["secret"], "secrets"),
        ("Trivy", "DS-0002", ["misconfiguration"], "access"),
        ("Grype", "GHSA-2gwj-7jmv-h26r-django", [], "dependencies"),
        ("Semgrep OSS", "generic.secrets.security.detected-key", [], "secrets"),
        ("Semgrep OSS", "python.lang.eval", [], "code"),
        ("Nobody's Tool", "X1", [], "code"),
    ],
)
def test_the_area_is_that_of_the_tool_or_the_rule(imported, tool, id_, tags, area):
    rules = [rule(id_, properties={"tags": tags})]
    outcome = imported(sarif(result(id_), tool=tool, rules=rules))
    assert [each.area.value for each in outcome.findings] == [area]
    outcome = imported(sarif(result(id_), tool=tool, rules=rules), area="containers")
    assert [each.area.value for each in outcome.findings] == ["containers"]
    assert outcome.run.area.value == "containers"


def test_style_is_no_risk_but_security_is(imported):
    outcome = imported(
        sarif(
            result("no-unused-vars", level="error"),
            result("security/detect-child-process", level="warning"),
            result("no-eval", level="error"),
            tool="ESLint",
        )
    )
    assert [each.severity.value for each in outcome.findings] == ["info", "medium", "high"]


def test_names_of_tools_and_vulnerabilities():
    assert tool_of("Semgrep OSS") == "semgrep"
    assert tool_of("osv-scanner") == "osv-scanner"
    assert tool_of("Gitleaks") == "gitleaks"
    assert tool_of("  My  Own/Tool ") == "my-own-tool"
    assert vulnerability_of("cve-2022-28346-django") == "CVE-2022-28346"
    assert vulnerability_of("GHSA-2GWJ-7jmv-h26r") == "GHSA-2gwj-7jmv-h26r"
    assert vulnerability_of("not-CVE-2022-28346") == ""


@pytest.mark.parametrize(
    "text", ["'{}' is odd", "mysql -uroot -p{} shop", "f({})", "{}", "x\n{}\ny", "the `{}` here"]
)
@pytest.mark.parametrize(
    "parts", [("vK9$m", "Q2zLp7Wx#4Rt"), ("P4ssw", "0rd!2024"), ("a8Kd9", "3Jf7Lq")]
)
def test_a_password_that_a_message_quotes_is_masked(imported, text, parts):
    password = "".join(parts)
    (finding,) = imported(sarif(result(message={"text": text.format(password)}))).findings
    assert password not in finding.message
    assert "***" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "Unexpected base64decode of utf8mb4 in $request->input('sha256sum')",
        "CVE-2022-28346 in django 2.2.0; see src/shop/tax.py:12",
        "x==1&&y==2 is always true; use openssl3 or log4j2",
        "'actions/checkout@v4' is not pinned to a hash",
    ],
)
def test_words_of_code_stay(imported, text):
    (finding,) = imported(sarif(result(message={"text": text}))).findings
    assert finding.message == text


def test_a_secret_in_a_message_or_snippet_is_in_no_finding(imported):
    key = "q7Zr" + "T4vKx9Lm2PwB8sYd"
    snippet = {"snippet": {"text": f"TOKEN = '{key}'"}}
    one = result("generic-api-key", message={"text": f"Found '{key}' for api key"})
    one["locations"][0]["physicalLocation"]["region"] |= snippet
    two = result("odd", line=2, message={"text": f"value {key} is odd, password: hunter-2 too"})
    outcome = imported(sarif(one, tool="gitleaks", rules=[rule("generic-api-key", name="API key")]))
    assert [each.message for each in outcome.findings] == ["API key"]
    assert [(each.impact, each.cwe) for each in outcome.rules] == [("credential", (798,))]
    assert key not in repr(outcome)
    outcome = imported(sarif(two))
    assert [each.message for each in outcome.findings] == ["value *** is odd, password: *** too"]


def test_control_characters_and_other_pages_than_those_of_the_web(imported):
    bidi = "\u202eevil\x1b[31m\nline"
    uris = ["javascript:alert(1)", "file:///etc/passwd", "https://a b", 'https://x/"><script>', 7]
    for uri in uris:
        described = rule(shortDescription={"text": bidi}, helpUri=uri)
        outcome = imported(sarif(result(message={"text": bidi}), rules=[described]))
        assert [each.message for each in outcome.findings] == ["\\u202eevil\\x1b[31m line"]
        assert [each.help_uri for each in outcome.rules] == [None]


def test_the_package_of_a_vulnerability(imported):
    texts = [
        "Package: Django\nInstalled Version: 3.2.0\nVulnerability CVE-2022-28346",
        "Package 'Django@3.2.0' is vulnerable to 'CVE-2022-28346' (also known as 'GHSA-x').",
        "A critical vulnerability in python package: Django, version 3.2.0 was found at: /r.txt",
        "something is wrong",
    ]
    for text, symbol in zip(texts, ["Django@3.2.0"] * 3 + [""], strict=True):
        severity = {"properties": {"security-severity": "9.8"}}
        outcome = imported(
            sarif(
                result("CVE-2022-28346", message={"text": text}),
                tool="grype",
                rules=[rule("CVE-2022-28346", **severity)],
            )
        )
        (finding,) = outcome.findings
        assert finding.symbol == symbol
        assert finding.advisory is not None
        assert (finding.advisory.id, finding.advisory.cvss_score) == ("CVE-2022-28346", 9.8)
