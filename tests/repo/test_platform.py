"""Which kind of shop a repository is, and its business paths."""

import pytest

from shopsec.policy.business_paths import (
    KINDS,
    BusinessPaths,
    Source,
    load_business_paths,
)
from shopsec.repo.platform import recognise
from shopsec.repo.walk import read_inventory

PLATFORMS = load_business_paths().platforms


def recognised(root):
    inventory = read_inventory(str(root))
    found = recognise(inventory, PLATFORMS, lambda file: (root / file.path).read_bytes())
    return [(each.platform.id, each.evidence) for each in found]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"composer.json": '{"require": {"Magento/product-community-edition": "2.4.7"}}'},
         [("magento", "composer.json names magento/product-community-edition")]),
        ({"bin/magento": ""}, [("magento", "bin/magento")]),
        ({"shop/composer.json": '{"require": {"shopware/core": "~6.6"}}', "package.json": "{}"},
         [("shopware", "shop/composer.json names shopware/core")]),
        ({"wp-content/plugins/mine/a.php": ""}, [("woocommerce", "wp-content/plugins/mine/a.php")]),
        ({"config/defines.inc.php": ""}, [("prestashop", "config/defines.inc.php")]),
        ({"pyproject.toml": '[project]\nname = "saleor"\ndependencies = ["django"]\n'},
         [("saleor", "pyproject.toml names saleor")]),
        ({"requirements.txt": "django-oscar==3.2\n"},
         [("django-oscar", "requirements.txt names django-oscar")]),
        ({"apps/api/package.json": '{"dependencies": {"@medusajs/medusa": "2"}}'},
         [("medusa", "apps/api/package.json names @medusajs/medusa")]),
        ({"Gemfile": 'gem "solidus", "~> 4"\n'}, [("spree", "Gemfile names solidus")]),
        ({"composer.json": '{"require": {"sylius/sylius": "1.13"}}'},
         [("sylius", "composer.json names sylius/sylius")]),
        ({"requirements/base.txt": "Django==5.0\n"},
         [("django", "requirements/base.txt names django")]),
        ({"package.json": '{"dependencies": {"express": "4"}}'},
         [("node", "package.json names express")]),
        ({"package.json": "[1", "composer.json": '{"require": []}', "manage.py": ""}, []),
        ({"tests/fixtures/composer.json": '{"require": {"shopware/core": "1"}}'}, []),
    ],
)  # fmt: skip
def test_platforms_are_recognised_by_what_only_they_have(tree, files, expected):
    assert recognised(tree(files)) == expected


@pytest.mark.parametrize(
    ("platform", "path", "kind"),
    [
        ("magento", "app/code/Acme/Quote/Model/Total.php", "cart"),
        ("magento", "app/code/Acme/OneStepCheckout/Block/Form.php", "checkout"),
        ("magento", "app/code/Acme/SalesRule/Model/Rule.php", ""),
        ("magento", "vendor/magento/module-paypal/Model/Ipn.php", "payment"),
        ("shopware", "src/Core/Checkout/Payment/PaymentService.php", "payment"),
        ("shopware", "src/Core/Checkout/Cart/Cart.php", "cart"),
        ("woocommerce", "wp-content/plugins/acme/class-wc-gateway-acme.php", "payment"),
        ("prestashop", "modules/acmepay/acmepay.php", "payment"),
        ("saleor", "saleor/warehouse/models.py", "inventory"),
        ("django-oscar", "src/oscar/apps/basket/views.py", "cart"),
        ("medusa", "packages/core/core-flows/src/payment/steps/capture.ts", "payment"),
        ("spree", "app/models/spree/credit_card.rb", "payment"),
        ("sylius", "src/Sylius/Bundle/AdminBundle/Controller/Home.php", "admin"),
        ("django", "shop/checkout/views.py", "checkout"),
        ("node", "src/routes/webhooks/stripe.ts", "webhooks"),
        ("node", "src/components/Button.tsx", ""),
    ],
)
def test_files_of_each_platform(platform, path, kind):
    chosen = tuple(each for each in PLATFORMS if each.id == platform)
    assert BusinessPaths(platforms=chosen).of(path) == kind


def test_a_teams_own_patterns_come_first_and_may_take_files_out():
    own = {"payment": ("/src/kasse/",), "none": ("**/checkout/docs/",)}
    paths = BusinessPaths(own)
    assert paths.source_of("src/kasse/pay.py") == Source("payment", "shopsec.toml")
    assert paths.source_of("shop/checkout/docs/a.py") == Source("", "shopsec.toml")
    assert paths.source_of("shop/checkout/a.py") == Source("checkout", "general")
    assert {each.kind for each in load_business_paths().general} == set(KINDS)
