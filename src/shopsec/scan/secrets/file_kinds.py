"""How a file writes its values, by its name: in quotes, bare, behind a blank, to the line's end.

Without regular expressions: a hook asks for every file, and would wait for them to be compiled.
"""

from functools import lru_cache

# What is put behind a file's name: of copies, and of templates that the file is made from.
_COPIES = (
    ".bak", ".old", ".orig", ".save", ".backup", ".copy", ".dist", ".example", ".sample", ".tmpl",
    ".tmp", ".tpl", ".template", ".j2", ".erb", "~",
)  # fmt: skip
_BUILDS = ("dockerfile", "containerfile")
_BARE_NAMES = frozenset({
    ".envrc", ".npmrc", ".pypirc", ".netrc", ".myrc", ".yarnrc", ".msmtprc", "makefile",
    "caddyfile", "credentials",
})  # fmt: skip
_BARE_ENDINGS = (
    ".env", ".sh", ".bash", ".zsh", ".fish", ".tfvars", ".yaml", ".yml", ".neon", ".conf",
    ".config", ".cfg", ".cnf", ".ini", ".properties", ".props", ".toml", ".service", ".txt", ".log",
    ".md", ".rst", ".adoc", ".sql", ".dockerfile",
)  # fmt: skip
_BARE_TEMPLATES = (".dist", ".example", ".sample")
_SPACED_NAMES = frozenset({"msmtprc", ".msmtprc", "netrc", ".netrc", "_netrc"})
_SPACED_ENDINGS = (".conf", ".cfg", ".cnf", ".fish", ".dockerfile")
# Code that is named for the settings that it reads: env.d.ts, app.env.js.
_CODE = (
    ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".py", ".php", ".rb", ".go",
    ".json", ".yaml", ".yml", ".xml", ".html",
)  # fmt: skip


@lru_cache(maxsize=64)
def allows_bare(path: str) -> bool:
    """True for files where a value need not stand in quotes."""
    name = _original(path)
    return (
        name in _BARE_NAMES
        or name.startswith((".env", "jenkinsfile", *_BUILDS))
        or name.endswith(_BARE_ENDINGS)
        or path.lower().endswith(_BARE_TEMPLATES)
    )


@lru_cache(maxsize=64)
def has_settings(path: str) -> bool:
    """True for files like ``.env``: one setting a line, whatever characters its value has."""
    name = _original(path)
    if name == ".envrc" or name.endswith(".env"):
        return True
    return any(sign in name for sign in (".env.", ".env-", ".env_")) and not name.endswith(_CODE)


@lru_cache(maxsize=64)
def allows_blank(path: str) -> bool:
    """True for files that write ``name value``: Dockerfile, msmtprc, haproxy.cfg."""
    name = _original(path)
    return name in _SPACED_NAMES or name.startswith(_BUILDS) or name.endswith(_SPACED_ENDINGS)


def _original(path: str) -> str:
    """The name of the file that one is a copy or a template of, in lower case."""
    name = path.rpartition("/")[2].lower()
    while name.endswith(_COPIES):
        name = name[:-1] if name.endswith("~") else name.rpartition(".")[0]
    return name
