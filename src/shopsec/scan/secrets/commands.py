"""Passwords among the words of commands, statements and lists: ``curl -u``, ``IDENTIFIED BY``."""

import re

from shopsec.levels import Confidence
from shopsec.scan.secrets import arguments, password_files
from shopsec.scan.secrets.entropy import random_like
from shopsec.scan.secrets.hits import ASSIGNMENT, Hit, Place, Verdict
from shopsec.scan.secrets.keywords import KEYWORD, is_no_secret
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

RULE = "command-password"
_QUOTED = r"(?:\"([^\"\n]{4,100})\"|'([^'\n]{4,100})'|([^\s\"'`;|&<>$(){}\\]{4,100}))"
_USER = r"\"?'?[^\s:\"'$]{0,60}"


def _words(most: int) -> str:
    """Other words of the command; it may go on behind a backslash on the next line."""
    return rf"(?:[^\n|;\\]|\\\r?\n|\\[^\r\n]){{0,{most}}}?"


_ARGUMENTS = {
    anchor: Pattern(rf"{command}{_QUOTED}")
    for anchor, command in (
        ("sshpass", r"sshpass\s+(?:-[a-z]\s+)?-p\s?"),
        ("mysql", rf"mysql(?:dump|admin)?\s{_words(200)}(?:-p|--password=)(?=\S)"),
        (
            "mariadb",
            rf"mariadb(?:-dump|-admin|-backup)?\s{_words(200)}(?:-p|--password=)(?=\S)",
        ),
        ("docker login", rf"docker login\s{_words(200)}(?:-p|--password)[ =]"),
        ("htpasswd", r"htpasswd\s[^\n|;]{0,100}?-[a-zA-Z]*b[a-zA-Z]*\s+\S{1,80}\s+\S{1,60}\s+"),
        ("lftp", rf"lftp\s{_words(200)}-u\s\"?'?[^\s,\"'$]{{1,60}},"),
        ("ncftpput", rf"ncftpput\s{_words(200)}-p\s"),
        ("redis-cli", rf"redis-cli\s{_words(200)}-a\s"),
        ("requirepass", r"requirepass[ \t=]{1,4}"),
        ("mongo", rf"mongo(?:dump|restore|sh)?\s{_words(200)}(?:-p|--password)[ =]"),
        ("psexec", r"(?i:psexec)(?:64)?(?:\.exe)?\s[^\n|]{0,200}?\s-p\s"),
        ("networkcredential(", r"(?i:NetworkCredential)\(\s?[\"'][^\"'\n]{1,100}[\"'],\s?"),
        (
            "convertto-securestring",
            r"(?i:ConvertTo-SecureString)(?:\s{1,4}-(?i:String|AsPlainText|Force)){0,3}\s{1,4}"
            r"(?=[\"'])",
        ),
        ("net use", r"net use\s[^\n|;]{0,200}?/user:\S{1,80}\s+"),
        ("default login ", r"default login\s{1,8}\S{1,100}\s{1,8}password\s{1,8}"),
    )
}
_ARGUMENTS["curl "] = Pattern(
    rf"curl\s{_words(300)}(?<=\s)(?:-u[ ]?|--user[ =]{{1,2}})"
    rf"(?:\"[^\s:\"'$]{{0,60}}:([^\"\n]{{4,100}})\"|'[^\s:\"'$]{{0,60}}:([^'\n]{{4,100}})'"
    rf"|{_USER}:([^\s\"'`;|&<>$(){{}}\\]{{4,100}})|[\"']?([^\s:\"'$/@-][^\s:\"'$/@]{{14,100}}):(?=[\"'\s]))"
)
_ARGUMENTS["openssl "] = Pattern(
    rf"openssl\s{_words(200)}-pass(?:in|out)?\s{{1,4}}(?:\"pass:([^\"\n]{{4,100}})\""
    r"|'pass:([^'\n]{4,100})'|pass:([^\s\"'`;|&<>$(){}\\]{4,100}))"
)
# ``machine host login user password value``, of ~/.netrc.
NETRC_ANCHOR = "machine "
_NETRC = Pattern(
    r"machine\s{1,8}[\w.-]{1,200}\s{1,8}(?:login\s{1,8}\S{1,100}\s{1,8})?"
    r"password\s{1,8}([^\s\"']{4,100})"
)
# echo root:password | chpasswd
_CHPASSWD = "chpasswd"
_PIPED = Pattern(
    r"\becho[ \t]{1,4}(?:-\w{1,2}[ \t]{1,4})?[\"']?[\w.-]{1,40}:(?P<value>[^\s\"'|$`\\]{4,100})"
    r"(?:\\n)?[\"']?[ \t]{0,4}\|[ \t]{0,4}(?:sudo[ \t]{1,4})?(?:/usr/sbin/)?$"
)
_PIPE_REACH = 200

# CREATE USER ... IDENTIFIED BY '...', ALTER ROLE ... PASSWORD '...', SET PASSWORD = PASSWORD('...')
_LITERAL = r"'(?!\*[0-9A-F]{40}')([^'\n]{4,100})'"  # and no hash of MySQL
_STATEMENTS = {
    "identified ": Pattern(
        rf"identified\s{{1,4}}(?:with\s{{1,4}}['\"`]?\w{{1,40}}['\"`]?\s{{1,4}})?by\s{{1,4}}"
        rf"(?:{_LITERAL}|\"([^\"\n]{{4,100}})\")",
        re.IGNORECASE,
    ),
    "password '": Pattern(rf"password\s{_LITERAL}", re.IGNORECASE),
    "password('": Pattern(rf"password\({_LITERAL}\)", re.IGNORECASE),
}
_OF_A_STATEMENT = Pattern(
    r"(?:(?:\b(?:user|role|login|database|group)\b)[^;\n]{0,120}\s|=\s{0,4})(?:encrypted\s{1,4})?$",
    re.IGNORECASE,
)
_STATEMENT_REACH = 160

ANCHORS = (
    *_ARGUMENTS,
    _CHPASSWD,
    *_STATEMENTS,
    *arguments.ANCHORS,
    *password_files.ANCHORS,
)
_PORTS = Pattern(r"\d{1,5}(?::\d{1,5})?(?:/\w{3})?|[\d.]{7,15}:\d{1,5}(?::\d{1,5})?")


def at_command(source: Source, offset: int, anchor: str) -> Hit | None:
    """The password among the words behind an anchor, or before it."""
    if anchor in arguments.ANCHORS:
        return arguments.at_call(source, offset, anchor)
    if anchor in password_files.ANCHORS:
        return password_files.at_line(source, offset)
    if anchor == _CHPASSWD:
        return _before_chpasswd(source, offset)
    if anchor in _STATEMENTS:
        return _in_statement(source, offset, anchor)
    pattern = _NETRC if anchor == NETRC_ANCHOR else _ARGUMENTS[anchor]
    found = pattern.match(source.text, offset, offset + 600)
    if found is None or found.lastindex is None:
        return None
    value = found[found.lastindex]
    if value.startswith(("-", "$", "%", "/")) or _PORTS.fullmatch(value):
        return None
    if found.lastindex == _USER_ALONE and not _is_token(value):
        return None
    return _hit(RULE, found.start(found.lastindex), value)


_USER_ALONE = 4
"""Group of ``curl -u token:``, where the user is the secret."""


def _is_token(value: str) -> bool:
    return any(map(str.isdigit, value)) and random_like(value)


def _hit(rule: str, start: int, value: str, name: str = "") -> Hit | None:
    if is_no_secret(value):
        return None
    place = Place(start, start + len(value), value)
    return Hit(rule, place, Verdict(Confidence.MEDIUM), ASSIGNMENT, name)


def _before_chpasswd(source: Source, offset: int) -> Hit | None:
    begin = max(source.line_start(offset), offset - _PIPE_REACH)
    at = source.text.rfind("echo", begin, offset)
    found = _PIPED.match(source.text, at, offset) if at >= 0 else None
    return _hit(RULE, found.start("value"), found["value"]) if found else None


def _in_statement(source: Source, offset: int, anchor: str) -> Hit | None:
    """The password of an account in SQL; behind PASSWORD there are other texts as well."""
    found = _STATEMENTS[anchor].match(source.text, offset, offset + 300)
    if found is None or found.lastindex is None:
        return None
    before = source.text[max(0, offset - _STATEMENT_REACH) : offset]
    if anchor.startswith("password") and not _OF_A_STATEMENT.search(before):
        return None
    return _hit(KEYWORD, found.start(found.lastindex), found[found.lastindex], anchor.strip(" ('"))
