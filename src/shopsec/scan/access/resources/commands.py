"""What shell commands of a pipeline do for the shop: deploy it, test it.

All is judged from a line's text; a name alone ("deploy.sh") says nothing here.
"""

import re
from functools import lru_cache

from shopsec.scan.access.documents.shell import commands_run, in_order

# Words, and what must stand behind one of them, in this order, in the same command.
_DEPLOYMENTS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("kubectl",), (r"\b(?:apply|replace|patch|rollout\s+restart|set\s+image)\b",)),
    (("helm",), (r"\s(?:upgrade|install)\b",)),
    (("helmfile",), (r"\s(?:apply|sync)\b",)),
    (("terraform", "tofu", "terragrunt"), (r"\s(?:apply|destroy)\b",)),
    (("pulumi",), (r"\sup\b",)),
    (
        ("aws",),
        (
            r"\b(?:ecs\s+update-service|s3\s+sync|lambda\s+update-function-code|deploy\s+"
            r"create-deployment|elasticbeanstalk\s+update-environment|cloudformation\s+deploy)\b",
        ),
    ),
    (("cdk", "sam", "serverless", "sls"), (r"\sdeploy\b",)),
    (("gcloud",), (r"\b(?:run|app|functions)\s+deploy\b",)),
    (
        ("az",),
        (r"\b(?:webapp|containerapp|functionapp)\b", r"\b(?:deploy|up|update|config-zip)\b"),
    ),
    (
        ("flyctl", "fly", "railway", "eb", "platform", "upsun", "magento-cloud"),
        (r"\s(?:deploy|up|push)\b",),
    ),
    (("heroku",), (r"\s(?:container:release|deploy)\b",)),
    (
        ("git",),
        (
            r"\spush\b",
            r"\s(?:dokku|heroku|production|live)\b|\sssh://"
            r"|[\w)}]@(?!github\.|gitlab\.|bitbucket\.)[\w$({]",
        ),
    ),
    (("git",), (r"\sftp\s+(?:push|init|catchup)\b",)),
    (("vercel",), (r"\s--prod\b",)),
    (("netlify",), (r"\sdeploy\b", r"\s--prod\b")),
    (("wrangler",), (r"\s(?:deploy|publish)\b",)),
    (("dep", "mina", "fab"), (r"\sdeploy\b",)),
    (("cap",), (r"\s[\w.-]+\s+deploy\b",)),
    (("kamal",), (r"\s(?:deploy|redeploy)\b",)),
    (("ansible-playbook",), (r"\s\S",)),
    (("lftp", "wput", "ncftpput"), (r"\bs?ftps?://|\b(?:mirror|put|mput)\b|\s-R\b",)),
    (("curl",), (r"\s(?:-T|--upload-file)\s", r"\bs?ftps?://")),
    (("rsync", "scp", "sftp"), (r"[\w)}]@[\w$({\[]|\s-e\s*[\"']?ssh\b",)),
    (("ssh",), (r"[\w)}]@[\w$({\[]",)),
    (("wp",), (r"\s--ssh=",)),
    (("docker",), (r"\s(?:stack\s+deploy|service\s+update)\b",)),
    (
        ("docker", "docker-compose"),
        (r"\s(?:-H|--host|--context)[\s=]", r"\b(?:up|run|service\s+update)\b"),
    ),
    (("magento",), (r"\s(?:setup:upgrade|deploy:mode)\b",)),
    (("console",), (r"\s(?:system:update:finish|deployment-helper)\b",)),
    (("deployment-helper",), (r"\srun\b",)),
)
_COMPILED = tuple(
    (
        words,
        (
            re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])"),
            *map(re.compile, behind),
        ),
    )
    for words, behind in _DEPLOYMENTS
)
_ANY_TOOL = re.compile(
    "|".join(sorted({re.escape(word) for words, _ in _DEPLOYMENTS for word in words}))
)
# A dry run changes nothing, and a test connection is no release.
_REHEARSAL = re.compile(
    r"--dry-?run\b(?!=none)|--(?:syntax-)?check\b|--list-(?:tasks|hosts|tags)\b"
    r"|\s-n\s|\bgit@|--help\b|--version\b"
)

_TEST_WORDS = (
    "test", "tox", "nox", "phpunit", "pest", "behat", "codecept", "jest", "mocha", "cypress",
    "rspec", "mvn", "trivy", "grype", "snyk", "semgrep", "gitleaks", "trufflehog", "shopsec",
    "bandit", "audit", "zizmor", "hadolint", "checkov", "scanner", "phpstan", "psalm", "security",
    "e2e",
)  # fmt: skip
_TESTS = re.compile(
    r"\b(?:pytest|tox|nox|phpunit|pest|behat|codecept|jest|vitest|mocha|cypress|playwright\s+test"
    r"|rspec|minitest|manage\.py\s+test|artisan\s+test|go\s+test|cargo\s+test|gradlew?\s+test"
    r"|rails\s+test|rake\s+test|trivy|grype|snyk|semgrep|gitleaks|trufflehog|shopsec|bandit"
    r"|pip-audit|zizmor|hadolint|checkov|osv-scanner|phpstan|psalm|bundle-audit"
    r"|(?:npm|yarn|pnpm|composer|cargo|bundle)\s+audit|local-php-security-checker"
    r"|symfony\s+(?:check:security|security:check))\b"
)
_RUNNERS = tuple(
    (re.compile(rf"(?<![\w-])(?:{tool})(?=\s)"), re.compile(rf"\s(?:{task})"))
    for tool, task in (
        (r"mvnw?", r"(?:test|verify)\b"),
        (r"npm|yarn|pnpm|bun|turbo", r"(?:test|e2e)\b"),
        (r"make|just", r"[\w.-]*test\b"),
        (r"composer", r"(?:[\w-]+:)?(?:test|phpunit)\b"),
    )
)
# Getting a tool is not running it.
_INSTALLS = re.compile(
    r"\b(?:install|add|require|get|download|curl|wget|apk|apt|apt-get|brew|cache|init|codegen)\b"
)
_IGNORED = re.compile(r"\|\|\s*(?:true|:|exit\s+0|echo\b[^|;&]*)[\"'\s]*$|;\s*true\s*$")


@lru_cache(maxsize=4096)
def is_deployment(line: str) -> bool:
    """True when a line brings code or data to a server and is no rehearsal."""
    return _ANY_TOOL.search(line) is not None and any(
        _deploys(command) for command in commands_run(line) if not _REHEARSAL.search(command)
    )


def _deploys(command: str) -> bool:
    return any(
        any(word in command for word in words) and in_order(command, patterns)
        for words, patterns in _COMPILED
    )


def is_test(line: str) -> bool:
    """True when a line runs tests or a security scan."""
    return any(word in line for word in _TEST_WORDS) and any(
        (_TESTS.search(command) or any(in_order(command, each) for each in _RUNNERS))
        and not _INSTALLS.search(command)
        for command in commands_run(line)
    )


def ignores_failure(line: str) -> bool:
    """True when the line succeeds whatever its command says: it ends in ``|| true``."""
    return _IGNORED.search(line) is not None
