"""Digests: BLAKE3 of bytes, and the SHA-256 that earlier releases wrote."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from blake3 import blake3

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "blake3:"
"""Begins every digest, and names its algorithm."""

_LEGACY_PREFIX = "sha256:"


class Digester:
    """The digest of bytes that come one chunk after another."""

    def __init__(self) -> None:
        self._hash = blake3()

    def update(self, data: bytes) -> None:
        """Take in ``data``."""
        self._hash.update(data)

    def digest(self) -> str:
        """Return the digest of all bytes so far."""
        return PREFIX + self._hash.hexdigest()


def digest(data: bytes) -> str:
    """Return ``blake3:`` and the 64 hexadecimal digits of ``data``."""
    return PREFIX + blake3(data).hexdigest()


def digest_chunks(chunks: Iterable[bytes]) -> str:
    """Return the digest of all ``chunks`` in a row."""
    whole = Digester()
    for chunk in chunks:
        whole.update(chunk)
    return whole.digest()


def is_legacy(digest: str) -> bool:
    """Return whether ``digest`` is a SHA-256 one, as lockfiles of version 1 have them."""
    return digest.startswith(_LEGACY_PREFIX)


def renew(legacy: str, chunks: Iterable[bytes]) -> str:
    """Return the digest of ``chunks`` if their SHA-256 is ``legacy``, else ``legacy``."""
    new, old = Digester(), hashlib.sha256()
    for chunk in chunks:
        new.update(chunk)
        old.update(chunk)
    return new.digest() if legacy == _LEGACY_PREFIX + old.hexdigest() else legacy


def name_mark(name: str, length: int = 12) -> str:
    """Return ``length`` hexadecimal digits that stand for ``name`` in the name of a file.

    SHA-256: backups and journals of earlier releases are found by these marks.
    """
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:length]
