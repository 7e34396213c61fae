"""What the locations of an nginx server open and close."""

from collections.abc import Iterator

from shopsec.scan.access.documents.directives import Directive
from shopsec.scan.access.resources.servers import WANTED_BY_ROBOTS, matches, tool_in

_REFUSALS = frozenset({"401", "403", "404", "410", "444"})
_STATUS = frozenset({"stub_status", "status"})


def locations(server: Directive) -> Iterator[Directive]:
    """Every location, nested ones too."""
    return (each for each in server.inside() if each.name == "location")


def is_closed(block: Directive) -> bool:
    """True where only some come in: by address, by login, from inside, or nobody."""
    for each in block.block:
        first = each.arguments[0] if each.arguments else ""
        if each.name == "deny" and first == "all":
            return True
        if each.name in {"auth_basic", "auth_request", "auth_jwt"} and first != "off":
            return True
        if each.name == "internal" or (each.name == "return" and first in _REFUSALS):
            return True
    return False


def refuses_dotfiles(server: Directive) -> bool:
    """True where some location refuses what robots ask for."""
    return any(is_closed(each) and _fits(each, WANTED_BY_ROBOTS) for each in locations(server))


def _fits(location: Directive, uri: str) -> bool:
    *modifier, path = location.arguments or ("",)
    if modifier[:1] in (["~"], ["~*"]):
        return matches(path, uri, any_case=modifier == ["~*"])
    return uri == path if modifier == ["="] else bool(path) and uri.startswith(path)


def lists_folders(server: Directive, inherited: Directive | None) -> Directive | None:
    """The ``autoindex on`` that everybody reaches."""
    closed = {id(inner) for each in locations(server) if is_closed(each) for inner in each.inside()}
    candidates = [inherited] if inherited else []
    candidates += [each for each in server.inside() if each.name == "autoindex"]
    for each in candidates:
        if each.arguments[:1] == ("on",) and id(each) not in closed and not is_closed(server):
            return each
    return None


def open_tools(server: Directive) -> dict[str, Directive]:
    """Status pages and developers' tools without a lock, by what they are."""
    found: dict[str, Directive] = {}
    for location in locations(server):
        if is_closed(location):
            continue
        path = location.arguments[-1] if location.arguments else ""
        tool = tool_in(path)
        if not tool and any(each.name in _STATUS for each in location.block):
            tool = "stub_status"
        if tool:
            found.setdefault(tool, location)
    return found


def leaking_aliases(server: Directive) -> dict[str, Directive]:
    """``location /x { alias /data/; }``: /x../ leads to the folder above /data.

    https://github.com/yandex/gixy/blob/master/docs/en/plugins/aliastraversal.md
    """
    found = {}
    for location in locations(server):
        if len(location.arguments) > 2 or location.arguments[:1] in (("~",), ("~*",), ("=",)):
            continue
        path = location.arguments[-1] if location.arguments else ""
        alias = next((each for each in location.block if each.name == "alias"), None)
        if (
            not path.endswith("/")
            and alias
            and alias.arguments[:1]
            and alias.arguments[0][-1:] == "/"
        ):
            found[path] = alias
    return found
