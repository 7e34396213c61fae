"""Variables of a pipeline that switch something off, read as the commands they stand for."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from shopsec.scan.access.resources.scripts import Script

_SWITCHES = frozenset(
    ["NODE_TLS_REJECT_UNAUTHORIZED", "GIT_SSL_NO_VERIFY", "PYTHONHTTPSVERIFY",
     "NPM_CONFIG_STRICT_SSL", "PIP_TRUSTED_HOST", "ANSIBLE_HOST_KEY_CHECKING", "DOCKER_HOST",
     "DOCKER_TLS_CERTDIR", "CI_DEBUG_TRACE", "CI_DEBUG_SERVICES", "ACTIONS_STEP_DEBUG",
     "ACTIONS_RUNNER_DEBUG", "ACTIONS_ALLOW_UNSECURE_COMMANDS", "SYSTEM.DEBUG"]
)  # fmt: skip
# Options of ssh and others that commands take from a variable, as git does GIT_SSH_COMMAND.
_OPTIONS = re.compile(
    r"StrictHostKeyChecking|UserKnownHostsFile|http\.sslVerify|strict-ssl|--no-check-certificate"
    r"|--(?:kube-)?insecure-skip-tls-verify|tls-verify="
)
_LONGEST = 1_000
"""Most characters of a variable that are looked at."""


def variable_scripts(values: Mapping[str, Any], at: Callable[[str], Script]) -> Iterator[Script]:
    """One line of shell for every variable that is such a switch; ``at`` gives its place."""
    for name, value in values.items():
        # GitLab has a form with a description.
        text = _text(value.get("value") if isinstance(value, dict) else value)
        if str(name).upper() not in _SWITCHES and not _OPTIONS.search(text[:_LONGEST]):
            continue
        yield replace(at(str(name)), text=f"{name}={text}" if text else f"{name}=''")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
