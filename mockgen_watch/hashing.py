"""Takes bytes; gives their hashes, without OpenSSL as long as there are few.

``hashlib`` loads OpenSSL: 2.5 ms, and then 0.6 ns a byte. What the interpreter brings along takes
3.1 ns a byte, and no time to load. They cost the same at 1 MB, so a process has that much done by
the latter before it loads the former.
"""

from __future__ import annotations

import sys

from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import hashlib
    from hashlib import blake2b
    from hashlib import sha256 as _small_sha256
else:
    try:
        from _blake2 import blake2b

        if sys.version_info >= (3, 12):
            from _sha2 import sha256 as _small_sha256
        else:
            from _sha256 import sha256 as _small_sha256
    except ImportError:
        from hashlib import blake2b
        from hashlib import sha256 as _small_sha256

__all__ = ["Sha256", "blake2b", "sha256"]

_HELD_BACK = 1 << 16
"""Bytes that a stream gathers to see whether there are more."""


class _Account:
    """How many bytes may still be hashed without OpenSSL."""

    left = 1 << 20


def sha256(data: bytes) -> bytes:
    """Return the 32 bytes of the sha256 of ``data``."""
    _Account.left -= len(data)
    if _Account.left >= 0:
        return _small_sha256(data).digest()
    import hashlib  # noqa: PLC0415 - see the module

    return hashlib.sha256(data).digest()


class Sha256:
    """The sha256 of bytes that come one after the other."""

    def __init__(self) -> None:
        """Begin with no bytes."""
        self._held: list[bytes] = []
        self._size = 0
        self._large: hashlib._Hash | None = None

    def update(self, data: bytes) -> None:
        """Take in ``data``."""
        if self._large is None:
            # A view of what is written anew later would not do.
            self._held.append(bytes(data))
            self._size += len(data)
            if self._size <= _HELD_BACK:
                return
            import hashlib  # noqa: PLC0415 - see the module

            self._large = hashlib.sha256()
            data = b"".join(self._held)
            self._held.clear()
        self._large.update(data)

    def digest(self) -> bytes:
        """Return the 32 bytes of what was taken in so far."""
        return sha256(b"".join(self._held)) if self._large is None else self._large.digest()
