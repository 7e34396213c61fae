"""Commands that trust what they should check: code from the network, servers that answer.

Every function takes one line of shell; what it answers with is for a report.
"""

import re
from collections.abc import Sequence

from shopsec.scan.access.documents.shell import (
    commands_run,
    in_order,
    pipelines_run,
    quoted_in,
    written_by,
)

_FETCH = re.compile(r"(?<![\w-])(?:curl|wget|aria2c|iwr|Invoke-WebRequest)(?![\w-])")
_ADDRESS = re.compile(r"https?://|\$\{?\w{0,40}URL")
_INTERPRETER = (
    r"(?:(?:sudo|env)(?:\s+-\S+|\s+\w+=\S*)*\s+)?(?:/usr)?(?:/s?bin/)?"
    r"(?:(?:ba|da|z|k)?sh|python3?|php|node|perl|ruby|iex)(?![\w.-])"
)
_READS_CODE = re.compile(rf"^{_INTERPRETER}(?!\s+-c\b)")
# The shell reads what curl prints: bash <(curl ...), sh -c "$(curl ...)", eval "$(curl ...)".
_SUBSTITUTED = re.compile(
    r"\b(?:ba|da|z)?sh\s{1,9}(?:-\w{1,9}\s{1,9}){0,3}<\(\s{0,9}(?:curl|wget)\b"
    r"|(?:\bsource|^\.)\s{1,9}<\(\s{0,9}(?:curl|wget)\b"
    r"|\b(?:ba|da|z)?sh\s{1,9}-\w{0,9}c\s{1,9}[\"']?\$\(\s{0,9}(?:curl|wget)\b"
    r"|\beval\s{1,9}[\"']?\$\(\s{0,9}(?:curl|wget)\b"
)
_CHECKSUMS = (
    re.compile(r"\b(?:sha(?:1|224|256|384|512)?sum|shasum|b2sum|md5sum)\b"),
    re.compile(r"\s(?:-c|--check|--status)\b"),
)
_SIGNATURE = re.compile(
    r"\b(?:gpgv?\s+(?:-\S+\s+)?--verify|cosign\s+verify|minisign\s+-V|openssl\s+dgst)\b|hash_file\s?\("
)
_SCRIPT_FILE = r"[\w.-]{1,100}\.(?:sh|bash|py|php|phar|pl|js|rb)"
_SAVED_AS = re.compile(
    rf"\s(?:-o|--output|-O|--output-document)[ =]?[\"']?(?:[\w.~-]*/){{0,9}}"
    rf"({_SCRIPT_FILE})(?![\w.])"
)
_SAVED_BY_NAME = re.compile(rf"/({_SCRIPT_FILE})(?:[\"'\s]|$)")
_URL = re.compile(r"https?://")
_LOCAL_ADDRESS = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|\[?::1\]?|0\.0\.0\.0|host\.docker\.internal)\b"
)

_TO_HTTP = r"[ =][\"']?http://(?!localhost\b|127\.0\.0\.1|\[?::1)"

# Words in this order in one command, and the name of the switch.
_UNVERIFIED: tuple[tuple[tuple[re.Pattern[str], ...], str], ...] = tuple(
    (tuple(map(re.compile, patterns)), name)
    for patterns, name in (
        ((r"\bcurl\b", r"\s(?:--insecure\b|-[a-zA-Z]{0,20}k[a-zA-Z]{0,20}(?=\s|$))"),
         "curl --insecure"),
        ((r"\bwget\b", r"\s--no-check-certificate\b"), "--no-check-certificate"),
        ((r"\bpip3?\b", r"\s--trusted-host\b"), "--trusted-host"),
        # Whoever is on the way, or registers the name elsewhere, sends the package.
        ((r"\b(?:pip3?|uv|pip-compile)\b", rf"\s(?:--(?:extra-)?index-url|-i){_TO_HTTP}"),
         "a package index over http"),
        ((r"\b(?:npm|yarn|pnpm)\b", rf"\s--registry{_TO_HTTP}"),
         "a package index over http"),
        ((r"\bcomposer\b", r"\bsecure-http\s+(?:false|0)\b"), "secure-http false"),
        ((r"\bcomposer\b", r"\bdisable-tls\s+(?:true|1)\b"), "disable-tls true"),
        ((r"\bapt(?:-get)?\b", r"\s(?:--allow-unauthenticated|--force-yes)\b"),
         "--allow-unauthenticated"),
        ((r"--(?:kube-)?insecure-skip-tls-verify\b(?!=false)",), "--insecure-skip-tls-verify"),
        ((r"--(?:dest-|src-)?tls-verify=(?:false|0)\b|--skip-tls-verify(?:-pull)?\b(?!=false)",),
         "--tls-verify=false"),
    )
)  # fmt: skip
# The same as settings, which count as well where a line writes them into a file.
_UNVERIFIED_SETTINGS: tuple[tuple[tuple[re.Pattern[str], ...], str], ...] = tuple(
    (tuple(map(re.compile, patterns)), name)
    for patterns, name in (
        ((r"\bNODE_TLS_REJECT_UNAUTHORIZED[= ][\"']?0",), "NODE_TLS_REJECT_UNAUTHORIZED=0"),
        ((r"\bGIT_SSL_NO_VERIFY[= ][\"']?(?:1|true|yes)",), "GIT_SSL_NO_VERIFY"),
        ((r"\bPYTHONHTTPSVERIFY[= ][\"']?0",), "PYTHONHTTPSVERIFY=0"),
        ((r"\bhttp\.sslVerify[= ][\"']?(?:false|0)\b",), "http.sslVerify=false"),
        ((r"\bstrict-ssl[= ][\"']?false\b|\bstrictSsl\s+false\b"
          r"|\bNPM_CONFIG_STRICT_SSL[= ][\"']?false",), "strict-ssl=false"),
        ((r"\bPIP_TRUSTED_HOST[= ]\S",), "--trusted-host"),
        ((r"(?:\b|(?<=-o)|(?<=\\n))StrictHostKeyChecking[= ][\"']?(?:no|off|false)\b",),
         "StrictHostKeyChecking=no"),
        ((r"(?:\b|(?<=-o)|(?<=\\n))UserKnownHostsFile[= ]/dev/null\b",),
         "UserKnownHostsFile=/dev/null"),
        ((r"\bANSIBLE_HOST_KEY_CHECKING[= ][\"']?(?:false|False|0|no)",),
         "ANSIBLE_HOST_KEY_CHECKING"),
        ((r"\bdeb\s+\[", r"\btrusted=yes\b"), "trusted=yes"),
        ((r"\bssl:verify-certificate\s+(?:no|false|off)\b",), "ssl:verify-certificate no"),
    )
)  # fmt: skip


def runs_download(line: str) -> bool:
    """True when a line hands what it downloads to an interpreter, unseen."""
    inner = [text for command in commands_run(line) for text in quoted_in(command)]
    return any(
        _pipes_code(pipeline) or any(map(_SUBSTITUTED.search, pipeline))
        for text in (line, *inner)
        for pipeline in pipelines_run(text)
    ) and not _only_local(line)


def _pipes_code(pipeline: tuple[str, ...]) -> bool:
    fetched = False
    for command in pipeline:
        if checks_download(command):
            return False
        if fetched and _READS_CODE.search(command):
            return True
        fetched = fetched or in_order(command, (_FETCH, _ADDRESS)) is not None
    return False


def saved_download(line: str) -> str:
    """Name of the script that a line downloads to a file."""
    for command in commands_run(line):
        if in_order(command, (_FETCH, _URL)) and not _only_local(line):
            found = _SAVED_AS.search(command) or _SAVED_BY_NAME.search(command)
            if found is not None:
                return found[1]
    return ""


def runs_file(line: str, name: str) -> bool:
    """True when a line runs the file of that name."""
    path = rf"[\"']?(?:[\w.~$-]{{0,60}}/){{0,9}}{re.escape(name)}(?![\w.-])"
    start = re.compile(rf"^(?:sudo\s+)?{path}|^{_INTERPRETER}(?:\s+-\S+)*\s+{path}")
    return any(start.search(command) for command in commands_run(line))


def checks_download(line: str) -> bool:
    """True when a line compares a checksum or a signature."""
    return in_order(line, _CHECKSUMS) is not None or _SIGNATURE.search(line) is not None


def skips_verification(line: str) -> str:
    """The switch with which a line trusts any server that answers."""
    if _only_local(line):
        return ""
    commands = commands_run(line)
    settings = (*commands, *written_by(line))
    return _named(_UNVERIFIED, commands) or _named(_UNVERIFIED_SETTINGS, settings)


def _named(
    switches: Sequence[tuple[tuple[re.Pattern[str], ...], str]], commands: Sequence[str]
) -> str:
    return next(
        (name for patterns, name in switches for each in commands if in_order(each, patterns)), ""
    )


def _only_local(line: str) -> bool:
    """True when every address in the line is this machine's own."""
    addresses = len(_URL.findall(line))
    return addresses > 0 and len(_LOCAL_ADDRESS.findall(line)) == addresses
