"""Which nodes of a file bandit's tests can be about at all.

Each line says what a test asks for before it reports anything, read from the test's source: where
it does not hold, the test returns nothing, whatever else is true. A node is shown to bandit where
it holds for one of the tests that are run; a test that has no line here is shown every node of
its kind. ``tests/static_code/test_bandit_engine.py`` holds the outcome against bandit's own walk.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bandit.core import blacklisting
from bandit.core.utils import get_call_name
from bandit.plugins import general_hardcoded_tmp, injection_shell

READ_FROM = "1.9.4"
"""The version of bandit whose tests these lines are about."""

_SHELL: Mapping[str, list[str]] = injection_shell.gen_config("shell_injection")
_TEMPORARY: list[str] = general_hardcoded_tmp.gen_config("hardcoded_tmp_directory")["tmp_dirs"]
_HTTP = frozenset(
    {"get", "options", "head", "post", "put", "patch", "delete"}
    | {"request", "stream", "Client", "AsyncClient"}
)


def _last(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name.rpartition(".")[2] for name in names)


# The last part of the called name, after imports were followed.
_NAMES = {
    "B102": {"exec"},
    "B201": {"run"},
    "B324": {"md4", "md5", "sha", "sha1", "new", "crypt", "mksalt"},
    "B504": {"wrap_socket"},
    "B505": {"generate_private_key", "generate"},
    "B506": {"load"},
    "B507": {"set_missing_host_key_policy"},
    "B508": {"CommunityData"},
    "B509": {"UsmUserData"},
    "B601": {"exec_command"},
    "B602": _last(_SHELL["subprocess"]),
    "B603": _last(_SHELL["subprocess"]),
    "B605": _last(_SHELL["shell"]),
    "B606": _last(_SHELL["no_shell"]),
    "B607": _last([name for names in _SHELL.values() for name in names]),
    "B609": _last([*_SHELL["shell"], *_SHELL["subprocess"]]),
    "B610": {"extra"},
    "B611": {"RawSQL"},
    "B612": {"listen"},
    "B614": {"load"},
    "B615": {
        "from_pretrained", "load_dataset", "hf_hub_download", "snapshot_download", "repository_id",
    },
    "B701": {"Environment"},
    "B702": {"Template"},
    "B703": {"mark_safe", "SafeText", "SafeUnicode", "SafeString", "SafeBytes"},
    "B704": {"Markup"},
}  # fmt: skip
# What stands anywhere in that last part.
_WITHIN = {"B103": "chmod", "B202": "extractall"}
# A keyword of the call.
_KEYWORDS = {"B502": {"method", "ssl_version"}, "B604": {"shell"}}
# One of _HTTP, of a name that begins with the module.
_OF_HTTP = {"B113": "requests httpx", "B501": "requests httpx"}
# Texts: see Triggers.text.
_OF_TEXTS = {"B104", "B108", "B608"}

_ALWAYS = {"Import", "ImportFrom", "Assert", "ExceptHandler"}
KINDS = {"Call", "FunctionDef", "Str", "Bytes", "File", *_ALWAYS}
"""What tests may be about; :class:`Triggers` knows no others."""

Check = Callable[[Any], bool]


class Triggers:
    """For the nodes of one file: whether bandit must look at them."""

    def __init__(
        self, tests: Mapping[str, Sequence[Callable[..., Any]]], aliases: dict[str, str]
    ) -> None:
        """``tests`` by kind of node, as bandit's test set has them; ``aliases`` grow meanwhile."""
        ids = {kind: [_id(test) for test in each] for kind, each in tests.items()}
        calls, texts = ids.get("Call", []), ids.get("Str", [])
        known = {*_NAMES, *_WITHIN, *_KEYWORDS, *_OF_HTTP, "B001"}
        self._aliases = aliases
        self._every_call = any(each not in known for each in calls)
        self._every_text = any(each not in _OF_TEXTS for each in texts)
        self._names = {name for each in calls for name in _NAMES.get(each, ())}
        self._within = [_WITHIN[each] for each in calls if each in _WITHIN]
        self._keywords = {word for each in calls for word in _KEYWORDS.get(each, ())}
        self._modules = {word for each in calls for word in _OF_HTTP.get(each, "").split()}
        self._blacklisted: set[str] = set()
        if "B001" in calls:
            entries = blacklisting.blacklist._config["Call"]  # noqa: SLF001 -- where it keeps them
            self._blacklisted = {name for entry in entries for name in entry["qualnames"]}
            self._names |= {"import_module", "__import__"}
        self.checks: dict[type[ast.AST], Check] = {
            getattr(ast, kind): _always for kind in _ALWAYS & set(tests)
        }
        # Also without a test of theirs: bandit learns names from imports.
        self.checks |= {ast.Import: _always, ast.ImportFrom: _always}
        if calls:
            self.checks[ast.Call] = self.call
        if texts or "Bytes" in tests:
            self.checks[ast.Constant] = self.text
        if "FunctionDef" in tests:
            only_defaults = ids["FunctionDef"] == ["B503"]
            self.checks[ast.FunctionDef] = _has_defaults if only_defaults else _always

    def call(self, node: ast.Call) -> bool:
        """Whether a test can be about this call."""
        if self._every_call:
            return True
        whole: str = get_call_name(node, self._aliases)
        name = whole.rpartition(".")[2]
        return (
            name in self._names
            or whole in self._blacklisted
            or (name in _HTTP and whole.partition(".")[0] in self._modules)
            or any(part in name for part in self._within)
            or any(keyword.arg in self._keywords for keyword in node.keywords)
            # Looked at by its own name, whatever import was given that name.
            or (isinstance(node.func, ast.Name) and node.func.id == "__import__")
        )

    def text(self, node: ast.Constant) -> bool:
        """Whether a test can be about this text: one with a meaning, or a part of a longer one."""
        value = node.value
        if isinstance(value, bytes):
            return True
        if not isinstance(value, str):
            return False
        parent = node._bandit_parent  # type: ignore[attr-defined]  # noqa: SLF001 -- set by bandit
        return (
            self._every_text
            or value == "0.0.0.0"  # noqa: S104 -- looked for
            or value.startswith(tuple(_TEMPORARY))
            or isinstance(parent, (ast.BinOp, ast.JoinedStr))
            or (isinstance(parent, ast.Attribute) and parent.attr in {"format", "replace"})
        )


def _id(test: Callable[..., Any]) -> str:
    return str(test._test_id)  # type: ignore[attr-defined]  # noqa: SLF001 -- bandit's own mark


def _always(_: ast.AST) -> bool:
    return True


def _has_defaults(node: ast.FunctionDef) -> bool:
    return bool(node.args.defaults)
