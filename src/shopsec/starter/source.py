"""Where a pipeline fetches shopsec from: a git address and a commit. Pure.

The package is on no index and has no one address, so nothing here has a default that a stranger
could register: what is not known is a placeholder that no server has.
"""

import re
import urllib.parse
from dataclasses import dataclass

from shopsec.errors import UsageError

# GitHub's names of owners have at most 39 letters, digits and hyphens: nobody can have this one.
_NO_OWNER = "PUT.THE.OWNER.OF.YOUR.COPY.OF.SHOPSEC.HERE"
# RFC 6761, section 6.4: no name below "invalid" ever resolves.
NO_URL = "https://shopsec.invalid/put-the-address-of-your-copy-here.git"
NO_COMMIT = "0" * 40

_TEMPLATE = "gitlab-template/shopsec.yml"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?/[A-Za-z0-9._-]{1,100}")
# Nothing that YAML, a shell, or variables of GitLab would read as more than a letter.
_URL = re.compile(r"[A-Za-z0-9._~:/@%+-]{1,1000}")
_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[^@/:]+):(?P<path>[^/].*)")
_HOST = re.compile(r"[a-z0-9.-]{1,253}(?::[0-9]{1,5})?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Source:
    """What is known of the address and the commit; empty where it is not."""

    url: str = ""
    commit: str = ""

    @property
    def revision(self) -> str:
        """The commit, or the placeholder."""
        return self.commit or NO_COMMIT

    @property
    def address(self) -> str:
        """The git address, or the placeholder."""
        return self.url or NO_URL

    @property
    def action(self) -> str:
        """OWNER/REPO as ``uses:`` names it, or the placeholder where GitHub does not have it."""
        return _place(self.url)[1] if self.on_github else f"{_NO_OWNER}/shopsec"

    @property
    def on_github(self) -> bool:
        """Whether the address is one that ``uses:`` can name."""
        host, path = _place(self.url)
        return is_github(host) and _NAME.fullmatch(path) is not None

    def template(self, host: str) -> dict[str, str]:
        """The keys of GitLab's ``include`` that name the template, for a shop on ``host``.

        On the same server it is a file of a project, else an address of the file; empty where the
        server is of a kind whose addresses of files are not known.
        """
        own, path = _place(self.url)
        if own and own == host:
            return {"project": path, "ref": self.revision, "file": f"/{_TEMPLATE}"}
        if is_gitlab(own):
            return {"remote": f"https://{own}/{path}/-/raw/{self.revision}/{_TEMPLATE}"}
        if own == "github.com":
            raw = "https://raw.githubusercontent.com"
            return {"remote": f"{raw}/{path}/{self.revision}/{_TEMPLATE}"}
        return {}


def url_of(text: str, github: str) -> str:
    """The git address that ``--source`` names; OWNER/REPO is on the server ``github``.

    UsageError for what is none, or has a login in it: the files are for everybody to read.
    """
    if _NAME.fullmatch(text):
        return f"https://{github}/{text}"
    usable = _URL.fullmatch(text) and (_SCP.fullmatch(text) or _has_place(text))
    if not usable or _has_login(text):
        raise UsageError(
            "--source: is no git address, or one with a login",
            "as in https://git.example.com/group/shopsec.git, or OWNER/REPO on GitHub",
        )
    return text


def commit_of(text: str) -> str:
    """The commit that ``--commit`` names; UsageError for a tag, a branch or a part of one."""
    if not _COMMIT.fullmatch(text):
        raise UsageError(
            "--commit: is no full commit id of 40 hexadecimal digits",
            "git rev-parse HEAD prints it; a tag or branch could be moved",
        )
    return text


def found(url: str | None, commit: str | None) -> Source:
    """A source that was not asked for but met: what cannot be used of it is not known.

    Logins are left out, and an address for ssh becomes that for https: a runner has no key.
    """
    host, path = _place(url or "")
    whole = f"https://{host}/{path}"
    usable = bool(host and path and _URL.fullmatch(whole) and (url or "")[:5] != "file:")
    return Source(
        whole if usable else "",
        commit if commit and _COMMIT.fullmatch(commit) else "",
    )


def host_of(url: str | None) -> str:
    """Server of a git address; empty where there is none."""
    return _place(url or "")[0]


def is_github(host: str) -> bool:
    """Whether the name of a server says that it is GitHub's, or a company's own GitHub."""
    return _has_label(host, "github")


def is_gitlab(host: str) -> bool:
    """Whether the name of a server says that it is GitLab's, or a company's own GitLab."""
    return _has_label(host, "gitlab")


def _has_label(host: str, label: str) -> bool:
    return _HOST.fullmatch(host) is not None and label in host.partition(":")[0].split(".")


def _place(url: str) -> tuple[str, str]:
    """Server and path of a git address, the path without ``.git``; both empty where it has none."""
    if "://" not in url:
        scp = _SCP.fullmatch(url)
        return (scp["host"].lower(), _path(scp["path"])) if scp else ("", "")
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", ""
    # The port of ssh is not that of https.
    own_port = port is not None and parts.scheme in {"http", "https"}
    return (f"{host}:{port}" if own_port else host), _path(parts.path)


def _path(path: str) -> str:
    return path.strip("/").removesuffix(".git")


def _has_place(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return False
    known = parts.scheme in {"https", "http", "ssh", "git", "file"}
    return known and bool(parts.path.strip("/")) and (parts.scheme == "file" or bool(parts.netloc))


def _has_login(url: str) -> bool:
    login, at, _ = url.partition("://")[2].partition("/")[0].rpartition("@")
    if "://" not in url:
        login, at, _ = url.partition(":")[0].rpartition("@")
    return bool(at) and login != "git"
