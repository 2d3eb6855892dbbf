"""Expressions of random rules in three forms: the text in CEL, its value in Python, z3's terms.

Truth has three values as in CEL: true, false, and none where something cannot be evaluated. A rule
holds when it is true.
"""

from __future__ import annotations

import datetime as dt
import operator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import z3

from tests.properties.random_rules.domain import UNIT, Json, Leaf, Node, Row

if TYPE_CHECKING:
    from collections.abc import Callable

Record: TypeAlias = "dict[str, Json]"
"""Name → what it stands for: ``record``, ``this``, or the variable of a macro."""
Nodes: TypeAlias = "dict[str, Node]"

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class NoValueError(Exception):
    """An expression cannot be evaluated."""


@dataclass(frozen=True)
class Path:
    """The value of a field: ``record.a.b``, ``x.n``, or ``x`` itself; ``leaf`` says what it is."""

    root: str
    names: tuple[str, ...]
    leaf: Leaf | Row | None = None

    def cel(self) -> str:
        return ".".join((self.root, *self.names))

    def raw(self, record: Record) -> Json:
        """Return what stands there."""
        found = record[self.root]
        for name in self.names:
            if not isinstance(found, dict) or name not in found:
                raise NoValueError
            found = found[name]
        return found

    def value(self, record: Record) -> Any:  # noqa: ANN401 - of any type
        found = self.raw(record)
        if isinstance(self.leaf, Leaf) and self.leaf.kind == "date" and isinstance(found, str):
            return as_date(found, self.leaf.form)
        return found

    def node(self, nodes: Nodes) -> tuple[Node, Any]:
        """Return the node, and whether it is there."""
        found, present = nodes[self.root], z3.BoolVal(True)
        for name in self.names:
            found = found.members[name]
            present = z3.And(present, found.present)
        return found, present

    def term(self, nodes: Nodes) -> tuple[Any, Any]:
        node, present = self.node(nodes)
        return node.value, z3.And(present, z3.Not(node.null))


def as_date(text: str, form: str) -> dt.date | str:
    """Return the date that is written so; the text where it is none."""
    try:
        day = dt.datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return text
    # Digits may be fewer, but letters are as the format has them.
    written = day.strftime(form)
    return text if written != text and written.lower() == text.lower() else day


def is_number(value: object) -> bool:
    """Return whether a value is a number; true and false are none."""
    return isinstance(value, int | Decimal | Fraction) and not isinstance(value, bool)


def as_number(value: Any) -> Fraction:  # noqa: ANN401 - of any type
    """Return a number, exactly."""
    if not is_number(value):
        raise NoValueError
    return Fraction(value)


@dataclass(frozen=True)
class Known:
    """A value that is written out: its text, what it is, and its number for the solver."""

    text: str
    known: Any
    number: int

    def cel(self) -> str:
        return self.text

    def value(self, _record: Record) -> Any:  # noqa: ANN401 - as the others
        return self.known

    def term(self, _nodes: Nodes) -> tuple[Any, Any]:
        return z3.IntVal(self.number), z3.BoolVal(True)


def number_of(units: int) -> Known:
    """Return the number of so many units."""
    whole, rest = divmod(abs(units), UNIT)
    sign = "-" if units < 0 else ""
    text = f"{sign}{whole}.{rest:02}" if rest else f"{sign}{whole}"
    return Known(text, Fraction(units, UNIT), units)


def text_of(text: str, number: int) -> Known:
    """Return a text; the solver knows it by its number."""
    return Known(f"'{text}'", text, number)


def day_of(days: int) -> Known:
    """Return the date of an ordinal day."""
    day = dt.date.fromordinal(days)
    return Known(f"date('{day}')", day, days)


def span_of(days: int) -> Known:
    """Return so many days."""
    return Known(f"duration('{days}d')", dt.timedelta(days=days), days)


@dataclass(frozen=True)
class Math:
    """The sum or difference of two numbers, or of dates and spans; or a number's multiple."""

    sign: str
    left: Term
    right: Term

    def cel(self) -> str:
        return f"{self.left.cel()} {self.sign} {self.right.cel()}"

    def value(self, record: Record) -> Any:  # noqa: ANN401 - of any type
        left, right = self.left.value(record), self.right.value(record)
        if not isinstance(left, dt.date | dt.timedelta):
            left, right = as_number(left), as_number(right)
        elif not isinstance(right, dt.date | dt.timedelta):
            raise NoValueError
        if self.sign == "*":
            return left * right
        return left + right if self.sign == "+" else left - right

    def term(self, nodes: Nodes) -> tuple[Any, Any]:
        left, left_is = self.left.term(nodes)
        right, right_is = self.right.term(nodes)
        made = {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right / UNIT,
        }[self.sign]()
        return made, z3.And(left_is, right_is)


@dataclass(frozen=True)
class Remainder:
    """A whole number, which is not negative, by another one."""

    of: Path
    by: int

    def cel(self) -> str:
        return f"{self.of.cel()} % {self.by}"

    def value(self, record: Record) -> Any:  # noqa: ANN401 - as the others
        number = self.of.value(record)
        if isinstance(number, bool) or not isinstance(number, int):
            raise NoValueError
        # The remainder has the sign of what is divided.
        return abs(number) % self.by * (-1 if number < 0 else 1)

    def term(self, nodes: Nodes) -> tuple[Any, Any]:
        value, is_there = self.of.term(nodes)
        return value % (self.by * UNIT), is_there


@dataclass(frozen=True)
class Size:
    """How long a text or an array is."""

    of: Path
    words: tuple[str, ...]

    def cel(self) -> str:
        return f"size({self.of.cel()})"

    def value(self, record: Record) -> Any:  # noqa: ANN401 - as the others
        found = self.of.value(record)
        if not isinstance(found, str | list | dict):
            raise NoValueError
        return len(found)

    def term(self, nodes: Nodes) -> tuple[Any, Any]:
        value, is_there = self.of.term(nodes)
        if isinstance(self.of.leaf, Row):
            return value * UNIT, is_there
        length = z3.IntVal(0)
        for number, word in enumerate(self.words):
            length = z3.If(value == number, z3.IntVal(len(word) * UNIT), length)
        return length, is_there


@dataclass(frozen=True)
class Sum:
    """The sum of the elements of an array, or of a field of theirs."""

    of: Path
    names: tuple[str, ...]

    def cel(self) -> str:
        if not self.names:
            return f"sum({self.of.cel()})"
        return f"sum({self.of.cel()}.map(x, x.{'.'.join(self.names)}))"

    def value(self, record: Record) -> Any:  # noqa: ANN401 - as the others
        found = self.of.value(record)
        # A macro goes over the keys of an object.
        if not isinstance(found, list | dict if self.names else list):
            raise NoValueError
        return sum(
            (as_number(Path("x", self.names).value({"x": item})) for item in found), Fraction()
        )

    def term(self, nodes: Nodes) -> tuple[Any, Any]:
        node, present = self.of.node(nodes)
        total, is_there = z3.IntVal(0), [present, z3.Not(node.null)]
        for place, element in enumerate(node.elements):
            value, defined = Path("x", self.names).term({"x": element})
            total += z3.If(place < node.value, value, 0)
            is_there.append(z3.Or(place >= node.value, z3.And(defined, z3.Not(element.null))))
        return total, z3.And(is_there)


Term: TypeAlias = "Path | Known | Math | Remainder | Size | Sum"


@dataclass(frozen=True)
class Compare:
    """A comparison of two terms of one type."""

    sign: str
    left: Term
    right: Term

    def cel(self) -> str:
        return f"{self.left.cel()} {self.sign} {self.right.cel()}"

    def truth(self, record: Record) -> bool | None:
        try:
            left, right = self.left.value(record), self.right.value(record)
        except NoValueError:
            return None
        if is_number(left) and is_number(right):
            left, right = as_number(left), as_number(right)
        elif type(left) is not type(right) or left is None:
            same = left is None and right is None
            return {"==": same, "!=": not same}.get(self.sign)
        return bool(OPERATORS[self.sign](left, right))

    def terms(self, nodes: Nodes) -> tuple[Any, Any]:
        left, right = self.left.term(nodes), self.right.term(nodes)
        holds, defined = OPERATORS[self.sign](left[0], right[0]), z3.And(left[1], right[1])
        if self.sign in {"==", "!="}:
            # Whether something is null can be told.
            (left_null, left_is), (right_null, right_is) = (
                _nullable(side, term[1], nodes)
                for side, term in ((self.left, left), (self.right, right))
            )
            same = z3.If(left_null, right_null, z3.And(z3.Not(right_null), left[0] == right[0]))
            holds = same if self.sign == "==" else z3.Not(same)
            defined = z3.And(left_is, right_is)
        return z3.And(defined, holds), z3.And(defined, z3.Not(holds))


def _nullable(side: Term, defined: Any, nodes: Nodes) -> tuple[Any, Any]:  # noqa: ANN401 - z3
    """Return whether a side is null, and whether it is there, null or not."""
    if not isinstance(side, Path):
        return z3.BoolVal(False), defined
    node, present = side.node(nodes)
    return node.null, present


@dataclass(frozen=True)
class Tested:
    """A test of a text by itself: ``startsWith``, ``contains``, ``matches``, ``in``."""

    of: Path
    text: str
    test: Callable[[str], bool]
    words: tuple[str, ...]
    is_membership: bool = False

    def cel(self) -> str:
        return f"{self.of.cel()}{self.text}"

    def truth(self, record: Record) -> bool | None:
        try:
            found = self.of.value(record)
        except NoValueError:
            return None
        if not isinstance(found, str):
            return False if self.is_membership else None
        return self.test(found)

    def terms(self, nodes: Nodes) -> tuple[Any, Any]:
        node, present = self.of.node(nodes)
        fit = z3.Or([node.value == n for n, word in enumerate(self.words) if self.test(word)])
        defined = present if self.is_membership else z3.And(present, z3.Not(node.null))
        fit = z3.And(fit, z3.Not(node.null))
        return z3.And(defined, fit), z3.And(defined, z3.Not(fit))


@dataclass(frozen=True)
class Has:
    """Whether a field is there; null is."""

    of: Path

    def cel(self) -> str:
        return f"has({self.of.cel()})"

    def truth(self, record: Record) -> bool | None:
        above = Path(self.of.root, self.of.names[:-1])
        try:
            found = above.raw(record)
        except NoValueError:
            return None
        return self.of.names[-1] in found if isinstance(found, dict) else None

    def terms(self, nodes: Nodes) -> tuple[Any, Any]:
        _, above = Path(self.of.root, self.of.names[:-1]).node(nodes)
        _, present = self.of.node(nodes)
        return present, z3.And(above, z3.Not(present))


@dataclass(frozen=True)
class Both:
    """``&&`` (``is_and``) or ``||`` of two conditions."""

    is_and: bool
    left: Condition
    right: Condition

    def cel(self) -> str:
        sign = "&&" if self.is_and else "||"
        return f"{bracket(self.left)} {sign} {bracket(self.right)}"

    def truth(self, record: Record) -> bool | None:
        found = [self.left.truth(record), self.right.truth(record)]
        decisive = not self.is_and
        if decisive in found:
            return decisive
        return None if None in found else self.is_and

    def terms(self, nodes: Nodes) -> tuple[Any, Any]:
        left, right = self.left.terms(nodes), self.right.terms(nodes)
        true, false = (z3.And, z3.Or) if self.is_and else (z3.Or, z3.And)
        return true(left[0], right[0]), false(left[1], right[1])


@dataclass(frozen=True)
class Not:
    """The contrary of a condition."""

    of: Condition

    def cel(self) -> str:
        return f"!({self.of.cel()})"

    def truth(self, record: Record) -> bool | None:
        found = self.of.truth(record)
        return None if found is None else not found

    def terms(self, nodes: Nodes) -> tuple[Any, Any]:
        true, false = self.of.terms(nodes)
        return false, true


@dataclass(frozen=True)
class Choice:
    """One of two conditions, as a third one says."""

    of: Condition
    then: Condition
    other: Condition

    def cel(self) -> str:
        return f"{bracket(self.of)} ? {bracket(self.then)} : {bracket(self.other)}"

    def truth(self, record: Record) -> bool | None:
        found = self.of.truth(record)
        return None if found is None else (self.then if found else self.other).truth(record)

    def terms(self, nodes: Nodes) -> tuple[Any, Any]:
        true, false = self.of.terms(nodes)
        then, other = self.then.terms(nodes), self.other.terms(nodes)
        pairs = zip(then, other, strict=True)
        left, right = (z3.Or(z3.And(true, a), z3.And(false, b)) for a, b in pairs)
        return left, right


@dataclass(frozen=True)
class Elements:
    """Whether a condition on ``x`` holds of all elements of an array, or (``exists``) of one."""

    of: Path
    is_all: bool
    condition: Condition

    def cel(self) -> str:
        macro = "all" if self.is_all else "exists"
        return f"{self.of.cel()}.{macro}(x, {self.condition.cel()})"

    def truth(self, record: Record) -> bool | None:
        try:
            items = self.of.value(record)
        except NoValueError:
            return None
        if not isinstance(items, list | dict):
            return None
        found = [self.condition.truth({**record, "x": item}) for item in items]
        decisive = not self.is_all
        if decisive in found:
            return decisive
        return None if None in found else self.is_all

    def terms(self, nodes: Nodes) -> tuple[Any, Any]:
        node, present = self.of.node(nodes)
        there = z3.And(present, z3.Not(node.null))
        every = [self.condition.terms({**nodes, "x": each}) for each in node.elements]
        inside = [place < node.value for place in range(len(every))]
        decisive = 1 if self.is_all else 0
        one = z3.Or(
            [z3.And(is_in, each[decisive]) for is_in, each in zip(inside, every, strict=True)]
        )
        rest = z3.And(
            [
                z3.Implies(is_in, each[1 - decisive])
                for is_in, each in zip(inside, every, strict=True)
            ]
        )
        found = [z3.And(there, rest), z3.And(there, one)]
        return (found[0], found[1]) if self.is_all else (found[1], found[0])


Condition: TypeAlias = "Compare | Tested | Has | Both | Not | Choice | Elements"


def bracket(condition: Condition) -> str:
    """Return the text of a condition that stands in a larger one."""
    text = condition.cel()
    return f"({text})" if isinstance(condition, Both | Choice) else text
