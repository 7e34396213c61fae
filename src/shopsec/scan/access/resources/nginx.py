"""nginx: its server blocks (https://nginx.org/en/docs/http/ngx_http_core_module.html)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shopsec.model import SourceFile
from shopsec.scan.access.documents import NotRendered
from shopsec.scan.access.documents.directives import Directive
from shopsec.scan.access.documents.nginx_config import parse_nginx
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.nginx_locations import (
    is_closed,
    leaking_aliases,
    lists_folders,
    open_tools,
    refuses_dotfiles,
)
from shopsec.scan.access.resources.servers import (
    Server,
    gives_dotfiles,
    is_project_root,
    is_public_root,
)
from shopsec.scan.access.resources.stages import stage_of

_NAME = re.compile(
    r"(?:^|/)(?:[\w.-]*nginx[\w.-]*|[\w.-]+\.(?:conf|nginx|vhost)(?:\.(?:template|tmpl|tpl|sample"
    r"|dist|example|j2|erb))?|(?:sites-(?:available|enabled)|conf\.d|vhosts?)/[\w.-]+)$"
)
# One of these is in every such name: a quick look before the pattern's long one.
_PARTS = ("nginx", ".conf", ".vhost", "sites-", "conf.d/", "vhost")
_NOT_CONFIGURATION = re.compile(
    r"\.(?:md|rst|txt|ya?ml|json|php|py|js|ts|sh|html?|css|xml|Dockerfile|svg|png|toml)$",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    rb"^[ \t]*(?:(?:server|http)[ \t\r\n]*\{|location[ \t][^\n{;]*\{)", re.MULTILINE
)
_TEMPLATE = re.compile(rb"\{%|\{\{|<%")
# What these hold opens and closes nothing.
_HARMLESS_INCLUDE = re.compile(
    r"(?:fastcgi|scgi|uwsgi|proxy)[\w.-]*$|mime\.types$|ssl|letsencrypt|gzip|modules|headers"
    r"|cache|upstream|/modules-enabled/"
)
_THIS_MACHINE = re.compile(r"(?:127\.[\d.]{1,11}|localhost|\[::1\])(?::|$)|unix:")
_OLD_TLS = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"})
_SERVES = frozenset({"proxy_pass", "fastcgi_pass", "uwsgi_pass", "try_files"})


def is_nginx(file: SourceFile) -> bool:
    """True for files that may be nginx's configuration, by name."""
    path = file.path
    if not any(part in path for part in _PARTS):
        return False
    return _NAME.search(path) is not None and not _NOT_CONFIGURATION.search(file.name)


def holds_blocks(content: bytes) -> bool:
    """True where a block of nginx begins."""
    return _BLOCK.search(content) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """One resource for every server block; one for what stands outside where there is none."""
    if _TEMPLATE.search(content):
        raise NotRendered("templates of a web server's configuration, not rendered")
    top = parse_nginx(content)
    outer = [*top, *(each for http in top if http.name == "http" for each in http.block)]
    servers = [each for each in outer if each.name == "server"]
    around = tuple(each for each in outer if each.name not in {"server", "http"})
    scopes = [_Scope(each, around, first=each is servers[0]) for each in servers]
    if not servers and around:
        scopes = [_Scope(Directive("server", (), around[0].line, around), (), partial=True)]
    for scope in scopes:
        yield _server(file, files, scope, scopes)


SOURCE = Source(
    "nginx configuration", is_nginx, build, holds_blocks, lambda file: file.name == "nginx.conf"
)


@dataclass(frozen=True)
class _Scope:
    """A server block and what it inherits."""

    server: Directive
    around: Sequence[Directive]
    first: bool = True
    """The first of its file: what stands around all of them is told of this one only."""
    partial: bool = False
    """Part of a server block that stands in another file."""

    def own(self, name: str) -> Directive | None:
        """The directive in force, where no server before this one has inherited it, too."""
        found = self.nearest(name)
        return found if self.first or found in self.server.block else None

    def nearest(self, name: str) -> Directive | None:
        """The directive in force: the server's own before that around it."""
        for block in (self.server.block, self.around):
            found = [each for each in block if each.name == name]
            if found:
                return found[-1]
        return None

    def arguments(self, name: str) -> tuple[str, ...]:
        """Arguments of the directive in force."""
        found = self.nearest(name)
        return found.arguments if found else ()

    @property
    def names(self) -> frozenset[str]:
        """Host names, without those that stand for any."""
        return frozenset(self.arguments("server_name")) - {"_", "", "localhost"}

    @property
    def local(self) -> bool:
        """True where it listens to this machine only."""
        listens = [each.arguments for each in self.server.block if each.name == "listen"]
        return bool(listens) and all(
            each[:1] and _THIS_MACHINE.match(each[0]) is not None for each in listens
        )

    @property
    def tls(self) -> bool:
        """True where it listens for https."""
        listens = [each.arguments for each in self.server.block if each.name == "listen"]
        return any("ssl" in each or (each[:1] and _port(each[0]) == "443") for each in listens)

    @property
    def plain(self) -> bool:
        """True where it listens for http."""
        listens = [each.arguments for each in self.server.block if each.name == "listen"]
        return not listens or any(
            "ssl" not in each and each[:1] and _port(each[0]) != "443" for each in listens
        )

    @property
    def redirects(self) -> bool:
        """True where some of it sends visitors to https."""
        return any(
            each.name in {"return", "rewrite"}
            and any("https://" in word for word in each.arguments)
            for each in self.server.inside()
        )

    @property
    def serves(self) -> bool:
        """True where it hands out pages itself."""
        return any(each.name in _SERVES for each in self.server.inside())

    def root(self) -> str:
        """The folder served, with variables that ``set`` gives put in."""
        text = " ".join(self.arguments("root"))
        for each in (*self.around, *self.server.block):
            if each.name == "set" and len(each.arguments) == 2:
                text = text.replace(each.arguments[0], each.arguments[1])
        return text


def _port(address: str) -> str:
    return address.rpartition(":")[2] if ":" in address else address


def _server(file: SourceFile, files: Files, scope: _Scope, others: Sequence[_Scope]) -> Resource:
    root = scope.root()
    inside = list(scope.server.inside())
    listing = None if scope.local else lists_folders(scope.server, scope.nearest("autoindex"))
    tools = {} if scope.local or is_closed(scope.server) else open_tools(scope.server)
    aliases = leaking_aliases(scope.server)
    log = scope.own("access_log")
    check = scope.nearest("ssl_verify_client")
    cors = _cors(inside)
    complete = not scope.partial and not any(map(_is_unknown_include, inside))
    refused = refuses_dotfiles(scope.server)
    view = Server(
        software="nginx",
        names=tuple(sorted(scope.names)),
        stage=stage_of(file),
        complete=complete,
        root=root,
        public_root=is_public_root(root),
        project_root=is_project_root(root, files, file),
        runs_php=any(each.name == "fastcgi_pass" for each in inside),
        denies_dotfiles=refused,
        gives_dotfiles=gives_dotfiles(root, refused=refused, complete=complete),
        lists_folders=listing is not None,
        open_tools=tuple(sorted(tools)),
        tls=scope.tls,
        old_tls=tuple(sorted(_OLD_TLS & set(scope.arguments("ssl_protocols")))),
        client_check_off=check is not None
        and check.arguments[:1] in (("off",), ("optional_no_ca",))
        and scope.nearest("ssl_client_certificate") is not None,
        plain_beside_tls=scope.plain
        and not scope.tls
        and scope.serves
        and not scope.redirects
        and any(each.tls and each.names & scope.names for each in others),
        log_off=log is not None and log.arguments[:1] in (("off",), ("/dev/null",)),
        leaking_aliases=tuple(sorted(aliases)),
        cors_for_all=cors is not None,
        shows_version=scope.arguments("server_tokens") in (("on",), ("build",)),
    )
    found = {
        "root": scope.nearest("root"),
        "listing": listing,
        "tools": min(tools.values(), key=_line) if tools else None,
        "tls": scope.nearest("ssl_protocols"),
        "client_check": check,
        "log": log,
        "alias": min(aliases.values(), key=_line) if aliases else None,
        "cors": cors,
        "version": scope.nearest("server_tokens"),
        "plain": next((each for each in scope.server.block if each.name == "listen"), None),
    }
    places = {name: each.line for name, each in found.items() if each is not None}
    return Resource(view, file, scope.server.line, " ".join(view.names) or "server", places)


def _line(directive: Directive) -> int:
    return directive.line


def _is_unknown_include(directive: Directive) -> bool:
    return directive.name == "include" and not all(
        _HARMLESS_INCLUDE.search(each) for each in directive.arguments
    )


def _cors(inside: Sequence[Directive]) -> Directive | None:
    """The header that lets any site in, where cookies may come along.

    https://developer.mozilla.org/en-US/docs/Web/HTTP/CORS/Errors/CORSNotSupportingCredentials
    """
    headers = [each for each in inside if each.name == "add_header" and len(each.arguments) > 1]
    cookies = any(
        each.arguments[0].lower() == "access-control-allow-credentials"
        and each.arguments[1].lower() == "true"
        for each in headers
    )
    # An if on the origin compares it with those that are allowed.
    chosen = any(
        each.name == "if" and "$http_origin" in " ".join(each.arguments) for each in inside
    )
    if not cookies or chosen:
        return None
    for each in headers:
        if each.arguments[0].lower() == "access-control-allow-origin" and each.arguments[1] in {
            "*", "$http_origin",
        }:  # fmt: skip
            return each
    return None
