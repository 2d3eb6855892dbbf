"""Takes what a run is about to write; gives lines that tell, after a kill, which bytes are ours.

A lockfile says what was made; the journal says it earlier, before a file takes its place, and
for the files that a lockfile cannot speak of, such as the new content beside a hand edit. Lines
are only ever appended, each with a checksum, so a line torn by a kill harms no other.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import PREFIX, digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_CHECKSUM_LENGTH = 16
_FIELDS = 4


class JournalEntry(Struct, frozen=True, kw_only=True):
    """One intention: ``path`` of the output folder gets bytes of ``digest``, made for ``key``."""

    suite: str
    path: str
    digest: str
    key: str


def encode_entries(entries: Iterable[JournalEntry]) -> bytes:
    """Return a line for each entry.

    The text begins with an empty line: what is appended behind a torn line stays readable.
    """
    return b"\n" + b"".join(_line(entry) for entry in entries)


def decode_entries(data: bytes) -> tuple[tuple[JournalEntry, ...], bool]:
    """Return the entries whose checksum holds, in order, and whether any line was torn."""
    entries: list[JournalEntry] = []
    is_torn = bool(data) and not data.endswith(b"\n")
    for line in data.split(b"\n"):
        if not line:
            continue
        entry = _entry(line)
        if entry is None:
            is_torn = True
        else:
            entries.append(entry)
    return tuple(entries), is_torn


def _line(entry: JournalEntry) -> bytes:
    # ASCII, so that no part of a character can be torn off and no line break can hide in a name.
    text = json.dumps([entry.suite, entry.path, entry.digest, entry.key]).encode("ascii")
    return _checksum(text) + b" " + text + b"\n"


def _checksum(text: bytes) -> bytes:
    return digest(text).removeprefix(PREFIX)[:_CHECKSUM_LENGTH].encode("ascii")


def _legacy_checksum(text: bytes) -> bytes:
    """Return the checksum of a line that an earlier release has left."""
    return hashlib.sha256(text).hexdigest()[:_CHECKSUM_LENGTH].encode("ascii")


def _entry(line: bytes) -> JournalEntry | None:
    checksum, _, text = line.partition(b" ")
    if checksum not in {_checksum(text), _legacy_checksum(text)}:
        return None
    fields: Any = json.loads(text)
    if not isinstance(fields, list) or len(fields) != _FIELDS:
        return None
    if not all(isinstance(field, str) for field in fields):
        return None
    suite, path, digest, key = fields
    return JournalEntry(suite=suite, path=path, digest=digest, key=key)
