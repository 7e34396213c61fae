"""The short way of ``shopsec scan --staged``: most commits hold nothing that anybody must look at.

Where that is so, a hook has to say so before the person notices that it ran. Everything else,
and every doubt, is left to the whole program. Nothing heavy may be imported here.
"""

import os
import re
import time
from collections.abc import Mapping, Sequence

from shopsec.repo.git import GitUnavailableError
from shopsec.repo.staged import StagedFile, staged_files
from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.reading import HEAD, is_binary, text_of
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.table import load_table

# shopsec.config.Limits has these too; importing it takes as long as all of this.
LIMIT = 5_000_000
SECONDS_A_FILE = 20
# Names that some rule of policies/access may be about: rather too many than one too few.
FOR_RULES = re.compile(
    r"\.(?:ya?ml|tf|tofu|tfvars|tfstate|env|conf|cfg|cnf|ini|htaccess|sql|dump|json5?|toml|lock|sh|bash"
    r"|properties|vhost|template|tmpl|tpl|j2|erb|dist|sample|example|bak|old|orig|gradle|xml"
    r"|csproj)$"
    r"|(?:^|/)(?:[^/]*(?:Docker|Container|Jenkins|Proc|Make|Gem|Pip|Rake|Vagrant|Cap|Brew)file[^/]*"
    r"|CODEOWNERS|Justfile|\.[^/]*|[^/.]+|requirements[^/]*|runtime\.txt|[^/]*deploy[^/]*|fabfile\.py"
    r"|[^/]*config[^/]*|[^/]*settings?[^/]*|[^/]*version\.php|index\.php|(?:App)?Kernel\.php|env\.php"
    r"|parameters\.php|Drupal\.php|[^/]*adminer[^/]*|[^/]*info\.php|i\.php|test\.php|phptest\.php"
    r"|bigdump\.php|searchreplacedb2?\.php|magmi\.php|[^/]*\.(?:kt|pem|key|swp|save|txt|go\.sum))$"
    r"|(?:^|/)(?:settings|config|sites-[a-z]+|vhosts?|nginx|conf\.d|install(?:ation)?|deploy)/",
    re.IGNORECASE,
)


def nothing_to_say(arguments: Sequence[str], folder: str = ".") -> bool:
    """True where the staged files hold no secret and nothing that a rule might be about.

    ``arguments`` are those behind ``scan --staged``; with options among them the answer is False.
    """
    if any(each.startswith("-") and each not in {"-q", "--quiet"} for each in arguments):
        return False
    names = [each for each in arguments if not each.startswith("-")]
    if not all(os.path.lexists(os.path.join(folder, name)) for name in names):
        return False  # deleted, or a mistake that has to be told
    try:
        files = staged_files(folder, names, LIMIT)
    except (GitUnavailableError, ValueError):
        return False
    if not files and of_a_pipeline(os.environ):
        return False  # nobody commits there: what was to be looked at is not staged
    if any(file.content is None or FOR_RULES.search(file.path) for file in files):
        return False
    engine = Engine(load_table(), time.time())
    return all(_is_clean(file, engine) for file in files)


def of_a_pipeline(environ: Mapping[str, str]) -> bool:
    """Whether pre-commit runs in a CI system, where it hands this hook no file of a change.

    ``pre-commit run --all-files`` stages nothing, and tells no hook without file names about it.
    """
    in_ci = environ.get("CI", "").lower() not in {"", "0", "false"}
    return in_ci and bool(environ.get("PRE_COMMIT"))


def _is_clean(file: StagedFile, engine: Engine) -> bool:
    content = file.content or b""
    if is_binary(content[:HEAD]):
        return True
    found = engine.search(Source(text_of(content), file.path), time.monotonic() + SECONDS_A_FILE)
    return not found.hits and not found.cut_short
