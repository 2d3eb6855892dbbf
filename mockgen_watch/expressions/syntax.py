"""Syntax: CEL text as a tree whose nodes know their place in the text.

The grammar is that of the Common Expression Language
(https://github.com/google/cel-spec/blob/master/doc/langdef.md), without messages, maps and bytes.
A number with a point or an exponent is a Decimal, so that no digit of it is lost.
"""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

Scalar: TypeAlias = "int | Decimal | str | bool | None"


class ExpressionError(ValueError):
    """An expression is wrong; the message says why.

    Attributes:
        start, end: the characters of the text that are meant.
        hint: what may be meant; ``""`` for nothing.
        replacement: what these characters should be; None where that is not certain.
    """

    def __init__(
        self, message: str, start: int, end: int, hint: str = "", replacement: str | None = None
    ) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.hint = hint
        self.replacement = replacement


class Literal(Struct, frozen=True, kw_only=True):
    """A value that is written in the text."""

    value: Scalar
    start: int
    end: int


class Name(Struct, frozen=True, kw_only=True):
    """A root name such as ``record``, or the variable of a macro."""

    name: str
    start: int
    end: int


class Select(Struct, frozen=True, kw_only=True):
    """``operand.field``, also written ``operand["field"]``; ``start`` is that of the operand.

    Attributes:
        quoted: the start and end of the field's name in its quotes, or of all of the text where
            it is written with escapes; None for a field after a dot.
    """

    operand: Node
    field: str
    start: int
    end: int
    quoted: tuple[int, int] | None = None


class Has(Struct, frozen=True, kw_only=True):
    """``has(operand)``: whether the field is there."""

    operand: Select
    start: int
    end: int


class Index(Struct, frozen=True, kw_only=True):
    """``operand[index]``: an element of a list."""

    operand: Node
    index: Node
    start: int
    end: int


class Call(Struct, frozen=True, kw_only=True):
    """A function, a method (its target comes first) or an operator.

    Operators are named as they are written; ``neg`` is the minus before one operand, ``?:`` the
    choice between the second and the third operand.
    """

    function: str
    args: tuple[Node, ...]
    start: int
    end: int
    is_method: bool = False


class ListLiteral(Struct, frozen=True, kw_only=True):
    """``[a, b, c]``."""

    items: tuple[Node, ...]
    start: int
    end: int


class Comprehension(Struct, frozen=True, kw_only=True):
    """A macro over the elements of a list: ``target.kind(variable, body)``.

    Attributes:
        kind: all, exists, exists_one, map or filter.
        condition: which elements a ``map`` of three arguments takes; None for all.
    """

    kind: str
    target: Node
    variable: str
    body: Node
    condition: Node | None
    start: int
    end: int


Node: TypeAlias = "Literal | Name | Select | Has | Index | Call | ListLiteral | Comprehension"

MACROS: Final = ("all", "exists", "exists_one", "filter", "map")

MAX_DEPTH: Final = 64
"""How deeply brackets, operators and calls may be nested."""

MAX_LEVELS: Final = 100
"""How many levels a tree may have: a chain ``a + b + c`` has one for each operator."""


def parse(text: str) -> Node:
    """Return the tree of ``text``.

    Raises:
        ExpressionError: it is no expression.
    """
    return _Parser(text).whole()


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below ``node``, in source order."""
    if isinstance(node, Select | Has):
        return (node.operand,)
    if isinstance(node, Index):
        return (node.operand, node.index)
    if isinstance(node, Call):
        return node.args
    if isinstance(node, ListLiteral):
        return node.items
    if isinstance(node, Comprehension):
        found = (node.target, node.condition, node.body)
        return tuple(each for each in found if each is not None)
    return ()


ELEMENT: Final = "[]"
"""Stands for any element of a list, in the paths of ``fields_of``."""

Fields: TypeAlias = "dict[tuple[str, ...], None]"

Variables: TypeAlias = "dict[str, tuple[str, ...]]"
"""The path of the elements that each variable of a macro stands for; ``()`` for no field's."""


def fields_of(node: Node) -> tuple[tuple[str, ...], ...]:
    """Return the paths that an expression reads: a root name, then keys and ``ELEMENT``.

    Each is as long as the expression names it: ``record.lines.map(l, l.amount)`` reads
    ``("record", "lines", "[]", "amount")``.
    """
    found: Fields = {}
    _collect(node, {}, found)
    paths = tuple(found)
    # What is read as a whole includes its parts.
    return tuple(path for path in paths if not any(path[:n] in found for n in range(1, len(path))))


def path_of(node: Node, variables: Variables) -> tuple[str, ...] | None:
    """Return the path that a chain of names leads to; None for any other node.

    ``variables``: the paths of the elements that macros bind.
    """
    if isinstance(node, Name):
        return variables.get(node.name, (node.name,))
    if isinstance(node, Select):
        above = path_of(node.operand, variables)
        return None if above is None else (*above, node.field)
    if isinstance(node, Index):
        above = path_of(node.operand, variables)
        return None if above is None else (*above, ELEMENT)
    if isinstance(node, Comprehension) and node.kind == "filter":
        return path_of(node.target, variables)
    return None


def _collect(node: Node, variables: Variables, found: Fields) -> None:
    if isinstance(node, Comprehension):
        _collect_macro(node, variables, found)
        return
    path = path_of(node, variables)
    if path is None:
        is_count = isinstance(node, Call) and node.function == "size"
        for below in children(node):
            if is_count and isinstance(below, Comprehension):
                _collect_macro(below, variables, found, is_whole=False)
            else:
                _collect(below, variables, found)
        return
    if path:
        found.setdefault(path)
    _collect_on_way(node, variables, found)


def _collect_on_way(node: Node, variables: Variables, found: Fields) -> None:
    """Collect what indexes and filters on the way of a chain of names read."""
    if isinstance(node, Index):
        _collect(node.index, variables, found)
    if isinstance(node, Comprehension):
        _collect_macro(node, variables, found, is_whole=False)
    elif isinstance(node, Select | Index):
        _collect_on_way(node.operand, variables, found)


def _collect_macro(
    node: Comprehension, variables: Variables, found: Fields, *, is_whole: bool = True
) -> None:
    """Collect what a macro reads; ``is_whole``: the elements that a filter takes are read whole."""
    target = path_of(node.target, variables)
    if target is None:
        _collect(node.target, variables, found)
        inner: Variables = {**variables, node.variable: ()}
    else:
        _collect_on_way(node.target, variables, found)
        inner = {**variables, node.variable: (*target, ELEMENT)}
    for below in (node.condition, node.body):
        if below is not None:
            _collect(below, inner, found)
    if target:
        element = (*target, ELEMENT)
        if node.kind == "filter" and is_whole:
            found.setdefault(element)
        elif not any(path[: len(element)] == element for path in found):
            # Only how many elements there are.
            found.setdefault(target)


class _Token(Struct, frozen=True):
    """A word, number, text or sign; ``kind`` is one of the groups of ``_TOKENS``, or ``end``."""

    kind: str
    text: str
    start: int
    end: int


WORD: Final = "[A-Za-z_][A-Za-z0-9_]*"
"""The form of a name, as a pattern."""

_TOKENS: Final = r"""(?x)
    (?P<blank>[ \t\r\n\f]+|//[^\n]*)
  | (?P<number>0[xX][0-9a-fA-F]+[uU]?
      |(?:[0-9]+\.[0-9]+|[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[uU]?)
  | (?P<text>[rR]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''
      |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign>&&|\|\||==|!=|<=|>=|[<>+\-*/%!?:.,()\[\]])
"""

_SLIPS: Final = {
    "=<": ("<=", "at most"), "=>": (">=", "at least"), "<>": ("!=", "not equal"),
    "===": ("==", "equal"), "=": ("==", "equal"), "&": ("&&", "and"), "|": ("||", "or"),
    "**": ("", "a power"), "and": ("&&", "and"), "or": ("||", "or"), "not": ("!", "not"),
}  # fmt: skip
"""What people write, and what CEL has for it."""

_BINARY: Final = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
}  # fmt: skip
"""Operators between two operands, by how strongly they bind."""

_OPERAND: Final = "an operand"
_WORDS: Final = {"true": True, "false": False, "null": None}
_RAW: Final = frozenset("rR")
_ESCAPES: Final = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
}  # fmt: skip


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the tokens of ``text``, then one of the kind ``end``."""
    place = 0
    pattern = re.compile(_TOKENS, re.DOTALL)
    while place < len(text):
        found = pattern.match(text, place)
        slip = next(
            (each for each in ("===", "=<", "=>", "**") if text.startswith(each, place)), ""
        )
        if found is None or slip:
            raise _unreadable(text, place, slip or text[place])
        if found.lastgroup != "blank":
            yield _Token(found.lastgroup or "", found[0], place, found.end())
        place = found.end()
    yield _Token("end", "", len(text), len(text))


def _unreadable(text: str, place: int, sign: str) -> ExpressionError:
    right, word = _SLIPS.get(sign, ("", ""))
    if right:
        message = f'"{sign}" is not an operator'
        return ExpressionError(message, place, place + len(sign), f'"{word}" is {right}', right)
    if sign in "\"'":
        return ExpressionError("this text has no closing quote", place, len(text))
    if sign in "{}":
        message = "maps and messages are not supported"
        return ExpressionError(message, place, place + 1)
    hint = "there is no power operator" if sign == "**" else ""
    return ExpressionError(f'"{sign}" is not allowed here', place, place + len(sign), hint)


class _Parser:
    """A parser by precedence: each method reads one kind of node from its place."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._place = 0
        self._depth = 0

    def whole(self) -> Node:
        if self._next.kind == "end":
            raise ExpressionError("the expression is empty", 0, 0)
        node = self._choice()
        if self._next.kind != "end":
            raise self._unexpected("an operator or the end")
        _check_levels(node)
        return node

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._next
        self._place += 1
        return token

    def _accept(self, *signs: str) -> _Token | None:
        is_sign = self._next.kind == "sign" or self._next.text == "in"
        return self._take() if is_sign and self._next.text in signs else None

    def _expect(self, sign: str, opening: _Token | None = None) -> _Token:
        token = self._accept(sign)
        if token is None:
            if opening is not None and self._next.kind == "end":
                message = f'"{opening.text}" is not closed'
                raise ExpressionError(message, opening.start, opening.end, f'add "{sign}"')
            raise self._unexpected(f'"{sign}"')
        return token

    def _unexpected(self, wanted: str) -> ExpressionError:
        token = self._next
        right, word = _SLIPS.get(token.text, ("", ""))
        if token.text == "not" and wanted != _OPERAND:
            message = f'expected {wanted} here, found "not"'
            return ExpressionError(message, token.start, token.end, "such as !(record.a in [1, 2])")
        if right and token.kind == "word":
            hint = f'write "{word}" as {right}'
            message = f'"{token.text}" is not an operator'
            return ExpressionError(message, token.start, token.end, hint, right)
        if token.kind == "end":
            return ExpressionError(
                f"expected {wanted}, but the expression ends", token.start, token.end
            )
        message = f'expected {wanted} here, found "{token.text}"'
        return ExpressionError(message, token.start, token.end)

    def _go_down(self, token: _Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            message = f"an expression can be nested at most {MAX_DEPTH} levels deep"
            raise ExpressionError(message, token.start, token.end)

    def _choice(self) -> Node:
        self._go_down(self._next)
        node = self._binary(1)
        if self._accept("?"):
            yes = self._binary(1)
            self._expect(":")
            no = self._choice()
            node = Call(function="?:", args=(node, yes, no), start=node.start, end=no.end)
        self._depth -= 1
        return node

    def _binary(self, least: int) -> Node:
        left = self._unary()
        length = 0
        while True:
            token = self._next
            binds = _BINARY.get(token.text, 0) if token.kind in {"sign", "word"} else 0
            if binds < least:
                return left
            length += 1
            if length > MAX_LEVELS:
                raise _too_many_levels(token.start, token.end)
            self._take()
            right = self._binary(binds + 1)
            left = Call(function=token.text, args=(left, right), start=left.start, end=right.end)

    def _unary(self) -> Node:
        token = self._accept("!", "-")
        if token is None:
            if self._next.text == "not" and self._next.kind == "word":
                raise self._unexpected(_OPERAND)
            return self._member()
        if token.text == "-" and self._next.kind == "number":
            number = self._number(self._take())
            value = number.value
            if isinstance(value, int | Decimal):
                number = Literal(value=-value, start=token.start, end=number.end)
            return self._after(number)
        self._go_down(token)
        operand = self._unary()
        self._depth -= 1
        name = "neg" if token.text == "-" else "!"
        return Call(function=name, args=(operand,), start=token.start, end=operand.end)

    def _member(self) -> Node:
        return self._after(self._primary())

    def _after(self, node: Node) -> Node:
        """Return ``node`` with the selections, indexes and calls that follow it."""
        for _ in range(MAX_LEVELS):
            if self._accept("."):
                if self._next.kind != "word":
                    raise self._unexpected("the name of a field")
                word = self._take()
                opening = self._accept("(")
                if opening is None:
                    node = Select(operand=node, field=word.text, start=node.start, end=word.end)
                else:
                    node = self._method(node, word, opening)
            elif (opening := self._accept("[")) is not None:
                index = self._choice()
                end = self._expect("]", opening).end
                if isinstance(index, Literal) and isinstance(index.value, str):
                    quoted = self._inside(index, index.value)
                    node = Select(
                        operand=node, field=index.value, start=node.start, end=end, quoted=quoted
                    )
                else:
                    node = Index(operand=node, index=index, start=node.start, end=end)
            else:
                return node
        raise _too_many_levels(node.start, node.end)

    def _inside(self, literal: Literal, value: str) -> tuple[int, int]:
        """Return the start and end of what is in the quotes of a text; of all with escapes."""
        start, end = literal.end - 1 - len(value), literal.end - 1
        is_plain = self._text[start:end] == value and start - literal.start in {1, 2}
        return (start, end) if is_plain else (literal.start, literal.end)

    def _method(self, target: Node, word: _Token, opening: _Token) -> Node:
        args, end = self._arguments(opening)
        if word.text not in MACROS:
            return Call(
                function=word.text,
                args=(target, *args),
                start=target.start,
                end=end,
                is_method=True,
            )
        most = _WITH_CONDITION if word.text == "map" else _VARIABLE_AND_BODY
        if not _VARIABLE_AND_BODY <= len(args) <= most or not isinstance(args[0], Name):
            message = f"{word.text} takes a variable and an expression"
            hint = f"such as record.lines.{word.text}(line, line.qty)"
            raise ExpressionError(message, word.start, end, hint)
        return Comprehension(
            kind=word.text,
            target=target,
            variable=args[0].name,
            body=args[-1],
            condition=args[1] if len(args) == _WITH_CONDITION else None,
            start=target.start,
            end=end,
        )

    def _arguments(self, opening: _Token, closing: str = ")") -> tuple[tuple[Node, ...], int]:
        args: list[Node] = []
        while (end := self._accept(closing)) is None:
            if self._next.kind == "end":
                self._expect(closing, opening)
            if args:
                self._expect(",")
                # A comma may end a list.
                if closing == "]" and (end := self._accept(closing)) is not None:
                    break
            args.append(self._choice())
        return tuple(args), end.end

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "text":
            return Literal(value=_text_of(token), start=token.start, end=token.end)
        if token.kind == "word" and token.text != "in":
            return self._word(token)
        if token.text == "(":
            inner = self._choice()
            # The text of a node has its brackets, so that it is an expression of its own.
            return replace(inner, start=token.start, end=self._expect(")", token).end)
        if token.text == "[":
            items, end = self._arguments(token, "]")
            return ListLiteral(items=items, start=token.start, end=end)
        self._place -= 1
        raise self._unexpected("a value")

    def _word(self, token: _Token) -> Node:
        if token.text in _WORDS:
            return Literal(value=_WORDS[token.text], start=token.start, end=token.end)
        opening = self._accept("(")
        if opening is None:
            return Name(name=token.text, start=token.start, end=token.end)
        args, end = self._arguments(opening)
        if token.text != "has":
            return Call(function=token.text, args=args, start=token.start, end=end)
        if len(args) != 1 or not isinstance(args[0], Select):
            message = "has() takes one field"
            raise ExpressionError(message, token.start, end, "such as has(record.name)")
        return Has(operand=args[0], start=token.start, end=end)

    def _number(self, token: _Token) -> Literal:
        text = token.text.rstrip("uU")
        exponent = text.lower().partition("e")[2].lstrip("+-0") if text[1:2] not in "xX" else ""
        if len(text) > _MAX_DIGITS or len(exponent) > _MAX_EXPONENT:
            raise ExpressionError("this number has too many digits", token.start, token.end)
        value: int | Decimal
        if text[:2] in {"0x", "0X"}:
            value = int(text, 16)
        else:
            value = int(text) if text.isdigit() else Decimal(text)
        return Literal(value=value, start=token.start, end=token.end)


def _check_levels(node: Node) -> None:
    """Refuse a tree so deep that those who walk it would run out of stack."""
    level: list[Node] = [node]
    for _ in range(MAX_LEVELS + 1):
        level = [below for each in level for below in children(each)]
        if not level:
            return
    raise _too_many_levels(level[0].start, level[0].end)


def _too_many_levels(start: int, end: int) -> ExpressionError:
    message = f"an expression can have at most {MAX_LEVELS} operations in a row"
    return ExpressionError(message, start, end, "group some of them with parentheses")


_MAX_DIGITS: Final = 100
_MAX_EXPONENT: Final = 2
"""Digits of an exponent."""
_VARIABLE_AND_BODY: Final = 2
_WITH_CONDITION: Final = 3


def _text_of(token: _Token) -> str:
    text = token.text
    is_raw = text[0] in _RAW
    text = text[1:] if is_raw else text
    quotes = 3 if text[:3] in {'"""', "'''"} else 1
    inner = text[quotes:-quotes]
    if is_raw or "\\" not in inner:
        return inner

    def escape(found: re.Match[str]) -> str:
        simple = _ESCAPES.get(found[1])
        if simple is not None:
            return simple
        digits = found[2]
        code = -1
        if digits:
            code = int(digits[1:], 16) if digits[0] in "xXuU" else int(digits, 8)
        if not 0 <= code <= sys.maxunicode or code in _SURROGATES:
            start = token.start + quotes + found.start()
            raise ExpressionError(f'"{found[0]}" is not an escape', start, start + len(found[0]))
        return chr(code)

    return re.sub(_ESCAPE, escape, inner, flags=re.DOTALL)


_SURROGATES: Final = range(0xD800, 0xE000)
"""Halves of characters of UTF-16, which are no characters."""
_ESCAPE: Final = (
    r"\\(?:([abfnrtv\\'\"`?])|([xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})|.)"
)
