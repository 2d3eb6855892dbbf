"""Takes the column of a field; gives what its values are compared by, for a chunk, as integers.

A column of one part is looked up: each entry of its table is read once. Of a column of several
parts only those are known here that tell what number or moment they write.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.generate.column import ColumnKind
from mockgen_watch.generate.records import finished
from mockgen_watch.rules.values import is_number
from mockgen_watch.spec.generators import MomentKind
from mockgen_watch.spec.moments import DAY

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Final

    from mockgen_watch.generate.cells import Cells, IntArray
    from mockgen_watch.generate.column import Column
    from mockgen_watch.rules.places import Path
    from mockgen_watch.rules.sight import Sight
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Moment

FARTHEST: Final = 1 << 62
"""Numbers from here on are not compared as columns: they would not fit, once scaled."""

LONGEST: Final = 1 << 16
"""Entries of a table that is looked up."""

_WHOLE: Final = {
    MomentKind.DATE: ("%Y", "%m", "%d"),
    MomentKind.DATETIME: ("%Y", "%m", "%d", "%H", "%M", "%S"),
    MomentKind.TIME: ("%H", "%M", "%S"),
}
"""What a format has to write, so that its text tells which moment it is."""


class NoKeyError(ValueError):
    """A value is text, or a number that does not fit into 64 bits with its decimals."""


class Key:
    """What the values of a column are compared by, times ``10**decimals``."""

    decimals = 0

    def over(self, cells: Cells) -> tuple[IntArray, IntArray | None]:
        """Return the integers of a chunk, and where there are none (bool[n]); None: everywhere.

        Raises:
            NoKeyError: a value has none.
        """
        raise NotImplementedError


class Drawn(Key):
    """Integers that a stream draws, times ``factor``."""

    def __init__(self, column: Column, factor: int) -> None:
        """Take the column's units."""
        self.decimals = column.decimals
        self._units = column.units
        self._factor = factor

    def over(self, cells: Cells) -> tuple[IntArray, IntArray | None]:
        """Return the integers of a chunk; see ``Key``."""
        if self._units is None:
            raise TypeError("the column has no units")
        numbers = self._units.over(cells)
        if numbers.dtype == object:
            raise NoKeyError
        return (numbers if self._factor == 1 else numbers * self._factor), None


class LookedUp(Key):
    """What the entries of a table are compared by; an entry is read when it is first drawn."""

    def __init__(self, column: Column, path: Path, sight: Sight) -> None:
        """Take the column's only part; ``sight`` says by what the field is compared."""
        self._column = column
        self._part = column.parts[0]
        self._path = path
        self._sight = sight
        self.decimals = 0 if path in sight.moments else _decimals_of(column)
        # 0: not read yet, 1: a number, 2: nothing to compare by.
        self._state: IntArray | None = None
        self._numbers: IntArray | None = None

    def over(self, cells: Cells) -> tuple[IntArray, IntArray | None]:
        """Return the integers of a chunk; see ``Key``."""
        xp = cells.xp
        if self._state is None or self._numbers is None:
            self._state = xp.zeros(len(self._part.table), xp.int8)
            self._numbers = xp.zeros(len(self._part.table), xp.int64)
        state, numbers = self._state, self._numbers
        if self._part.stream is None:
            codes = xp.zeros(len(cells.a), xp.int64)
        else:
            codes = self._part.stream.over(cells)
        for code in xp.unique(codes[state[codes] == 0]).tolist():
            number = self._read(code)
            state[code] = 2 if number is None else 1
            numbers[code] = 0 if number is None else number
        lacking = state[codes] == 2  # noqa: PLR2004 - see above
        return numbers[codes], lacking if lacking.any() else None

    def _read(self, code: int) -> int | None:
        value = value_of(self._column, code)
        found = self._sight.comparable(self._path, value)
        if found is None:
            return None
        if isinstance(found, str):
            raise NoKeyError
        scaled = int(Decimal(found).scaleb(self.decimals))
        if abs(scaled) >= FARTHEST:
            raise NoKeyError
        return scaled


def value_of(column: Column, code: int) -> Json:
    """Return the value that a column of one part has where its stream draws ``code``."""
    entry = column.parts[0].table[code]
    if column.kind is ColumnKind.VALUE or not isinstance(entry, str):
        return entry
    return finished(column, entry)


def is_looked_up(column: Column) -> bool:
    """Tell whether each value of ``column`` is one entry of one table."""
    return column.read is None and len(column.parts) == 1 and len(column.parts[0].table) <= LONGEST


def key_of(column: Column, path: Path, sight: Sight) -> Key | None:
    """Return the key of the column at the written ``path``; None when only its values tell."""
    if is_looked_up(column):
        return LookedUp(column, path, sight)
    moment = sight.moments.get(path)
    if column.units is None or column.read is not None:
        return None
    if moment is None:
        return Drawn(column, 1) if column.kind is ColumnKind.NUMBER else None
    return Drawn(column, _seconds(moment)) if _tells(moment) else None


def _seconds(moment: Moment) -> int:
    return DAY if moment.kind is MomentKind.DATE else 1


def _tells(moment: Moment) -> bool:
    """Tell whether the text of a moment says which one it is."""
    return all(directive in moment.format for directive in _WHOLE[moment.kind])


def _decimals_of(column: Column) -> int:
    """Return the most decimals of a column's numbers."""
    if column.kind is ColumnKind.NUMBER:
        return len(str(column.parts[0].table[0]).partition(".")[2])
    numbers = (entry for entry in column.parts[0].table if is_number(entry))
    exponents = (Decimal(number).as_tuple().exponent for number in numbers)  # type: ignore[arg-type]
    return max((max(0, -int(exponent)) for exponent in exponents), default=0)


def scaled(xp: ModuleType, numbers: IntArray, places: int) -> IntArray:
    """Return ``numbers * 10**places``.

    Raises:
        NoKeyError: one of them would be too long.
    """
    if not places:
        return numbers
    factor = 10**places
    if len(numbers) and int(xp.abs(numbers).max()) * factor >= FARTHEST:
        raise NoKeyError
    longer: IntArray = numbers * factor
    return longer
