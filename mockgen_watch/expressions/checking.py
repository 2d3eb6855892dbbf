"""Checking: the type of every part of an expression, and what is wrong with it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import nearest_word
from mockgen_watch.expressions import functions, syntax, types
from mockgen_watch.expressions.regex import PatternFormError, compile_regex
from mockgen_watch.expressions.syntax import ExpressionError, Node
from mockgen_watch.expressions.types import Kind, Type
from mockgen_watch.expressions.values import EXACT, MOST_PLACES, read_datetime, read_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Checked(Struct, frozen=True, eq=False):
    """An expression with the types of its nodes, by their ``id``."""

    node: Node
    types: Mapping[int, Type]

    @property
    def type(self) -> Type:
        """The type of the whole."""
        return self.types[id(self.node)]


def check(node: Node, names: Mapping[str, Type], *, is_value: bool = False) -> Checked:
    """Return ``node`` with its types.

    Args:
        node: the tree of an expression.
        names: the types of the root names.
        is_value: it computes a value, so that an operand that may be null or absent is an error
            unless the expression asks first, with ``has()`` or ``!= null``.

    Raises:
        ExpressionError: a name is not known, or a value is not of a type that fits.
    """
    checker = _Checker(is_value=is_value)
    checker.type_of(node, dict(names), frozenset())
    return Checked(node, checker.types)


def check_truth(node: Node, names: Mapping[str, Type]) -> Checked:
    """Return the types of a rule, which is true or false; see ``check``."""
    checked = check(node, names)
    if checked.type.is_known and checked.type.kind is not Kind.BOOLEAN:
        raise _wrong(node, f"a rule must be true or false, but this is {checked.type.kind}")
    return checked


_QUOTABLE: Final = r"[\w .:/@$-]+"
"""Names of fields that are written in any quotes as they are."""

_ORDERS: Final = frozenset({"<", "<=", ">", ">="})
_EQUALITIES: Final = frozenset({"==", "!="})

_Sure = frozenset[str]
"""The fields, by their text, that are known to be there and not null."""


class _Checker:
    def __init__(self, *, is_value: bool) -> None:
        self.types: dict[int, Type] = {}
        self._is_value = is_value

    def type_of(self, node: Node, names: dict[str, Type], sure: _Sure) -> Type:
        """Return the type of ``node``, where ``sure`` fields are there."""
        found = self._type_of(node, names, sure)
        if key_of(node) in sure:
            found = types.present(found)
        self.types[id(node)] = found
        return found

    def _type_of(self, node: Node, names: dict[str, Type], sure: _Sure) -> Type:
        if isinstance(node, syntax.Literal):
            return _literal(node)
        if isinstance(node, syntax.Name):
            return self._name(node, names)
        if isinstance(node, syntax.Has):
            self.type_of(node.operand, names, sure)
            return types.BOOLEAN
        if isinstance(node, syntax.Select):
            return self._select(node, names, sure)
        if isinstance(node, syntax.Index):
            return self._index(node, names, sure)
        if isinstance(node, syntax.ListLiteral):
            items = [self.type_of(item, names, sure) for item in node.items]
            found = items[0] if items else types.ANY
            for item in items[1:]:
                found = types.either(found, item)
            return types.list_of(found)
        if isinstance(node, syntax.Comprehension):
            return self._macro(node, names, sure)
        return self._call(node, names, sure)

    def _name(self, node: syntax.Name, names: Mapping[str, Type]) -> Type:
        if node.name in names:
            return names[node.name]
        record = names.get("record")
        fields = record.fields if record is not None and record.fields else {}
        near = nearest_word(node.name, [*names, *fields])
        message = f'unknown name "{node.name}"'
        if node.name in fields or near in fields:
            right = f"record.{node.name if node.name in fields else near}"
            raise ExpressionError(message, node.start, node.end, f"did you mean {right}?", right)
        if near:
            raise ExpressionError(message, node.start, node.end, f"did you mean {near}?", near)
        hint = f"fields begin with {' or '.join(f'{name}.' for name in names if names)}"
        raise ExpressionError(message, node.start, node.end, hint)

    def _select(self, node: syntax.Select, names: dict[str, Type], sure: _Sure) -> Type:
        above = self._operand(node.operand, names, sure, f"the field {node.field}")
        if not above.is_known:
            return types.ANY
        if above.kind is Kind.LIST:
            hint = "use a macro such as .all(x, …) or .map(x, …), or an index"
            raise _wrong(node, f"a list has no field {node.field}", hint)
        if above.kind is not Kind.OBJECT:
            raise _wrong(node, f"{above.kind} has no field {node.field}")
        if above.fields is None:
            return types.ANY
        found = above.fields.get(node.field)
        if found is None:
            near = nearest_word(node.field, above.fields)
            start, end = node.quoted or (node.end - len(node.field), node.end)
            message = f'unknown field "{node.field}"'
            hint = f"did you mean {near}?" if near else _listed(above.fields)
            fits = end - start == len(node.field) and re.fullmatch(
                _QUOTABLE if node.quoted else syntax.WORD, near
            )
            raise ExpressionError(message, start, end, hint, near if fits else None)
        if above.is_optional or above.is_nullable:
            return replace(found, is_optional=True)
        return found

    def _index(self, node: syntax.Index, names: dict[str, Type], sure: _Sure) -> Type:
        above = self._operand(node.operand, names, sure, "an element")
        index = self._operand(node.index, names, sure, "an element")
        if self._is_map(above):
            if index.is_known and index.kind is not Kind.TEXT:
                raise _wrong(node.index, f"the name of a field must be text, not {index.kind}")
            return types.ANY
        if above.is_known and above.kind is not Kind.LIST:
            raise _wrong(node, f"{above.kind} has no elements")
        if index.is_known and index.kind is not Kind.INTEGER:
            raise _wrong(node.index, f"an index must be a whole number, not {index.kind}")
        # Whether a list is long enough is known only for a record.
        return replace(above.item or types.ANY, is_optional=True)

    def _macro(self, node: syntax.Comprehension, names: dict[str, Type], sure: _Sure) -> Type:
        target = self._operand(node.target, names, sure, node.kind)
        if self._is_map(target):
            target = types.list_of(types.TEXT)
        if target.is_known and target.kind is not Kind.LIST:
            raise _wrong(node.target, f"{node.kind} works on lists, not on {target.kind}")
        item = target.item or types.ANY
        inner = {**names, node.variable: item}
        # The variable may have the name of another, of which more is known.
        sure = frozenset(key for key in sure if key.partition(".")[0] != node.variable)
        if node.condition is not None:
            self._truth(node.condition, inner, sure)
            sure = sure | known_by(node.condition, truth=True)
        if node.kind == "map":
            return types.list_of(self.type_of(node.body, inner, sure))
        self._truth(node.body, inner, sure)
        return target if node.kind == "filter" else types.BOOLEAN

    def _call(self, node: syntax.Call, names: dict[str, Type], sure: _Sure) -> Type:
        name = node.function
        if name in {"&&", "||"}:
            left, right = node.args
            self._truth(left, names, sure)
            self._truth(right, names, sure | known_by(left, truth=name == "&&"))
            return types.BOOLEAN
        if name == "!":
            self._truth(node.args[0], names, sure)
            return types.BOOLEAN
        if name == "?:":
            condition, yes, no = node.args
            self._truth(condition, names, sure)
            return types.either(
                self.type_of(yes, names, sure | known_by(condition, truth=True)),
                self.type_of(no, names, sure | known_by(condition, truth=False)),
            )
        if name in _EQUALITIES:
            return self._equality(node, names, sure)
        args = [self._operand(arg, names, sure, _shown(node)) for arg in node.args]
        if name in _ORDERS:
            if not types.comparable(*args):
                raise _wrong(
                    node, f"{args[0].kind} and {args[1].kind} cannot be compared", _text_hint(args)
                )
            return types.BOOLEAN
        if name == "in":
            return self._membership(node, args)
        if name in {"+", "-", "*", "/", "%", "neg"}:
            return _arithmetic(node, args)
        return self._function(node, args)

    def _equality(self, node: syntax.Call, names: dict[str, Type], sure: _Sure) -> Type:
        is_null = [isinstance(a, syntax.Literal) and a.value is None for a in node.args]
        left, right = (
            self.type_of(arg, names, sure)
            if any(is_null)
            else self._operand(arg, names, sure, _shown(node))
            for arg in node.args
        )
        if not types.equatable(left, right):
            hint = _text_hint([left, right])
            raise _wrong(node, f"{left.kind} and {right.kind} are never equal", hint)
        return types.BOOLEAN

    def _membership(self, node: syntax.Call, args: Sequence[Type]) -> Type:
        left, right = args
        if self._is_map(right):
            right = types.list_of(types.TEXT)
        if right.is_known and right.kind is not Kind.LIST:
            raise _wrong(node.args[1], f"in takes a list, not {right.kind}", "such as [1, 2, 3]")
        if right.item is not None and not types.equatable(left, right.item):
            raise _wrong(node, f"{left.kind} is never in a list of {right.item.kind}")
        return types.BOOLEAN

    def _function(self, node: syntax.Call, args: Sequence[Type]) -> Type:
        function = functions.named(node.function)
        if function is None:
            near = nearest_word(node.function, functions.FUNCTIONS)
            start = node.start
            if node.is_method:
                start = node.args[0].end + 1
            end = start + len(node.function)
            hint = f"did you mean {near}?" if near else _listed(functions.FUNCTIONS)
            message = f'unknown function "{node.function}"'
            raise ExpressionError(message, start, end, hint, near or None)
        if not function.fewest <= len(args) <= len(function.takes):
            hint = f"for example {function.example}" if function.example else ""
            raise _wrong(node, f"{node.function} does not take {len(args)} arguments", hint)
        for arg, taken, of in zip(node.args, function.takes, args, strict=False):
            if of.is_known and of.kind not in taken:
                hint = f"for example {function.example}" if function.example else ""
                raise _wrong(arg, f"{node.function} does not take {of.kind}", hint)
        _check_constant(node)
        _check_days(node, args)
        self._check_elements(node, args)
        found = function.type_of(args)
        if node.function == "round" and len(node.args) > 1:
            places = node.args[1]
            if isinstance(places, syntax.Literal) and isinstance(places.value, int):
                if abs(places.value) > MOST_PLACES:
                    raise _wrong(places, f"round() takes at most {MOST_PLACES} places")
                return types.number(max(0, places.value))
        return found

    def _is_map(self, found: Type) -> bool:
        """Return whether it is an object whose keys a rule goes over, as those of a map."""
        return found.kind is Kind.OBJECT and not self._is_value

    def _check_elements(self, node: syntax.Call, args: Sequence[Type]) -> None:
        """Refuse what has no sum and no least."""
        name, found = node.function, list(args)
        if name not in {"sum", "min", "max"}:
            return
        if len(args) == 1 and args[0].kind is Kind.LIST:
            item = args[0].item or types.ANY
            if self._is_value and (item.is_nullable or item.is_optional):
                state = "null" if item.is_nullable else "absent"
                hint = "such as .map(x, x.a != null, x.a)" if item.is_nullable else ""
                raise _wrong(
                    node.args[0], f"elements can be {state}, but {name} needs every value", hint
                )
            found = [types.present(item)]
        for one, other in pairwise(found):
            if not types.comparable(one, other):
                raise _wrong(node, f"{one.kind} and {other.kind} cannot be compared")
        summed = {*types.NUMBERS, Kind.DURATION, Kind.ANY}
        for each in found:
            if name == "sum" and each.kind not in summed:
                raise _wrong(node, f"sum adds numbers and durations, not {each.kind}")
            if each.kind is Kind.BOOLEAN or not types.comparable(each, each):
                raise _wrong(node, f"{name} does not take {each.kind}")

    def _truth(self, node: Node, names: dict[str, Type], sure: _Sure) -> None:
        found = self._operand(node, names, sure, "a condition")
        if found.is_known and found.kind is not Kind.BOOLEAN:
            raise _wrong(node, f"a condition must be true or false, but this is {found.kind}")

    def _operand(self, node: Node, names: dict[str, Type], sure: _Sure, what: str) -> Type:
        """Return the type of a node whose value is needed."""
        found = self.type_of(node, names, sure)
        if self._is_value and (found.is_nullable or found.is_optional):
            state = "null" if found.is_nullable else "absent"
            text = key_of(node) or "this value"
            hint = "test for it first: "
            hint += f"{text} != null ? … : …" if found.is_nullable else f"has({text}) ? … : …"
            raise _wrong(node, f"{text} can be {state}, but {what} needs a value", hint)
        return types.present(found)


def known_by(condition: Node, *, truth: bool) -> _Sure:
    """Return the fields that are sure to be there where ``condition`` is ``truth``."""
    if isinstance(condition, syntax.Has):
        return frozenset({key_of(condition.operand)} if truth else ())
    if not isinstance(condition, syntax.Call):
        return frozenset()
    name, args = condition.function, condition.args
    if name == "!":
        return known_by(args[0], truth=not truth)
    if name == ("&&" if truth else "||"):
        return known_by(args[0], truth=truth) | known_by(args[1], truth=truth)
    if name == ("!=" if truth else "=="):
        left, right = args
        if isinstance(right, syntax.Literal) and right.value is None:
            return frozenset({key_of(left)} - {""})
    return frozenset()


def key_of(node: Node) -> str:
    """Return the text of a chain of names; ``""`` for any other node."""
    if isinstance(node, syntax.Name):
        return node.name
    if isinstance(node, syntax.Select):
        above = key_of(node.operand)
        return above and f"{above}.{node.field}"
    return ""


def _text_hint(args: Sequence[Type]) -> str:
    """Return how a date is written where one side is text."""
    kinds = {arg.kind for arg in args}
    is_date = Kind.TEXT in kinds and kinds & {Kind.DATE, Kind.DATETIME}
    return 'write a date as date("2025-12-31")' if is_date else ""


def _literal(node: syntax.Literal) -> Type:
    value = node.value
    if value is None:
        return types.NULL
    if isinstance(value, bool):
        return types.BOOLEAN
    if isinstance(value, str):
        return types.TEXT
    if isinstance(value, int):
        return types.INTEGER
    return types.Type(kind=Kind.DECIMAL, decimals=max(0, -int(value.as_tuple().exponent)))


def _arithmetic(node: syntax.Call, args: Sequence[Type]) -> Type:
    name = node.function
    left, right = args[0], args[-1]
    if not left.is_known or not right.is_known:
        return types.ANY
    if left.is_number and right.is_number:
        return _of_numbers(node, left, right)
    text = left.kind is right.kind is Kind.TEXT or left.kind is right.kind is Kind.LIST
    if name == "+" and text and len(args) > 1:
        return left
    found = _of_moments(node, left, right) if len(args) > 1 else None
    if name == "neg" and left.kind is Kind.DURATION:
        found = left
    if found is None:
        sign = "-" if name == "neg" else name
        both = left.kind if len(args) == 1 else f"{left.kind} and {right.kind}"
        hint = 'write a duration as duration("5d")' if left.is_moment else ""
        raise _wrong(node, f"{sign} does not work with {both}", hint)
    return found


def _of_numbers(node: syntax.Call, left: Type, right: Type) -> Type:
    name = node.function
    if name == "%" and (left.kind, right.kind) != (Kind.INTEGER, Kind.INTEGER):
        raise _wrong(node, "% takes whole numbers")
    if name == "neg":
        return left
    if name in {"/", "%"}:
        divisor = node.args[1]
        if isinstance(divisor, syntax.Literal) and divisor.value == 0:
            raise _wrong(divisor, "division by zero")
        is_whole = left.kind is right.kind is Kind.INTEGER
        return types.INTEGER if is_whole else types.DECIMAL
    if left.decimals is None or right.decimals is None:
        return types.DECIMAL
    add = name == "*"
    places = left.decimals + right.decimals if add else max(left.decimals, right.decimals)
    is_whole = left.kind is right.kind is Kind.INTEGER
    if places > EXACT.prec:
        return types.DECIMAL
    return types.INTEGER if is_whole else types.Type(kind=Kind.DECIMAL, decimals=places)


def _of_moments(node: syntax.Call, left: Type, right: Type) -> Type | None:
    name = node.function
    duration = Kind.DURATION
    if name == "-" and left.is_moment and right.is_moment:
        return types.DURATION
    if name in {"+", "-"} and left.kind is right.kind is duration:
        return types.DURATION
    if name in {"+", "-"} and left.is_moment and right.kind is duration:
        return _later(left, node.args[1])
    if name == "+" and right.is_moment and left.kind is duration:
        return _later(right, node.args[0])
    if name == "*" and {left.kind, right.kind} == {duration, Kind.INTEGER}:
        return types.DURATION
    return None


def _later(moment: Type, by: Node) -> Type:
    """Return the type of a moment that was moved; a date stays one by whole days."""
    if moment.kind is Kind.DATE and isinstance(by, syntax.Call) and by.function == "duration":
        text = by.args[0]
        if isinstance(text, syntax.Literal) and isinstance(text.value, str):
            found = read_duration(text.value)
            if found is not None and found.seconds % 86_400 == 0:
                return moment
    return types.DATETIME


def _check_constant(node: syntax.Call) -> None:
    """Refuse text that is no date or duration, where it is written out."""
    _check_pattern(node)
    first = node.args[0] if node.args else None
    if not isinstance(first, syntax.Literal) or not isinstance(first.value, str):
        return
    if node.function == "duration" and read_duration(first.value) is None:
        hint = "such as 90m, 36h, 5d, 2w, 1mo, 1y or 1h30m"
        raise _wrong(first, f'"{first.value}" is not a duration', hint)
    is_date = node.function in {"date", "datetime", "timestamp"}
    if is_date and read_datetime(first.value) is None:
        raise _wrong(first, f'"{first.value}" is not a date', "such as 2025-12-31")


def _check_days(node: syntax.Call, args: Sequence[Type]) -> None:
    is_duration = args[0].kind is Kind.DURATION
    if node.function == "days" and args[0].is_known and is_duration is not (len(args) == 1):
        raise _wrong(node, "days takes one duration, or two dates", "such as days(a, b)")


def _check_pattern(node: syntax.Call) -> None:
    pattern = node.args[-1]
    if node.function != "matches" or not isinstance(pattern, syntax.Literal):
        return
    try:
        compile_regex(str(pattern.value))
    except PatternFormError as error:
        raise _wrong(pattern, str(error)) from error


def _shown(node: syntax.Call) -> str:
    return "-" if node.function == "neg" else node.function


def _wrong(node: Node, message: str, hint: str = "") -> ExpressionError:
    return ExpressionError(message, node.start, node.end, hint)


def _listed(names: Mapping[str, object]) -> str:
    return f"known names: {', '.join(names)}" if names else ""
