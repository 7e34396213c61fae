"""Scripts that people start, or that start the shop: Makefiles, package.json, deploy.sh ...

A release that only such a script makes is one from somebody's machine: with what lies there, at
any hour, and without a trace.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.documents import lines_of, text_of
from shopsec.scan.access.documents.json_document import parse_json
from shopsec.scan.access.documents.makefile import parse_makefile
from shopsec.scan.access.documents.shell import shell_lines
from shopsec.scan.access.resources.base import Files, Resource, Source, fact
from shopsec.scan.access.resources.command_releases import migrates
from shopsec.scan.access.resources.commands import is_deployment
from shopsec.scan.access.resources.pipeline_texts import started_by_pipelines
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources, facts_of

_SHELL_NAME = re.compile(
    r"(?:[\w.-]*[._-])?(?:deploy|release|publish|rollout|upload|ship|entry-?point|start|boot|run"
    r"|init|serve)(?:[._-][\w.-]*)?(?:\.(?:sh|bash))?",
    re.IGNORECASE,
)
# Names under which things are tried out, not released.
_TRYING_OUT = re.compile(
    r"(?:^|[:/_.-])(?:dev|develop|development|local|test|tests|e2e|ci|minikube|kind|sandbox"
    r"|examples?|docs?|preview|review|storybook|playground|staging|stage)(?:$|[:/_.-])",
    re.IGNORECASE,
)
_LOCAL_CLUSTER = re.compile(r"minikube|docker-desktop|\bkind-|k3d|localhost|127\.0\.0\.1")
_SCRIPTS = 1_000
_MAKEFILES = frozenset({"Makefile", "makefile", "GNUmakefile", "justfile", "Justfile"})
_MANIFESTS = {"package.json": "npm", "composer.json": "composer"}
_WORTH_READING = re.compile(
    rb"deploy|Deployer|host\(|fabric|release|rsync|scp\b|ssh\b|ftp|kubectl|helm|terraform|tofu|migrat|vercel|netlify|flyctl"
    rb"|heroku|docker|curl|wget|ansible|publish|aws|gcloud|wrangler|insecure|strict-ssl"
)
# What a file of such a tool holds where it names servers.
_TOOL_FILES: dict[str, tuple[str, tuple[re.Pattern[bytes], ...]]] = {
    "deploy.php": ("deployer", (re.compile(rb"(?m)^[ \t]*(?:->)?(?:\\?Deployer\\)?host\("),)),
    "deploy.yaml": (
        "deployer",
        (re.compile(rb"(?m)^[ \t]+deploy_path\s*:"), re.compile(rb"(?m)^hosts:[ \t]*$")),
    ),
    "fabfile.py": (
        "fabric",
        (re.compile(rb"\benv\.hosts?\b|\bConnection\(|\brsync_project\("),),
    ),
    "deploy.rb": (
        "capistrano",
        (re.compile(rb"(?m)^[ \t]*(?:set\s+:(?:deploy_to|domain)\b|server\s)"),),
    ),
}
_EDITOR_FILES = re.compile(
    r"(?:^|/)(?:\.vscode/(?:sftp|ftp-sync)\.json|sftp-config(?:-alt)?\.json|\.ftpconfig"
    r"|\.remote-sync\.json)$"
)
_WORTH_READING_JSON = re.compile(
    rb"rsync|\bscp |\bssh |ftp\b|kubectl|\bhelm |terraform|tofu |vercel|netlify|flyctl|heroku"
    rb"|ansible|wrangler|serverless|\bcdk |strict-ssl|insecure|\bdep deploy|\bfab |\bcap "
    rb"|migrat[^\"\n]{0,200}&&|\| *(?:ba)?sh\b"
)
_NAMES = frozenset({*_MAKEFILES, *_MANIFESTS, *_TOOL_FILES, "Procfile"})
_ENDINGS = (
    *_MANIFESTS, *_TOOL_FILES, ".sh", ".bash", "sftp.json", "ftp-sync.json", "remote-sync.json",
    "sftp-config.json", "sftp-config-alt.json", ".ftpconfig",
)  # fmt: skip
_EDITOR_HOST = re.compile(rb'"(?:host|hostname)"\s*:\s*"[^"]+')
_PLAIN_PROTOCOL = re.compile(rb'"(?:protocol|type)"\s*:\s*"ftp"')


@dataclass(frozen=True)
class ScriptView:
    """Commands outside of a pipeline: a target, a script of a manifest, a file of shell."""

    KIND: ClassVar[str] = "script"
    PLACES: ClassVar[tuple[str, ...]] = ("deploy", "migrates")

    system: str = fact("make, npm, composer, shell, procfile, dockerfile, editor or a deploy tool")
    name: str = fact("name of the target, script or file")
    deploys: bool = fact("it brings something to a server")
    for_trying_out: bool = fact("its name or its commands speak of development, tests or a preview")
    in_pipeline: bool = fact("a pipeline of the repository starts it")
    starts_shop: bool = fact("it starts what serves the shop")
    migrates: bool = fact("it changes the schema of the database")
    plain_ftp: bool = fact("an editor's settings name FTP without encryption")


def is_script_file(file: SourceFile) -> bool:
    """True for files that hold such scripts."""
    if file.uri.endswith(_ENDINGS):
        name = file.name
        if name in _NAMES:
            return True
        if name.endswith((".sh", ".bash")):
            return _SHELL_NAME.fullmatch(name) is not None
        return _EDITOR_FILES.search(file.path) is not None
    name = file.uri[file.uri.rfind("/") + 1 :]
    return "." not in name and (name in _NAMES or _SHELL_NAME.fullmatch(name) is not None)


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Scripts that deploy, or that start the shop, and the commands worth a look."""
    name = file.name
    if name in _TOOL_FILES:
        yield from _of_tool(file, content, files)
    elif _EDITOR_FILES.search(file.path):
        yield from _of_editor(file, content)
    else:
        yield from _of_scripts(file, content, files)


def worth_reading(content: bytes) -> bool:
    """True where some word of a release, or of a risk on the way, stands in the content."""
    if content.lstrip()[:1] == b"{":
        found = _WORTH_READING_JSON.search(content) or _EDITOR_HOST.search(content)
        return found is not None
    return _WORTH_READING.search(content) is not None


SOURCE = Source(
    "script",
    is_script_file,
    build,
    worth_reading,
    lambda file: file.name in _MAKEFILES or file.name == "Procfile",
    bulk=("php", "py", "rb"),
    scripts=True,
)


@dataclass(frozen=True)
class NamedScript:
    """A script with the name it is started by."""

    system: str
    name: str
    script: Script


def _of_scripts(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    for each in read_scripts(file, content):
        facts = facts_of(each.script.text)
        owner = Owner(each.system, each.name, pipeline=False, deploys=facts.deploys)
        yield from command_resources([each.script], owner)
        if not facts.deploys and not facts.starts:
            continue
        view = ScriptView(
            system=each.system,
            name=each.name,
            deploys=facts.deploys,
            for_trying_out=_TRYING_OUT.search(each.name) is not None
            or _TRYING_OUT.search(file.path) is not None
            or _LOCAL_CLUSTER.search(each.script.text) is not None,
            in_pipeline=facts.deploys and started_by_pipelines(each.system, each.name, file, files),
            starts_shop=facts.starts,
            migrates=facts.migrates,
            plain_ftp=False,
        )
        yield Resource(view, file, each.script.line, each.name, _places(each.script))


def _places(script: Script) -> dict[str, int]:
    places: dict[str, int] = {}
    for line in shell_lines(script.text):
        for place, holds in (("deploy", is_deployment), ("migrates", migrates)):
            if place not in places and holds(line.text):
                places[place] = script.line_of(line)
    return places


def read_scripts(file: SourceFile, content: bytes) -> Iterator[NamedScript]:
    """The scripts of a file; DocumentError where it cannot be read."""
    if file.name in _MAKEFILES:
        source = lines_of(content.decode("utf-8", "replace"))
        for target in parse_makefile(content):
            script = Script(target.recipe, file, target.line, source)
            yield NamedScript("make", target.name, script)
    elif file.name in _MANIFESTS:
        yield from _of_manifest(file, content, _MANIFESTS[file.name])
    elif file.name == "Procfile":
        for number, line in enumerate(lines_of(text_of(content)), 1):
            name, colon, command = line.partition(":")
            if colon and name.strip() not in {"release", ""}:
                yield NamedScript(
                    "procfile", name.strip(), Script(command.strip(), file, number, ())
                )
    else:
        text = text_of(content)
        if "." in file.name or text.startswith("#!"):
            yield NamedScript("shell", file.path, Script(text, file, 1, lines_of(text)))


def _of_manifest(file: SourceFile, content: bytes, system: str) -> Iterator[NamedScript]:
    document = parse_json(content)
    scripts = document.value.get("scripts") if isinstance(document.value, dict) else None
    held = scripts.items() if isinstance(scripts, dict) else ()
    for name, value in islice(held, _SCRIPTS):
        lines = value if isinstance(value, list) else [value]
        text = "\n".join(each for each in lines if isinstance(each, str))
        line = document.line("scripts", name)
        yield NamedScript(system, str(name), Script(text, file, line, ()))


def _of_tool(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    system, patterns = _TOOL_FILES[file.name]
    found = [pattern.search(content) for pattern in patterns]
    last = found[-1]
    if last is None or not all(found):
        return
    line = content.count(b"\n", 0, last.start()) + 1
    view = ScriptView(
        system=system,
        name=system,
        deploys=True,
        for_trying_out=_TRYING_OUT.search(file.path) is not None,
        in_pipeline=started_by_pipelines(system, system, file, files),
        starts_shop=False,
        migrates=False,
        plain_ftp=False,
    )
    yield Resource(view, file, line, system)


def _of_editor(file: SourceFile, content: bytes) -> Iterator[Resource]:
    found = _EDITOR_HOST.search(content)
    if found is None:
        return
    view = ScriptView(
        system="editor",
        name=file.name,
        deploys=True,
        for_trying_out=False,
        in_pipeline=False,
        starts_shop=False,
        migrates=False,
        plain_ftp=_PLAIN_PROTOCOL.search(content) is not None,
    )
    yield Resource(view, file, content.count(b"\n", 0, found.start()) + 1, file.name)
