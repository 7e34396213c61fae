"""Switches of Rails' environments, read line by line."""

import pytest

from shopsec.scan.access.resources import rails
from tests.access.in_memory import built

TEXT = """require "active_support"
Rails.application.configure do
  config.cache_classes = true # as it should
  config.force_ssl = false if ENV["PROXY"]
  # config.eager_load = true
  config.action_controller.perform_caching = false
  config.log_level = :debug
  config.asset_host = "https://cdn.example"
  config.x.limit = 5
  config.logger == true
  if ENV["SHOW"].present?
    config.consider_all_requests_local = true
  end
  config.lograge.enabled = true
  config.to_prepare do |app|
    config.debug = nil
  end
end
"""


def test_literals_of_the_configuration_with_their_conditions():
    found = built(rails.SOURCE, {"config/environments/production.rb": TEXT})
    assert [(each.line, each.view.name, each.view.value, each.view.conditional)
            for each in found] == [
        (3, "cache_classes", "true", False),
        (4, "force_ssl", "false", True),
        (6, "action_controller.perform_caching", "false", False),
        (7, "log_level", "", False),
        (8, "asset_host", "https://cdn.example", False),
        (9, "x.limit", "5", False),
        (12, "consider_all_requests_local", "true", True),
        (14, "lograge.enabled", "true", False),
        (16, "debug", "", False),
    ]  # fmt: skip
    assert {each.view.framework for each in found} == {"rails"}
    assert {each.view.stage for each in found} == {"production"}


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("config/environments/production.rb", True),
        ("apps/shop/config/environments/staging.rb", True),
        ("config/application.rb", False),
        ("config/environments/a/b.rb", False),
    ],
)
def test_files_of_environments(name, read):
    assert bool(built(rails.SOURCE, {name: "config.debug = true\n"})) is read
