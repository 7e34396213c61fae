"""Files that hold secrets by their purpose: they belong on a server, not into a repository."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.model import Role, SourceFile
from shopsec.scan.access.resources.base import Files, Resource, Source, fact
from shopsec.scan.access.resources.names import is_literal_secret
from shopsec.scan.access.resources.setting_secrets import is_secret
from shopsec.scan.access.resources.settings import Setting

_STATE = re.compile(r"\.tfstate(?:\.backup)?$")


@dataclass(frozen=True)
class SecretFile:
    """A file such as .env, auth.json or env.php with secrets written out."""

    KIND: ClassVar[str] = "secret_file"
    PLACES: ClassVar[tuple[str, ...]] = ()

    what: str = fact("what it is, in words")
    tracked: bool = fact("git knows it, so that its history keeps the secrets for ever")
    secrets: tuple[str, ...] = fact("names of the secrets written in it, in order; never values")
    only_known: bool = fact("each of them is one that everybody tries first")
    keeps_defaults: bool = fact(
        "Symfony Flex wrote it: meant to be committed, and overridden where it is deployed"
    )


def of_settings(
    what: str, file: SourceFile, settings: Sequence[Resource], *, keeps_defaults: bool = False
) -> Iterator[Resource]:
    """The file as a holder of secrets, where some setting in it is one."""
    written = [
        (each, each.view)
        for each in settings
        if isinstance(each.view, Setting) and each.view.written_secret and each.view.literal
    ]
    # Elsewhere than in production only what looks like a real secret counts.
    if file.role is not Role.PRODUCTION:
        written = [(each, view) for each, view in written if not view.everybody_knows]
    if not written:
        return
    known = all(view.everybody_knows for _, view in written)
    first = next((each for each, view in written if known or not view.everybody_knows))
    names = tuple(dict.fromkeys(view.name for _, view in written))
    view = SecretFile(what, file.tracked, names, known, keeps_defaults)
    yield Resource(view, file, first.line, file.name)


@dataclass(frozen=True)
class _Kind:
    """A file whose secrets a pattern finds."""

    what: str
    path: re.Pattern[str]
    mark: re.Pattern[bytes]
    secret: re.Pattern[str]
    """Groups ``name`` (may be missing) and ``value``."""


_KINDS = tuple(
    _Kind(what, re.compile(rf"(?:^|/)(?:{path})$"), re.compile(mark), re.compile(f"(?m){secret}"))
    for what, path, mark, secret in (
        # https://docs.npmjs.com/cli/configuring-npm/npmrc
        ("npm's logins", r"\.npmrc|\.yarnrc", rb"_auth|_password",
         r"^[^#;\n]*?(?P<name>_authToken|_auth|_password)\s*=\s*(?P<value>\S+)"),
        # https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html
        ("logins of .netrc", r"[._]netrc", rb"password", r"\b(?P<name>password)\s+(?P<value>\S+)"),
        # https://git-scm.com/docs/git-credential-store
        ("git's logins", r"\.git-credentials", rb"://", r"^\w+://[^:/@\s]+:(?P<value>[^@\s]+)@"),
        # https://www.postgresql.org/docs/current/libpq-pgpass.html
        ("PostgreSQL's logins", r"\.pgpass", rb":", r"^(?!#)(?:[^:\n]*:){4}(?P<value>[^\n]+)"),
        # https://dev.mysql.com/doc/refman/8.4/en/option-files.html
        ("MySQL's logins", r"\.my\.cnf", rb"password",
         r"^[ \t]*(?P<name>password)\s*=\s*(?P<value>\S+)"),
        # https://developer.hashicorp.com/terraform/language/values/variables
        ("Terraform's variables", r"[\w.-]+\.tfvars", rb"=",
         r"^[ \t]*(?P<name>[\w-]+)\s*=\s*\"(?P<value>[^\"\n]*)\""),
        # Magento 1: https://github.com/OpenMage/magento-lts
        ("Magento's settings", r"app/etc/local\.xml", rb"<",
         r"<(?P<name>key|password)>\s*(?:<!\[CDATA\[)?(?P<value>[^<\]]+)"),
    )
)  # fmt: skip
_NAMES = frozenset(
    [".npmrc", ".yarnrc", ".netrc", "_netrc", ".git-credentials", ".pgpass", ".my.cnf",
     "local.xml"]
)  # fmt: skip
# Names that belong to any kind of value; the others are secrets by their place.
_ANY_NAME = frozenset({"Terraform's variables"})
_COMPOSER = frozenset(
    ["http-basic", "bearer", "github-oauth", "gitlab-oauth", "gitlab-token", "bitbucket-oauth",
     "custom-headers"]
)  # fmt: skip


def is_secret_file(file: SourceFile) -> bool:
    """True for files named like those that keep logins."""
    name = file.name
    if name == "auth.json" or name.endswith((".tfstate", ".tfstate.backup")):
        return True
    known = name in _NAMES or name.endswith(".tfvars")
    return known and any(each.path.search(file.path) for each in _KINDS)


def holds_secrets(content: bytes) -> bool:
    """True where something of such a file is in it."""
    return any(each.mark.search(content) for each in _KINDS) or b'"' in content


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """The file as a holder of secrets; nothing where none is written in it."""
    del files
    text = content.decode("utf-8", "replace")
    if file.name == "auth.json":
        yield from _composer(file, text)
    elif _STATE.search(file.name):
        if '"terraform_version"' in text:
            yield _holder("Terraform's state", file, ["every attribute"], 1)
    else:
        kind = next(each for each in _KINDS if each.path.search(file.path))
        found = list(_found(kind, text))
        if found:
            yield _holder(kind.what, file, [name for name, _ in found], found[0][1])


SOURCE = Source(
    "file of secrets",
    is_secret_file,
    build,
    holds_secrets,
    lambda file: file.name in _NAMES,
    bulk=("xml",),
)


def _holder(what: str, file: SourceFile, names: Sequence[str], line: int) -> Resource:
    view = SecretFile(what, file.tracked, tuple(dict.fromkeys(names)), False, False)
    return Resource(view, file, line, file.name)


def _found(kind: _Kind, text: str) -> Iterator[tuple[str, int]]:
    line, counted = 1, 0
    for match in kind.secret.finditer(text):
        line += text.count("\n", counted, match.start("value"))
        counted = match.start("value")
        name = match.groupdict().get("name") or "password"
        if kind.what in _ANY_NAME and not is_secret(name):
            continue
        if is_literal_secret(match["value"]):
            yield name, line


def _composer(file: SourceFile, text: str) -> Iterator[Resource]:
    """https://getcomposer.org/doc/articles/authentication-for-private-packages.md."""
    try:
        logins = json.loads(text)
    except (ValueError, RecursionError):
        return  # another program's auth.json, or one that Composer refuses
    if not isinstance(logins, dict) or not _COMPOSER & set(logins):
        return
    names = [
        f"{method}.{host}"
        for method in sorted(_COMPOSER & set(logins))
        for host, login in _items(logins[method])
        if any(is_literal_secret(secret) for secret in _secrets(login))
    ]
    if names:
        host = names[0].partition(".")[2]
        yield _holder(
            "Composer's logins", file, names, text[: text.find(f'"{host}"')].count("\n") + 1
        )


def _items(value: Any) -> list[tuple[str, Any]]:
    return [(str(key), each) for key, each in value.items()] if isinstance(value, dict) else []


def _secrets(login: Any) -> list[str]:
    """The password of a login, or the token that it is."""
    if isinstance(login, dict):
        return [str(each) for key, each in login.items() if key in {"password", "consumer-secret",
                                                                    "token"}]  # fmt: skip
    return [login] if isinstance(login, str) else []
