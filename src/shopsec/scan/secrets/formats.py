"""Formats that detect-secrets 1.5.0 has no plugin for, or whose plugin gives a part of the value.

Plugins like its own, so that both are used alike. Shapes: the providers' documentation.
"""

import re
from collections.abc import Generator

from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.stripe import StripeDetector


class _WholeMatch(RegexBasedDetector):
    """Yields whole matches: stock plugins with a group for the prefix yield the prefix alone."""

    def analyze_string(self, string: str) -> Generator[str, None, None]:
        for pattern in self.denylist:
            for match in pattern.finditer(string):
                yield match[0]


class GitHubToken(_WholeMatch):
    """The stock formats and fine-grained personal tokens."""

    secret_type = GitHubTokenDetector.secret_type
    denylist = (*GitHubTokenDetector.denylist, re.compile(r"github_pat_[A-Za-z0-9_]{82}"))


class GitLabToken(_WholeMatch):
    """The stock formats, whole."""

    secret_type = GitLabTokenDetector.secret_type
    denylist = tuple(GitLabTokenDetector.denylist)


class OpenAIKey(RegexBasedDetector):
    """The stock formats and the longer keys of projects, service accounts and administrators."""

    secret_type = OpenAIDetector.secret_type
    denylist = (
        *OpenAIDetector.denylist,
        re.compile(r"sk-(?:proj|svcacct|admin)-[\w-]{20,100}T3BlbkFJ[\w-]{20,100}", re.ASCII),
    )


class StripeKey(StripeDetector):
    """Keys of any length, live and test, of an account and of an organisation."""

    denylist = (re.compile(r"[sr]k_(?:org_)?(?:live|test)_[0-9A-Za-z]{16,247}"),)


class StripeWebhookSecret(RegexBasedDetector):
    """https://docs.stripe.com/webhooks#verify-events."""

    secret_type = "Stripe webhook signing secret"  # noqa: S105 -- a title
    denylist = (re.compile(r"whsec_[0-9A-Za-z+/=]{32,100}"),)


class ShopifyToken(RegexBasedDetector):
    """Admin, custom, private and shared tokens, and those of Theme Access."""

    secret_type = "Shopify token"  # noqa: S105 -- a title
    denylist = (re.compile(r"shp(?:at|ca|pa|ss|tka)_[0-9A-Fa-f]{32}"),)


class SquareAccessToken(RegexBasedDetector):
    """Access tokens; the stock plugin has the OAuth secret."""

    secret_type = "Square access token"  # noqa: S105 -- a title
    denylist = (
        re.compile(r"EAAA[\w-]{60}", re.ASCII),
        re.compile(r"sq0atp-[\w-]{22}", re.ASCII),
    )


class BraintreeAccessToken(RegexBasedDetector):
    """Of PayPal's Braintree; sandbox tokens have another word in the middle."""

    secret_type = "Braintree access token"  # noqa: S105 -- a title
    denylist = (re.compile(r"access_token\$production\$[0-9a-z]{16}\$[0-9a-f]{32}"),)


class AwsSecretKey(RegexBasedDetector):
    """Secret keys without quotes, as in .env files and ~/.aws/credentials."""

    secret_type = "AWS secret access key"  # noqa: S105 -- a title
    denylist = (
        re.compile(
            r"aws_?secret_?(?:access_?)?key[\"']?[ \t]{0,8}[=:][ \t]{0,8}([0-9a-z/+]{40})"
            r"(?![0-9a-z/+=])",
            re.IGNORECASE,
        ),
    )


class TwilioAuthToken(RegexBasedDetector):
    """The account's own password; the stock plugin has key ids only."""

    secret_type = "Twilio auth token"  # noqa: S105 -- a title
    denylist = (
        re.compile(
            r"twilio\w{0,20}token[\"'\]]{0,2}[ \t]{0,8}[=:][>=]?[ \t]{0,8}[\"']?([0-9a-f]{32})"
            r"(?!\w)",
            re.IGNORECASE,
        ),
    )


class NpmToken(RegexBasedDetector):
    """Wherever it stands; the stock plugin looks at .npmrc lines."""

    secret_type = "npm token"  # noqa: S105 -- a title
    denylist = (re.compile(r"npm_[0-9A-Za-z]{36}"),)


class GoogleApiKey(RegexBasedDetector):
    """Of Google Cloud, Maps and Firebase alike."""

    secret_type = "Google API key"  # noqa: S105 -- a title
    denylist = (re.compile(r"AIza[\w-]{35}", re.ASCII),)


class AnthropicKey(RegexBasedDetector):
    """API and administration keys."""

    secret_type = "Anthropic key"  # noqa: S105 -- a title
    denylist = (re.compile(r"sk-ant-(?:api|admin)\d\d-[\w-]{80,120}", re.ASCII),)
