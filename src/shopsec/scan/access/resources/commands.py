"""What shell commands of a pipeline do, judged from their text."""

import re

# A deployment, whatever runs it. Names alone ("deploy.sh") do not count here.
_DEPLOY = re.compile(
    r"""
    \bkubectl\s+(?:[^\n|;&]*\s)?(?:apply|replace|rollout\s+restart|set\s+image|patch)\b
    | \bhelm\s+(?:[^\n|;&]*\s)?(?:upgrade|install)\b
    | \bhelmfile\s+(?:[^\n|;&]*\s)?(?:apply|sync)\b
    | \b(?:terraform|tofu|terragrunt)\s+(?:[^\n|;&]*\s)?(?:apply|destroy)\b
    | \bpulumi\s+(?:[^\n|;&]*\s)?up\b
    | \baws\s+(?:[^\n|;&]*\s)?(?:ecs\s+update-service|s3\s+sync|s3\s+cp
        |lambda\s+update-function-code
        |deploy\s+create-deployment|elasticbeanstalk\s+update-environment|cloudformation\s+deploy)\b
    | \b(?:cdk|sam|serverless|sls)\s+(?:[^\n|;&]*\s)?deploy\b
    | \bgcloud\s+(?:[^\n|;&]*\s)?(?:run|app|functions)\s+deploy\b
    | \baz\s+(?:webapp|containerapp|functionapp)\s+(?:[^\n|;&]*\s)?(?:deploy|up|update|config-zip)\b
    | \b(?:flyctl|fly|railway|eb|platform|upsun|magento-cloud)\s+(?:[^\n|;&]*\s)?
        (?:deploy|up|push)\b
    | \bheroku\s+(?:container:release|deploy)\b
    | \bgit\s+push\s+(?:[^\n|;&]*\s)?(?:dokku|heroku|production|live)\b
    | \bvercel\b[^\n|;&]*--prod\b
    | \bnetlify\s+deploy\b[^\n|;&]*--prod\b
    | \bwrangler\s+(?:[^\n|;&]*\s)?(?:deploy|publish)\b
    | \bdep\s+deploy\b
    | \bcap\s+\S+\s+deploy\b
    | \bfab\s+(?:[^\n|;&]*\s)?deploy\b
    | \bansible-playbook\b
    | \b(?:rsync|scp|sftp|lftp)\b[^\n|;&]*(?:\S+@\S+|\bs?ftp://)
    | \bssh\s+(?:-\S+\s+(?:\S+\s+)??)*\S+@\S+
    | \bdocker\s+stack\s+deploy\b
    | \bdocker(?:-|\s+)compose\b[^\n|;&]*(?:-H\s|--host\b|--context\b)[^\n|;&]*\bup\b
    | \bbin/magento\s+(?:setup:upgrade|deploy:mode)\b
    | \bbin/console\s+(?:system:update:finish|deployment-helper)\b
    | \bdeployment-helper\s+run\b
    """,
    re.VERBOSE,
)
# A dry run changes nothing.
_REHEARSAL = re.compile(r"--dry-run\b(?!=none)|--check\b|\s-n\s")

_TESTS = re.compile(
    r"\b(?:pytest|tox|nox|phpunit|pest|behat|codecept|jest|vitest|mocha|cypress|playwright|rspec"
    r"|minitest|manage\.py\s+test|artisan\s+test|go\s+test|cargo\s+test|gradlew?\s+test|mvn\s+"
    r"(?:\S+\s+)*(?:test|verify)|(?:npm|yarn|pnpm|bun|turbo)\s+(?:run\s+)?(?:-\S+\s+)*"
    r"(?:test|e2e)|make\s+\S*test|composer\s+(?:run\s+)?(?:\S+:)?test)\b"
)
_SCANS = re.compile(
    r"\b(?:trivy|grype|snyk|semgrep|gitleaks|trufflehog|shopsec|bandit|pip-audit|zizmor|hadolint"
    r"|checkov|(?:npm|yarn|pnpm|composer|cargo)\s+audit|local-php-security-checker)\b"
)


def deploys(script: str) -> bool:
    """True when a line of the script deploys and is no rehearsal."""
    return any(
        _DEPLOY.search(line) and not _REHEARSAL.search(line) for line in _lines_of_commands(script)
    )


def runs_tests(script: str) -> bool:
    """True when a line runs tests or a security scan."""
    return any(_TESTS.search(line) or _SCANS.search(line) for line in _lines_of_commands(script))


def _lines_of_commands(script: str) -> list[str]:
    """Logical lines, without comments and without what is only printed."""
    joined = re.sub(r"\\\r?\n", " ", script)
    lines = (line.strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "echo ", "printf "))]
