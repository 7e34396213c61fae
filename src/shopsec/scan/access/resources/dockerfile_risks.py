"""What the instructions of a Dockerfile leave open in the image that ships.

https://docs.docker.com/reference/dockerfile/ and the CIS Docker Benchmark, section 4.
"""

import re
from collections.abc import Iterator, Mapping

from shopsec.scan.access.documents.dockerfile import Dockerfile, Instruction

_BACK_DOORS: Mapping[str, re.Pattern[str]] = {
    "an SSH server": re.compile(
        r"\b(?:install|add)\b[^;&|]{0,500}?\s(?:openssh-server|openssh|dropbear)(?:\s|$|=)"
        r"|/usr/sbin/sshd\b"
    ),
    "files that anybody may change (chmod 777)": re.compile(
        r"\bchmod\s+(?:-\w+\s+)*(?:0?777|a\+rwx|ugo\+rwx)\b(?!\s+/tmp)"
    ),
    "a password set while building": re.compile(r"\bchpasswd\b|\bpasswd\s+--stdin\b"),
    "sudo without a password": re.compile(r"NOPASSWD"),
}
_DEBUGGER = re.compile(
    r"\b(?:docker-php-ext-(?:install|enable)|pecl\s+install|install-php-extensions|install|add)\b"
    r"[^;&|]{0,500}?\b(?:php[\w.]{0,9}-)?(xdebug|debugpy|pydevd|ipdb|werkzeug-debugger)\b"
)
_DEVELOPMENT = re.compile(
    r"(?:APP_ENV|NODE_ENV|RAILS_ENV|FLASK_ENV|SYMFONY_ENV|DJANGO_ENV|MAGE_MODE|WP_ENVIRONMENT_TYPE)"
    r"=(?:dev|develop|development|developer|local)$"
)
_LENGTH = 20_000
"""Most characters of an instruction that are looked at."""


def back_doors(document: Dockerfile) -> Iterator[tuple[str, int]]:
    """Ways into the running container or out of its user's rights, with their lines."""
    for instruction in shipped_instructions(document):
        if instruction.keyword == "EXPOSE":
            if {"22", "22/tcp"} & set(instruction.words):
                yield "port 22 is exposed", instruction.line
        elif instruction.keyword in {"RUN", "CMD", "ENTRYPOINT"}:
            for name, pattern in _BACK_DOORS.items():
                if pattern.search(instruction.value[:_LENGTH]):
                    yield name, instruction.line


def debugging(document: Dockerfile) -> Iterator[tuple[str, int]]:
    """Debuggers and development modes that ship, with their lines."""
    for instruction in shipped_instructions(document):
        if instruction.keyword == "RUN":
            for match in _DEBUGGER.finditer(instruction.value[:_LENGTH]):
                yield match[1], instruction.line
        elif instruction.keyword == "ENV":
            for name, value in variables_of(instruction):
                if _DEVELOPMENT.fullmatch(f"{name}={value}"):
                    yield f"{name}={value}", instruction.line


def environment(document: Dockerfile) -> dict[str, tuple[str, int]]:
    """Variables of what ships, with value and line; a later one wins."""
    return {
        name: (value, instruction.line)
        for instruction in shipped_instructions(document)
        if instruction.keyword == "ENV"
        for name, value in variables_of(instruction)
    }


def shipped_instructions(document: Dockerfile) -> Iterator[Instruction]:
    """Instructions of what ships, in the order in which they are run."""
    for stage in reversed(document.shipped):
        yield from stage.instructions


def variables_of(instruction: Instruction) -> list[tuple[str, str]]:
    """Names and values of an ENV or ARG, quotes taken off."""
    words = instruction.words
    if instruction.keyword == "ENV" and words and "=" not in words[0]:
        return [(words[0], " ".join(words[1:]))]  # the old form: ENV NAME value
    return [
        (name, value.strip("\"'")) for name, _, value in (word.partition("=") for word in words)
    ]
