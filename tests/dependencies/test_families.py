"""Packages that need each other at exactly their own version are raised together."""

from shopsec.scan.dependencies.lockfiles import composer_lock, gemfile_lock
from shopsec.scan.dependencies.lockfiles.families import families

GEMS = """GEM
  remote: https://rubygems.org/
  specs:
    actionview (5.2.2)
      activesupport (= 5.2.2)
      rails-dom-testing (~> 2.0)
    activesupport (5.2.2)
      tzinfo (= 1.2.5)
    rails (5.2.2)
      actionview (= 5.2.2)
      activesupport (= 5.2.2)
    rails-dom-testing (2.0.3)
    tzinfo (1.2.5)

DEPENDENCIES
  rails (= 5.2.2)
"""


def test_a_family_is_raised_by_its_direct_members_or_else_by_its_heads():
    versions = {"a": "1", "b": "1", "c": "1", "d": "2"}
    exact = [("a", "b", "1"), ("b", "c", "1"), ("a", "d", "2"), ("a", "a", "1")]
    assert families(versions, exact, {"c", "x"}) == dict.fromkeys("abc", ("c",))
    assert families(versions, exact, set()) == dict.fromkeys("abc", ("a",))
    assert families(versions, [("a", "b", "1"), ("b", "a", "1")], set()) == {}
    assert families(versions, [("a", "d", "2"), ("b", "missing", "1")], {"a"}) == {}


def test_gems_that_rails_pins_are_raised_with_it():
    raised = {pin.name: pin.raised_with for pin in gemfile_lock.parse(GEMS).pins}
    assert raised == {
        "actionview": ("rails",), "activesupport": ("rails",), "rails": ("rails",),
        "rails-dom-testing": (), "tzinfo": (),
    }  # fmt: skip


def test_what_composer_locks_to_one_version_is_raised_together():
    lock = """{"packages": [
      {"name": "Shop/core", "version": "v6.5.7.3", "require": {"twig/twig": "3.4.2"}},
      {"name": "shop/storefront", "version": "v6.5.7.3", "require": {"shop/core": "v6.5.7.3"}},
      {"name": "shop/admin", "version": "6.5.7.3", "require": {"shop/core": "=6.5.7.3", "php": 8}},
      {"name": "twig/twig", "version": "3.4.2"}
    ], "packages-dev": []}"""
    manifest = '{"require": {"shop/core": "6.5.7.3", "shop/storefront": "*"}}'
    raised = {pin.name: pin.raised_with for pin in composer_lock.parse(lock, manifest).pins}
    both = ("Shop/core", "shop/storefront")
    assert raised == {
        "Shop/core": both, "shop/storefront": both, "shop/admin": both, "twig/twig": (),
    }  # fmt: skip
