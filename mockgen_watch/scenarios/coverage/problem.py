"""Covering problems: what a design is made for, which choices can be, and what is not covered yet.

A *parameter* is something that a record chooses among a few values. A *combination* of strength n
is a value for each of n parameters. In the sets below values are numbered through all parameters,
hidden ones included; a set of values is a Python integer, one bit for each.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from msgspec import Struct

from mockgen_watch.spec.model import Coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


Row: TypeAlias = "tuple[int, ...]"
"""The number of a value for each parameter."""

Partial: TypeAlias = "tuple[int | None, ...]"
"""The same, None where a parameter is free."""


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
    def offsets(self) -> list[int]:
        """Return where each parameter's values begin when all are counted through, and the end."""
        return [0, *itertools.accumulate(self.sizes)]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each parameter has."""
        return tuple(map(len, self.marks))


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


class Constraint(Struct, frozen=True, kw_only=True):
    """A condition on some parameters.

    Attributes:
        scope: the parameters, each once.
        allows: returns whether values (a number for each of ``scope``) go together; called once for
            each combination.
    """

    scope: tuple[int, ...]
    allows: Callable[[tuple[int, ...]], bool]


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

    def allows(self, assigned: Mapping[int, int]) -> bool:
        """Return whether something that is allowed has all of ``assigned`` that is in scope."""
        left = self.every
        for parameter in self.scope:
            value = assigned.get(parameter)
            if value is not None:
                left &= self.masks.get((parameter, value), 0)
        return left != 0


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
            self._join(constraint.scope)
        self._members: dict[int, list[int]] = {}
        for parameter in self._tables:
            self._members.setdefault(self._group[parameter], []).append(parameter)
        self._answers: dict[frozenset[tuple[int, int]], bool] = {}
        self._found: dict[int, int] = {}
        self._having: dict[tuple[int, int], int] = {}
        self._steps = STEPS

    def _join(self, scope: Sequence[int]) -> None:
        wanted = {self._group[parameter] for parameter in scope}
        least = min(wanted)
        self._group = [least if group in wanted else group for group in self._group]

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
        total = 1
        for parameter, size in enumerate(self._sizes):
            total *= 1 if parameter in self._tables else size
        for group in self._members.values():
            choices = {each: self._open_values(each, {}) for each in group}
            found = self._count(choices, {}, most)
            if found > most:
                return None
            total *= found
        return total

    def _count(self, choices: dict[int, list[int]], assigned: dict[int, int], most: int) -> int:
        """Return in how many ways ``choices`` complete ``assigned``; it stops beyond ``most``."""
        if not choices:
            return 1
        parameter = min(choices, key=lambda each: len(choices[each]))
        if len(choices) == 1:
            return len(choices[parameter])
        found = 0
        for value in choices[parameter]:
            if found > most:
                break
            assigned[parameter] = value
            found += self._count(self._narrowed(choices, parameter, assigned), assigned, most)
            del assigned[parameter]
        return found

    def _narrowed(
        self, choices: dict[int, list[int]], parameter: int, assigned: dict[int, int]
    ) -> dict[int, list[int]]:
        """Return what is left of ``choices`` once ``parameter`` has its value in ``assigned``."""
        return {
            each: self._open_values(each, assigned) if each in self._near[parameter] else values
            for each, values in choices.items()
            if each != parameter
        }

    def _completes(self, group: int, part: dict[int, int]) -> bool:
        if self._was_found(group, part):
            return True
        key = frozenset(part.items()) or frozenset([(-1, group)])
        answer = self._answers.get(key)
        if answer is None:
            self._steps = STEPS
            found = dict(part)
            tables = [table for parameter in part for table in self._tables[parameter]]
            answer = all(table.allows(part) for table in tables)
            if answer:
                rest = [each for each in self._members[group] if each not in part]
                choices = {each: self._open_values(each, found) for each in rest}
                answer = self._search(choices, found)
            self._answers[key] = answer
            if answer and len(found) == len(self._members[group]):
                self._remember(group, found)
        return answer

    def _was_found(self, group: int, part: Mapping[int, int]) -> bool:
        """Return whether something that was found before has all of ``part``."""
        left = (1 << self._found.get(group, 0)) - 1
        for choice in part.items():
            left &= self._having.get(choice, 0)
        return left != 0

    def _remember(self, group: int, found: Mapping[int, int]) -> None:
        place = self._found.get(group, 0)
        self._found[group] = place + 1
        for choice in found.items():
            self._having[choice] = self._having.get(choice, 0) | 1 << place

    def _search(self, choices: dict[int, list[int]], assigned: dict[int, int]) -> bool:
        """Complete ``assigned`` by a choice for each other parameter, or leave it as it is.

        ``choices`` holds the values that go with it; the parameter with the fewest is next.
        """
        if not choices:
            return True
        self._steps -= 1
        if self._steps < 0:
            return True
        parameter = min(choices, key=lambda each: len(choices[each]))
        for value in choices[parameter]:
            assigned[parameter] = value
            if self._search(self._narrowed(choices, parameter, assigned), assigned):
                return True
            del assigned[parameter]
        return False

    def _open_values(self, parameter: int, assigned: dict[int, int]) -> list[int]:
        tables = self._tables[parameter]
        found = []
        for value in range(self._sizes[parameter]):
            assigned[parameter] = value
            if all(table.allows(assigned) for table in tables):
                found.append(value)
        del assigned[parameter]
        return found


class Uncovered(Protocol):
    """The combinations of one strength that no row has yet."""

    def counts(self) -> list[int]:
        """Return for each value how many open combinations it is in."""

    def gain(self, value: int, assigned: Sequence[int], bits: int) -> int:
        """Return how many open combinations ``value`` makes with others, whose set is ``bits``."""

    def cover(self, row: Sequence[int]) -> None:
        """Take away the combinations of ``row``."""

    def drop(self, combination: Sequence[int]) -> None:
        """Take away one combination."""

    def first_with(self, value: int) -> tuple[int, ...]:
        """Return an open combination that ``value`` is in."""


def bits_of(values: Sequence[int]) -> int:
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


class Singles:
    """Values that no row has yet."""

    def __init__(self, wanted: Sequence[int], count: int) -> None:
        self._open = bits_of(wanted)
        self._count = count

    def counts(self) -> list[int]:
        return [self._open >> value & 1 for value in range(self._count)]

    def gain(self, value: int, assigned: Sequence[int], bits: int) -> int:
        del assigned, bits
        return self._open >> value & 1

    def cover(self, row: Sequence[int]) -> None:
        self._open &= ~bits_of(row)

    def drop(self, combination: Sequence[int]) -> None:
        self._open &= ~bits_of(combination)

    def first_with(self, value: int) -> tuple[int, ...]:
        return (value,)


class Pairs:
    """Pairs of values that no row has yet: for each value the set of its partners."""

    def __init__(self, partners: Sequence[int]) -> None:
        self._open = list(partners)

    def counts(self) -> list[int]:
        return [partners.bit_count() for partners in self._open]

    def gain(self, value: int, assigned: Sequence[int], bits: int) -> int:
        del assigned
        return (self._open[value] & bits).bit_count()

    def cover(self, row: Sequence[int]) -> None:
        bits = bits_of(row)
        for value in row:
            self._open[value] &= ~bits

    def drop(self, combination: Sequence[int]) -> None:
        self.cover(combination)

    def first_with(self, value: int) -> tuple[int, ...]:
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

    def cover(self, row: Sequence[int]) -> None:
        bits = bits_of(row)
        for value in row:
            thirds = self._open[value]
            for other in row:
                covered = thirds[other] & bits
                if covered:
                    self._twice[value] -= covered.bit_count()
                    thirds[other] ^= covered

    def drop(self, combination: Sequence[int]) -> None:
        self.cover(combination)

    def first_with(self, value: int) -> tuple[int, ...]:
        row = self._open[value]
        other = next(place for place, bits in enumerate(row) if bits)
        return value, other, next(members(row[other]))


def count_combinations(
    sizes: Sequence[int], hidden: frozenset[tuple[int, int]], strength: int
) -> int:
    """Return how many combinations of ``strength`` parameters' values there are."""
    shown = [
        size - sum(parameter == place for parameter, _ in hidden)
        for place, size in enumerate(sizes)
    ]
    # The elementary symmetric polynomial, one parameter after the other.
    sums = [1] + [0] * strength
    for size in shown:
        for degree in range(strength, 0, -1):
            sums[degree] += sums[degree - 1] * size
    return sums[strength]


def find_combinations(
    problem: Problem, feasible: Feasible, strength: int
) -> tuple[int, Callable[[], Uncovered]]:
    """Return how many combinations can be, and what makes a new set of them."""
    possible = Possible(problem, feasible)
    if strength == Coverage.EACH.size:
        count = len(possible.owners)
        return len(possible.singles), lambda: Singles(possible.singles, count)
    partners = possible.partners()
    if strength == Coverage.PAIRWISE.size:
        return sum(bits.bit_count() for bits in partners) // 2, lambda: Pairs(partners)
    thirds = possible.thirds(partners)
    found = sum(bits.bit_count() for row in thirds for bits in row) // 6
    return found, lambda: Triples(thirds)


class Possible:
    """The combinations of a problem that can be.

    Attributes:
        owners: the parameter of each value.
        singles: the values that can be and are not hidden.
    """

    def __init__(self, problem: Problem, feasible: Feasible) -> None:
        self._feasible = feasible
        self._offsets = problem.offsets
        self.owners = [place for place, size in enumerate(problem.sizes) for _ in range(size)]
        self.singles = [
            value
            for value, place in enumerate(self.owners)
            if (place, value - self._offsets[place]) not in problem.hidden and self._can_be(value)
        ]

    def partners(self) -> list[int]:
        """Return for each value the set of those that make a pair with it."""
        partners = [0] * len(self.owners)
        for first, second in itertools.combinations(self.singles, 2):
            mine, other = self.owners[first], self.owners[second]
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
        bound = [value for value in self.singles if self._feasible.is_bound(self.owners[value])]
        for first, second, third in itertools.combinations(bound, 3):
            if not thirds[first][second] >> third & 1:
                continue
            mine, other, last = (self.owners[value] for value in (first, second, third))
            joined = self._feasible.are_joined(mine, other) and self._feasible.are_joined(
                mine, last
            )
            # Three that no group joins can be when each two of them can.
            if joined and not self._can_be(first, second, third):
                for one, two, three in itertools.permutations((first, second, third)):
                    thirds[one][two] &= ~(1 << three)
        return thirds

    def _can_be(self, *values: int) -> bool:
        return self._feasible.allows(
            {self.owners[value]: value - self._offsets[self.owners[value]] for value in values}
        )
