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

    def run(
        self, records: Records, advance: Callable[[int], None], start: int = 0
    ) -> Iterator[bytes]:
        """Yield the bytes of the records in order; see ``Executor``."""
        for first in range(start, records.count, STEP):
            last = min(first + STEP, records.count)
            yield from records.pieces(first, last)
            advance(last - first)
