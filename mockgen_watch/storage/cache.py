"""Takes the digest of a spec's bytes; gives back what was once made of those bytes, if kept.

An entry is a file that begins with the sha256 of the rest, so one that was cut short or changed
is passed over. The whole cache may be removed at any time.
"""

from __future__ import annotations

import os
import re

from mockgen_watch.errors import StorageError
from mockgen_watch.hashing import sha256
from mockgen_watch.regex import regex
from mockgen_watch.storage.atomic import TEMPORARY, write_atomically
from mockgen_watch.storage.containment import naming
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from mockgen_watch.storage.state import StateFolder

CACHE = "cache"
LIMIT = 128 << 20
"""Bytes that all entries together may have."""

_DIGEST = regex(r"sha256:[0-9a-f]{64}")
_CHECKSUM_BYTES = 32
_SHARE_AFTER_PRUNE = 0.75
_PRUNES_BELOW = "sha256:08"
"""Digests up to this, one in 32, are followed by a look at all entries, once for each cache."""


class ContentCache:
    """Bytes by the digest of other bytes.

    Attributes:
        has_failed: an entry could not be written; which costs only time.
    """

    def __init__(self, state: StateFolder, codec: str, *, limit: int = LIMIT) -> None:
        """Keep entries of ``codec``, a word that changes when what is made of bytes changes."""
        if not re.fullmatch(r"[A-Za-z0-9._-]+", codec) or codec.startswith("."):
            raise ValueError(f"{codec!r} cannot name a folder")
        self.state = state
        self.codec = codec
        self.limit = limit
        self.has_failed = False
        self._has_grown = False
        self._may_prune = True
        self._path = os.path.join(state.folder, CACHE, codec)

    def get(self, digest: str) -> bytes | None:
        """Return what was kept for ``digest``; None when nothing sound is there."""
        try:
            with open(self._entry(digest), "rb") as file:
                data = file.read()
        except OSError:
            return None
        checksum, value = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
        return value if sha256(value) == checksum else None

    def put(self, digest: str, value: bytes) -> None:
        """Keep ``value`` for ``digest``."""
        data = sha256(value) + value
        if len(data) > self.limit:
            return
        name = os.path.basename(self._entry(digest))
        try:
            with naming(self._path), self.state.open(f"{CACHE}/{self.codec}") as folder:
                write_atomically(folder, name, data, is_durable=False)
        except StorageError:
            self.has_failed = True
        self._has_grown = True
        # Looking at all entries takes longer than adding one, so few additions do.
        if self._may_prune and digest < _PRUNES_BELOW:
            self._may_prune = False
            self.prune()

    def prune(self) -> None:
        """Remove the oldest entries, and those of other codecs first, while over the limit.

        Does nothing when nothing was put since the last time. ``put`` does this now and then.
        """
        if not self._has_grown:
            return
        self._has_grown = False
        entries = self._entries()
        total = sum(size for *_, size in entries)
        if total <= self.limit:
            return
        for _, _, path, size in sorted(entries):
            if total <= self.limit * _SHARE_AFTER_PRUNE:
                return
            try:
                os.unlink(path)
            except OSError:
                # Another process pruned it, or it cannot go; the next one may.
                continue
            total -= size

    def _entry(self, digest: str) -> str:
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is no digest")
        return os.path.join(self._path, digest.removeprefix("sha256:"))

    def _entries(self) -> list[tuple[bool, int, str, int]]:
        """Return (is of this codec, age rank, path, size) of all entries of all codecs."""
        found = []
        for folder, _, names in os.walk(os.path.join(self.state.folder, CACHE)):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    status = os.stat(path, follow_symlinks=False)
                except OSError:
                    continue
                is_ours = folder == self._path and not TEMPORARY.fullmatch(name)
                found.append((is_ours, status.st_mtime_ns, path, status.st_size))
        return found
