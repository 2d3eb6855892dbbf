"""Takes the records of an output; gives their bytes, made in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockgen_watch.formats.document import Records

STEP = 32_768
"""Records between two reports of progress."""


class Serial:
    """One chunk after the other."""

    def run(self, records: Records, advance: Callable[[int], None]) -> Iterator[bytes]:
        """Yield the bytes of all records in order; see ``Executor``."""
        for start in range(0, records.count, STEP):
            stop = min(start + STEP, records.count)
            yield from records.pieces(start, stop)
            advance(stop - start)
