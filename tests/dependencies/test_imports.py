"""Whether production code imports a package; None where that cannot be told."""

import pytest

from shopsec.model import Advisory, Area, Finding, Location, Package, Severity
from shopsec.scan.dependencies.imports import imported_packages


def finding(ecosystem, name, via=()):
    return Finding(
        rule_id="X-1", scanner="osv", area=Area.DEPENDENCIES, message="m",
        location=Location(uri="a", start_line=1), severity=Severity.HIGH, via=via,
        package=Package(ecosystem=ecosystem, name=name, version="1"), advisory=Advisory(id="X-1"),
    )  # fmt: skip


@pytest.fixture
def imported(tree, target_of):
    """What is said of packages, given files."""

    def run(files, ecosystem, *names):
        target, host = target_of(tree(files))
        findings = [finding(ecosystem, name) for name in names]
        of = imported_packages([each.package for each in findings], target.inventory, host)
        return [of(each) for each in findings]  # fmt: skip

    return run


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("requests", "import requests"),
        ("requests", "    from requests.adapters import HTTPAdapter"),
        ("requests", "import os, requests as r, sys"),
        ("requests", "import os; import re\nimport requests  # http"),
        ("pyyaml", "from yaml import (load,"),
        ("pillow", "import PIL.Image"),
        ("zope-interface", "from zope.interface import implementer"),
        ("google-cloud-storage", "from google.cloud import storage"),
        ("google-cloud-storage", "import google.cloud.storage as s"),
        ("djangorestframework", "from rest_framework import views"),
        ("my-lib", "from my_lib import x"),
        ("gitpython", "import git"),
        ("pycrypto", "from Crypto.Cipher import AES"),
        ("pysaml2", "import saml2"),
        ("python-ldap", "import ldap"),
        ("opencv-contrib-python", "import cv2"),
        ("ruamel-yaml", "from ruamel import yaml"),
        ("pyyaml", "try: import yaml\nexcept ImportError: yaml = None"),
        ("jinja2", "import os; import jinja2"),
        ("requests", "from requests \\\n    import get"),
        ("requests", "from \\\r\n  requests import get"),
        ("urllib3", "x=1; from urllib3 import PoolManager"),
        ("google-cloud-storage", "from google.cloud import (\n    bigquery,  # a\n    storage,\n)"),
    ],
)
def test_python_imports(imported, name, line):
    assert imported({"shop/a.py": f"{line}\n"}, "PyPI", name) == [True]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("requests", "import requests_mock"),
        ("requests", "# import requests"),
        ("requests", "x = 1  # TODO: import requests"),
        ("gitpython", "import gitlab"),
        ("requests", "import os  # noqa; import requests"),
        ("requests", "from shop import requests"),
        ("requests", "x = 'import requests'"),
        ("google-cloud-storage", "from google.cloud import pubsub"),
        ("requests", "import"),
        ("requests", ""),
    ],
)
def test_python_without_an_import(imported, name, line):
    assert imported({"shop/a.py": f"{line}\n"}, "PyPI", name) == [False]


@pytest.mark.parametrize(
    ("name", "line", "told"),
    [
        ("lodash", "const _ = require('lodash');", True),
        ("lodash", 'import map from "lodash/map";', True),
        ("lodash", 'import "lodash";', True),
        ("lodash", "const _ = await import(`lodash`)", True),
        ("lodash", 'export * from "lodash"', True),
        ("@scope/ui", "import {A} from '@scope/ui/button'", True),
        ("lodash", 'import x from "lodash-es"', False),
        ("lodash", "lodash.map()", False),
        ("@scope/ui", "import {A} from '@scope/uikit'", False),
    ],
)
def test_javascript_imports(imported, name, line, told):
    for file in ("a.js", "b.tsx", "c.vue", "d.mjs"):
        assert imported({f"src/{file}": f"{line}\n"}, "npm", name) == [told]


@pytest.mark.parametrize(
    "name", ["my-lib", "django-cors-headers", "somelib", "google-cloud-anything"]
)
def test_of_a_package_whose_modules_are_not_known_nothing_is_told(imported, name):
    assert imported({"shop/a.py": "import other\n"}, "PyPI", name) == [None]


def test_two_packages_may_bring_one_module(imported):
    files = {"a.py": "import psycopg2\n"}
    assert imported(files, "PyPI", "psycopg2", "psycopg2-binary", "django") == [True, True, False]


def test_tests_and_other_languages_are_no_production_code(imported):
    files = {"tests/test_a.py": "import requests\n", "a.rb": "import requests\n"}
    assert imported(files, "PyPI", "requests") == [False]


def test_bytes_that_are_no_text_are_read_over(imported):
    files = {"a.py": b"\xff\xfe\nimport requests\nfrom \xff import \xff\n"}
    assert imported(files, "PyPI", "requests") == [True]


def test_a_file_that_is_not_read_may_import_it(imported):
    files = {"a.py": b"import requests\n" + b"#" * 1_000_000, "b.py": "import yaml\n"}
    assert imported(files, "PyPI", "requests", "pyyaml") == [None, True]


def test_of_others_nothing_is_told(tree, target_of):
    target, host = target_of(tree({"a.py": "import lib\n"}))
    pulled_in = finding("PyPI", "lib", via=("top",))
    of = imported_packages([pulled_in.package], target.inventory, host)
    assert of(pulled_in) is None
    assert of(finding("RubyGems", "rack")) is None
