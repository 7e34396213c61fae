import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.dependencies.lockfiles.purls import Package, PurlError, package_of


@pytest.mark.parametrize(
    ("purl", "expected"),
    [
        ("pkg:npm/%40angular/core@16.0.0", ("npm", "@angular/core", "16.0.0")),
        ("pkg:npm/lodash@4.17.21?vcs_url=x#sub/path", ("npm", "lodash", "4.17.21")),
        ("pkg:pypi/Django_Oscar@3.2", ("PyPI", "django-oscar", "3.2")),
        ("pkg:composer/symfony/console@v6.4.1", ("Packagist", "symfony/console", "6.4.1")),
        ("pkg:gem/nokogiri@1.15.4?platform=x86_64-linux", ("RubyGems", "nokogiri", "1.15.4")),
        ("pkg:golang/golang.org/x/net@v0.17.0", ("Go", "golang.org/x/net", "0.17.0")),
        ("pkg:golang/stdlib@go1.22.5", ("Go", "stdlib", "1.22.5")),
        ("pkg:golang/a.org/b@v2.0.0%2Bincompatible", ("Go", "a.org/b", "2.0.0+incompatible")),
        ("pkg:maven/org.x/y@1.0?type=jar", ("Maven", "org.x:y", "1.0")),
        ("pkg:cargo/rand@0.8.5", ("crates.io", "rand", "0.8.5")),
        ("pkg:nuget/Newtonsoft.Json@13.0.1", ("NuGet", "Newtonsoft.Json", "13.0.1")),
        ("pkg:npm/lodash", ("npm", "lodash", "")),
        ("pkg:npm/vue@version", ("npm", "vue", "version")),
        ("pkg:golang/a.org/b@vendor", ("Go", "a.org/b", "vendor")),
    ],
)
def test_packages_as_osv_names_them(purl, expected):
    assert package_of(purl) == Package(*expected)


@pytest.mark.parametrize(
    ("purl", "message"),
    [
        ("", "has a package URL that cannot be parsed"),
        ("lodash@1", "has a package URL that cannot be parsed"),
        ("pkg:npm", "has a package URL that cannot be parsed"),
        ("pkg:maven/y@1", "has a package URL"),
        ("pkg:composer/y@1", "has a package URL"),
        ("pkg:deb/debian/curl@7", "is of the purl type deb, which is not audited"),
    ],
)
def test_other_purls_say_why(purl, message):
    with pytest.raises(PurlError, match=message):
        package_of(purl)


@given(st.text() | st.text(alphabet="pkg:npm/@%2?#=&+-.").map(lambda text: f"pkg:npm/{text}"))
def test_any_text(purl):
    with contextlib.suppress(PurlError):
        assert package_of(purl).name
