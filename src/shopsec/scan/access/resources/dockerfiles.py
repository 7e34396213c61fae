"""Dockerfiles: what ships, who runs it, and what it takes along."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from shopsec.model import SourceFile, uri_of
from shopsec.scan.access.documents import lines_of
from shopsec.scan.access.documents.dockerfile import (
    Dockerfile,
    Instruction,
    Stage,
    parse_dockerfile,
)
from shopsec.scan.access.documents.globs import ignores
from shopsec.scan.access.resources.base import Files, Resource, Source, beside, fact
from shopsec.scan.access.resources.compose_users import user_in_compose
from shopsec.scan.access.resources.container_risks import access_log_off
from shopsec.scan.access.resources.dockerfile_risks import (
    back_doors,
    debugging,
    environment,
    variables_of,
)
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.names import is_literal_secret, is_secret_name

_NAME = re.compile(
    r"(?:Docker|Container)file(?:[.-][\w.-]+)?|[\w.-]+\.(?:Docker|Container)file", re.IGNORECASE
)
_ROOT = re.compile(r"(?:root|0)(?::.*)?", re.IGNORECASE)
# These run as somebody else without being told.
_NOT_ROOT = re.compile(
    r"^cgr\.dev/|:nonroot|unprivileged|rootless|^shopware/docker-base|(?:^|/)bitnami/|/chainguard/"
)
_SECRET_FILE = re.compile(
    r"(?:^|/)(?:\.env(?:\.(?:prod|production|live|local))?|id_(?:rsa|ed25519|ecdsa)|auth\.json"
    r"|\.npmrc|\.netrc|\.git-credentials|credentials\.json|secrets?\.(?:txt|json|ya?ml|env|key)"
    r"|\.pgpass|\.my\.cnf|kubeconfig|service-account[\w-]*\.json|priv(?:ate|key)[\w.-]*\.(?:pem|key))$"
)
_IGNORED = 1_000
"""Most lines of .dockerignore that are looked at."""
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
_DEV_SERVER = re.compile(
    r"\bmanage\.py\W+runserver\b|\brunserver\b|\bflask\W+run\b|\bphp\W+-S\b|\bartisan\W+serve\b"
    r"|\b(?:npm|yarn|pnpm|bun)\W+(?:run\W+)?(?:dev|start:dev|develop)\b|\bnodemon\b|--reload\b"
    r"|\bnext\W+dev\b|\bvite\b(?!\W+(?:build|preview))|\bmedusa\W+develop\b"
)


@dataclass(frozen=True)
class DockerfileView:
    """A Dockerfile, and the image that its last stage becomes."""

    KIND: ClassVar[str] = "dockerfile"
    PLACES: ClassVar[tuple[str, ...]] = (
        "from", "user", "copy_all", "secret", "command", "back_door", "debugging", "environment",
    )  # fmt: skip

    base: str = fact("the image that what ships is built on, as FROM names it")
    base_moves: bool = fact("that image has no tag, or one like latest, and no digest")
    base_runs_as_user: bool = fact("that image is known not to run as root")
    user: str = fact("the last USER of what ships, empty where there is none")
    root: bool = fact(
        "what ships starts as root, as far as this file and a Compose file beside it tell"
    )
    copies_all: bool = fact("what ships contains the whole build context")
    ignores_git: bool = fact(".dockerignore keeps .git out")
    ignores_env: bool = fact(".dockerignore keeps .env out")
    command: str = fact("CMD and ENTRYPOINT of what ships")
    dev_server: bool = fact("that command is a server for development")
    secret_names: tuple[str, ...] = fact(
        "ARG and ENV that hold a secret's value in the file, and ARG that a RUN of what ships "
        "takes one from; sorted"
    )
    copied_secrets: tuple[str, ...] = fact("files such as .env or auth.json that it copies, sorted")
    environment: Mapping[str, str] = fact("environment variables of what ships")
    back_doors: tuple[str, ...] = fact("an SSH server, chmod 777, sudo without a password ...")
    debugging: tuple[str, ...] = fact("debuggers and development modes in what ships")
    access_log_off: bool = fact("its command switches the list of requests off")


def is_dockerfile(file: SourceFile) -> bool:
    """True for Dockerfile, Containerfile and their variants."""
    return _NAME.fullmatch(file.name) is not None and not file.name.endswith(
        (".dockerignore", ".md", ".j2", ".tmpl", ".template", ".erb", ".hbs", ".js", ".ts", ".py")
    )


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """One resource; DocumentError where BuildKit would refuse the file."""
    document = parse_dockerfile(content)
    ignored = _ignored(file, files)
    origin = document.shipped[-1]
    user = _last(document, "USER")
    copy = _copy_all(document)
    command = [each for each in (_last(document, "ENTRYPOINT"), _last(document, "CMD")) if each]
    secret = [(name, each) for each in _all(document) for name in _secrets_in(each)]
    secret += _used_arguments(document)
    defaults_only = _is_symfony(file, files)
    copied = [
        (name, each)
        for each in _all(document)
        for name in _copied_secrets(each)
        if not (defaults_only and name.rpartition("/")[2] == ".env")
    ]
    image = parse_image(origin.base)
    variables = environment(document)
    doors, debuggers = list(back_doors(document)), list(debugging(document))
    view = DockerfileView(
        base=origin.base,
        base_moves=origin.base.lower() != "scratch" and image.moves,
        base_runs_as_user=_NOT_ROOT.search(origin.base) is not None,
        user=user.value if user else "",
        root=_ROOT.fullmatch(user.value if user else "root") is not None
        and not user_in_compose(file, files),
        copies_all=copy is not None,
        ignores_git=ignores(ignored, ".git/config"),
        ignores_env=ignores(ignored, ".env"),
        command=" ".join(each.value for each in command),
        dev_server=any(_DEV_SERVER.search(_joined(each)) for each in command),
        secret_names=tuple(sorted({name for name, _ in secret})),
        copied_secrets=tuple(sorted({name for name, _ in copied})),
        environment={name: value for name, (value, _) in variables.items()},
        back_doors=tuple(dict.fromkeys(text for text, _ in doors)),
        debugging=tuple(dict.fromkeys(text for text, _ in debuggers)),
        access_log_off=any(access_log_off(_joined(each)) for each in command),
    )
    places = {"from": origin.line, "user": user.line if user else document.stages[-1].line}
    if copy:
        places["copy_all"] = copy.line
    if command:
        places["command"] = command[-1].line
    for _, each in (*secret, *copied)[:1]:
        places["secret"] = each.line
    for place, found in (("back_door", doors), ("debugging", debuggers)):
        for _, line in found[:1]:
            places[place] = line
    places |= {f"environment.{name}": line for name, (_, line) in variables.items()}
    last_line = content.count(b"\n") + 1
    yield Resource(view, file, document.stages[-1].line, file.name, places, last_line)


SOURCE = Source("Dockerfile", is_dockerfile, build, bulk=("php", "rb", "html", "xml"))


def _all(document: Dockerfile) -> Iterator[Instruction]:
    for stage in document.stages:
        yield from stage.instructions


def _last(document: Dockerfile, keyword: str) -> Instruction | None:
    for stage in document.shipped:
        for instruction in reversed(stage.instructions):
            if instruction.keyword == keyword:
                return instruction
    return None


def _copy_all(document: Dockerfile) -> Instruction | None:
    """The first COPY or ADD of what ships that takes the build context as a whole."""
    for stage in reversed(document.shipped):
        for instruction in stage.instructions:
            if _copies_context(instruction):
                return instruction
    return _through_build_stage(document)


def _copies_context(instruction: Instruction) -> bool:
    if instruction.keyword not in {"COPY", "ADD"} or "--from" in instruction.value:
        return False
    words = instruction.words
    return len(words) >= 2 and words[0] in {".", "./", "/"}


def _through_build_stage(document: Dockerfile) -> Instruction | None:
    """A context copied whole into a build stage whose folder is then copied whole."""
    whole: dict[str, tuple[Instruction, str]] = {}
    for stage in document.stages:
        folder = _workdir(stage)
        for instruction in stage.instructions:
            if _copies_context(instruction) and stage.name:
                whole[stage.name] = (instruction, folder)
    for stage in document.shipped:
        for instruction in stage.instructions:
            found = re.search(r"--from=(\S+)", instruction.value)
            if instruction.keyword != "COPY" or found is None:
                continue
            origin = whole.get(found[1].lower())
            if origin and instruction.words[:1] in ([origin[1]], [origin[1] + "/"], ["."]):
                return origin[0]
    return None


def _workdir(stage: Stage) -> str:
    folders = [each.value for each in stage.instructions if each.keyword == "WORKDIR"]
    return folders[-1].rstrip("/") if folders else ""


def _secrets_in(instruction: Instruction) -> Iterator[str]:
    if instruction.keyword not in {"ARG", "ENV"}:
        return
    for name, value in variables_of(instruction):
        if is_secret_name(name) and is_literal_secret(value):
            yield name


def _used_arguments(document: Dockerfile) -> list[tuple[str, Instruction]]:
    """Secrets given as ARG that a RUN uses: the image's history keeps their values.

    https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
    """
    found: list[tuple[str, Instruction]] = []
    for stage in document.shipped:
        declared: dict[str, Instruction] = {}
        for each in stage.instructions:
            if each.keyword == "ARG":
                declared |= {name: each for name, value in variables_of(each)
                             if is_secret_name(name) and not value}  # fmt: skip
            elif each.keyword == "RUN" and declared:
                used = _VARIABLE.findall(each.value)
                found += [(name, declared.pop(name)) for name in used if name in declared]
    return found


def _copied_secrets(instruction: Instruction) -> Iterator[str]:
    if instruction.keyword in {"COPY", "ADD"} and "--from" not in instruction.value:
        for word in instruction.words[:-1]:
            if _SECRET_FILE.search(word):
                yield word


def _is_symfony(file: SourceFile, files: Files) -> bool:
    """True where .env is Symfony's, which holds defaults for everybody and no secret.

    https://symfony.com/doc/current/configuration.html#overriding-environment-values-via-env-local
    """
    found = beside(files, file, ".env") or files.find(uri_of(".env"))
    return found is not None and b"###> symfony/" in files.read(found)


def _joined(instruction: Instruction) -> str:
    """A command in either form as one line of words."""
    return re.sub(r"[\[\]\",]+", " ", instruction.value)


def _ignored(file: SourceFile, files: Files) -> list[str]:
    """What .dockerignore leaves out; at the top of a context its patterns mean what git's do."""
    for found in (
        beside(files, file, f"{file.name}.dockerignore"),
        beside(files, file, ".dockerignore"),
        files.find(uri_of(".dockerignore")),
    ):
        if found is not None:
            lines = lines_of(files.read(found).decode("utf-8", "replace"))
            return [line.strip() for line in lines[:_IGNORED]]
    return []
