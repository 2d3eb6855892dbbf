"""Memory of what was made: which bytes this program wrote at which path, in the Git folder.

Git puts lockfiles back, or takes them away, and leaves files that it does not track. What this
program wrote there is known by this memory; a lockfile that records it comes first.

Lines are those of the journal, the newest last. None is waited for: where some are lost, a file
stays that could have gone, and a person is asked.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from mockgen_watch.errors import StorageError
from mockgen_watch.lock.lockfile import decode_entries, encode_entries
from mockgen_watch.storage.atomic import write_all
from mockgen_watch.storage.containment import naming

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.lock.lockfile import JournalEntry
    from mockgen_watch.storage.project_folder import OutputRoot

MOST_BYTES: Final = 16 << 20
"""A larger memory forgets what is oldest, down to half of this."""


def read_made(root: OutputRoot) -> tuple[JournalEntry, ...]:
    """Return what was written below ``root``, newest first; nothing where that is unreadable."""
    try:
        entries = decode_entries(root.state.read(root.made_name) or b"")
    except StorageError:
        return ()
    return tuple(dict.fromkeys(reversed(entries)))


def remember_made(root: OutputRoot, entries: Iterable[JournalEntry]) -> None:
    """Add ``entries``; the caller holds the writer's lock. A failure costs only memory."""
    data = encode_entries(entries)[-MOST_BYTES:]
    state, name = root.state, root.made_name
    with contextlib.suppress(StorageError), naming(state.place(name)), state.open():
        with open(state.place(name), "ab", buffering=0) as file:
            write_all(file.fileno(), data)
            size = file.tell()
        if size > MOST_BYTES:
            state.write(name, _newest(read_made(root)), is_durable=False)


def _newest(entries: tuple[JournalEntry, ...]) -> bytes:
    """Return the lines of ``entries``, as far as they fit into half of ``MOST_BYTES``."""
    # What the cut leaves of a line has no right checksum.
    return encode_entries(reversed(entries))[-MOST_BYTES // 2 :]
