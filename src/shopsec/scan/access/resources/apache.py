"""Apache: its virtual hosts and .htaccess files (https://httpd.apache.org/docs/2.4/mod/)."""

import fnmatch
import re
from collections.abc import Iterator, Sequence

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError, NotRendered
from shopsec.scan.access.documents.apache_config import parse_apache
from shopsec.scan.access.documents.assignments import Assignment, Value
from shopsec.scan.access.documents.directives import Directive
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.servers import (
    WANTED_BY_ROBOTS,
    Server,
    gives_dotfiles,
    is_project_root,
    is_public_root,
    matches,
    tool_in,
)
from shopsec.scan.access.resources.settings import Place
from shopsec.scan.access.resources.stages import stage_of

_NAME = re.compile(
    r"(?:^|/)(?:\.htaccess|[\w.-]+\.(?:conf|vhost)(?:\.(?:template|tmpl|tpl|sample|dist|example"
    r"|j2|erb))?|(?:sites-(?:available|enabled)|vhosts?)/[\w.-]+)$"
)
# One of these is in every such name: a quick look before the pattern's long one.
_PARTS = (".htaccess", ".conf", ".vhost", "sites-", "vhost")
_SECTION = re.compile(
    rb"^[ \t]*<(?:VirtualHost|Directory|DirectoryMatch|Location|LocationMatch|Files|FilesMatch"
    rb"|IfModule)\b[^\n{;]*>",
    re.MULTILINE | re.IGNORECASE,
)
_CANONICAL = frozenset({".htaccess", "httpd.conf", "apache2.conf"})
_TEMPLATE = re.compile(rb"\{%|\{\{|<%")
# Sections that only ask what Apache can do.
_CONDITIONS = frozenset({"ifmodule", "ifdefine", "ifversion", "if", "else", "elseif"})
_PHP = frozenset({"php_flag", "php_value", "php_admin_flag", "php_admin_value"})
_OLD_TLS = ("SSLv3", "TLSv1", "TLSv1.1")


def is_apache(file: SourceFile) -> bool:
    """True for .htaccess and files that may be Apache's configuration, by name."""
    path = file.path
    return any(part in path for part in _PARTS) and _NAME.search(path) is not None


def holds_sections(content: bytes) -> bool:
    """True where a section of Apache begins, or a directive an .htaccess file is written for."""
    return (
        _SECTION.search(content) is not None
        or re.search(
            rb"^[ \t]*(?:Options|php_(?:flag|value)|RewriteEngine|Require|Deny from|Order)[ \t]",
            content,
            re.MULTILINE | re.IGNORECASE,
        )
        is not None
    )


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """One resource for every virtual host, and one for what stands outside."""
    if _TEMPLATE.search(content):
        raise NotRendered("templates of a web server's configuration, not rendered")
    top = tuple(_unfolded(parse_apache(content)))
    hosts = [each for each in top if each.name == "virtualhost"]
    around = tuple(each for each in top if each.name != "virtualhost")
    for host in hosts:
        yield _server(file, files, host, around, hosts)
    if around:
        outside = Directive("server", (), around[0].line, around)
        yield _server(file, files, outside, (), ())
    yield from _php_switches(file, [*around, *(each for host in hosts for each in host.inside())])


SOURCE = Source(
    "Apache configuration", is_apache, build, holds_sections, lambda file: file.name in _CANONICAL
)


def _unfolded(directives: Sequence[Directive]) -> Iterator[Directive]:
    """Directives, with those in conditions in their place."""
    for each in directives:
        if each.name in _CONDITIONS:
            yield from _unfolded(each.block)
        else:
            yield Directive(each.name, each.arguments, each.line, tuple(_unfolded(each.block)))


def _php_switches(file: SourceFile, directives: Sequence[Directive]) -> Iterator[Resource]:
    """https://www.php.net/manual/en/configuration.changes.php."""
    place = Place(file, "php", stage=stage_of(file))
    for each in directives:
        if each.name in _PHP and len(each.arguments) == 2:
            name, value = each.arguments
            yield place.setting(Assignment(name, each.line, Value("literal", value)))


def _server(
    file: SourceFile,
    files: Files,
    server: Directive,
    around: Sequence[Directive],
    hosts: Sequence[Directive],
) -> Resource:
    inside = list(server.inside())
    root = _first(server, "documentroot")
    folder = " ".join(root.arguments) if root else ""
    listing = next((each for each in inside if _lists_folders(each)), None)
    tools = _open_tools(inside)
    protocols = _first(server, "sslprotocol")
    log = _first(server, "customlog") or _first(server, "transferlog")
    check = _first(server, "sslverifyclient")
    cors = _cors(inside)
    version = next((each for each in inside if _shows_version(each)), None)
    complete = not any(each.name in {"include", "includeoptional", "use"} for each in inside)
    refused = any(
        _refuses(each, WANTED_BY_ROBOTS) for each in (*inside, *around, *_htaccess(file, files))
    )
    view = Server(
        software="apache",
        names=tuple(sorted(_names(server))),
        stage=stage_of(file),
        complete=complete,
        root=folder,
        public_root=is_public_root(folder),
        project_root=is_project_root(folder, files, file),
        runs_php=bool(folder) and not any(each.name == "proxypass" for each in inside),
        denies_dotfiles=refused,
        gives_dotfiles=gives_dotfiles(folder, refused=refused, complete=complete),
        lists_folders=listing is not None,
        open_tools=tuple(sorted(tools)),
        tls=_is_tls(server),
        old_tls=_old_tls(protocols.arguments if protocols else ()),
        client_check_off=check is not None
        and " ".join(check.arguments).lower() in {"none", "optional_no_ca"}
        and _first(server, "sslcacertificatefile") is not None,
        plain_beside_tls=server.name == "virtualhost"
        and not _is_tls(server)
        and root is not None
        and not any("https://" in " ".join(each.arguments) for each in inside)
        and any(_is_tls(each) and _names(each) & _names(server) for each in hosts),
        log_off=log is not None and log.arguments[:1] == ("/dev/null",),
        leaking_aliases=(),
        cors_for_all=cors is not None,
        shows_version=version is not None,
    )
    found = {
        "root": root, "listing": listing, "tls": protocols, "client_check": check, "log": log,
        "tools": min(tools.values(), key=lambda each: each.line) if tools else None,
        "cors": cors, "version": version,
    }  # fmt: skip
    places = {name: each.line for name, each in found.items() if each is not None}
    return Resource(view, file, server.line, " ".join(view.names) or file.name, places)


def _first(server: Directive, name: str) -> Directive | None:
    return next((each for each in server.block if each.name == name), None)


def _names(server: Directive) -> frozenset[str]:
    return frozenset(
        word
        for each in server.block
        if each.name in {"servername", "serveralias"}
        for word in each.arguments
        if word != "localhost"
    )


def _is_tls(server: Directive) -> bool:
    engine = _first(server, "sslengine")
    on = engine is not None and engine.arguments[:1] in (("on",), ("On",), ("ON",))
    return on or any(word.endswith(":443") for word in server.arguments)


def _old_tls(words: Sequence[str]) -> tuple[str, ...]:
    """https://httpd.apache.org/docs/2.4/mod/mod_ssl.html#sslprotocol."""
    accepted: set[str] = set()
    for word in words:
        sign, name = (word[0], word[1:]) if word[0] in "+-" else ("+", word)
        named = {each for each in _OLD_TLS if name.lower() in {each.lower(), "all"}}
        if name.lower() == "all":
            named.discard("SSLv3")  # no longer part of "all"
        if sign == "-":
            accepted -= {each for each in _OLD_TLS if name.lower() in {each.lower(), "all"}}
        else:
            accepted |= named
    return tuple(sorted(accepted))


def _lists_folders(directive: Directive) -> bool:
    words = {word.lower() for word in directive.arguments}
    shown = bool(words & {"indexes", "+indexes", "all", "+all"}) and "-indexes" not in words
    return directive.name == "options" and shown


def _shows_version(directive: Directive) -> bool:
    words = " ".join(directive.arguments).lower()
    return (directive.name, words) in {
        ("servertokens", "full"), ("servertokens", "os"), ("serversignature", "on"),
        ("serversignature", "email"),
    }  # fmt: skip


def _is_closed(section: Directive) -> bool:
    """True where not everybody comes in."""
    for each in section.block:
        words = " ".join(each.arguments).lower()
        if each.name == "require" and words != "all granted":
            return True
        if each.name in {"authtype", "deny"}:
            return True
    return False


def _open_tools(inside: Sequence[Directive]) -> dict[str, Directive]:
    found: dict[str, Directive] = {}
    for each in inside:
        if each.name in {"location", "locationmatch", "directory"} and not _is_closed(each):
            tool = tool_in(" ".join(each.arguments))
            if tool:
                found.setdefault(tool, each)
        elif each.name in {"alias", "scriptalias"} and each.arguments:
            tool = tool_in(each.arguments[0])
            closed = any(
                _is_closed(other) and tool in " ".join(other.arguments) for other in inside
            )
            if tool and not closed:
                found.setdefault(tool, each)
    return found


def _refuses(directive: Directive, uri: str) -> bool:
    words = directive.arguments
    if directive.name in {"filesmatch", "files", "directorymatch", "locationmatch", "location"}:
        return bool(words) and _is_closed(directive) and _section_fits(directive, uri)
    if directive.name == "redirectmatch" and len(words) >= 2:
        return words[0] in {"403", "404", "410", "gone"} and matches(words[1], uri)
    if directive.name == "rewriterule" and len(words) >= 3:
        flags = words[-1].strip("[]").upper().split(",")
        refused = bool({"F", "FORBIDDEN", "R=404", "G"} & set(flags))
        return refused and matches(words[0], uri.removeprefix("/"))
    return False


def _section_fits(section: Directive, uri: str) -> bool:
    pattern = section.arguments[-1]
    name = uri.rpartition("/")[2]
    if section.name == "files" and section.arguments[0] != "~":
        return fnmatch.fnmatchcase(name, pattern)
    if section.name in {"files", "filesmatch"}:
        return matches(pattern, name)
    if section.name == "location" and section.arguments[0] != "~":
        return uri.startswith(pattern)
    return matches(pattern, uri)


def _htaccess(file: SourceFile, files: Files) -> list[Directive]:
    """What the .htaccess at the top of the repository says, for a server configured elsewhere."""
    found = files.find(".htaccess")
    if found is None or found.uri == file.uri:
        return []
    try:
        directives = _unfolded(parse_apache(files.read(found)))
        return [inner for each in directives for inner in (each, *each.inside())]
    except DocumentError:
        return []  # that file is booked under its own name


def _cors(inside: Sequence[Directive]) -> Directive | None:
    headers = {}
    for each in inside:
        words = [word for word in each.arguments if word.lower() not in {"always", "set", "add"}]
        if each.name == "header" and len(words) >= 2:
            headers[words[0].lower()] = (words[1], each)
    cookies = headers.get("access-control-allow-credentials", ("", None))[0].lower() == "true"
    origin, directive = headers.get("access-control-allow-origin", ("", None))
    return directive if cookies and (origin == "*" or "%{" in origin) else None
