"""bandit's tests on the text of one file, in this process. Only the workers import this module.

The issues are those of bandit's command line, by bandit's own code: its test set, contexts, tests
and ``# nosec`` comments. Left out is work that cannot change them: bandit 1.9.4 makes a context for
every node and calls all tests of its kind, about thirty for a call; it reads every file a second
time for comments, and a third time for characters that are not there; it counts lines and scores.
What may be left out was read from one version: files are walked by any other version itself.
"""

import ast
import io
import linecache
import platform
import tokenize
import warnings
from collections.abc import Sequence
from typing import Any

import bandit
from bandit.core import docs_utils
from bandit.core.config import BanditConfig
from bandit.core.issue import Issue
from bandit.core.manager import BanditManager, _parse_nosec_comment
from bandit.core.metrics import Metrics
from bandit.core.node_visitor import BanditNodeVisitor
from bandit.plugins.trojansource import BIDI_CHARACTERS

from shopsec.scan.code.bandit_triggers import KINDS, READ_FROM, Triggers
from shopsec.scan.code.node_text import Node, text_of

# Lines around an issue that its own are cut from, half of them above: most calls as a whole.
_LINES = 61
# bandit is never told where a file lies: it would look around there.
_NAME = "code.py"
# Fields that never hold a node a test is about; operators and contexts have no place either.
_WITHOUT_NODES = {"ctx", "op", "ops", "kind", "type_comment"}
_LEAVES = (ast.Constant, ast.Name)


class Engine:
    """bandit with its tests loaded."""

    def __init__(self, skipped: Sequence[str]) -> None:
        """``skipped``: ids of the tests that are not run."""
        # bandit keeps a part of its configuration in its tests: the last engine made counts.
        self._manager = BanditManager(BanditConfig(), "file", profile={"exclude": list(skipped)})
        tests = self._manager.b_ts.tests
        as_read = bandit.__version__ == READ_FROM and set(tests) <= KINDS
        self._visitor: type[BanditNodeVisitor] = _Visitor if as_read else BanditNodeVisitor

    def scan(self, content: bytes) -> dict[str, Any]:
        """``issues``, and how many ``# nosec`` ``silenced``; or why the file is ``missed``."""
        metrics = Metrics()
        metrics.begin(_NAME)
        file = io.BytesIO(content)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                visitor = self._visitor(
                    _NAME, file, None, self._manager.b_ts, False, _nosec_lines(content), metrics
                )
                visitor.process(content)
            issues = _as_values(visitor.tester.results, content)
        except SyntaxError:
            return {"missed": f"is not Python {platform.python_version()} (syntax error)"}
        except (RecursionError, MemoryError):  # the parser raises either where its stack ends
            return {"missed": "is nested too deeply or takes too much memory"}
        except Exception as error:  # noqa: BLE001 -- as bandit does: one file without a verdict
            return {"missed": f"bandit: {type(error).__name__} while scanning it"}
        counts = metrics.current
        return {"issues": issues, "silenced": counts["nosec"] + counts["skipped_tests"]}


class _Visitor(BanditNodeVisitor):  # type: ignore[misc]
    """Shows bandit the nodes that a test can be about, in bandit's order."""

    def generic_visit(self, node: ast.AST) -> None:
        """Walk a tree from the top. A list stands for bandit's recursion, which has a limit."""
        checks = Triggers(self.testset.tests, self.import_aliases).checks
        waiting = [node]
        while waiting:
            node = waiting.pop()
            check = checks.get(type(node))
            if check is not None and check(node):
                self.pre_visit(node)
                self.visit(node)
                self.post_visit(node)
            children = _children(node)
            children.reverse()
            waiting += children

    def process(self, data: bytes) -> None:
        """Parse and walk a file; look at all of its text where it can have what is looked for."""
        self.generic_visit(ast.parse(data))
        if _has_cookie(data) or any(char.encode() in data for char in BIDI_CHARACTERS):
            self.context = {
                "file_data": self.fdata, "filename": self.fname,
                "lineno": 0, "linerange": [0, 1], "col_offset": 0,
            }  # fmt: skip
            self.tester.run_tests(self.context, "File")


_fields: dict[type[ast.AST], tuple[str, ...]] = dict.fromkeys(_LEAVES, ())


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below one, which become its children in bandit's eyes."""
    kind = type(node)
    fields = _fields.get(kind)
    if fields is None:
        fields = tuple(name for name in kind._fields if name not in _WITHOUT_NODES)
        _fields[kind] = fields
    children: list[ast.AST] = []
    for field in fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            children += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST):
            children.append(value)
    for child in children:
        child._bandit_parent = node  # type: ignore[attr-defined]  # noqa: SLF001 -- bandit's name
    return children


def _has_cookie(content: bytes) -> bool:
    """Whether a file may be in another encoding than UTF-8, where bytes say nothing of its text."""
    return any(b"coding" in line for line in content.split(b"\n", 2)[:2])


def _nosec_lines(content: bytes) -> dict[int, set[str] | None]:
    """Tests silenced by line, as bandit's manager reads them; an empty set is all tests."""
    lines: dict[int, set[str] | None] = {}
    if b"nosec" not in content and not _has_cookie(content):
        return lines
    try:
        for token in tokenize.tokenize(io.BytesIO(content).readline):
            if token.type == tokenize.COMMENT:
                lines[token.start[0]] = _parse_nosec_comment(token.string)
    except tokenize.TokenError:
        pass  # as bandit does: what comes before counts
    return lines


def _as_values(issues: Sequence[Issue], content: bytes) -> list[dict[str, Any]]:
    if not issues:
        return []
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    lines = io.TextIOWrapper(io.BytesIO(content), encoding).readlines()
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    # Where bandit takes the lines of an issue from.
    linecache.cache[_NAME] = (len(content), None, lines, _NAME)
    return [_as_value(issue) for issue in issues]


def _as_value(issue: Issue) -> dict[str, Any]:
    node = Node(issue.linerange, issue.col_offset, issue.end_col_offset)
    return {
        "test_id": issue.test_id,
        "test_name": issue.test,
        "text": _encodable(issue.text),
        "severity": issue.severity,
        "confidence": issue.confidence,
        "cwe": issue.cwe.id,
        "help_uri": docs_utils.get_url(issue.test_id),
        "line": issue.lineno,
        "symbol": _encodable(text_of(node, issue.lineno, issue.get_code(max_lines=_LINES))),
    }


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
