"""Names and values that stand for secrets."""

import re

_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRET(?:S|_KEY|_KEY_BASE)?|TOKEN|API_?KEY|APIKEY"
    r"|PRIVATE_?KEY|ACCESS_?KEY|AUTH_?KEY|ENCRYPTION_?KEY|CREDENTIALS?)(?:$|_(?:KEY|VALUE|PROD|LIVE)$)",
    re.IGNORECASE,
)
# A path, a duration or a switch beside a secret-like word is no secret.
_ABOUT_SECRETS = re.compile(
    r"(?:FILE|PATH|NAME|URL|URI|TTL|EXPIRY|LIFETIME|LENGTH|POLICY|ENABLED|DISABLED|REQUIRED)$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^(?:|x{3,}|\*{3,}|\.{3,}|<.*>|\{\{.*\}\}|%.*%|none|null|true|false|yes|no|todo|fixme|example"
    r"|dummy|placeholder|test|your[-_ ].*|replace[-_ ]?me.*|insert[-_ ].*|not[-_ ]?set|unset"
    r"|build(?:time)?|ignored?|fake.*|any)$",
    re.IGNORECASE,
)


def is_secret_name(name: str) -> bool:
    """True for names such as DB_PASSWORD; not for DB_PASSWORD_FILE."""
    return bool(_SECRET_NAME.search(name)) and not _ABOUT_SECRETS.search(name)


def is_literal_secret(value: str) -> bool:
    """True when a value is written out: no variable, no placeholder, not empty."""
    bare = value.strip().strip("\"'")
    return bool(bare) and "$" not in bare and not _PLACEHOLDER.match(bare)
