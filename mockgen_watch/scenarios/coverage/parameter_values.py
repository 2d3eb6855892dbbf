"""Takes a leaf; gives the values among which a case chooses, where they are few enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import canonical
from mockgen_watch.generate import beginning
from mockgen_watch.generate.beginning import ENDS
from mockgen_watch.generate.draws import ALWAYS, threshold
from mockgen_watch.generate.grid import grid_of
from mockgen_watch.rules.places import MISSING
from mockgen_watch.scenarios.facts import final_value, number_of
from mockgen_watch.spec.generators import (
    Boolean,
    DistributionKind,
    Moment,
    Number,
    Pool,
)
from mockgen_watch.spec.moments import format_moment

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.places import Missing
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import PoolEntry, RowField
    from mockgen_watch.spec.model import Leaf

MOST: Final = 64
"""A pool with more values takes part only when its field is named."""

MOST_SHARED: Final = 32
"""The same for a pool that is kept as a file: it was hardly made to be covered."""

MOST_NAMED: Final = 1000
"""No pool with more values takes part."""

INSIDE: Final = "$inside"
"""The name of a value between the boundaries, which is drawn."""


class Free:
    """Stands for what a case leaves to be drawn."""

    def __repr__(self) -> str:
        """Return how people read it."""
        return "drawn"


FREE: Final = Free()


class Value(Struct, frozen=True, kw_only=True):
    """One of the values of a parameter.

    Attributes:
        name: what it is called in reports and files of cases: the value itself, or a word that
            begins with ``$``; told apart from such a text by being escaped there.
        choice: what the draw is to give: the identity of an entry, the number of a value; None
            where it is drawn.
        state: whether it is there; None where that is not its matter.
        written: what is written at each of the parameter's places.
    """

    name: Json
    choice: bytes | None
    state: bytes | None = None
    written: tuple[Json | Missing | Free, ...] = ()
    is_hidden: bool = False

    @property
    def identity(self) -> bytes:
        """Bytes that no other value of the parameter has."""
        return b"#" + (self.state or b"") + b"#" + (self.choice or canonical(self.name))


def values_of(leaf: Leaf, plan: RecordPlan, *, is_named: bool) -> list[Value]:
    """Return the values of ``leaf``; none where it takes no part. ``is_named``: the spec asks."""
    generator = leaf.generator
    if isinstance(generator, Pool):
        return [
            _value(leaf, _entry_name(entry), entry.value, entry.identity)
            for entry in entries_of(generator, is_named=is_named)
        ]
    if isinstance(generator, Boolean):
        yes = threshold(generator.true)
        can_be = [value for value, has_odds in ((False, yes < ALWAYS), (True, yes > 0)) if has_odds]
        return [_value(leaf, value, value, b"true" if value else b"false") for value in can_be]
    if isinstance(generator, Number | Moment):
        return _numbered(leaf, generator, plan, is_named=is_named)
    return []


def row_values(leaf: Leaf, field: RowField, *, is_named: bool) -> list[Value]:
    """Return the rows among which the field of ``leaf`` is chosen, with what it is in each."""
    found = []
    for entry in entries_of(field.rows, is_named=is_named):
        row = entry.value if isinstance(entry.value, dict) else {}
        written = final_value(leaf, row[field.key]) if field.key in row else MISSING
        name = _entry_name(entry)
        found.append(Value(name=name, choice=entry.identity, written=(written,)))
    return found


def entries_of(pool: Pool, *, is_named: bool) -> list[PoolEntry]:
    """Return the entries that can be chosen, none where they are too many."""
    entries = [entry for entry in pool.entries if entry.weight]
    most = MOST_NAMED if is_named else MOST_SHARED if pool.source else MOST
    return entries if len(entries) <= most else []


def _entry_name(entry: PoolEntry) -> Json:
    """Return the value, or the ``$id`` that a row stands for its values with."""
    if canonical(entry.value) == entry.identity:
        is_word = isinstance(entry.value, str) and entry.value.startswith("$")
        return f"${entry.value}" if is_word else entry.value
    return {"$id": entry.identity.decode("latin-1")}


def _value(leaf: Leaf, name: Json, value: Json, choice: bytes) -> Value:
    return Value(name=name, choice=choice, written=(final_value(leaf, value),))


def _numbered(
    leaf: Leaf, generator: Number | Moment, plan: RecordPlan, *, is_named: bool
) -> list[Value]:
    """Return the values at the ends of a range, or all of a short one whose field is named."""
    count = _count(generator)
    if count is None:
        return []
    if plan.coverage.boundaries:
        ends = {*range(min(ENDS, count)), *range(max(count - ENDS, 0), count)}
        values = [_number(leaf, generator, number) for number in sorted(ends)]
        inside = Value(name=INSIDE, choice=beginning.INSIDE, written=(FREE,))
        return [*values, inside] if count > len(ends) else values
    if is_named and count <= MOST:
        return [_number(leaf, generator, number) for number in range(count)]
    return []


def _count(generator: Number | Moment) -> int | None:
    """Return how many values there are between two ends; None without both, or where odds vary."""
    if isinstance(generator, Moment):
        return (generator.last - generator.first) // generator.step + 1
    is_even = generator.distribution.kind is DistributionKind.UNIFORM
    if not is_even or generator.minimum is None or generator.maximum is None:
        return None
    return grid_of(generator).count


def _number(leaf: Leaf, generator: Number | Moment, number: int) -> Value:
    value: Json
    if isinstance(generator, Moment):
        value = format_moment(generator, number)
    else:
        grid = grid_of(generator)
        value = number_of(grid.origin + number * grid.step, grid.decimals)
    return _value(leaf, value, value, str(number).encode())
