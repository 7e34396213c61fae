"""Which framework a file of settings belongs to, by the names in it and the files beside it."""

import re
from collections.abc import Collection

from shopsec.model import SourceFile, uri_of
from shopsec.scan.access.resources.base import Files, beside
from shopsec.scan.host import Unreadable

# The first that fits: a Saleor shop is a Django project, a Shopware shop a Symfony one.
_BY_NAME: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (framework, re.compile(pattern))
    for framework, pattern in (
        (
            "saleor",
            r"PLAYGROUND_ENABLED|ALLOWED_CLIENT_HOSTS|ALLOWED_GRAPHQL_ORIGINS|HTTP_IP_FILTER_\w+"
            r"|SALEOR_\w+",
        ),
        ("medusa", r"(?:STORE|ADMIN|AUTH)_CORS|MEDUSA_\w+"),
        ("magento", r"MAGE_\w+|MAGENTO_\w+"),
        ("shopware", r"SHOPWARE_\w+|INSTANCE_ID"),
        ("wordpress", r"WP_(?:ENV|HOME|SITEURL|DEBUG)\w*|WORDPRESS_\w+"),
        ("prestashop", r"PS_\w+|_PS_\w+"),
        ("laravel", r"APP_KEY|LOG_CHANNEL|DB_CONNECTION|QUEUE_CONNECTION"),
        ("symfony", r"APP_SECRET|SYLIUS_\w+|MESSENGER_TRANSPORT_DSN|MAILER_DSN|SYMFONY_\w+"),
        ("django", r"DJANGO_\w+"),
        ("nextjs", r"NEXT_PUBLIC_\w+|NEXTAUTH_\w+"),
    )
)
_BY_FILE = (
    ("magento", "bin/magento"),
    ("laravel", "artisan"),
    ("symfony", "bin/console"),
    ("symfony", "symfony.lock"),
    ("django", "manage.py"),
    ("medusa", "medusa-config.ts"),
    ("medusa", "medusa-config.js"),
    ("wordpress", "wp-config.php"),
    ("nextjs", "next.config.js"),
    ("nextjs", "next.config.mjs"),
    ("nextjs", "next.config.ts"),
    ("php", "composer.json"),
)

_SYMFONY = re.compile(
    rb'"(?:symfony/(?:framework-bundle|flex|symfony)|shopware/(?:core|platform|recovery)'
    rb'|sylius/(?:sylius|core-bundle))"'
)


def framework_of_names(names: Collection[str]) -> str:
    """The framework that reads variables of these names, empty where they do not tell."""
    for framework, pattern in _BY_NAME:
        if any(pattern.fullmatch(name) for name in names):
            return framework
    return ""


def framework_beside(file: SourceFile, files: Files) -> str:
    """The framework whose entry point lies beside a file, or at the top of the repository."""
    for framework, name in _BY_FILE:
        if beside(files, file, name) or files.find(uri_of(name)):
            return framework
    return ""


def is_symfony(file: SourceFile, files: Files) -> bool:
    """True beside the composer.json of a shop on Symfony, whose .env holds defaults for everybody.

    https://symfony.com/doc/current/configuration.html#overriding-environment-values-via-env-local
    """
    found = beside(files, file, "composer.json")
    try:
        return found is not None and _SYMFONY.search(files.read(found)) is not None
    except Unreadable:
        return False  # whoever reads it as a manifest books it
