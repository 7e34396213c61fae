"""Values in the form of real keys, made when a test runs: none stands in the repository."""

import base64
import json
import random
import string

DIGITS = string.digits
HEX = string.digits + "abcdef"
LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
ALNUM = string.ascii_letters + string.digits
BASE64 = ALNUM + "+/"

_DRAWN: set[str] = set()


def drawn(alphabet: str, count: int, seed: int = 1) -> str:
    """Random characters, the same in every run."""
    source = random.Random(f"{alphabet} {count} {seed}")
    text = "".join(source.choice(alphabet) for _ in range(count))
    _DRAWN.add(text)
    return text


def parts() -> set[str]:
    """Every five characters of everything drawn so far: nothing that is printed may hold one."""
    return {text[at : at + 5] for text in _DRAWN for at in range(len(text) - 4)}


def stripe(kind: str = "live") -> str:
    return f"sk_{kind}_" + drawn(ALNUM, 24)


def aws_id() -> str:
    return "AKI" + "A" + drawn(UPPER, 16)


def aws_secret() -> str:
    return drawn(BASE64, 40)


def github() -> str:
    return "gh" + "p_" + drawn(ALNUM, 36)


def private_key(kind: str = "RSA ", length: int = 256) -> str:
    body = "\n".join(drawn(BASE64, 64, line) for line in range(length // 64))
    return f"-----BEGIN {kind}PRIV" + f"ATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----\n"


def token(**claims: object) -> str:
    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    head = part({"alg": "HS256", "typ": "JWT"})
    return f"{head}.{part(claims)}.{drawn(ALNUM, 43)}"


def password() -> str:
    """Like one that a generator makes."""
    return drawn(ALNUM, 18) + "7!"


def one_of_each() -> dict[str, str]:
    """A line of code for every rule, by the rule's name."""
    hexed = drawn(HEX, 32)
    return {
        "stripe-live-key": f'KEY = "{stripe()}"',
        "stripe-test-key": f'KEY = "{stripe("test")}"',
        "stripe-webhook-secret": f'HOOK = "whsec_{drawn(ALNUM, 32)}"',
        "square-access-token": f'T = "sq0atp-{drawn(ALNUM, 22)}"',
        "square-oauth-secret": f'T = "sq0csp-{drawn(ALNUM, 43)}"',
        "braintree-access-token": f'T = "access_token$production${drawn(LOWER, 16)}${hexed}"',
        "shopify-token": f'T = "shpat_{hexed}"',
        "aws-access-key": f'ID = "{aws_id()}"',
        "aws-secret-key": f"AWS_SECRET_ACCESS_KEY={aws_secret()}",
        "azure-storage-key": f'C = "AccountName=a;AccountKey={drawn(BASE64, 86)}=="',
        "google-api-key": f'K = "AIza{drawn(ALNUM, 35)}"',
        "ibm-cloud-key": f'ibm_api_key = "{drawn(ALNUM, 44)}"',
        "ibm-cos-key": f'cos_hmac_secret_access_key = "{drawn(HEX, 48)}"',
        "cloudant-key": f'cloudant_password = "{drawn(HEX, 64)}"',
        "softlayer-key": f'softlayer_api_key = "{drawn(LOWER, 64)}"',
        "github-token": f'T = "{github()}"',
        "gitlab-token": f'T = "glpat-{drawn(ALNUM, 20)}"',
        "npm-token": f"//npm.example.org/:_authToken=npm_{drawn(ALNUM, 36)}",
        "pypi-token": f'T = "pypi-AgEIcHlwaS5vcmc{drawn(ALNUM, 80)}"',
        "pypi-test-token": f'T = "pypi-AgENdGVzdC5weXBpLm9yZw{drawn(ALNUM, 80)}"',
        "artifactory-token": f'T = "AKCp{drawn(ALNUM, 60)}"',
        "sendgrid-key": f'T = "SG.{drawn(ALNUM, 22)}.{drawn(ALNUM, 43)}"',
        "mailchimp-key": f'T = "{hexed}-us12"',
        "twilio-auth-token": f'TWILIO_AUTH_TOKEN = "{hexed}"',
        "twilio-api-key": f'T = "SK{hexed}"',
        "slack-token": f'T = "xoxb-{drawn(DIGITS, 12)}-{drawn(LOWER, 24)}"',
        "slack-webhook": f'U = "https://hooks.slack.com/services/T{hexed[:9]}/B{hexed[:9]}/{hexed}"',
        "discord-bot-token": f'discord = "M{drawn(ALNUM, 23)}.{hexed[:6]}.{drawn(ALNUM, 27)}"',
        "telegram-bot-token": f'T = "{drawn(DIGITS, 9)}:AA{drawn(ALNUM, 33)}"',
        "openai-key": f'T = "sk-{drawn(ALNUM, 20)}T3BlbkFJ{drawn(ALNUM, 20, 2)}"',
        "anthropic-key": f'T = "sk-ant-api03-{drawn(ALNUM, 93)}AA"',
        "private-key": private_key(),
        "json-web-token": f'T = "{token(user=7)}"',
        "url-password": f'DATABASE_URL = "postgres://shop:{password()}@db.shop.io/shop"'.replace(
            "!", "-"
        ),
        "keyword": f'DB_PASSWORD = "{password()}"',
        "high-entropy": f'customer_token = "{drawn(ALNUM, 40)}"',
    }
