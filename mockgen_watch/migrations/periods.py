"""Takes the fields of a section; gives what their n-th values are, and which belong together.

A list of k values has its n-th value at n mod k. All fields of a record share one n, and every n
is equally likely. Lists whose lengths have no common factor are independent of each other (the
Chinese remainder theorem), so only those with one have to be chosen together.
"""

from __future__ import annotations

from math import gcd, lcm
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import canonical
from mockgen_watch.migrations.shapes import OldArray, OldLeaf

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from mockgen_watch.migrations.shapes import OldField, OldValue
    from mockgen_watch.spec.document import Json, Mark

MAX_ROWS: Final = 20_000
"""More rows than these are refused: nobody could read or change them."""


class TooManyRowsError(Exception):
    """Fields that belong together have more combinations than ``MAX_ROWS``.

    Attributes:
        fields: their names and the number of values after which each begins again.
        rows: how many combinations there are.
        mark: of the section that has them, once it is known.
    """

    def __init__(self, fields: Sequence[tuple[str, int]], rows: int) -> None:
        """Say so."""
        self.fields = tuple(fields)
        self.rows = rows
        self.mark: Mark | None = None
        super().__init__(f"{rows} rows")


class Groups(Struct, frozen=True, kw_only=True):
    """The fields of an object.

    Attributes:
        alone: those that are independent of all others.
        together: those whose values are chosen together; none or at least two.
        rows: how many values of n give each combination of the latter once.
    """

    alone: tuple[OldField, ...]
    together: tuple[OldField, ...]
    rows: int


def shortest_period(values: Sequence[Json]) -> tuple[Json, ...]:
    """Return the shortest list that, repeated, gives ``values`` repeated."""
    known = [canonical(value) for value in values]
    size = len(known)
    for length in range(1, size):
        if size % length == 0 and known[:length] * (size // length) == known:
            return tuple(values[:length])
    return tuple(values)


def period_of(value: OldValue) -> int:
    """Return after how many n the values of a field begin again."""
    if isinstance(value, OldLeaf):
        return len(shortest_period(value.values))
    if isinstance(value, OldArray):
        return lcm(*(period_of(element) for element in value.elements))
    return lcm(*(period_of(field.value) for field in value.members))


def value_at(value: OldValue, n: int) -> Json:
    """Return the n-th value of a field."""
    if isinstance(value, OldLeaf):
        return value.values[n % len(value.values)]
    if isinstance(value, OldArray):
        return [value_at(element, n) for element in value.elements]
    return {field.name: value_at(field.value, n) for field in value.members}


def group_fields(fields: Sequence[OldField]) -> Groups:
    """Return which fields are chosen together.

    Raises:
        TooManyRowsError: they have too many combinations.
    """
    periods = [period_of(field.value) for field in fields]
    tied = tied_lengths(periods)
    together = tuple(field for field, is_tied in zip(fields, tied, strict=True) if is_tied)
    alone = tuple(field for field, is_tied in zip(fields, tied, strict=True) if not is_tied)
    sizes = [(field.name, size) for field, size, t in zip(fields, periods, tied, strict=True) if t]
    rows = lcm(*(size for _, size in sizes))
    if rows > MAX_ROWS:
        raise TooManyRowsError(sizes, rows)
    return Groups(alone=alone, together=together, rows=rows)


def tied_lengths(periods: Sequence[int]) -> list[bool]:
    """Return for each length whether it shares a factor with another one."""
    # Equal lengths are looked at once, because a section may have thousands of fields.
    counts: dict[int, int] = {}
    for period in periods:
        counts[period] = counts.get(period, 0) + 1
    tied = {
        period
        for period, number in counts.items()
        if period > 1
        and (number > 1 or any(gcd(period, other) > 1 for other in counts if other != period))
    }
    return [period in tied for period in periods]
