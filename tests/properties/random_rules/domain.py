"""Fields of random models: what a spec says of them, and all that they can be, in terms of z3.

Numbers are counted in hundredths, dates in days, texts by their place among all the texts of a
model, truth values as 0 and 1; so every value is a whole number for the solver.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

import z3

Json: TypeAlias = Any
"""A value of a record, as ``json.loads`` gives it with decimals."""

UNIT = 100
"""How many units of the solver a number's 1 is."""


@dataclass(frozen=True)
class Leaf:
    """A field with one value.

    Attributes:
        kind: ``int``, ``decimal``, ``date``, ``text`` or ``boolean``.
        low, high, step: of a number (in units) or a date (in days); both ends are included.
        form: how a date is written.
        words: what a text may be.
        omit, null: whether it may be absent, or null.
    """

    kind: str
    low: int = 0
    high: int = 0
    step: int = 1
    form: str = ""
    words: tuple[str, ...] = ()
    pattern: str = ""
    omit: bool = False
    null: bool = False

    def spec(self) -> Json:
        """Return the leaf as a spec has it."""
        made = self._generator()
        made |= {"$omit": 0.3} if self.omit else {}
        return made | ({"$null": 0.2} if self.null else {})

    def can_be(self, value: Json) -> bool:
        """Return whether the field can have a value."""
        if value is None or self.kind == "boolean":
            return self.null if value is None else isinstance(value, bool)
        if self.kind == "text":
            return value in self.words
        if self.kind == "date":
            day = dt.datetime.strptime(value, self.form).date()  # noqa: DTZ007 - a day has no zone
            return self.low <= day.toordinal() <= self.high and day.strftime(self.form) == value
        number = units(value)
        return (
            number is not None
            and self.low <= number <= self.high
            and (number - self.low) % self.step == 0
        )

    def _generator(self) -> dict[str, Json]:
        if self.kind == "int":
            return {"$integer": {"min": self.low // UNIT, "max": self.high // UNIT}}
        if self.kind == "decimal":
            ends = {"min": self.low / UNIT, "max": self.high / UNIT}
            return {"$number": {**ends, "decimals": 2 if self.step == 1 else 1}}
        if self.kind == "date":
            days = {"from": str(day_of(self.low)), "to": str(day_of(self.high))}
            return {"$date": {**days, "format": self.form}}
        if self.kind == "boolean":
            return {"$boolean": 0.5}
        return {"$pattern": self.pattern} if self.pattern else {"$choice": list(self.words)}


@dataclass(frozen=True)
class Group:
    """A nested object."""

    members: dict[str, Part]
    omit: bool = False

    def spec(self) -> Json:
        """Return the object as a spec has it."""
        made = {name: part.spec() for name, part in self.members.items()}
        return {"$omit": 0.3, **made} if self.omit else made

    def can_be(self, value: Json) -> bool:
        """Return whether the object can be so."""
        return (
            isinstance(value, dict)
            and list(value) == [name for name in self.members if name in value]
            and all(
                part.can_be(value[name]) if name in value else part.omit
                for name, part in self.members.items()
            )
        )


@dataclass(frozen=True)
class Row:
    """An array of elements that are alike."""

    element: Leaf | Group
    low: int
    high: int
    omit: bool = False

    def spec(self) -> Json:
        """Return the array as a spec has it."""
        made = {"$array": [self.low, self.high], "$items": self.element.spec()}
        return {**made, "$omit": 0.3} if self.omit else made

    def can_be(self, value: Json) -> bool:
        """Return whether the array can be so."""
        return (
            isinstance(value, list)
            and self.low <= len(value) <= self.high
            and all(map(self.element.can_be, value))
        )


Part: TypeAlias = "Leaf | Group | Row"


def day_of(number: int) -> dt.date:
    """Return the date that is a number of days."""
    return dt.date.fromordinal(number)


@dataclass(frozen=True)
class Node:
    """A part of a record that is not known yet.

    Attributes:
        part: what it is; None for a value that cannot be there.
        present: whether it is there.
        null: whether it is null.
        value: of a leaf; of an array its length.
        members: of an object.
        elements: of an array, as many as it may have.
    """

    part: Part
    present: Any
    null: Any
    value: Any
    members: dict[str, Node] = field(default_factory=dict)
    elements: tuple[Node, ...] = ()

    @property
    def there(self) -> Any:  # noqa: ANN401 - z3 has no types
        """Whether there is a value, and not null."""
        return z3.And(self.present, z3.Not(self.null))


class Unknowns:
    """All that the records of a model can be: the nodes, and the constraints on them."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self.constraints: list[Any] = []

    def node(self, name: str, part: Part) -> Node:
        """Return the node of ``part``; the names of its variables begin with ``name``."""
        present = z3.Bool(f"{name}?") if part.omit else z3.BoolVal(True)
        if isinstance(part, Group):
            members = {key: self.node(f"{name}.{key}", each) for key, each in part.members.items()}
            return Node(part, present, z3.BoolVal(False), z3.IntVal(0), members)
        value = z3.Int(name)
        if isinstance(part, Row):
            self.constraints += [value >= part.low, value <= part.high]
            elements = [self.node(f"{name}[{n}]", part.element) for n in range(part.high)]
            return Node(part, present, z3.BoolVal(False), value, {}, tuple(elements))
        null = z3.Bool(f"{name}=null") if part.null else z3.BoolVal(False)
        self.constraints.append(self._among(value, part))
        return Node(part, present, null, value)

    def _among(self, value: Any, leaf: Leaf) -> Any:  # noqa: ANN401 - z3 has no types
        if leaf.kind == "text":
            return z3.Or([value == self.words.index(word) for word in leaf.words])
        if leaf.kind == "boolean":
            return z3.And(value >= 0, value <= 1)
        on_step = [] if leaf.step == 1 else [(value - leaf.low) % leaf.step == 0]
        return z3.And(value >= leaf.low, value <= leaf.high, *on_step)


def words_of(part: Part) -> list[str]:
    """Return the texts that a part may have in it."""
    if isinstance(part, Group):
        return [word for each in part.members.values() for word in words_of(each)]
    return words_of(part.element) if isinstance(part, Row) else list(part.words)


def units(value: Json) -> int | None:
    """Return a number in units, which is exact; None for what is no number of two places."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    counted = Decimal(str(value)) * UNIT
    return int(counted) if counted == counted.to_integral_value() else None
