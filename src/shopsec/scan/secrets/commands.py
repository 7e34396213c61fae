"""Passwords that are arguments of commands: ``sshpass -p``, ``curl -u``, ``mysql -p``."""

from shopsec.levels import Confidence
from shopsec.scan.secrets.hits import ASSIGNMENT, Hit, Place, Verdict
from shopsec.scan.secrets.keywords import is_no_secret
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

RULE = "command-password"
_QUOTED = r"(?:\"([^\"\n]{4,100})\"|'([^'\n]{4,100})'|([^\s\"'`;|&<>$(){}\\]{4,100}))"
_ARGUMENTS = {
    anchor: Pattern(rf"{command}{_QUOTED}")
    for anchor, command in (
        ("sshpass", r"sshpass\s+(?:-[a-z]\s+)?-p\s?"),
        ("curl ", r"curl\s[^\n|;]{0,200}?(?:-u|--user)[ =]\"?'?[^\s:\"'$]{0,60}:"),
        ("mysql", r"mysql(?:dump|admin)?\s[^\n|;]{0,200}?(?:-p|--password=)(?=\S)"),
        ("docker login", r"docker login\s[^\n|;]{0,200}?(?:-p|--password)[ =]"),
        ("htpasswd", r"htpasswd\s[^\n|;]{0,100}?-[a-zA-Z]*b[a-zA-Z]*\s+\S{1,80}\s+\S{1,60}\s+"),
        ("lftp", r"lftp\s[^\n|;]{0,200}?-u\s\"?'?[^\s,\"'$]{1,60},"),
        ("ncftpput", r"ncftpput\s[^\n|;]{0,200}?-p\s"),
        ("redis-cli", r"redis-cli\s[^\n|;]{0,200}?-a\s"),
        ("mongo", r"mongo(?:dump|restore|sh)?\s[^\n|;]{0,200}?(?:-p|--password)[ =]"),
        ("psexec", r"(?i:psexec)(?:64)?(?:\.exe)?\s[^\n|]{0,200}?\s-p\s"),
        ("networkcredential(", r"(?i:NetworkCredential)\(\s?[\"'][^\"'\n]{1,100}[\"'],\s?"),
        ("net use", r"net use\s[^\n|;]{0,200}?/user:\S{1,80}\s+"),
    )
}
ANCHORS = tuple(_ARGUMENTS)
# ``machine host login user password value``, of ~/.netrc.
NETRC_ANCHOR = "machine "
_NETRC = Pattern(r"machine\s+[\w.-]{1,200}\s+login\s+\S{1,100}\s+password\s+([^\s\"']{4,100})")


def at_command(source: Source, offset: int, anchor: str) -> Hit | None:
    """The password among the arguments of a command."""
    pattern = _NETRC if anchor == NETRC_ANCHOR else _ARGUMENTS[anchor]
    found = pattern.match(source.text, offset, offset + 500)
    if found is None:
        return None
    group = next(number for number in range(1, 4) if found[number] is not None)
    value = found[group]
    if is_no_secret(value) or value.startswith(("-", "$", "%", "/")):
        return None
    place = Place(found.start(group), found.end(group), value)
    return Hit(RULE, place, Verdict(Confidence.MEDIUM), ASSIGNMENT)
