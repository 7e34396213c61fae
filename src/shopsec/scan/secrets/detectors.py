"""Which of detect-secrets' plugins look where, and which rule their matches are.

An explicit list: the repository's baseline, its plugins and its settings are never read, and only
``analyze_string`` is called, which never verifies a value over the network.
"""

import re
from dataclasses import dataclass
from functools import partial

from detect_secrets.plugins.artifactory import ArtifactoryDetector
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.plugins.cloudant import CloudantDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.ibm_cloud_iam import IbmCloudIamDetector
from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.softlayer import SoftlayerDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from shopsec.scan.secrets import formats, judges
from shopsec.scan.secrets.hits import Judge
from shopsec.scan.secrets.urls import UrlPassword, url_password


@dataclass(frozen=True)
class Detector:
    """One rule: a plugin, where it looks, and what has to hold around its matches."""

    rule: str
    plugin: BasePlugin
    anchors: tuple[str, ...] = ()
    """Texts, as written, one of which every match holds or has beside it on its line."""
    words: tuple[str, ...] = ()
    """The same, in lower case, found in any case."""
    shape: re.Pattern[str] = re.compile("")
    """Where one plugin finds two kinds of thing: what this rule's values begin with."""
    judge: Judge = judges.sure
    is_format: bool = True
    """The value's own form tells what it is, so that its first characters may be shown."""


_STRIPE = formats.StripeKey()
_AWS = AWSKeyDetector()
_SLACK = SlackDetector()
_PYPI = PypiTokenDetector()
_GITHUB = ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_")
_GITLAB = (
    "GR1348941",
    *(
        f"gl{kind}-"
        for kind in ("pat", "dt", "ft", "soat", "rt", "cbt", "imt", "ptt", "agent", "oas")
    ),
)

_PAYMENT = (
    Detector(
        "stripe-live-key",
        _STRIPE,
        ("k_live_", "k_org_live_"),
        shape=re.compile(r"[sr]k_(?:org_)?live_"),
    ),
    Detector(
        "stripe-test-key",
        _STRIPE,
        ("k_test_", "k_org_test_"),
        shape=re.compile(r"[sr]k_(?:org_)?test_"),
    ),
    Detector("stripe-webhook-secret", formats.StripeWebhookSecret(), ("whsec_",)),
    Detector(
        "square-access-token",
        formats.SquareAccessToken(),
        ("EAAA", "sq0atp-"),
        judge=judges.exact,
    ),
    Detector("square-oauth-secret", SquareOAuthDetector(), ("sq0csp-",)),
    Detector(
        "braintree-access-token",
        formats.BraintreeAccessToken(),
        ("access_token$production$",),
    ),
    Detector("shopify-token", formats.ShopifyToken(), ("shp",), judge=judges.exact),
)
_CLOUD = (
    Detector(
        "aws-access-key",
        _AWS,
        ("A3T", "ABIA", "ACCA", "AKIA", "ASIA"),
        shape=re.compile(r"A[0-9A-Z]{19}$"),
        judge=judges.aws_key_id,
    ),
    Detector(
        "aws-secret-key",
        _AWS,
        words=("aws",),
        shape=re.compile(r".{40}$"),
        judge=judges.aws_secret_key,
    ),
    Detector(
        "aws-secret-key",
        formats.AwsSecretKey(),
        words=("aws",),
        judge=judges.aws_secret_key,
    ),
    Detector("azure-storage-key", AzureStorageKeyDetector(), ("AccountKey=",)),
    Detector("google-api-key", formats.GoogleApiKey(), ("AIza",), judge=judges.likely),
    Detector(
        "ibm-cloud-key",
        IbmCloudIamDetector(),
        words=("ibm", "cloud_iam", "cloud-iam"),
        judge=judges.likely,
    ),
    Detector("ibm-cos-key", IbmCosHmacDetector(), words=("secret",), judge=judges.likely),
    Detector("cloudant-key", CloudantDetector(), words=("cloudant",), judge=judges.likely),
    Detector("softlayer-key", SoftlayerDetector(), words=("softlayer",), judge=judges.likely),
)
_CODE_HOSTING = (
    Detector("github-token", formats.GitHubToken(), _GITHUB),
    Detector("gitlab-token", formats.GitLabToken(), _GITLAB),
    Detector("npm-token", formats.NpmToken(), ("npm_",), judge=judges.exact),
    Detector("npm-token", NpmDetector(), ("_authToken",)),
    Detector("pypi-token", _PYPI, ("pypi-AgEI",), shape=re.compile("pypi-AgEI")),
    Detector("pypi-test-token", _PYPI, ("pypi-AgEN",), shape=re.compile("pypi-AgEN")),
    Detector(
        "artifactory-token",
        ArtifactoryDetector(),
        ("AKCp",),
        words=("artifactory", "jfrog"),
        judge=judges.likely,
    ),
)
_MESSAGES = (
    Detector("sendgrid-key", SendGridDetector(), ("SG.",), judge=judges.exact),
    Detector(
        "mailchimp-key",
        MailchimpDetector(),
        ("-us",),
        shape=re.compile(r"[0-9a-f]{32}-"),
        judge=judges.exact,
    ),
    Detector("twilio-auth-token", formats.TwilioAuthToken(), words=("twilio",), judge=judges.exact),
    Detector(
        "twilio-api-key",
        TwilioKeyDetector(),
        ("SK",),
        shape=re.compile(r"SK[0-9a-f]{32}$"),
        judge=judges.likely,
    ),
    Detector("slack-webhook", _SLACK, words=("hooks.slack.com",), shape=re.compile("(?i)https:")),
    Detector("slack-token", _SLACK, words=("xox",), shape=re.compile("(?i)xox")),
    Detector(
        "discord-bot-token",
        DiscordBotTokenDetector(),
        words=("discord", "token", "bot"),
        judge=judges.likely,
    ),
    Detector(
        "telegram-bot-token",
        TelegramBotTokenDetector(),
        (":AA",),
        words=("telegram",),
        judge=judges.likely,
    ),
    Detector("openai-key", formats.OpenAIKey(), ("T3BlbkFJ",)),
    Detector("anthropic-key", formats.AnthropicKey(), ("sk-ant-",)),
)


def detectors(now: float) -> tuple[Detector, ...]:
    """All rules for values of a known format, the most specific first.

    ``now`` is in seconds since 1970; tokens that had expired by then are marked so.
    """
    token = partial(judges.json_web_token, now=now)
    return (
        *_PAYMENT,
        *_CLOUD,
        *_CODE_HOSTING,
        *_MESSAGES,
        Detector(
            "private-key",
            PrivateKeyDetector(),
            ("PRIVATE KEY", "PuTTY-User-Key-File"),
            judge=judges.private_key,
            is_format=False,
        ),
        Detector("json-web-token", JwtTokenDetector(), ("eyJ",), judge=token),
        Detector("url-password", UrlPassword(), ("://",), judge=url_password, is_format=False),
    )
