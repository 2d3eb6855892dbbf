"""Takes nothing; gives the types of a covering design: what it is made for, and what it is."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from mockgen_watch.scenarios.coverage.feasible import Constraint

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
