"""What shell commands of a pipeline do for the shop: deploy it, test it, start it.

All is judged from a line's text; a name alone ("deploy.sh") says nothing here.
"""

import re

from shopsec.scan.access.documents.shell import commands_of, shell_lines

_DEPLOY = re.compile(
    r"""
    \bkubectl\s+(?:[^\n|;&]*\s)?(?:apply|replace|rollout\s+restart|set\s+image|patch)\b
    | \bhelm\s+(?:[^\n|;&]*\s)?(?:upgrade|install)\b
    | \bhelmfile\s+(?:[^\n|;&]*\s)?(?:apply|sync)\b
    | \b(?:terraform|tofu|terragrunt)\s+(?:[^\n|;&]*\s)?(?:apply|destroy)\b
    | \bpulumi\s+(?:[^\n|;&]*\s)?up\b
    | \baws\s+(?:[^\n|;&]*\s)?(?:ecs\s+update-service|s3\s+sync|lambda\s+update-function-code
        |deploy\s+create-deployment|elasticbeanstalk\s+update-environment|cloudformation\s+deploy)\b
    | \b(?:cdk|sam|serverless|sls)\s+(?:[^\n|;&]*\s)?deploy\b
    | \bgcloud\s+(?:[^\n|;&]*\s)?(?:run|app|functions)\s+deploy\b
    | \baz\s+(?:webapp|containerapp|functionapp)\s+(?:[^\n|;&]*\s)?(?:deploy|up|update|config-zip)\b
    | \b(?:flyctl|fly|railway|eb|platform|upsun|magento-cloud)\s+(?:[^\n|;&]*\s)?
        (?:deploy|up|push)\b
    | \bheroku\s+(?:container:release|deploy)\b
    | \bgit\s+push\s+(?:[^\n|;&]*\s)?(?:dokku|heroku|production|live)\b
    | \bgit\s+push\s+(?:[^\n|;&]*\s)?(?:ssh://|[\w.-]+@(?!github\.|gitlab\.|bitbucket\.))\S+
    | \bvercel\b[^\n|;&]*--prod\b
    | \bnetlify\s+deploy\b[^\n|;&]*--prod\b
    | \bwrangler\s+(?:[^\n|;&]*\s)?(?:deploy|publish)\b
    | \bgit\s+ftp\s+(?:[^\n|;&]*\s)?(?:push|init|catchup)\b
    | (?<![\w./-])dep\s+(?:[^\n|;&]*\s)?deploy\b
    | \bvendor/bin/dep\s+(?:[^\n|;&]*\s)?deploy\b
    | (?<![\w./-])cap\s+\S+\s+deploy\b
    | (?<![\w./-])fab\s+(?:[^\n|;&]*\s)?deploy\b
    | \bmina\s+deploy\b
    | \bkamal\s+(?:deploy|redeploy)\b
    | \bansible-playbook\b
    | \blftp\b[^\n]*\bs?ftps?://
    | \bcurl\b[^\n|;&]*\s(?:-T|--upload-file)\s[^\n|;&]*\bs?ftps?://
    | \b(?:rsync|scp|sftp)\b[^\n|;&]*(?:[\w$)(}{.-]+@[\w$)(}{.\[-]+|\s-e\s*["']?ssh\b)
    | \blftp\b[^\n]*\b(?:mirror\s+(?:-\S+\s+)*(?:-\w*R|--reverse)|put|mput)\b
    | \bncftpput\b
    | \bwput\b[^\n|;&]*\bftps?://
    | \bssh\s+(?:-\S+\s+(?:[^\s@]+\s+)??)*["']?[\w$)(}{.-]+@[\w$)(}{.-]+
    | \bdocker\s+stack\s+deploy\b
    | \bdocker(?:-|\s+)compose\b[^\n|;&]*(?:-H\s|--host\b|--context\b)[^\n|;&]*\bup\b
    | \bdocker\s+(?:[^\n|;&]*\s)?(?:-H\s|--host\b|--context\b)[^\n|;&]*
        \b(?:up|run|service\s+update)\b
    | \bbin/magento\s+(?:setup:upgrade|deploy:mode)\b
    | \bbin/console\s+(?:system:update:finish|deployment-helper)\b
    | \bdeployment-helper\s+run\b
    """,
    re.VERBOSE,
)
# A dry run changes nothing, and a test connection or a tunnel is no release.
_REHEARSAL = re.compile(
    r"--dry-run\b(?!=none)|--check\b|\s-n\s|\bssh\s+(?:-\S+\s+)*-T\s+git@|\bgit@"
    r"|\bterraform\s+[^\n|;&]*-target\s*=?\s*$|--help\b|--version\b"
)

# Searching for words first makes the long patterns rare.
_DEPLOY_WORDS = (
    "kubectl", "helm", "terraform", "tofu", "terragrunt", "pulumi", "aws", "cdk", "sam ",
    "serverless", "sls", "gcloud", "az ", "fly", "railway", "eb ", "platform", "upsun", "magento",
    "heroku", "push", "vercel", "netlify", "wrangler", "git", "dep", "cap ", "fab ", "mina",
    "kamal", "ansible", "lftp", "wput", "curl", "rsync", "scp", "sftp", "ncftp", "ssh", "docker",
    "console",
)  # fmt: skip
_TEST_WORDS = (
    "test", "tox", "nox", "phpunit", "pest", "behat", "codecept", "jest", "mocha", "cypress",
    "rspec", "mvn", "trivy", "grype", "snyk", "semgrep", "gitleaks", "trufflehog", "shopsec",
    "bandit", "audit", "zizmor", "hadolint", "checkov", "scanner", "phpstan", "psalm", "security",
    "e2e",
)  # fmt: skip

_TESTS = re.compile(
    r"\b(?:pytest|tox|nox|phpunit|pest|behat|codecept|jest|vitest|mocha|cypress|playwright\s+test"
    r"|rspec|minitest|manage\.py\s+test|artisan\s+test|go\s+test|cargo\s+test|gradlew?\s+test"
    r"|mvnw?\s+(?:\S+\s+)*(?:test|verify)|rails\s+test|rake\s+test"
    r"|(?:npm|yarn|pnpm|bun|turbo)\s+(?:run\s+)?(?:-\S+\s+)*(?:test|e2e)"
    r"|make\s+\S*test|composer\s+(?:run(?:-script)?\s+)?(?:\S+:)?(?:test|phpunit))\b"
)
_SCANS = re.compile(
    r"\b(?:trivy|grype|snyk|semgrep|gitleaks|trufflehog|shopsec|bandit|pip-audit|zizmor|hadolint"
    r"|checkov|osv-scanner|phpstan|psalm|(?:npm|yarn|pnpm|composer|cargo|bundle)\s+audit"
    r"|bundle-audit|local-php-security-checker|symfony\s+(?:check:security|security:check))\b"
)
# Getting a tool is not running it.
_INSTALLS = re.compile(
    r"\b(?:install|add|require|get|download|curl|wget|apk|apt|apt-get|brew|cache|init|codegen)\b"
)
_IGNORED = re.compile(r"\|\|\s*(?:true|:|exit\s+0|echo\b[^|;&]*)\s*[\"']?\s*$|;\s*true\s*$")


def is_deployment(line: str) -> bool:
    """True when a line brings code or data to a server and is no rehearsal."""
    return any(word in line for word in _DEPLOY_WORDS) and any(
        _DEPLOY.search(command) and not _REHEARSAL.search(command)
        for command in commands_of(line)
        if not _is_printed(command)
    )


def is_test(line: str) -> bool:
    """True when a line runs tests or a security scan."""
    return any(word in line for word in _TEST_WORDS) and any(
        (_TESTS.search(command) or _SCANS.search(command)) and not _INSTALLS.search(command)
        for command in commands_of(line)
        if not _is_printed(command)
    )


def ignores_failure(line: str) -> bool:
    """True when the line succeeds whatever its command says: it ends in ``|| true``."""
    return _IGNORED.search(line) is not None


def deploys(script: str) -> bool:
    """True when some line of the script is a deployment."""
    return any(is_deployment(line.text) for line in shell_lines(script))


def runs_tests(script: str) -> bool:
    """True when some line runs tests or a security scan."""
    return any(is_test(line.text) for line in shell_lines(script))


def _is_printed(line: str) -> bool:
    return line.startswith(("echo ", "printf "))
