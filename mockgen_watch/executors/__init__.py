"""Executors: how the records of an output are made, in this process or by several."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockgen_watch.formats.rendering import Records


class Executor(Protocol):
    """Makes all records of an output, in this process or others; the bytes are the same."""

    def run(
        self, records: Records, advance: Callable[[int], None], start: int = 0
    ) -> Iterator[bytes]:
        """Yield the bytes of all records from ``start`` on, in order, a separator after each.

        ``advance`` is called with the number of further records that the bytes just yielded
        have completed.

        Raises:
            FormatError: a value that cannot be written.
        """


class PlacingExecutor(ABC):
    """An executor that can write to a file itself, faster than by handing bytes over."""

    __slots__ = ()

    @abstractmethod
    def write(self, records: Records, fd: int, advance: Callable[[int], None]) -> bool:
        """Write the whole document of ``records`` to the open file ``fd``, from its position on.

        Return False, with nothing done, where that is not possible or not worth it.

        Raises:
            FormatError, FindingsError, OSError: nothing of the document is left in the file then.
        """


STEP: Final = 32_768
"""Records between two reports of progress."""


class Serial:
    """One chunk after the other, in this process."""

    def run(
        self, records: Records, advance: Callable[[int], None], start: int = 0
    ) -> Iterator[bytes]:
        for first in range(start, records.count, STEP):
            last = min(first + STEP, records.count)
            yield from records.pieces(first, last)
            advance(last - first)
