"""Takes nothing; gives the types of a covering design: what it is made for, and what it is."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Final, TypeAlias


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
        accepts: tells of a whole row whether it can be; for what no constraint says.
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
        allows: tells whether values (a number for each of ``scope``) go together; it is asked for
            each combination once.
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

    def allows(self, chosen: Mapping[int, int]) -> bool:
        """Return whether something that is allowed has all of ``chosen`` that is in scope."""
        left = self.every
        for parameter in self.scope:
            value = chosen.get(parameter)
            if value is not None:
                left &= self.masks.get((parameter, value), 0)
        return left != 0


class Feasible:
    """Answers whether choices can be completed to a row that keeps every constraint.

    Parameters that constraints join form a group, and within each a search tries what is not
    chosen yet. A search that takes more than ``STEPS`` ends with yes; all other answers are exact.
    They are remembered, so equal questions cost nothing.
    """

    def __init__(self, sizes: Sequence[int], constraints: Sequence[Constraint]) -> None:
        """Turn ``constraints`` into tables; each scope has few enough combinations to try."""
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
        self._known: dict[frozenset[tuple[int, int]], bool] = {}
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

    def allows(self, chosen: Mapping[int, int]) -> bool:
        """Return whether ``chosen`` (parameter → value) is part of a row that can be."""
        groups: dict[int, dict[int, int]] = {}
        for parameter, value in chosen.items():
            if parameter in self._tables:
                groups.setdefault(self._group[parameter], {})[parameter] = value
        return all(self._completes(group, part) for group, part in groups.items())

    def can_be(self) -> bool:
        """Return whether there is a row at all."""
        return all(self._completes(group, {}) for group in self._members)

    def count(self, most: int) -> int | None:
        """Return how many rows there are; None when a group alone has more than ``most``."""
        total = 1
        for parameter, size in enumerate(self._sizes):
            total *= 1 if parameter in self._tables else size
        for group in self._members.values():
            counter = _Counter(self, most)
            counter.run({each: self._open_values(each, {}) for each in group}, {})
            if counter.found > most:
                return None
            total *= counter.found
        return total

    def narrowed(
        self, choices: dict[int, list[int]], parameter: int, chosen: dict[int, int]
    ) -> dict[int, list[int]]:
        """Return what is left of ``choices`` once ``parameter`` has its value in ``chosen``."""
        return {
            each: self._open_values(each, chosen) if each in self._near[parameter] else values
            for each, values in choices.items()
            if each != parameter
        }

    def _completes(self, group: int, part: dict[int, int]) -> bool:
        if self._is_known_to(group, part):
            return True
        key = frozenset(part.items()) or frozenset([(-1, group)])
        known = self._known.get(key)
        if known is None:
            self._steps = STEPS
            found = dict(part)
            known = self._is_open(part, list(part))
            if known:
                rest = [each for each in self._members[group] if each not in part]
                known = self._search({each: self._open_values(each, found) for each in rest}, found)
            self._known[key] = known
            if known and len(found) == len(self._members[group]):
                self._remember(group, found)
        return known

    def _is_known_to(self, group: int, part: Mapping[int, int]) -> bool:
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

    def _is_open(self, chosen: Mapping[int, int], changed: Sequence[int]) -> bool:
        return all(
            table.allows(chosen) for parameter in changed for table in self._tables[parameter]
        )

    def _search(self, choices: dict[int, list[int]], chosen: dict[int, int]) -> bool:
        """Complete ``chosen`` by a choice for each other parameter, or leave it as it is.

        ``choices`` holds the values that go with ``chosen``; the parameter with the fewest is next.
        """
        if not choices:
            return True
        self._steps -= 1
        if self._steps < 0:
            return True
        parameter = min(choices, key=lambda each: len(choices[each]))
        for value in choices[parameter]:
            chosen[parameter] = value
            if self._search(self.narrowed(choices, parameter, chosen), chosen):
                return True
            del chosen[parameter]
        return False

    def _open_values(self, parameter: int, chosen: dict[int, int]) -> list[int]:
        tables = self._tables[parameter]
        found = []
        for value in range(self._sizes[parameter]):
            chosen[parameter] = value
            if all(table.allows(chosen) for table in tables):
                found.append(value)
        del chosen[parameter]
        return found


class _Counter:
    """Counts the ways to complete a group, up to a bound."""

    def __init__(self, feasible: Feasible, most: int) -> None:
        self.found = 0
        self._feasible = feasible
        self._most = most

    def run(self, choices: dict[int, list[int]], chosen: dict[int, int]) -> None:
        """Count what ``choices`` allow beside what is ``chosen``."""
        if self.found > self._most:
            return
        if not choices:
            self.found += 1
            return
        parameter = min(choices, key=lambda each: len(choices[each]))
        if len(choices) == 1:
            self.found += len(choices[parameter])
            return
        for value in choices[parameter]:
            chosen[parameter] = value
            self.run(self._feasible.narrowed(choices, parameter, chosen), chosen)
            del chosen[parameter]
