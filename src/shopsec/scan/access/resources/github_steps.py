"""What the steps of a GitHub job do, taken together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopsec.scan.access.documents.shell import commands_of, in_order, shell_lines
from shopsec.scan.access.resources import command_releases as releases
from shopsec.scan.access.resources import github_conditions as conditions
from shopsec.scan.access.resources import github_expressions as expressions
from shopsec.scan.access.resources.deployments import names_deployment
from shopsec.scan.access.resources.github_follow import Part
from shopsec.scan.access.resources.github_workflow import (
    is_third_party,
    options_of,
    script_of,
    texts_of,
    uses_of,
)
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.release_calls import Releases
from shopsec.scan.access.resources.scripts import ScriptFacts, facts_of

_DEPLOY_ACTION = re.compile(
    r"^(?:aws-actions/amazon-ecs-deploy|azure/(?:webapps-deploy|k8s-deploy|functions-action"
    r"|container-apps-deploy|static-web-apps-deploy)|google-github-actions/deploy-|"
    r"cloudflare/(?:wrangler-action|pages-action)|akhileshns/heroku-deploy"
    r"|superfly/flyctl-actions(?!/setup)"
    r"|deployphp/action|amondnet/vercel-action|nwtgck/actions-netlify|digitalocean/app_action"
    r"|einaregilsson/beanstalk-deploy|appleboy/(?:ssh|scp)-action|easingthemes/ssh-deploy"
    r"|samkirkland/(?:ftp|web)-deploy|burnett01/rsync-deployments|shopify/theme-deploy"
    r"|bunnyshell/[\w-]*deploy|dokku/github-action|wpengine/github-action-wpe-site-deploy"
    r"|[\w.-]+/(?:ssh|scp|rsync|s?ftp)[\w.-]*-?(?:action|deploy))",
    re.IGNORECASE,
)
_TEST_ACTION = re.compile(
    r"^(?:github/codeql-action/analyze|aquasecurity/trivy-action|anchore/scan-action|snyk/actions"
    r"|gitleaks/gitleaks-action|trufflesecurity/trufflehog|shivammathur/\w*phpunit|cypress-io/"
    r"|php-actions/phpunit|pypa/gh-action-pip-audit|actions/dependency-review-action"
    r"|ossf/scorecard-action|zizmorcore/zizmor-action|bridgecrewio/checkov-action)",
    re.IGNORECASE,
)
_FETCHES_PULL_REQUEST = tuple(
    tuple(map(re.compile, patterns))
    for patterns in (
        (r"\bgh\s+pr\s+checkout\b",),
        (r"\bgit\s+fetch\b", r"\bpull/"),
        (r"\bgit\s+(?:checkout|switch|pull)\b", r"\bpull_request\.head\b|\bgithub\.head_ref\b"),
    )
)
_FETCHES = re.compile(r"\bgit\s+(?:fetch|checkout|switch|pull|clone|reset)\b")
# Actions that run what stands in the checkout.
_RUNS_CHECKOUT = re.compile(
    r"^(?:docker/(?:build-push|bake)-action|bahmutov/npm-install|borales/actions-yarn|pnpm/action-"
    r"|ruby/setup-ruby|gradle/(?:gradle-build-action|actions)|pre-commit/action|cypress-io/"
    r"|ramsey/composer-install|php-actions/|changesets/action|goreleaser/|golangci/)",
    re.IGNORECASE,
)
# Commands that read a checkout without running what is in it.
_COMMIT = re.compile(r"\.sha\b")
_READS_ONLY = frozenset(
    ["git", "gh", "echo", "printf", "cat", "ls", "jq", "yq", "grep", "diff", "head", "tail", "wc",
     "cd", "mkdir", "rm", "cp", "mv", "test", "[", "[[", "if", "then", "else", "elif", "fi", "for",
     "do", "done", "while", "exit", "set", "export", "{", "}", "sed", "sort", "true", "sleep",
     "uniq", "tr", "cut", "curl", "read", "return", "break", "continue", "local", "shift", "!"]
)  # fmt: skip
_SUBSTITUTION = re.compile(r"\$\(|`")
_KEYWORDS = re.compile(r"^(?:\(|(?:if|then|else|elif|do|while|until|!|\{)\s+)+")
_COMMAND = re.compile(r"[A-Za-z_./~$]")
_RUNS_FROM_JAVASCRIPT = re.compile(r"\bexec\w*\(|\bspawn\w*\(|\brequire\(\s*[^)]*\./|\bimport\(")
_ASSIGNMENTS = re.compile(r"^(?:\w+=(?:\"[^\"]*\"|'[^']*'|\S*)\s*)+")
_APPROVE_ACTION = re.compile(
    r"^[\w.-]+/(?:[\w.-]*auto-?approve|[\w.-]*approve-pull-request)|^(?:pascalgn/automerge-action"
    r"|peter-evans/enable-pull-request-automerge|ahmadnassri/action-dependabot-auto-merge"
    r"|fastify/github-action-merge-dependabot)",
    re.IGNORECASE,
)
_DISPATCH_ACTION = re.compile(
    r"^(?:peter-evans/repository-dispatch|benc-uk/workflow-dispatch|convictional/trigger-workflow"
    r"|digidem/trigger)",
    re.IGNORECASE,
)
_WHOLE_FOLDER = re.compile(r"^(?:\.|\./|\*\*?/?\*?|\$\{\{\s*github\.workspace\s*\}\}/?)$")
_KEEPS_HIDDEN = re.compile(r"@v?(?:[12](?:\.|$)|3\.[01](?:\.|$)|4\.[0-3](?:\.|$))")
_TOKEN_OUTSIDE = re.compile(r"@v?(?:[6-9]|\d\d)(?:\.|$)")


@dataclass(frozen=True)
class Steps:
    """Facts about steps in their order; an index counts them with those they lead to."""

    untrusted_checkout: Part | None = None
    """The first step that fetches a pull request's code."""
    runs_untrusted: bool = False
    checkout_may_change: bool = False
    deploy: Part | None = None
    deploy_conditions: str = ""
    """The ``if`` of every step that deploys, where each of them has one."""
    deploys_by_name: bool = False
    tests: bool = False
    checks_permission: bool = False
    """Before the untrusted checkout, where there is one."""
    dispatch: Part | None = None
    merges: bool = False
    leaves_token: str = ""
    token_checkout: Part | None = None
    facts: tuple[ScriptFacts, ...] = ()
    image: Part | None = None
    """The first step that releases an image."""


@dataclass(frozen=True)
class Around:
    """What is known about the repository, and the file, that steps stand in."""

    owner: str
    releases: Releases
    ref_inputs: frozenset[str] = frozenset()
    """Inputs that callers fill with a pull request's branch or commit."""


def read_steps(parts: Sequence[Part], around: Around) -> Steps:
    """Look at the steps once, in their order."""
    scripts = [script_of(part.step)[1] for part in parts]
    uses = [uses_of(part.step) for part in parts]
    facts = tuple(
        _image_facts(part.step) if not text else facts_of(text)
        for part, text in zip(parts, scripts, strict=True)
    )
    checkout = _first(_fetches_untrusted(part.step, text, around.ref_inputs)
                      for part, text in zip(parts, scripts, strict=True))  # fmt: skip
    deploys = [index for index, text in enumerate(scripts)
               if around.releases.deploys(text) or _DEPLOY_ACTION.match(uses[index])]  # fmt: skip
    before = parts if checkout is None else parts[:checkout]
    dispatch = _first(each.dispatches or bool(_DISPATCH_ACTION.match(name))
                      for each, name in zip(facts, uses, strict=True))  # fmt: skip
    image = _first(bool(each.images) for each in facts)
    token, left = _token(parts, around.owner, deploys=bool(deploys))
    return Steps(
        untrusted_checkout=None if checkout is None else parts[checkout],
        runs_untrusted=checkout is not None and _runs_after(checkout, parts, scripts),
        checkout_may_change=checkout is not None and _may_change(parts[checkout].step),
        deploy=parts[deploys[0]] if deploys else None,
        deploy_conditions=_common_condition([parts[index].step for index in deploys]),
        deploys_by_name=any(names_deployment(name.partition("@")[0]) for name in uses),
        tests=any(each.tests for each in facts) or any(map(tests_by_action, uses)),
        checks_permission=any(
            conditions.checks_permission(text) for part in before for text in texts_of(part.step)
        ),
        dispatch=None if dispatch is None else parts[dispatch],
        merges=any(each.merges for each in facts) or any(map(_APPROVE_ACTION.match, uses)),
        leaves_token=left,
        token_checkout=token,
        facts=facts,
        image=None if image is None else parts[image],
    )


def tests_by_action(uses: str) -> bool:
    """True for actions that run tests or a scan."""
    return _TEST_ACTION.match(uses) is not None


def approves_by_action(uses: str) -> bool:
    """True for actions that approve or merge pull requests."""
    return _APPROVE_ACTION.match(uses) is not None


def _first(found: Any) -> int | None:
    return next((index for index, each in enumerate(found) if each), None)


def _common_condition(steps: Sequence[Mapping[str, Any]]) -> str:
    texts = [str(step.get("if") or "") for step in steps]
    return " ".join(texts) if texts and all(texts) else ""


def _fetches_untrusted(step: Mapping[str, Any], script: str, ref_inputs: frozenset[str]) -> bool:
    if uses_of(step).startswith("actions/checkout@"):
        return any(
            expressions.is_untrusted_ref(str(options_of(step).get(key) or ""), ref_inputs)
            for key in ("ref", "repository")
        )
    lines = [line.text for line in shell_lines(script)] if "git" in script or "gh" in script else []
    if any(in_order(line, patterns) for line in lines for patterns in _FETCHES_PULL_REQUEST):
        return True
    variables = step.get("env")
    return isinstance(variables, dict) and any(
        any(
            in_order(line, (_FETCHES, re.compile(rf"\$\{{?{re.escape(str(name))}\b")))
            for line in lines
        )
        for name, value in variables.items()
        if expressions.is_untrusted_ref(str(value), ref_inputs)
    )


def _may_change(step: Mapping[str, Any]) -> bool:
    if uses_of(step):
        return expressions.is_moving_ref(str(options_of(step).get("ref") or ""))
    lines = shell_lines(script_of(step)[1])
    return not any(in_order(line.text, (_FETCHES, _COMMIT)) for line in lines)


def _runs_after(checkout: int, parts: Sequence[Part], scripts: Sequence[str]) -> bool:
    """True when the step that fetches, or one behind it, may run what was fetched."""
    if not uses_of(parts[checkout].step) and runs_files(scripts[checkout]):
        return True
    return any(
        _may_run(uses_of(part.step), text)
        for part, text in zip(parts[checkout + 1 :], scripts[checkout + 1 :], strict=True)
    )


def _may_run(uses: str, script: str) -> bool:
    if uses.startswith("actions/github-script@"):
        return _RUNS_FROM_JAVASCRIPT.search(script) is not None
    return uses.startswith("./") or bool(_RUNS_CHECKOUT.match(uses)) or runs_files(script)


def runs_files(script: str) -> bool:
    """True when a script may run what a checkout holds; reading and copying do not count."""
    for line in shell_lines(script):
        for command in commands_of(line.text):
            for piece in _SUBSTITUTION.split(command):
                bare = _ASSIGNMENTS.sub("", _KEYWORDS.sub("", piece.strip().strip("\"'")))
                word = bare.partition(" ")[0].strip("\"'")
                if word and _COMMAND.match(word) and word not in _READS_ONLY:
                    return True
    return False


def _image_facts(step: Mapping[str, Any]) -> ScriptFacts:
    """What an action that builds and pushes an image releases."""
    uses, options = uses_of(step), options_of(step)
    if not uses.startswith("docker/build-push-action@"):
        return ScriptFacts()
    pushes = str(options.get("push") or "").strip().lower()
    if pushes in {"", "false"} or "steps.meta" in str(options.get("tags") or ""):
        return ScriptFacts()
    tags = re.split(r"[\n,]+", str(options.get("tags") or ""))
    images = [parse_image(tag.strip()) for tag in tags if tag.strip()]
    return ScriptFacts(
        images=tuple(
            f"{each.name}:{each.tag or 'latest'}!" if releases.moves(each) else each.name
            for each in images
        )
    )


def _token(parts: Sequence[Part], owner: str, *, deploys: bool) -> tuple[Part | None, str]:
    """The checkout that writes its token down, and what becomes of that.

    https://docs.zizmor.sh/audits/#artipacked
    """
    for index, part in enumerate(parts):
        uses, options = uses_of(part.step), options_of(part.step)
        if not uses.startswith("actions/checkout@") or _TOKEN_OUTSIDE.search(uses):
            continue
        if str(options.get("persist-credentials", "")).lower() == "false":
            continue
        rest = [each.step for each in parts[index + 1 :]]
        if any(map(_uploads_all, rest)):
            return part, "uploaded"
        if deploys or any(is_third_party(uses_of(step), owner) for step in rest):
            return part, "exposed"
    return None, ""


def _uploads_all(step: Mapping[str, Any]) -> bool:
    uses, options = uses_of(step), options_of(step)
    if not uses.startswith("actions/upload-artifact@"):
        return False
    paths = [each.strip() for each in str(options.get("path") or "").split("\n")]
    if any(re.match(r"!(?:.*/)?\.git(?:/|$)", path) for path in paths):
        return False
    if not any(_WHOLE_FOLDER.match(path) for path in paths):
        return any(re.search(r"(?:^|/)\.git/?$", path) for path in paths)
    hidden = str(options.get("include-hidden-files") or "").lower() == "true"
    return hidden or _KEEPS_HIDDEN.search(uses) is not None
