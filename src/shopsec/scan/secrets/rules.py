"""What the findings mean and what to do about them, in the words of a shop's owner."""

from shopsec.model import Rule, Severity

PREFIX = "secrets."
_SCANNER = "detect-secrets"
# CWE-798: use of hard-coded credentials.
_CWE = (798,)
_THEN = (
    "Then let the program read the new one from an environment variable or your CI's secret store,"
    " and take the old one out of the file. It stays in the git history, harmless once revoked."
)


def _rule(
    name: str,
    title: str,
    severity: Severity,
    why: str,
    rotate: str,
    *,
    impact: str = "live-credential",
    help_uri: str | None = None,
) -> Rule:
    return Rule(
        id=f"{PREFIX}{name}",
        scanner=_SCANNER,
        title=title,
        severity=severity,
        why=why,
        fix=f"{rotate} {_THEN}",
        help_uri=help_uri,
        cwe=_CWE,
        impact=impact,
    )


_PAYMENT = (
    _rule(
        "stripe-live-key",
        "Live Stripe secret key in a file",
        Severity.CRITICAL,
        "Whoever reads it can refund, pay out and read your customers' payments.",
        "Roll the key now: dashboard.stripe.com, Developers, API keys, Roll key.",
        help_uri="https://docs.stripe.com/keys",
    ),
    _rule(
        "stripe-test-key",
        "Stripe test key in a file",
        Severity.MEDIUM,
        "It moves no money, but opens your test data, and a live key often follows it.",
        "Roll the key: dashboard.stripe.com in test mode, Developers, API keys, Roll key.",
        impact="credential",
        help_uri="https://docs.stripe.com/keys",
    ),
    _rule(
        "stripe-webhook-secret",
        "Stripe webhook signing secret in a file",
        Severity.HIGH,
        "With it anyone can send your shop a forged 'paid' event and get goods for nothing.",
        "Roll it: dashboard.stripe.com, Developers, Webhooks, the endpoint, Roll secret.",
        impact="credential",
        help_uri="https://docs.stripe.com/webhooks",
    ),
    _rule(
        "square-access-token",
        "Square access token in a file",
        Severity.CRITICAL,
        "Whoever reads it can take and refund payments and read your customers.",
        "Replace it: developer.squareup.com, the application, Credentials, Replace token.",
    ),
    _rule(
        "square-oauth-secret",
        "Square OAuth secret in a file",
        Severity.CRITICAL,
        "With it a stranger can pose as your application towards Square's merchants.",
        "Replace it: developer.squareup.com, the application, OAuth, Replace secret.",
    ),
    _rule(
        "braintree-access-token",
        "Live Braintree access token in a file",
        Severity.CRITICAL,
        "Whoever reads it can charge, refund and read payments of your PayPal account.",
        "Revoke it in Braintree's control panel under API keys and make a new one.",
    ),
    _rule(
        "shopify-token",
        "Shopify access token in a file",
        Severity.CRITICAL,
        "Whoever reads it can read and change orders, customers and products of your shop.",
        "Rotate it: Shopify admin, Settings, Apps, Develop apps, the app, API credentials.",
        help_uri="https://shopify.dev/docs/apps/build/authentication-authorization",
    ),
)

_CLOUD = (
    _rule(
        "aws-access-key",
        "AWS access key id in a file",
        Severity.CRITICAL,
        "With the secret key beside it anyone can use your AWS account: read data, run machines,"
        " and send you the bill. Stolen keys are tried within minutes.",
        "Deactivate it: AWS console, IAM, Users, Security credentials (or: aws iam"
        " update-access-key --status Inactive); make a new one, then delete the old.",
        help_uri="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
    ),
    _rule(
        "aws-secret-key",
        "AWS secret access key in a file",
        Severity.CRITICAL,
        "It opens your AWS account to whoever reads it: data, machines and the bill for them.",
        "Deactivate the key pair: AWS console, IAM, Users, Security credentials; make a new one,"
        " then delete the old.",
        help_uri="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
    ),
    _rule(
        "azure-storage-key",
        "Azure storage account key in a file",
        Severity.CRITICAL,
        "It gives full control of all files and tables of the storage account.",
        "Rotate it: Azure portal, the storage account, Access keys, Rotate key (or: az storage"
        " account keys renew).",
    ),
    _rule(
        "google-api-key",
        "Google API key in a file",
        Severity.MEDIUM,
        "Some are meant for a web page (Maps); any other lets strangers use services you pay for.",
        "Restrict it to your domain and the services it needs, or make a new one:"
        " console.cloud.google.com, APIs & Services, Credentials.",
        impact="credential",
    ),
    _rule(
        "ibm-cloud-key",
        "IBM Cloud API key in a file",
        Severity.CRITICAL,
        "It opens what its owner may use in your IBM Cloud account.",
        "Delete it and make a new one: cloud.ibm.com, Manage, Access (IAM), API keys.",
    ),
    _rule(
        "ibm-cos-key",
        "IBM object storage key in a file",
        Severity.HIGH,
        "It opens the files in your object storage.",
        "Delete the service credential in the storage instance and make a new one.",
    ),
    _rule(
        "cloudant-key",
        "Cloudant database password in a file",
        Severity.HIGH,
        "It opens the database to whoever reads it.",
        "Delete the service credential of the Cloudant instance and make a new one.",
    ),
    _rule(
        "softlayer-key",
        "SoftLayer API key in a file",
        Severity.HIGH,
        "It opens the classic infrastructure of your IBM Cloud account.",
        "Delete it and make a new one: cloud.ibm.com, Manage, Access (IAM), Users, API keys.",
    ),
)

_CODE_HOSTING = (
    _rule(
        "github-token",
        "GitHub token in a file",
        Severity.CRITICAL,
        "Whoever reads it can read your private code and, with most tokens, change what you ship.",
        "Revoke it: github.com, Settings, Developer settings, Personal access tokens; make a new"
        " one with the fewest rights that do.",
        help_uri="https://docs.github.com/en/authentication/keeping-your-account-and-data-secure"
        "/managing-your-personal-access-tokens",
    ),
    _rule(
        "gitlab-token",
        "GitLab token in a file",
        Severity.CRITICAL,
        "Whoever reads it can read your private code and, with most tokens, change what you ship.",
        "Revoke it where it was made: your avatar, Preferences, Access tokens, or the project's or"
        " group's Settings, Access tokens.",
    ),
    _rule(
        "npm-token",
        "npm token in a file",
        Severity.CRITICAL,
        "With it a stranger can publish a version of your packages with code of theirs.",
        "Revoke it (npm token revoke, or npmjs.com, Access Tokens) and look whether a version was"
        " published that is not yours.",
    ),
    _rule(
        "pypi-token",
        "PyPI token in a file",
        Severity.CRITICAL,
        "With it a stranger can publish a version of your packages with code of theirs.",
        "Remove it: the index's page Account settings, API tokens; better than a new one is"
        " Trusted Publishing, which needs no token.",
    ),
    _rule(
        "pypi-test-token",
        "TestPyPI token in a file",
        Severity.LOW,
        "It publishes to the test index only.",
        "Remove it: the test index, Account settings, API tokens.",
        impact="credential",
    ),
    _rule(
        "artifactory-token",
        "Artifactory key in a file",
        Severity.HIGH,
        "It opens the packages and images that your builds take and ship.",
        "Revoke it in Artifactory: your profile, API key or Identity tokens.",
    ),
)

_MESSAGES = (
    _rule(
        "sendgrid-key",
        "SendGrid API key in a file",
        Severity.HIGH,
        "With it strangers send mail in your shop's name, to your customers too.",
        "Delete it and make a new one: app.sendgrid.com, Settings, API Keys.",
    ),
    _rule(
        "mailchimp-key",
        "Mailchimp API key in a file",
        Severity.HIGH,
        "It opens your list of customers and sends mail in your shop's name.",
        "Revoke it: Mailchimp, Profile, Extras, API keys.",
    ),
    _rule(
        "twilio-auth-token",
        "Twilio auth token in a file",
        Severity.HIGH,
        "It is the account's password: with it strangers call and text at your cost.",
        "Rotate it: console.twilio.com, Account, API keys & tokens, Auth token.",
    ),
    _rule(
        "twilio-api-key",
        "Twilio API key id in a file",
        Severity.MEDIUM,
        "With its secret, which often stands beside it, strangers call and text at your cost.",
        "Delete it and make a new one: console.twilio.com, Account, API keys & tokens.",
        impact="credential",
    ),
    _rule(
        "slack-token",
        "Slack token in a file",
        Severity.HIGH,
        "It reads and writes in your team's channels: a good start to deceive your staff.",
        "Revoke it: api.slack.com/apps, the app, OAuth & Permissions, Revoke tokens.",
    ),
    _rule(
        "slack-webhook",
        "Slack webhook address in a file",
        Severity.MEDIUM,
        "Whoever has it can post into one of your channels.",
        "Remove it: api.slack.com/apps, the app, Incoming Webhooks; make a new one.",
        impact="credential",
    ),
    _rule(
        "discord-bot-token",
        "Discord bot token in a file",
        Severity.MEDIUM,
        "Whoever has it is your bot.",
        "Reset it: discord.com/developers, the application, Bot, Reset Token.",
        impact="credential",
    ),
    _rule(
        "telegram-bot-token",
        "Telegram bot token in a file",
        Severity.MEDIUM,
        "Whoever has it is your bot and reads what customers write to it.",
        "Send /revoke to @BotFather in Telegram and take the new token.",
        impact="credential",
    ),
    _rule(
        "openai-key",
        "OpenAI key in a file",
        Severity.HIGH,
        "With it strangers use the service at your cost.",
        "Revoke it and make a new one: platform.openai.com, API keys.",
    ),
    _rule(
        "anthropic-key",
        "Anthropic key in a file",
        Severity.HIGH,
        "With it strangers use the service at your cost.",
        "Delete it and make a new one: console.anthropic.com, API keys.",
    ),
)

_GENERAL = (
    _rule(
        "private-key",
        "Private key in a file",
        Severity.HIGH,
        "Whoever reads it can pose as the server, sign in its name or log in with it.",
        "Make a new key pair, replace the public half wherever it is trusted (certificate,"
        " authorized_keys, token verification) and revoke the old.",
    ),
    _rule(
        "json-web-token",
        "JSON Web Token in a file",
        Severity.MEDIUM,
        "It logs in as whoever it was made for until it expires.",
        "End the session it belongs to, or change the key that signs such tokens.",
        impact="credential",
    ),
    _rule(
        "url-password",
        "Password in a URL",
        Severity.HIGH,
        "It opens the database or service that the URL names.",
        "Change the password there (for PostgreSQL: ALTER ROLE ... PASSWORD).",
        impact="credential",
    ),
    _rule(
        "keyword",
        "Value that looks like a password or secret key",
        Severity.MEDIUM,
        "A password in a file is known to everyone who ever had a copy of the repository.",
        "Change it where it is used. If it is none, mark the line: pragma: allowlist secret.",
        impact="credential",
    ),
    _rule(
        "high-entropy",
        "Random value that looks like a token",
        Severity.MEDIUM,
        "A token in a file is known to everyone who ever had a copy of the repository.",
        "Revoke it at its service. If it is none, mark the line: pragma: allowlist secret.",
        impact="credential",
    ),
)

RULES = {rule.id: rule for rule in (*_PAYMENT, *_CLOUD, *_CODE_HOSTING, *_MESSAGES, *_GENERAL)}
