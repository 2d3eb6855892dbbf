"""Takes functions of an index; gives tables that make their entries when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    Entry_co = TypeVar("Entry_co", covariant=True)

    Entries = Sequence[Entry_co]
else:
    Entries, Entry_co = Sequence, None


class LazyTable(Entries[Entry_co]):
    """``make(0)`` to ``make(size - 1)``, each made anew when it is asked for."""

    __slots__ = ("_make", "_size")

    def __init__(self, size: int, make: Callable[[int], Entry_co]) -> None:
        """Stand for ``size`` entries."""
        self._size = size
        self._make = make

    def __len__(self) -> int:
        """Return the number of entries."""
        return self._size

    def __iter__(self) -> Iterator[Entry_co]:
        """Yield the entries below the size."""
        return map(self._make, range(self._size))

    @overload
    def __getitem__(self, index: int) -> Entry_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Entry_co, ...]: ...
    def __getitem__(self, index: int | slice) -> Entry_co | tuple[Entry_co, ...]:
        """Return an entry, or a tuple of them."""
        if isinstance(index, slice):
            return tuple(map(self._make, range(*index.indices(self._size))))
        if -self._size <= index < self._size:
            return self._make(index % self._size)
        raise IndexError(index)


class OpenTable(LazyTable[Entry_co]):
    """A table with entries beyond its size too, for records beyond the count that was planned."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: int) -> Entry_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Entry_co, ...]: ...
    def __getitem__(self, index: int | slice) -> Entry_co | tuple[Entry_co, ...]:
        """Return an entry, or a tuple of them; only a slice ends at the size."""
        if isinstance(index, int) and index >= self._size:
            return self._make(index)
        return super().__getitem__(index)
