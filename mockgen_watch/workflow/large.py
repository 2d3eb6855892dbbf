"""Takes the records of an output; gives the bytes of its one large file, from any record on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.formats.base import FormatError
from mockgen_watch.formats.document import document
from mockgen_watch.storage.partial import Progress, Resumable
from mockgen_watch.workflow.unwritable import cannot_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mockgen_watch.executors.base import Executor
    from mockgen_watch.formats.document import Records
    from mockgen_watch.plan.model import OutputPlan


class LargeFile(Resumable):
    """The bytes of a file of many records; see ``Resumable``."""

    def __init__(
        self,
        plan: OutputPlan,
        records: Records,
        executor: Executor,
        advance: Callable[[OutputPlan, int], None],
    ) -> None:
        """Have the ``records`` of ``plan`` made by ``executor``, and tell ``advance`` of them."""
        self.plan = plan
        self.records = records
        self.executor = executor
        self.advance = advance
        self.progress: Progress | None = None
        self._size = 0
        self._records = 0

    def begin(self, record: int) -> Iterator[bytes]:
        """Yield the bytes from ``record`` on; all of them from 0 on.

        Raises:
            FindingsError: a record cannot be written.
        """
        framing = self.records.framing
        self.progress, self._records = None, record
        self._size = 0 if record else len(framing.head)
        if record:
            self.advance(self.plan, record)
        try:
            pieces = self.executor.run(self.records, self._advance, record)
            yield from document(framing, self._counted(pieces), is_begun=record > 0)
        except FormatError as error:
            raise cannot_write(self.plan, error) from error

    def __iter__(self) -> Iterator[bytes]:
        """Yield all bytes."""
        return self.begin(0)

    def _counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._size += len(piece)
            yield piece

    def _advance(self, records: int) -> None:
        self.advance(self.plan, records)
        self._records += records
        # The separator behind the last record is none of the file's.
        if self._records < self.plan.count:
            self.progress = Progress(records=self._records, size=self._size)
