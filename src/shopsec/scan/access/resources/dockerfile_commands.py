"""What Dockerfiles run while an image is built, and what they start with."""

import re
from collections.abc import Iterator

from shopsec.model import SourceFile
from shopsec.scan.access.documents.dockerfile import Instruction, parse_dockerfile
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.dockerfiles import is_dockerfile
from shopsec.scan.access.resources.release_scripts import ScriptView
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources, facts_of

_FLAGS = re.compile(r"^(?:--[\w.-]+(?:=\S*)?\s+)+")
_EXEC_FORM = re.compile(r"[\[\]\",]+")


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Commands worth a look, and what the image starts."""
    del files  # a Dockerfile's commands stand in it
    document = parse_dockerfile(content)
    for stage in document.stages:
        owner = Owner("dockerfile", stage.name or file.name, pipeline=False)
        scripts = [
            Script(_shell_of(each), file, each.line, ())
            for each in stage.instructions
            if each.keyword in {"RUN", "ENV", "ARG"}
        ]
        yield from command_resources(scripts, owner)
    started = [
        each
        for stage in reversed(document.shipped)
        for each in stage.instructions
        if each.keyword in {"CMD", "ENTRYPOINT"}
    ]
    for each in started[-1:]:
        facts = facts_of(_EXEC_FORM.sub(" ", each.value))
        view = ScriptView(
            system="dockerfile",
            name=each.keyword,
            deploys=False,
            for_trying_out=False,
            in_pipeline=False,
            starts_shop=facts.starts,
            migrates=facts.migrates,
            plain_ftp=False,
        )
        yield Resource(view, file, each.line, each.keyword)


def _matches(file: SourceFile) -> bool:
    return "erfile" in file.uri.lower() and is_dockerfile(file)


SOURCE = Source(
    "commands of a Dockerfile", _matches, build, bulk=("php", "rb", "html", "xml"), scripts=True
)


def _shell_of(instruction: Instruction) -> str:
    value = _FLAGS.sub("", instruction.value)
    if value.startswith("["):
        return _EXEC_FORM.sub(" ", value)
    return value
