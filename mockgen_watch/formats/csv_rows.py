"""Takes columns and one plain record; gives the record's cells in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.formats.base import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.formats.csv_cells import CellStyle
    from mockgen_watch.formats.csv_columns import ColumnTree
    from mockgen_watch.spec.document import Json


def row_cells(columns: ColumnTree, value: Json, style: CellStyle) -> Iterator[bytes]:
    """Yield ``columns.width`` cells, those of ``value``.

    Raises:
        FormatError: a cell cannot be written, or there is no column for a value.
    """
    if not _is_laid_flat(columns, value):
        yield from _leaf_cells(columns, value, style)
        return
    if columns.cell:
        yield b""
    values = _values(value)
    for segment in values:
        if segment not in columns.below:
            raise FormatError("there is no column for this value", (segment,))
    for segment, child in columns.below.items():
        try:
            yield from row_cells(child, values.get(segment), style)
        except FormatError as error:
            raise error.below(segment) from error


def _leaf_cells(columns: ColumnTree, value: Json, style: CellStyle) -> Iterator[bytes]:
    if columns.cell:
        yield style.cell(value)
    elif value is not None:
        raise FormatError("there is no column for this value")
    for child in columns.below.values():
        yield from (b"" for _ in range(child.width))


def _values(value: Json) -> dict[str | int, Json]:
    """Return what is below an object or array; nothing below a scalar."""
    if isinstance(value, dict):
        return dict(value.items())
    return dict(enumerate(value)) if isinstance(value, list) else {}


def _is_laid_flat(columns: ColumnTree, value: Json) -> bool:
    """Tell whether ``value`` goes to the columns below; its own takes only what those cannot."""
    if not isinstance(value, dict | list) or not columns.below:
        return False
    return not columns.cell or _fit_below(columns, value)


def _fit_below(columns: ColumnTree, value: Json) -> bool:
    """Tell whether there is a column for all that is in ``value``."""
    return all(
        segment in columns.below and _fits(columns.below[segment], child)
        for segment, child in _values(value).items()
    )


def _fits(columns: ColumnTree, value: Json) -> bool:
    if value is None or columns.cell:
        return True
    return isinstance(value, dict | list) and _fit_below(columns, value)
