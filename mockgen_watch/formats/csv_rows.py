"""Takes columns and one plain record; gives the record's cells in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.formats.base import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from mockgen_watch.formats.csv_cells import CellStyle
    from mockgen_watch.formats.csv_columns import ColumnTree
    from mockgen_watch.spec.document import Json

_NO_COLUMN: Final = "there is no column for this value"


def row_cells(columns: ColumnTree, value: Json, style: CellStyle) -> list[bytes]:
    """Return ``columns.width`` cells, those of ``value``.

    Raises:
        FormatError: a cell cannot be written, or there is no column for a value.
    """
    cells: list[bytes] = []
    _add_cells(columns, value, style, cells)
    return cells


def _add_cells(columns: ColumnTree, value: Json, style: CellStyle, cells: list[bytes]) -> None:
    if not columns.below:
        # A leaf, as most are.
        cells.append(style.cell(value))
        return
    if not _is_laid_flat(columns, value):
        if columns.cell:
            cells.append(style.cell(value))
        elif value is not None:
            raise FormatError(_NO_COLUMN)
        cells.extend([b""] * (columns.width - columns.cell))
        return
    if columns.cell:
        cells.append(b"")
    values = _values(value)
    for segment, child in columns.below.items():
        try:
            _add_cells(child, values.get(segment), style, cells)
        except FormatError as error:
            raise error.below(segment) from error
    if not values.keys() <= columns.below.keys():
        extra = next(segment for segment in values if segment not in columns.below)
        raise FormatError(_NO_COLUMN, (extra,))


def _values(value: Json) -> Mapping[str | int, Json]:
    """Return what is below an object or array; nothing below a scalar."""
    if isinstance(value, dict):
        return value  # type: ignore[return-value]  # a key may be text or an index here
    return dict(enumerate(value)) if isinstance(value, list) else {}


def _is_laid_flat(columns: ColumnTree, value: Json) -> bool:
    """Tell whether ``value`` goes to the columns below; its own takes only what those cannot."""
    if not isinstance(value, dict | list):
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
    return bool(columns.below) and isinstance(value, dict | list) and _fit_below(columns, value)
