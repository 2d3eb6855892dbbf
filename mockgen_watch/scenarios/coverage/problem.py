"""Covering problems: what a design is made for, which choices can be, and what is not covered yet.

A *parameter* is something that a record chooses among a few values. A *combination* of strength n
is a value for each of n parameters. In the sets below values are numbered through all parameters,
hidden ones included; a set of values is a Python integer, one bit for each.
"""

from __future__ import annotations

import itertools
import math
import operator
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


Row: TypeAlias = "tuple[int, ...]"
"""The number of a value for each parameter."""

Partial: TypeAlias = "tuple[int | None, ...]"
"""The same, None where a parameter is free."""


class Constraint(Struct, frozen=True, kw_only=True):
    """A condition on some parameters.

    Attributes:
        scope: the parameters, each once.
        allows: returns whether values (a number for each of ``scope``) go together; called once for
            each combination.
    """

    scope: tuple[int, ...]
    allows: Callable[[tuple[int, ...]], bool]


def forbid(choices: Sequence[tuple[int, int]]) -> Constraint:
    """Return that no row has all of ``choices`` (parameter, number)."""
    scope, numbers = zip(*choices, strict=True)
    return Constraint(scope=scope, allows=partial(operator.ne, numbers))


class Problem(Struct, frozen=True, kw_only=True):
    """What a design is made for.

    Attributes:
        marks: for each parameter the 64-bit hash of each of its values.
        strength: how many parameters' values make a combination, 1 to 3; or all, when fewer.
        constraints: what each row keeps.
        hidden: values (parameter, number) that need not be covered.
        kept: rows to begin with; None where a parameter is free.
        accepts: returns whether a whole row can be, where no constraint decides that.
    """

    marks: tuple[tuple[int, ...], ...]
    strength: int
    constraints: tuple[Constraint, ...] = ()
    hidden: frozenset[tuple[int, int]] = frozenset()
    kept: tuple[Partial, ...] = ()
    accepts: Callable[[Row], bool] | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each parameter has."""
        return tuple(map(len, self.marks))

    @property
    def choices(self) -> list[tuple[int, int]]:
        """The parameter of each value, and the value's number there."""
        return [(place, number) for place, size in enumerate(self.sizes) for number in range(size)]


class Design(Struct, frozen=True, kw_only=True):
    """Rows that cover every combination that can be.

    Attributes:
        rows: a value's number for each parameter.
        kept: how many of the rows are those that were to be kept.
        combinations: how many there are, whether they can be or not.
        impossible: those that cannot be.
        not_found: those of which no row was found that is accepted.
    """

    rows: tuple[Row, ...]
    kept: int
    combinations: int
    impossible: int
    not_found: int


STEPS: Final = 2_000
"""Parameters that one search chooses at most; rules that need more are puzzles of their own."""


_Open: TypeAlias = "dict[int, list[int]]"
"""For each parameter that is not assigned the values that it can have."""


class _Table:
    """A constraint as the list of what it allows, one bit for each such combination."""

    __slots__ = ("every", "masks", "scope")

    def __init__(self, constraint: Constraint, sizes: Sequence[int]) -> None:
        self.scope = constraint.scope
        ranges = [range(sizes[parameter]) for parameter in self.scope]
        good = [numbers for numbers in itertools.product(*ranges) if constraint.allows(numbers)]
        self.every = (1 << len(good)) - 1
        self.masks: dict[tuple[int, int], int] = {}
        for place, numbers in enumerate(good):
            for choice in zip(self.scope, numbers, strict=True):
                self.masks[choice] = self.masks.get(choice, 0) | 1 << place

    def left(self, assigned: Mapping[int, int]) -> int:
        """Return which of the combinations have all of ``assigned`` that is in scope."""
        left = self.every
        for parameter in self.scope:
            value = assigned.get(parameter)
            if value is not None:
                left &= self.masks.get((parameter, value), 0)
        return left


class Feasible:
    """Answers whether choices can be completed to a row that keeps every constraint.

    Parameters that constraints join form a group, and within each a search tries what is not
    assigned yet. A search that takes more than ``STEPS`` ends with yes; all other answers are
    exact. They are remembered, so equal questions cost nothing.
    """

    def __init__(self, sizes: Sequence[int], constraints: Sequence[Constraint]) -> None:
        self._sizes = sizes
        self._tables: dict[int, list[_Table]] = {}
        self._near: dict[int, set[int]] = {}
        self._group = list(range(len(sizes)))
        for constraint in constraints:
            table = _Table(constraint, sizes)
            for parameter in constraint.scope:
                self._tables.setdefault(parameter, []).append(table)
                self._near.setdefault(parameter, set()).update(constraint.scope)
            joined = {self._group[parameter] for parameter in constraint.scope}
            self._group = [min(joined) if each in joined else each for each in self._group]
        self._members: dict[int, list[int]] = {}
        for parameter in self._tables:
            self._members.setdefault(self._group[parameter], []).append(parameter)
        self._answers: dict[frozenset[tuple[int, int]], bool] = {}
        self._steps: float = STEPS

    def is_bound(self, parameter: int) -> bool:
        """Return whether any constraint reads ``parameter``."""
        return parameter in self._tables

    def are_joined(self, first: int, second: int) -> bool:
        """Return whether one parameter's choice can bear on the other's."""
        return self._group[first] == self._group[second]

    def allows(self, assigned: Mapping[int, int]) -> bool:
        """Return whether ``assigned`` (parameter → value) is part of a row that can be."""
        groups: dict[int, dict[int, int]] = {}
        for parameter, value in assigned.items():
            if parameter in self._tables:
                groups.setdefault(self._group[parameter], {})[parameter] = value
        return all(self._completes(group, part) for group, part in groups.items())

    def is_solvable(self) -> bool:
        """Return whether there is a row at all."""
        return all(self._completes(group, {}) for group in self._members)

    def count(self, most: int) -> int | None:
        """Return how many rows there are; None when a group alone has more than ``most``."""
        self._steps = math.inf
        total = math.prod(
            size for parameter, size in enumerate(self._sizes) if parameter not in self._tables
        )
        for group in self._members.values():
            found = self._count(self._open(group, {}), {}, most)
            if found > most:
                return None
            total *= found
        return total

    def _completes(self, group: int, part: dict[int, int]) -> bool:
        key = frozenset(part.items()) or frozenset([(-1, group)])
        answer = self._answers.get(key)
        if answer is None:
            tables = [table for parameter in part for table in self._tables[parameter]]
            answer = all(table.left(part) for table in tables)
            if answer:
                self._steps = STEPS
                rest = [each for each in self._members[group] if each not in part]
                answer = self._count(self._open(rest, part), dict(part), 0) > 0
            self._answers[key] = answer
        return answer

    def _count(self, choices: _Open, assigned: dict[int, int], most: int) -> int:
        """Return in how many ways ``choices`` complete ``assigned``; it stops beyond ``most``.

        ``choices`` holds the values that go with it; the parameter with the fewest is next. When
        no step is left, there is one way.
        """
        self._steps -= 1
        if not choices or self._steps < 0:
            return 1
        parameter = min(choices, key=lambda each: len(choices[each]))
        if len(choices) == 1:
            return len(choices[parameter])
        near = self._near[parameter]
        found = 0
        for value in choices[parameter]:
            assigned[parameter] = value
            rest = {each: values for each, values in choices.items() if each != parameter}
            rest |= self._open([each for each in rest if each in near], assigned)
            found += self._count(rest, assigned, most)
            if found > most:
                break
        assigned.pop(parameter, None)
        return found

    def _open(self, parameters: Iterable[int], assigned: Mapping[int, int]) -> _Open:
        """Return for each of ``parameters`` the values that go with what is assigned."""
        found = {}
        for parameter in parameters:
            tables = [(table.left(assigned), table.masks) for table in self._tables[parameter]]
            found[parameter] = [
                value
                for value in range(self._sizes[parameter])
                if all(left & masks.get((parameter, value), 0) for left, masks in tables)
            ]
        return found


def bits_of(values: Iterable[int]) -> int:
    """Return the set of ``values``."""
    bits = 0
    for value in values:
        bits |= 1 << value
    return bits


def members(bits: int) -> Iterator[int]:
    """Yield the values of a set, the least first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


class Pairs:
    """Pairs of values that no row has yet: for each value the set of its partners.

    A value alone is a pair with itself.
    """

    def __init__(self, partners: Sequence[int]) -> None:
        self._open = list(partners)

    def counts(self) -> list[int]:
        """Return for each value how many open combinations it is in."""
        return [partners.bit_count() for partners in self._open]

    def gain(self, value: int, assigned: Sequence[int], bits: int) -> int:
        """Return how many open combinations ``value`` makes with others, whose set is ``bits``."""
        del assigned
        return (self._open[value] & (bits | 1 << value)).bit_count()

    def cover(self, values: Sequence[int]) -> None:
        """Take away the combinations of ``values``."""
        bits = bits_of(values)
        for value in values:
            self._open[value] &= ~bits

    def first_with(self, value: int) -> tuple[int, ...]:
        """Return an open combination that ``value`` is in."""
        return value, next(members(self._open[value]))


class Triples:
    """Triples of values that no row has yet: for each two values the set of the third."""

    def __init__(self, thirds: Sequence[Sequence[int]]) -> None:
        self._open = [list(row) for row in thirds]
        # A triple is found from each of its values in two ways.
        self._twice = [sum([bits.bit_count() for bits in row]) for row in self._open]

    def counts(self) -> list[int]:
        return [twice // 2 for twice in self._twice]

    def gain(self, value: int, assigned: Sequence[int], bits: int) -> int:
        row = self._open[value]
        return sum([(row[other] & bits).bit_count() for other in assigned]) // 2

    def cover(self, values: Sequence[int]) -> None:
        bits = bits_of(values)
        for value in values:
            thirds = self._open[value]
            for other in values:
                covered = thirds[other] & bits
                if covered:
                    self._twice[value] -= covered.bit_count()
                    thirds[other] ^= covered

    def first_with(self, value: int) -> tuple[int, ...]:
        row = self._open[value]
        other = next(place for place, bits in enumerate(row) if bits)
        return value, other, next(members(row[other]))


def count_combinations(
    sizes: Sequence[int], hidden: frozenset[tuple[int, int]], strength: int
) -> int:
    """Return how many combinations of ``strength`` parameters' values there are."""
    shown = list(sizes)
    for place, _ in hidden:
        shown[place] -= 1
    # The elementary symmetric polynomial, one parameter after the other.
    sums = [1] + [0] * strength
    for size in shown:
        for degree in range(strength, 0, -1):
            sums[degree] += sums[degree - 1] * size
    return sums[strength]


class Possible:
    """The combinations of a problem that can be.

    Attributes:
        singles: the values that can be and are not hidden.
    """

    def __init__(self, problem: Problem, feasible: Feasible) -> None:
        self._feasible = feasible
        self._choices = problem.choices
        self._owners = [place for place, _ in self._choices]
        self.singles = [
            value
            for value, choice in enumerate(self._choices)
            if choice not in problem.hidden and self._can_be(value)
        ]

    def themselves(self) -> list[int]:
        """Return for each value the set of it alone, or no value where it cannot be."""
        singles = bits_of(self.singles)
        return [singles & 1 << value for value in range(len(self._owners))]

    def partners(self) -> list[int]:
        """Return for each value the set of those that make a pair with it."""
        partners = [0] * len(self._owners)
        for first, second in itertools.combinations(self.singles, 2):
            mine, other = self._owners[first], self._owners[second]
            if mine == other:
                continue
            if not self._feasible.are_joined(mine, other) or self._can_be(first, second):
                partners[first] |= 1 << second
                partners[second] |= 1 << first
        return partners

    def thirds(self, partners: Sequence[int]) -> list[list[int]]:
        """Return for each two values the set of those that make a triple with them."""
        thirds = [[0] * len(partners) for _ in partners]
        for first, second in itertools.permutations(self.singles, 2):
            if partners[first] >> second & 1:
                thirds[first][second] = partners[first] & partners[second]
        are_joined = self._feasible.are_joined
        bound = [value for value in self.singles if self._feasible.is_bound(self._owners[value])]
        for triple in itertools.combinations(bound, 3):
            first, second, third = triple
            if not thirds[first][second] >> third & 1:
                continue
            mine, other, last = (self._owners[value] for value in triple)
            # Three that no group joins can be when each two of them can.
            if are_joined(mine, other) and are_joined(mine, last) and not self._can_be(*triple):
                for one, two, three in itertools.permutations(triple):
                    thirds[one][two] &= ~(1 << three)
        return thirds

    def _can_be(self, *values: int) -> bool:
        return self._feasible.allows(dict(self._choices[value] for value in values))
