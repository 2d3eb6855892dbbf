"""Takes a suite that is wrong in the index; gives edits of the index that put it right.

An edit is one line of what ``git update-index --index-info`` reads. Its blob is among Git's
objects already, where nothing points at it until a person makes that call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.digest import digest
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.lock.model import write_lockfile
from mockgen_watch.lock.paths import lock_path
from mockgen_watch.lock.settle import Settled, next_lockfile, settle
from mockgen_watch.lock.snapshot import Action
from mockgen_watch.storage.git.repository import FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.lock.snapshot import FileAction, SuiteAction
    from mockgen_watch.workflow.generate import OutputProducer
    from mockgen_watch.workflow.git.staged_fresh import Look
    from mockgen_watch.workflow.git.stored import Stored

EDITS = "hook.index-info"
"""The file of edits, in the state folder; for ``git update-index -z --index-info``."""


class IndexEdit(Struct, frozen=True, kw_only=True):
    """What one path of the index should hold.

    Attributes:
        path: relative to the output folder.
        data: its bytes; None for a path that should not be there.
    """

    path: str
    data: bytes | None


def index_edits(
    suite: SuiteAction, stored: Stored, produce: OutputProducer
) -> tuple[list[IndexEdit], list[FileAction]]:
    """Return the edits that ``suite`` needs, and its files that were edited by hand.

    Raises:
        FindingsError: the suite has errors, or a record cannot be written.
    """
    making = _Making()
    for output in suite.outputs:
        made = {}
        if output.must_produce:
            made = {path: b"".join(chunks) for path, chunks in produce(output)}
        for file in output.files:
            making.output(file, made.get(file.path))
    for file in suite.unwanted:
        making.unwanted(file)
    lock = next_lockfile(suite, CONTRACT, making.settled)
    data = None if lock is None else write_lockfile(lock)
    path = lock_path(suite.suite)
    if stored.outputs.disk.get(path) != (None if data is None else digest(data)):
        making.edits.append(IndexEdit(path=path, data=data))
    return making.edits, making.refused


class _Making(Struct):
    """What becomes of the files of a suite in the index."""

    settled: dict[str, Settled] = field(default_factory=dict)
    edits: list[IndexEdit] = field(default_factory=list)
    refused: list[FileAction] = field(default_factory=list)

    def output(self, file: FileAction, data: bytes | None) -> None:
        wanted = file.wanted if data is None else digest(data)
        action = file.action
        if data is not None and wanted is not None:
            action = settle(file, wanted, is_forced=False)
        self.settled[file.path] = Settled(action=action, digest=wanted or file.found)
        if action is Action.REFUSE:
            self.refused.append(file)
        elif action is not Action.KEEP:
            self.edits.append(IndexEdit(path=file.path, data=data))

    def unwanted(self, file: FileAction) -> None:
        self.settled[file.path] = Settled(action=file.action, digest=None)
        if file.action is Action.DELETE:
            self.edits.append(IndexEdit(path=file.path, data=None))
        elif file.action is Action.REFUSE:
            self.refused.append(file)


def write_index_edits(look: Look, edits: Iterable[IndexEdit], label: str) -> str:
    """Put ``edits`` into a file of the state folder, and return its path.

    Raises:
        StorageError: Git fails, or the file cannot be written.
    """
    lines = []
    # As many zeros as an id of this repository has digits.
    nothing = "0" * len(look.repository.keep_blob(b""))
    for edit in edits:
        path = f"{look.repository.prefix}{label}/{edit.path}"
        if edit.data is None:
            lines.append(f"0 {nothing}\t{path}")
        else:
            lines.append(f"{FILE} {look.repository.keep_blob(edit.data)} 0\t{path}")
    text = "".join(f"{line}\0" for line in lines)
    look.state.write(EDITS, text.encode("utf-8", "surrogateescape"), is_durable=False)
    return look.state.place(EDITS)
