"""What rules may say about a web server's configuration, nginx's and Apache's alike."""

import posixpath
import re
from dataclasses import dataclass
from typing import ClassVar

from shopsec.errors import PolicyError
from shopsec.model import SourceFile
from shopsec.policy import cel
from shopsec.scan.access.resources.base import Files, fact

# Folders that hold nothing but what everybody may see.
_PUBLIC = frozenset(
    ["public", "pub", "web", "webroot", "htdocs", "public_html", "httpdocs", "docroot", "dist",
     "build", "out", "static", "media", "html_public", "storefront"]
)  # fmt: skip
_FRONT = ("public/index.php", "pub/index.php", "web/index.php", "webroot/index.php")
# What robots ask every shop for.
WANTED_BY_ROBOTS = "/.env"
_LOOK_AHEAD = re.compile(r"\(\?<?[!=][^()]*(?:\([^()]*\)[^()]*)*\)")
_PATTERNS = cel.Environment({"pattern": cel.STRING, "text": cel.STRING})
_FOUND = _PATTERNS.compile("text.matches(pattern)", "a server's pattern")
_TOOLS = re.compile(
    r"server[-_]status|server[-_]info|stub_status|nginx[-_]status|basic_status|fpm[-_]status"
    r"|phpinfo|adminer|phpmyadmin|opcache|_profiler|/pma\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Server:
    """A server block of nginx, a virtual host of Apache, or an .htaccess file."""

    KIND: ClassVar[str] = "server"
    PLACES: ClassVar[tuple[str, ...]] = (
        "root", "listing", "tools", "tls", "client_check", "log", "alias", "cors", "version",
        "plain",
    )  # fmt: skip

    software: str = fact("nginx or apache")
    names: tuple[str, ...] = fact("host names it answers to, sorted")
    stage: str = fact("what its file is for: production, staging, developer or shared")
    complete: bool = fact("it includes no file whose content is unknown here")
    root: str = fact("the folder it serves, as written")
    public_root: bool = fact("that folder is named as one that holds only what is public")
    project_root: bool = fact("that folder is the project's, which has a public folder of its own")
    runs_php: bool = fact("it hands requests to PHP")
    denies_dotfiles: bool = fact("it refuses /.env")
    gives_dotfiles: bool = fact(
        "it serves a folder that is not named as public, and nothing refuses /.env there, as far "
        "as its file tells"
    )
    lists_folders: bool = fact("it shows what a folder holds")
    open_tools: tuple[str, ...] = fact(
        "status pages and tools such as Adminer that everybody reaches, sorted"
    )
    tls: bool = fact("it listens for https")
    old_tls: tuple[str, ...] = fact("versions before TLS 1.2 that it accepts, sorted")
    client_check_off: bool = fact("it names an authority for clients, but checks no certificate")
    plain_beside_tls: bool = fact(
        "it serves pages over plain http that another server of the file serves over https"
    )
    log_off: bool = fact("it writes no access log")
    leaking_aliases: tuple[str, ...] = fact(
        "locations whose alias leads out of its folder (/x with an alias that ends in /), sorted"
    )
    cors_for_all: bool = fact("every site may send requests with its visitors' cookies")
    shows_version: bool = fact("it is told to show its version")


def gives_dotfiles(root: str, *, refused: bool, complete: bool) -> bool:
    """See the field of that name."""
    return complete and bool(root) and not is_public_root(root) and not refused


def is_public_root(root: str) -> bool:
    """True where a folder's name says that it holds what is public."""
    return posixpath.basename(root.rstrip("/")) in _PUBLIC


def is_project_root(root: str, files: Files, file: SourceFile) -> bool:
    """True where the project has a public folder, and the server serves the folder above it."""
    if not root or is_public_root(root) or root.rstrip("/").endswith("/html"):
        return False
    top = file.path.split("/")
    # The project may be a folder of the repository: the nearest one above the server's file.
    for depth in range(len(top) - 1, -1, -1):
        folder = "/".join(top[:depth])
        if any(files.find(posixpath.join(folder, front)) for front in _FRONT):
            return True
    return False


def tool_in(path: str) -> str:
    """The tool a path leads to, empty where it leads to none."""
    found = _TOOLS.search(path)
    return found[0] if found else ""


def matches(pattern: str, text: str, *, any_case: bool = False) -> bool:
    """True where a server's pattern is found in a text.

    The pattern comes from the repository, so RE2 judges it, in linear time; what RE2 does not know
    (looking ahead, as in ``/\\.(?!well-known)``) is left out.
    """
    simple = _LOOK_AHEAD.sub("", pattern)
    bound = _PATTERNS.activation({"pattern": f"(?i){simple}" if any_case else simple, "text": text})
    try:
        return _FOUND.holds(bound)
    except PolicyError:
        return False
