"""How a file writes its values, by its name: in quotes, bare, behind a blank, to the line's end."""

import re
from functools import lru_cache

from shopsec.scan.secrets.pattern import Pattern

# What is put behind a file's name: of copies, and of templates that the file is made from.
_COPY = (
    r"(?:[.~_-](?:bak|old|orig|save|backup|copy|dist|example|sample|te?mpl|tpl|template|j2|erb))*~?"
)

# Files where a value need not stand in quotes.
_BARE = Pattern(
    r"(?:^|/)(?:\.env[^/]*|[^/]*\.env|\.envrc|\.(?:npm|pypi|net|my|yarn|msmtp)rc?|my\.cnf"
    r"|Dockerfile[^/]*|Containerfile[^/]*|Makefile|Jenkinsfile[^/]*|Caddyfile|credentials"
    r"|[^/]*\.(?:sh|bash|zsh|fish|tfvars|ya?ml|neon|conf|config|cfg|cnf|ini|properties|props|toml"
    rf"|service|txt|log|md|rst|adoc|sql|dist|example|sample)){_COPY}$",
    re.IGNORECASE,
)
# Files with one setting a line: a value ends where its line does. Code may be named so as well.
_SETTINGS = Pattern(
    r"(?:^|/)(?:[^/]*\.env(?:[._-](?![^/]*\.?(?:[cm]?[jt]sx?|py|php|rb|go|json|ya?ml|xml|html?)$)"
    rf"[^/]*)?|\.envrc){_COPY}$",
    re.IGNORECASE,
)
# Files where a value follows its name without a sign between them.
_SPACED = Pattern(
    r"(?:^|/)(?:\.?msmtprc|\.?netrc|_netrc|Dockerfile[^/]*|[^/]*\.Dockerfile|Containerfile[^/]*"
    rf"|[^/]*\.(?:conf|cfg|cnf|fish)){_COPY}$",
    re.IGNORECASE,
)


@lru_cache(maxsize=64)
def allows_bare(path: str) -> bool:
    """True for files where a value need not stand in quotes."""
    return _BARE.search(path) is not None


@lru_cache(maxsize=64)
def has_settings(path: str) -> bool:
    """True for files like ``.env``: one setting a line, whatever characters its value has."""
    return _SETTINGS.search(path) is not None


@lru_cache(maxsize=64)
def allows_blank(path: str) -> bool:
    """True for files that write ``name value``: Dockerfile, msmtprc, haproxy.cfg."""
    return _SPACED.search(path) is not None
