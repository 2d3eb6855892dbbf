"""Takes constants, pools, rows and booleans; gives columns whose one table holds whole values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate.column import Column, ColumnKind, Part, State
from mockgen_watch.generate.drawn import Lookup, Shared
from mockgen_watch.generate.draws import ALWAYS, Odds, threshold
from mockgen_watch.generate.pool import pool_stream, rank_order
from mockgen_watch.generate.presence import Nowhere
from mockgen_watch.generate.unique import InOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.generate.cells import Stream
    from mockgen_watch.generate.site import Site
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Boolean, Constant, Pool, PoolEntry, RowField


def value_column(table: Sequence[Json], stream: Stream | None) -> Column:
    """Return the column whose value is ``table[n]`` of the number n that ``stream`` draws."""
    return Column(kind=ColumnKind.VALUE, parts=(Part(table=table, stream=stream),))


def constant_column(constant: Constant, _site: Site) -> Column:
    """Return the column of one value."""
    return value_column((constant.value,), None)


def boolean_column(boolean: Boolean, site: Site) -> Column:
    """Return true with the given odds, else false."""
    if site.unique:
        return value_column((False, True), site.numbers(2))
    yes = threshold(boolean.true)
    if not 0 < yes < ALWAYS:
        return value_column((yes > 0,), None)
    odds = Odds(yes, site.address.constants("value"), site.level)
    return value_column((False, True), site.chosen(odds, (b"false", b"true")))


def pool_column(pool: Pool, site: Site) -> Column:
    """Return one of a pool's values."""
    draw = draw_pool(pool, site, "value")
    return value_column([entry.value for entry in draw.entries], draw.stream)


class PoolDraw(Struct, frozen=True, eq=False):
    """A pool's entries that can be chosen, by rank, and the stream of ranks; None when only one."""

    entries: tuple[PoolEntry, ...]
    stream: Stream | None


def draw_pool(pool: Pool, site: Site, draw: str) -> PoolDraw:
    """Return the choice among a pool's entries at ``site``; weights play no part if unique."""
    found = pool.entries
    order = rank_order([entry.identity for entry in found], [entry.weight for entry in found])
    entries = tuple([found[place] for place in order])
    identities = [entry.identity for entry in entries]
    if len(entries) == 1:
        return PoolDraw(entries, None)
    if site.unique:
        return PoolDraw(entries, InOrder(site.address, identities, site.strides))
    weights = [entry.weight for entry in entries]
    stream = pool_stream(site.address, draw, identities, weights, site.level)
    return PoolDraw(entries, None if stream is None else site.chosen(stream, identities))


def draw_rows(field: RowField, site: Site) -> PoolDraw:
    """Return the choice of a row, drawn at the object that holds ``$rows``; several fields ask."""
    draw = draw_pool(field.rows, site, "rows")
    stream = None if draw.stream is None else Shared(draw.stream)
    return PoolDraw(draw.entries, stream)


def row_column(field: RowField, rows: PoolDraw) -> Column:
    """Return the value of one key of the chosen row; absent where the row lacks the key."""
    values: list[Json] = []
    states: list[int] = []
    for entry in rows.entries:
        row = entry.value if isinstance(entry.value, dict) else {}
        values.append(row.get(field.key))
        states.append(int(State.PRESENT if field.key in row else State.ABSENT))
    column = value_column(values, rows.stream)
    if not any(states):
        return column
    if rows.stream is None:
        return replace(column, presence=Nowhere(len(State)))
    return replace(column, presence=Lookup(rows.stream, tuple(states), len(State)))
