"""The workflow of GitHub, the include of GitLab and the entry of pre-commit. Pure."""

import re

from shopsec.starter.quoting import branch_filter, quoted
from shopsec.starter.source import NO_URL, Source

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"

_WORKFLOW = """\
# What to fix first: in each pull request what it adds, else all that the baseline does not know.
name: shopsec
on:
  pull_request:
  push:
    branches: [{branch}]
  merge_group:
  schedule:
    - cron: "23 4 * * 1" # advisories appear without a commit
permissions: {{}}
concurrency:
  group: shopsec-${{{{ github.ref }}}}
  cancel-in-progress: true
jobs:
  shopsec:
    name: What to fix first
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read # check the repository out
      # security-events: write # for upload-sarif, and in a private repository actions: read
    steps:
      - uses: {checkout}
        with:
          fetch-depth: 0 # the base of a pull request must be there
          persist-credentials: false
{step}"""
_STEP = """\
      - uses: {action}@{commit}{note}
        with:
{path}          upload-sarif: false # true shows the results in code scanning, where the plan has it
"""


def github_workflow(source: Source, branch: str, path: str) -> str:
    """``.github/workflows/shopsec.yml``; ``path`` is the shop's folder below the top, or "."."""
    step = github_step(source, path)
    return _WORKFLOW.format(branch=quoted(branch_filter(branch)), checkout=CHECKOUT, step=step)


def github_step(source: Source, path: str) -> str:
    """The step alone, for a workflow that is there; it needs a checkout with ``fetch-depth: 0``."""
    known = source.on_github and source.commit
    return _STEP.format(
        action=source.action,
        commit=source.revision,
        note="" if known else " # put the owner and commit of your copy of shopsec",
        path="" if path == "." else f"          path: {quoted(path)}\n",
    )


def gitlab_include(source: Source, host: str, path: str) -> str:
    """``include:`` of ``.gitlab-ci.yml`` for a shop whose project is on ``host``."""
    template = source.template(host)
    lines = [
        "# Runs in merge requests and on the default branch; for a weekly run: Build,",
        "# Pipeline schedules. Jobs of yours without rules: do not run in merge requests, which",
        "# GitLab then judges by shopsec alone; its gitlab-template/README.md says how they do.",
        "include:",
    ]
    if not (template and source.commit):
        lines.append("  # Put where your copy of shopsec has this file, at the commit below.")
    template = template or {"remote": f"{NO_URL.rpartition('/')[0]}/gitlab-template/shopsec.yml"}
    keys = [f"    {key}: {quoted(value)}" for key, value in template.items()]
    lines += [f"  - {keys[0].strip()}", *keys[1:], "    inputs:"]
    lines += [f"      source: {quoted(source.address)}{_note(source.url)}"]
    lines += [f"      commit: {quoted(source.revision)}{_note(source.commit)}"]
    if path != ".":
        # The jobs of two folders by one name would be those of the second alone.
        name = re.sub(r"[^A-Za-z0-9_]+", "-", f"shopsec-{path}").rstrip("-")
        lines += [f"      job-name: {quoted(name)}", f"      path: {quoted(path)}"]
    lines.append("      # stage: test # one of yours, where stages: leaves test out")
    return "".join(f"{line}\n" for line in lines)


def pre_commit_config(source: Source) -> str:
    """``.pre-commit-config.yaml``."""
    return "# Once in each clone: pre-commit install\nrepos:\n" + pre_commit_entry(source)


def pre_commit_entry(source: Source) -> str:
    """An item of ``repos:`` in ``.pre-commit-config.yaml``."""
    return (
        f"  - repo: {quoted(source.address)}{_note(source.url)}\n"
        f"    rev: {quoted(source.revision)}{_note(source.commit)}\n"
        "    hooks:\n      - id: shopsec # secrets and access in what is staged; no network\n"
    )


def _note(known: str) -> str:
    return "" if known else " # put that of your copy of shopsec"
