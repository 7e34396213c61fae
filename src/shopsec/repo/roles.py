"""What a file is for, judged from its path alone."""

import re

from shopsec.model import Role

# Order matters: a test inside a vendored package is vendored first.
_RULES: tuple[tuple[Role, re.Pattern[str]], ...] = tuple(
    (role, re.compile(pattern, re.IGNORECASE))
    for role, pattern in (
        # A pipeline runs with the shop's rights, whatever it is called.
        # So does an editor that uploads what it saves.
        (
            Role.PRODUCTION,
            r"^\.(github|gitea|forgejo|gitlab|circleci)/(.*/)?[^/]+\.ya?ml$"
            r"|(^|/)\.vscode/s?ftp[^/]*\.json$",
        ),
        (
            Role.VENDORED,
            r"(^|/)(node_modules|bower_components|vendor|third_party|thirdparty|site-packages"
            r"|\.yarn/(plugins|releases|cache))/",
        ),
        (
            Role.TEST,
            r"(^|/)(tests?|testing|__tests__|specs?|e2e|cypress|playwright|fixtures|testdata|"
            r"__fixtures__|integration-tests|"
            r"test[-_]?data|__mocks__|mocks|cassettes|snapshots|__snapshots__)/"
            r"|(^|/)(test_[^/]*|[^/]*_tests?|[^/]*[.-](test|spec)|conftest|phpunit[^/]*)\.[^/]+$"
            r"|(^|/)[^/]*(Test|TestCase|Cest)\.php$"
            r"|(^|/)(docker-)?compose[^/]*[.-](test|tests|testing|ci)\.[^/]+$"
            r"|(^|/)\.env[.-](test|testing|ci|e2e)[^/]*$|(^|/)(test|testing|ci|e2e)\.env$"
            r"|(^|/)(requirements|settings)[^/]*[-_./](tests?|pytest|testing|ci)[^/]*\.(txt|in|py)$"
            r"|(^|/)(ct-values|values[.-](test|testing|ci))[^/]*\.ya?ml$|/ci/[^/]*values\.ya?ml$",
        ),
        (
            Role.EXAMPLE,
            # nginx's image fills in *.conf.template when it starts: what ships, not an example.
            r"(^|/)(examples?|samples?|demos?|sandbox)/"
            r"|(?<!\.conf)\.(example|sample|dist|template|tmpl)(\.[^/]+)?$"
            r"|(^|/)[^/]*[-_](example|sample)\.[^/]+$|(^|/)\.env[-_](example|sample|dist)$",
        ),
        (
            Role.DEV,
            r"(^|/)(\.devcontainer|\.dockerdev|\.ddev|\.vscode|\.idea|dev|development|local)/"
            r"|(^|/)(docker-)?compose[^/]*[.-](dev|development|local|override)[^/]*$"
            r"|(^|/)(docker-)?compose[.-]override\.[^/]+$"
            r"|(^|/)\.env[.-](dev|development|local)[^/]*$|(^|/)(dev|development|local)\.env$"
            r"|(^|/)Dockerfile[.-](dev|development|local)$"
            r"|(^|/)values[.-](dev|development|local)[^/]*\.ya?ml$|(^|/)(dev|local)[^/]*\.tfvars$"
            r"|(^|/)(requirements|settings)[^/]*[-_./](dev|development|local|lint|docs)"
            r"[^/]*\.(txt|in|py)$",
        ),
        (
            Role.DOCS,
            r"(^|/)(docs?|documentation)/|\.(md|rst|adoc)$|(^|/)(README|CHANGELOG|LICENSE)[^/]*$",
        ),
    )
)


def role_of(path: str) -> Role:
    """Return the role of a file from its path relative to the folder scanned."""
    for role, pattern in _RULES:
        if pattern.search(path):
            return role
    return Role.PRODUCTION
