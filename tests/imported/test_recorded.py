"""What real tools wrote about examples/: zizmor 1.32, bandit 1.9.4, checkov 3.3.30, semgrep 1.185,
Trivy 0.76, ESLint 10.15 with eslint-plugin-security, hadolint 2.15.1. Shortened, without snippets."""

import pytest

from shopsec.model import Status
from tests.imported.conftest import EXAMPLES, RECORDED

FOUND = {
    "zizmor": (
        "zizmor 1.32.0",
        [
            ("zizmor.dependabot-cooldown", "medusa/.github/dependabot.yml:3", "medium", "access"),
            ("zizmor.dependabot-cooldown", "medusa/.github/dependabot.yml:6", "medium", "access"),
            ("zizmor.artipacked", "medusa/.github/workflows/deploy.yml:12", "medium", "access"),
            ("zizmor.unpinned-uses", "medusa/.github/workflows/deploy.yml:23", "high", "access"),
            (
                "zizmor.template-injection",
                "medusa/.github/workflows/triage.yml:15",
                "high",
                "access",
            ),
        ],
    ),
    "bandit": (
        "Bandit 1.9.4",
        [
            ("bandit.B404", "shop/shop/checkout.py:3", "low", "code"),
            ("bandit.B608", "shop/shop/checkout.py:8", "medium", "code"),
            ("bandit.B602", "shop/shop/checkout.py:14", "high", "code"),
            ("bandit.B105", "shop/shop/settings.py:7", "low", "code"),
            ("bandit.B105", "shop/shop/settings.py:9", "low", "code"),
        ],
    ),
    # It was run with -d oscar and says oscar/oscar/...
    "checkov": (
        "Checkov 3.3.30",
        [
            ("checkov.CKV_K8S_9", "oscar/k8s/web.yaml:1", "medium", "access"),
            ("checkov.CKV_K8S_43", "oscar/k8s/web.yaml:1", "medium", "access"),
            ("checkov.CKV_K8S_38", "oscar/k8s/web.yaml:1", "medium", "access"),
            ("checkov.CKV_K8S_9", "oscar/k8s/db.yaml:1", "medium", "access"),
            ("checkov.CKV_K8S_43", "oscar/k8s/db.yaml:1", "medium", "access"),
            ("checkov.CKV_K8S_38", "oscar/k8s/db.yaml:1", "medium", "access"),
        ],
    ),
    "semgrep": (
        "Semgrep OSS 1.185.0",
        [
            ("semgrep.py-import", "shop/shop/checkout.py:3", "medium", "code"),
            ("semgrep.py-subprocess-shell", "shop/shop/checkout.py:14", "high", "code"),
            ("semgrep.py-import", "shop/shop/settings.py:3", "medium", "code"),
        ],
    ),
    "trivy": (
        "Trivy 0.76.0",
        [
            ("trivy.DS-0002", "magento/Dockerfile:1", "high", "access"),
            ("trivy.DS-0026", "magento/Dockerfile:1", "low", "access"),
            ("trivy.DS-0002", "medusa/Dockerfile:1", "high", "access"),
            ("trivy.DS-0026", "medusa/Dockerfile:1", "low", "access"),
            ("trivy.KSV-0104", "oscar/k8s/db.yaml:15", "medium", "access"),
            ("trivy.KSV-0104", "oscar/k8s/web.yaml:15", "medium", "access"),
        ],
    ),
    # Absolute file: URIs of a runner's folder; a rule about style is no risk.
    "eslint": (
        "ESLint 10.15.0",
        [
            ("eslint.no-undef", "integration-tests/login.spec.ts:3", "info", "code"),
            ("eslint.no-undef", "integration-tests/login.spec.ts:4", "info", "code"),
        ],
    ),
    "hadolint": (
        "Hadolint 2.15.1",
        [
            ("hadolint.DL3008", "magento/Dockerfile:2", "medium", "access"),
            ("hadolint.DL3066", "oscar/Dockerfile:8", "low", "access"),
        ],
    ),
}


@pytest.mark.parametrize("tool", FOUND)
def test_what_a_tool_says_becomes_findings_at_their_places(imported, tool):
    version, expected = FOUND[tool]
    root = EXAMPLES / "medusa" if tool == "eslint" else EXAMPLES
    outcome = imported((RECORDED / f"{tool}.sarif").read_bytes(), root=root, name=tool)
    found = [
        (each.rule_id, str(each.location), each.severity.value, each.area.value)
        for each in outcome.findings
    ]
    assert found == expected
    assert outcome.run.status is Status.SUCCEEDED
    assert outcome.run.version == version
    assert (outcome.run.handed_in, outcome.run.covered) == (len(expected), len(expected))
    assert {rule.id for rule in outcome.rules} == {rule for rule, *_ in expected}


def test_messages_and_pages_of_rules(imported):
    outcome = imported((RECORDED / "zizmor.sarif").read_bytes(), root=EXAMPLES, name="zizmor")
    assert outcome.findings[4].message == (
        "code injection via template expansion: may expand into attacker-controllable code"
    )
    rules = {rule.id: rule for rule in outcome.rules}
    assert rules["zizmor.template-injection"].title == "code injection via template expansion"
    assert rules["zizmor.template-injection"].help_uri == (
        "https://docs.zizmor.sh/audits/#template-injection"
    )
    outcome = imported((RECORDED / "semgrep.sarif").read_bytes(), root=EXAMPLES, name="semgrep")
    shell = next(rule for rule in outcome.rules if rule.id == "semgrep.py-subprocess-shell")
    assert shell.cwe == (78,)


def test_the_words_of_trivy_are_its_message_alone(imported):
    outcome = imported((RECORDED / "trivy.sarif").read_bytes(), root=EXAMPLES, name="trivy")
    assert outcome.findings[0].message == (
        "Specify at least 1 USER command in Dockerfile with non-root user as argument"
    )


def test_a_rule_about_passwords_never_quotes_them(imported):
    outcome = imported((RECORDED / "bandit.sarif").read_bytes(), root=EXAMPLES, name="bandit")
    assert [each.message for each in outcome.findings if each.rule_id == "bandit.B105"] == [
        "Hardcoded password string",
        "Hardcoded password string",
    ]
