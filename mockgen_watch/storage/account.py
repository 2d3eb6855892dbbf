"""Takes what becomes of each file of a run; gives the account of it, told as it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mockgen_watch.lock.paths import offer_path
from mockgen_watch.lock.settle import Settled
from mockgen_watch.lock.snapshot import Action, Reason
from mockgen_watch.storage.outcome import Failure, Refusal

if TYPE_CHECKING:
    from mockgen_watch.errors import FindingsError, StorageError
    from mockgen_watch.lock.snapshot import FileAction, Reconciliation, Snapshot


class Observer(Protocol):
    """Is told of each file once its end is settled."""

    def __call__(self, path: str, action: Action, size: int, /) -> None:
        """Take the path below the output folder, what became of it, and the bytes written."""
        ...


class Account:
    """What a run has done so far.

    Attributes:
        settled: path → its end.
        refusals, failures: see ``Outcome``.
    """

    def __init__(self, snapshot: Snapshot, on_file: Observer | None) -> None:
        """Begin an empty account of a run over ``snapshot``."""
        self.snapshot = snapshot
        self.on_file = on_file
        self.settled: dict[str, Settled] = {}
        self.refusals: list[Refusal] = []
        self.failures: list[Failure] = []

    def keep(self, reconciliation: Reconciliation) -> None:
        """Settle all for which no bytes are needed and nothing has to be done."""
        for suite in reconciliation.suites:
            for output in suite.outputs:
                for file in output.files:
                    if file.action is Action.KEEP:
                        self.settle(file.path, Action.KEEP, file.found)
                    elif not file.must_produce:
                        self.refuse(file, file.wanted)
            for file in suite.unwanted:
                if file.action is Action.REFUSE:
                    self.refuse(file, None)

    def settle(self, path: str, action: Action, digest: str | None, size: int = 0) -> None:
        """Note the end of ``path``; ``size`` is how many bytes were written."""
        self.settled[path] = Settled(action=action, digest=digest)
        if self.on_file is not None:
            self.on_file(path, action, size)

    def refuse(self, file: FileAction, digest: str | None, *, has_offer: bool = False) -> None:
        """Note that ``file`` stays as it is, though bytes of ``digest`` are wanted there."""
        found = self.snapshot.disk.get(offer_path(file.path))
        was_there = found is not None and found == digest
        self.refusals.append(Refusal(file=file, has_offer=has_offer or was_there))
        self.settle(file.path, Action.REFUSE, digest)

    def fail(self, path: str, error: StorageError | FindingsError) -> None:
        """Note that ``path`` stays as it is because of ``error``."""
        self.failures.append(Failure(path=path, error=error))

    def has_cleared_a_way(self) -> bool:
        """Tell whether what was in the way of a file may have been what the run removed."""
        was_stopped = any(refusal.file.reason is Reason.OBSTACLE for refusal in self.refusals)
        return was_stopped and any(end.action is Action.DELETE for end in self.settled.values())
