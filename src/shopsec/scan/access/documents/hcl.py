"""HCL, the language of Terraform and OpenTofu files, with the line of every block and value.

Syntax: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md. Read is what a file states
by itself: literals, lists, objects and function calls on them. Any other expression (a reference,
a condition, a loop) is kept as its text. Nothing is evaluated. Written for this purpose, because
python-hcl2 takes four seconds to build its tables when it is first used and 8 ms per kilobyte
then; the tests compare the two.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shopsec.scan.access.documents import DocumentError, text_of

DEPTH = 60
"""Most levels of blocks and values inside each other."""
TOKENS = 300_000
"""Most words and signs a file may hold."""

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r]+ | \#[^\n]* | //[^\n]* | /\*.*?\*/)
    | (?P<unclosed>/\*)
    | (?P<newline>\n)
    | (?P<heredoc><<(?P<dash>-?)(?P<tag>[A-Za-z][\w.-]*)[ \t]*\r?\n)
    | (?P<quote>")
    | (?P<number>\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,4})?)
    | (?P<name>[A-Za-z_][\w-]*)
    | (?P<sign>=>|==|!=|<=|>=|&&|\|\||\.\.\.|::|[-{}\[\]()=,.:?+*/%!<>~])
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_STRING = re.compile(
    r'[^"\\$%\n]+|\\(?:u[0-9a-fA-F]{4}|.)|\$\$\{|%%\{|[$%]\{|[$%]|(?P<end>")|(?P<newline>\n)'
)
_IN_TEMPLATE = re.compile(r'[^"{}\n]+|(?P<open>\{)|(?P<close>\})|(?P<quote>")|(?P<newline>\n)')
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_ENDS = frozenset({"newline", "end", ",", "}", "]", ")"})
# An expression goes on in the next line after one of these.
_GOES_ON = frozenset({"?", ":", "&&", "||", "+", "-", "*", "/", "%", "==", "!=", "<", ">", "!"})
_OPENS = {"{": "}", "[": "]", "(": ")"}


@dataclass(frozen=True)
class Expression:
    """What only Terraform can work out, as it is written."""

    text: str


@dataclass(frozen=True)
class Call:
    """A function call, with its arguments."""

    name: str
    arguments: tuple["Value", ...]


@dataclass(frozen=True)
class Value:
    """A value with the line it starts on.

    ``value`` is str, int, float, bool, None, Expression, Call, a tuple of Value, or a dict of
    Value by key. A text keeps its ``${...}``.
    """

    line: int
    value: Any

    def plain(self) -> Any:
        """The same made of str, int, float, bool, None, list, dict, and Expression or Call."""
        if isinstance(self.value, tuple):
            return [each.plain() for each in self.value]
        if isinstance(self.value, dict):
            return {key: each.plain() for key, each in self.value.items()}
        return self.value


@dataclass
class Block:
    """``type "label" { ... }``; the file as a whole is a block without a type."""

    type: str
    labels: tuple[str, ...]
    line: int
    last: int = 0
    """Line of the brace that closes it."""
    attributes: dict[str, Value] = field(default_factory=dict)
    blocks: list["Block"] = field(default_factory=list)

    @property
    def first_label(self) -> str:
        """Of a resource its type, of a variable its name; empty for a block without labels."""
        return self.labels[0] if self.labels else ""

    def all(self, *path: str) -> Iterator["Block"]:
        """Inner blocks of a type; with a longer path, theirs in turn."""
        for block in self.blocks:
            if block.type == path[0]:
                if len(path) == 1:
                    yield block
                else:
                    yield from block.all(*path[1:])

    def plain(self, name: str) -> Any:
        """Value of an attribute, or None."""
        found = self.attributes.get(name)
        return found.plain() if found else None


@dataclass(frozen=True)
class _Token:
    kind: str
    """``name``, ``number``, ``text``, ``newline``, ``end``, or the sign itself."""
    text: str
    line: int
    start: int
    end: int


def parse_hcl(content: bytes) -> Block:
    """Parse a file; DocumentError for anything that is no HCL."""
    text = text_of(content)
    return _Parser(text, list(_tokens(text))).file()


def _tokens(text: str) -> Iterator[_Token]:
    position, line, count = 0, 1, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match["unclosed"]:
            raise DocumentError(f"not valid HCL: {text[position]!r} is out of place", line)
        kind = match.lastgroup or ""
        start, position = position, match.end()
        if kind == "quote":
            value, position = _string(text, position, line)
            yield _Token("text", value, line, start, position)
        elif match["heredoc"]:
            value, position = _heredoc(text, match, line)
            yield _Token("text", value, line, start, position)
        elif kind != "space":
            yield _Token(kind if kind != "sign" else match[0], match[0], line, start, position)
        line += text.count("\n", start, position)
        count += 1
        if count > TOKENS:
            raise DocumentError(f"holds more than {TOKENS} words and signs", line)
    yield _Token("end", "", line, position, position)


def _string(text: str, position: int, line: int) -> tuple[str, int]:
    """A quoted text from behind its first quote: what it stands for, and where it ends."""
    parts: list[str] = []
    while True:
        match = _IN_STRING.match(text, position)
        if match is None or match["newline"]:
            raise DocumentError("not valid HCL: a text does not end in its line", line)
        position = match.end()
        if match["end"]:
            return "".join(parts), position
        part = match[0]
        if part in {"${", "%{"}:
            end = _template(text, position, line)
            part, position = text[match.start() : end], end
        elif part.startswith("\\"):
            part = _ESCAPES.get(part[1], part[1]) if len(part) == 2 else chr(int(part[2:6], 16))
        parts.append(part)


def _template(text: str, position: int, line: int) -> int:
    """The end of a ``${...}`` from behind its brace; quotes and braces inside count in pairs."""
    inside = ["{"]
    while inside:
        pattern = _IN_STRING if inside[-1] == '"' else _IN_TEMPLATE
        match = pattern.match(text, position)
        if match is None or len(inside) > DEPTH:
            raise DocumentError("not valid HCL: a template does not end", line)
        position = match.end()
        sign = match[0]
        if sign == '"':
            if inside[-1] == '"':
                inside.pop()
            else:
                inside.append('"')
        elif sign in {"{", "${", "%{"}:
            inside.append("{")
        elif sign == "}" and inside[-1] == "{":
            inside.pop()
    return position


def _heredoc(text: str, match: re.Match[str], line: int) -> tuple[str, int]:
    """The lines of a here-document and where the line that ends it stops."""
    ending = re.compile(rf"^[ \t]*{re.escape(match['tag'])}[ \t]*\r?$", re.MULTILINE)
    found = ending.search(text, match.end())
    if found is None:
        raise DocumentError(f"not valid HCL: the here-document {match['tag'][:20]} goes on", line)
    return text[match.end() : found.start()], found.end()


class _Parser:
    """Descends through the words and signs; DEPTH bounds how deep."""

    def __init__(self, text: str, tokens: Sequence[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._position = 0

    def file(self) -> Block:
        """The whole file as one block."""
        block = Block("", (), 1)
        self._body(block, "end", 0)
        return block

    @property
    def _next(self) -> _Token:
        return self._tokens[self._position]

    def _take(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._position += 1
        return token

    def _skip_newlines(self) -> None:
        while self._next.kind == "newline":
            self._position += 1

    def _fail(self, token: _Token) -> DocumentError:
        what = repr(token.text[:20]) if token.kind != "end" else "the end of the file"
        return DocumentError(f"not valid HCL: {what} is out of place", token.line)

    def _body(self, block: Block, closing: str, depth: int) -> None:
        if depth > DEPTH:
            raise DocumentError(f"nested more than {DEPTH} levels deep", self._next.line)
        while True:
            self._skip_newlines()
            token = self._take()
            if token.kind == closing:
                block.last = token.line
                return
            if token.kind not in {"name", "text"}:
                raise self._fail(token)
            if self._next.kind == "=":
                self._position += 1
                block.attributes[token.text] = self._value(depth + 1)
            else:
                block.blocks.append(self._block(token, depth))

    def _block(self, first: _Token, depth: int) -> Block:
        labels = []
        while self._next.kind in {"name", "text"}:
            labels.append(self._take().text)
        block = Block(first.text, tuple(labels), first.line)
        if self._next.kind != "{":
            raise self._fail(self._next)
        self._position += 1
        self._body(block, "}", depth + 1)
        return block

    def _value(self, depth: int) -> Value:
        """A value; anything but a literal that stands alone becomes an Expression."""
        if depth > DEPTH:
            raise DocumentError(f"nested more than {DEPTH} levels deep", self._next.line)
        start = self._position
        token = self._next
        value = self._literal(depth)
        if value is not None and self._next.kind in _ENDS:
            return value
        self._position = start
        return Value(token.line, self._expression())

    def _literal(self, depth: int) -> Value | None:
        """A literal at this place, or None; what follows it is the caller's to judge."""
        token = self._take()
        following = self._next.kind
        match token.kind:
            case "text":
                return Value(token.line, token.text)
            case "number":
                return Value(token.line, _number(token.text))
            case "-" if following == "number":
                return Value(token.line, _number("-" + self._take().text))
            case "name" if token.text in _CONSTANTS and following != "(":
                return Value(token.line, _CONSTANTS[token.text])
            case "name" if following == "(":
                self._position += 1
                return Value(token.line, Call(token.text, self._members(")", depth)))
            case "[" if not self._is_loop():
                return Value(token.line, self._members("]", depth))
            case "{" if not self._is_loop():
                return self._object(token.line, depth)
        return None

    def _is_loop(self) -> bool:
        following = [each for each in self._tokens[self._position : self._position + 8]
                     if each.kind != "newline"]  # fmt: skip
        return bool(following) and following[0].text == "for" and following[0].kind == "name"

    def _members(self, closing: str, depth: int) -> tuple[Value, ...]:
        found: list[Value] = []
        while True:
            self._skip_newlines()
            if self._next.kind == closing:
                self._position += 1
                return tuple(found)
            found.append(self._value(depth + 1))
            self._skip_newlines()
            if self._next.kind == ",":
                self._position += 1
            elif self._next.kind != closing:
                raise self._fail(self._next)

    def _object(self, line: int, depth: int) -> Value | None:
        found: dict[str, Value] = {}
        while True:
            self._skip_newlines()
            if self._next.kind == "}":
                self._position += 1
                return Value(line, found)
            key = self._key()
            if self._next.kind not in {"=", ":"}:
                raise self._fail(self._next)
            self._position += 1
            self._skip_newlines()
            found[key] = self._value(depth + 1)
            if self._next.kind == ",":
                self._position += 1
            elif self._next.kind not in {"newline", "}"}:
                raise self._fail(self._next)

    def _key(self) -> str:
        """A key of an object: a word, a text, or an expression as it is written."""
        start = self._next
        while self._next.kind not in {"=", ":", "newline", "end", "}"}:
            if self._next.kind in _OPENS:
                self._skip_pair()
            else:
                self._position += 1
        last = self._tokens[self._position - 1]
        if start is last:
            return start.text
        return self._text[start.start : last.end]

    def _expression(self) -> Expression:
        """Everything up to the end of the value, whatever it means."""
        start = self._next
        while True:
            token = self._next
            if token.kind in _OPENS:
                self._skip_pair()
            elif token.kind == "newline" and self._tokens[self._position - 1].kind in _GOES_ON:
                self._position += 1
            elif token.kind in _ENDS:
                break
            else:
                self._position += 1
        if token is start:
            raise self._fail(token)
        return Expression(self._text[start.start : self._tokens[self._position - 1].end])

    def _skip_pair(self) -> None:
        """Over everything between a pair of brackets, and over them."""
        waiting: list[str] = []
        while True:
            token = self._take()
            if token.kind in _OPENS:
                waiting.append(_OPENS[token.kind])
            elif waiting and token.kind == waiting[-1]:
                waiting.pop()
            elif token.kind in {"end", "}", "]", ")"}:
                raise self._fail(token)
            if not waiting:
                return


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)
