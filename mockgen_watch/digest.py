"""Digests: BLAKE3 of bytes, and the one canonical text of plain data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from blake3 import blake3

if TYPE_CHECKING:
    from typing import TypeAlias


Canonical: TypeAlias = (
    "None | bool | int | Decimal | str | Sequence[Canonical] | Mapping[str, Canonical]"
)

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


def digest_of(value: Canonical) -> str:
    """Return the digest of the canonical bytes of ``value``."""
    return digest(canonical(value))


def canonical(value: Canonical) -> bytes:
    """Return ``value`` as JSON that is the same for equal data, on any machine.

    UTF-8 without blanks; keys sorted by code point; a Decimal by its own text, so that 1.50 and
    1.5 differ, as do 1, 1.0 and "1". A lone surrogate keeps its three bytes.

    Raises:
        TypeError: for data of another type, floats included, and for keys that are not text.
        ValueError: for a Decimal that is not finite.
    """
    return _text(value).encode("utf-8", "surrogatepass")


def _text(value: Canonical) -> str:
    if isinstance(value, str):
        # A subclass, an enumeration say, counts as the text that it holds.
        return encode_basestring(str.__str__(value))
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, Decimal):
        return _decimal_text(value)
    if isinstance(value, Mapping):
        return _mapping_text(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(item) for item in value]) + "]"
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _mapping_text(value: Mapping[str, Canonical]) -> str:
    if not all(isinstance(key, str) for key in value):
        raise TypeError("only text can be a key of canonical data")
    pairs = [f"{encode_basestring(key)}:{_text(value[key])}" for key in sorted(value)]
    return "{" + ",".join(pairs) + "}"


def _decimal_text(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} has no canonical form")
    text = str(value)
    # A Decimal without a fraction or an exponent would read as the integer.
    return text if "." in text or "E" in text else text + "e0"
