"""detect-secrets' own plugins, on lines where our formats found nothing.

An explicit list: what a repository's baseline names is never looked at. Of a plugin only
``analyze_string`` is called, which asks no service whether a value is valid. Left out are its
plugins for random texts and for names (scan/secrets/keywords.py does that), IPPublicDetector (an
address is no secret), and two that ours are stricter than: BasicAuthDetector takes the placeholder
in a URL for a password, PrivateKeyDetector takes a header for a key.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import islice
from typing import Any

from shopsec.levels import Confidence, Severity
from shopsec.scan.secrets.entropy import random_like
from shopsec.scan.secrets.hits import RANDOM, Hit, Place, Verdict
from shopsec.scan.secrets.keywords import is_no_secret
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

RANK = RANDOM + 1
"""Behind all others: what any of our own ways finds, or leaves out, is theirs."""

LINES = 2_000
"""Lines of a file; what has more assignments is data."""

LONGEST = 1_000
"""Characters of a line; longer ones are data, and some of the patterns are quadratic."""


@dataclass(frozen=True)
class StockPlugin:
    """One of detect-secrets' plugins; importing it is left to who runs it."""

    rule: str
    module: str
    class_name: str
    secret_type: str
    """As detect-secrets writes it into a baseline."""


STOCK = tuple(
    StockPlugin(f"stock-{module.replace('_', '-')}", module, class_name, secret_type)
    for module, class_name, secret_type in (
        ("artifactory", "ArtifactoryDetector", "Artifactory Credentials"),
        ("aws", "AWSKeyDetector", "AWS Access Key"),
        ("azure_storage_key", "AzureStorageKeyDetector", "Azure Storage Account access key"),
        ("cloudant", "CloudantDetector", "Cloudant Credentials"),
        ("discord", "DiscordBotTokenDetector", "Discord Bot Token"),
        ("github_token", "GitHubTokenDetector", "GitHub Token"),
        ("gitlab_token", "GitLabTokenDetector", "GitLab Token"),
        ("ibm_cloud_iam", "IbmCloudIamDetector", "IBM Cloud IAM Key"),
        ("ibm_cos_hmac", "IbmCosHmacDetector", "IBM COS HMAC Credentials"),
        ("jwt", "JwtTokenDetector", "JSON Web Token"),
        ("mailchimp", "MailchimpDetector", "Mailchimp Access Key"),
        ("npm", "NpmDetector", "NPM tokens"),
        ("openai", "OpenAIDetector", "OpenAI Token"),
        ("pypi_token", "PypiTokenDetector", "PyPI Token"),
        ("sendgrid", "SendGridDetector", "SendGrid API Key"),
        ("slack", "SlackDetector", "Slack Token"),
        ("softlayer", "SoftlayerDetector", "SoftLayer Credentials"),
        ("square_oauth", "SquareOAuthDetector", "Square OAuth Secret"),
        ("stripe", "StripeDetector", "Stripe Access Key"),
        ("telegram_token", "TelegramBotTokenDetector", "Telegram Bot Token"),
        ("twilio", "TwilioKeyDetector", "Twilio API Key"),
    )
)
"""In the order in which they are asked: where two find one value, the first speaks."""

BASE64, HEX = "Base64 High Entropy String", "Hex High Entropy String"
BROAD = (
    ("basic_auth", "BasicAuthDetector"),
    ("private_key", "PrivateKeyDetector"),
    ("keyword", "KeywordDetector"),
    ("high_entropy_strings", "Base64HighEntropyString"),
    ("high_entropy_strings", "HexHighEntropyString"),
)
"""Those that nothing is found with here, but what was found can be audited with."""
# They look at a file's name or its quotes as well, and have nothing to verify.
_BY_LINE = frozenset({"keyword", "high_entropy_strings"})

_WORD_BACKWARDS = re.compile(r"[0-9A-Za-z+/\\_=-]{0,400}+")
_WORD_AFTER = re.compile(r"[0-9A-Za-z+/\\_=-]*")

# What _is_random lets pass has a digit and no blank.
_LONG_RUN = Pattern(r"\S{16,}")
_DIGIT = Pattern(r"[0-9]")

# Some plugins take what stands around a value into their match.
_AROUND = " \t\r\n\"'=:"
_SHORTEST = 16


def stock_hits(source: Source, lines: Iterable[int]) -> Iterator[Hit]:
    """What detect-secrets' plugins find on lines, given by offsets; at low severity.

    Of a file at most LINES lines, and of a line LONGEST characters are looked at.
    """
    for offset in islice(lines, LINES):
        start = source.line_start(offset)
        line = source.text[start : min(source.line_end(offset), start + LONGEST)]
        if not any(_DIGIT.search(run) for run in _LONG_RUN.findall(line)):
            continue  # before any plugin is imported
        taken: set[str] = set()
        for rule, plugin in _plugins():
            for match in plugin.analyze_string(line):
                value = match.strip(_AROUND)
                if value not in taken and _is_random(value):
                    taken.add(value)
                    begin = start + line.find(value)
                    place = Place(begin, begin + len(value), value)
                    yield Hit(rule, place, Verdict(Confidence.LOW, Severity.LOW), RANK)


def _is_random(value: str) -> bool:
    """The patterns are wide: ``AP`` and nine letters are a password of Artifactory's."""
    has_digit = any(map(str.isdigit, value))
    return len(value) >= _SHORTEST and has_digit and random_like(value) and not is_no_secret(value)


def word_around(source: Source, hit: Hit) -> str:
    """A value with what detect-secrets takes for a part of it: ``NAME=value`` without quotes."""
    place, text = hit.place, source.text
    if text[place.start : place.end] != place.value:
        return place.value  # stands encoded there
    line = source.text[source.line_start(place.start) : place.start]
    before = _WORD_BACKWARDS.match(line[-400:][::-1])
    after = _WORD_AFTER.match(text, place.end, source.line_end(place.end))
    return (before[0][::-1] if before else "") + place.value + (after[0] if after else "")


def found_again(source: Source, hit: Hit) -> tuple[str, str]:
    """Type and text under which detect-secrets itself finds a value of ours, to be audited.

    The text is the value, or else the word around it. Where none of its plugins finds either on
    that line, it is the value as a random text: ``detect-secrets audit`` then says that it is not
    on the line, and offers to skip it.
    """
    start, end = source.line_start(hit.begins), source.line_end(hit.begins)
    line, value = as_read(source.text[start:end].rstrip()), as_read(hit.place.value)
    modules = (*((each.module, each.class_name) for each in STOCK), *BROAD)
    for text in (hit.place.value, word_around(source, hit)) if len(line) <= LONGEST else ():
        for module, class_name in modules:
            plugin = _plugin(module, class_name)
            if as_read(text) in _values(plugin, source.path, line, by_line=module in _BY_LINE):
                return str(plugin.secret_type), text
    return HEX if re.fullmatch("[0-9a-fA-F]+", value) else BASE64, hit.place.value


def _values(plugin: Any, path: str, line: str, *, by_line: bool) -> set[str]:
    """What an audit finds with a plugin; those that could verify are asked for texts only."""
    if not by_line:
        return set(plugin.analyze_string(line))
    found = plugin.analyze_line(filename=path, line=line, enable_eager_search=True)
    return {each.secret_value for each in found}


def as_read(text: str) -> str:
    """Text of one character a byte, as programs read it that take files for UTF-8."""
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


@lru_cache(maxsize=1)
def _plugins() -> tuple[tuple[str, Any], ...]:
    return tuple((each.rule, _plugin(each.module, each.class_name)) for each in STOCK)


@lru_cache(maxsize=64)
def _plugin(module: str, class_name: str) -> Any:
    """A plugin, made when the first line needs it: importing all of them takes 0.2 seconds."""
    return getattr(import_module(f"detect_secrets.plugins.{module}"), class_name)()
