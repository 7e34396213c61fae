import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.dependencies.lockfiles.gemfile import development_gems

GEMFILE = """\
source "https://gems.example.org"
ruby "3.2.2"
gem "rails", "~> 7.0" # group :test do
gem 'both'
group :development, :test do
  gem "rspec-rails"
  gem "both"
  platforms :ruby do
    gem("byebug")
  end
  gem "console" if RUBY_VERSION > "3"
end
group(:production) do
  gem "pg"
end
group :test, :production do
  gem "shared"
end
group *%i[development ci] do
  gem "words"
end
if ENV["X"]
  gem "rack", group: :test
  gem "old", :groups => [:development, :test], require: false
  gem "brackets", groups: %w[test dev]
  gem "web", group: "web"
  gem "computed", group: some_group
end
source "https://gems.example.org" do |s|
  gem "private"
end
group(:test) { gem "braces" }
group some_group do
  gem "unknown"
end
"""


def test_gems_of_development():
    assert development_gems(GEMFILE) == {
        "rspec-rails", "byebug", "console", "words", "rack", "old", "brackets"
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "end\n" + GEMFILE, GEMFILE + "if x\n", "group :test do\n"])
def test_blocks_that_do_not_add_up_tell_nothing(text):
    assert development_gems(text) == set()


@given(st.text(alphabet="gem group:test do\nend'\"#[]%i|"))
def test_any_text(text):
    development_gems(text)
