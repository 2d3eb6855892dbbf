"""Takes a Number; gives the column of its digits, drawn evenly or by a distribution."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mockgen_watch.generate.column import Column, ColumnKind, Part
from mockgen_watch.generate.digits import Scaled, digit_parts, number_reader, number_text
from mockgen_watch.generate.distributions import distribution_stream
from mockgen_watch.generate.drawn import Shared
from mockgen_watch.generate.grid import grid_of
from mockgen_watch.generate.tables import LazyTable
from mockgen_watch.spec.generators import DistributionKind

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.generate.cells import Stream
    from mockgen_watch.generate.site import Site
    from mockgen_watch.spec.generators import Number

WHOLE: Final = 4096
"""The most numbers that are one table of whole texts."""


def number_column(number: Number, site: Site) -> Column:
    """Return the column of ``number``.

    Unique numbers are spread evenly over what the distribution can give, whatever its shape.
    """
    grid = grid_of(number)
    if number.distribution.kind is DistributionKind.UNIFORM:
        first, count = 0, grid.count
        stream: Stream = site.numbers(count)
    else:
        drawn = distribution_stream(number, grid, site)
        first, count = drawn.first, drawn.stream.size
        stream = site.numbers(count) if site.unique else site.numbered(drawn.stream, first)
    offset = grid.origin + first * grid.step
    if count <= WHOLE:
        text = partial(_text_of, offset, grid.step, number.decimals)
        only = Part(table=LazyTable(count, text), stream=stream if count > 1 else None)
        return Column(kind=ColumnKind.NUMBER, parts=(only,))
    numbers = Scaled(Shared(stream), count, offset, grid.step)
    return Column(
        kind=ColumnKind.NUMBER,
        parts=digit_parts(numbers, number.decimals),
        quick=number_reader(numbers, number.decimals),
        units=numbers,
        decimals=number.decimals,
    )


def _text_of(offset: int, step: int, decimals: int, index: int) -> str:
    return number_text(offset + index * step, decimals)
