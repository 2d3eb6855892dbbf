"""Canonical bytes: the one JSON text of plain data, and its digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring
from typing import TypeAlias

from mockgen_watch.digest import digest

Canonical: TypeAlias = (
    "None | bool | int | Decimal | str | Sequence[Canonical] | Mapping[str, Canonical]"
)


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
        if not value.is_finite():
            raise ValueError(f"{value} has no canonical form")
        text = str(value)
        # A Decimal without a fraction or an exponent would read as the integer.
        return text if "." in text or "E" in text else text + "e0"
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("only text can be a key of canonical data")
        pairs = [f"{encode_basestring(key)}:{_text(value[key])}" for key in sorted(value)]
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(item) for item in value]) + "]"
    raise TypeError(f"{type(value).__name__} has no canonical form")
