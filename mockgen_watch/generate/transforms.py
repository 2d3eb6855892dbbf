"""Takes text and transforms; gives the text transformed, and tells which work piece by piece."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockgen_watch.masters.kinds import exact_number
from mockgen_watch.spec.model import Transform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from decimal import Decimal
    from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
        "\u0131": "i", "ħ": "h", "Ħ": "H",
    }
)  # fmt: skip
_NOT_IN_SLUG: Final = re.compile("[^a-z0-9]+")
_SIGMA: Final = "Σ"


def ascii_text(text: str) -> str:
    """Return ``text`` with accents dropped (``é`` becomes ``e``) and without what has no letter."""
    if text.isascii():
        return text
    from unicodedata import normalize  # noqa: PLC0415 - few texts need these tables

    plain = normalize("NFKD", text.translate(_LETTERS))
    return plain.encode("ascii", "ignore").decode("ascii")


def slug_text(text: str) -> str:
    """Return the lower-case letters and digits of ``text``, with ``-`` between their groups."""
    return _NOT_IN_SLUG.sub("-", ascii_text(text).lower()).strip("-")


_WAYS: Final[Mapping[Transform, Callable[[str], str]]] = {
    Transform.LOWER: str.lower,
    Transform.UPPER: str.upper,
    Transform.TITLE: str.title,
    Transform.STRIP: str.strip,
    Transform.SLUG: slug_text,
    Transform.ASCII: ascii_text,
}


def transformed(text: str, transforms: Iterable[Transform]) -> str:
    """Return ``text`` after all ``transforms``, in order."""
    for transform in transforms:
        text = _WAYS[transform](text)
    return text


def changed(text: str, transforms: Iterable[Transform], *, coerce: bool) -> str | int | Decimal:
    """Return ``text`` after all ``transforms``; if ``coerce``, the number that it is, if any."""
    text = transformed(text, transforms)
    number = exact_number(text) if coerce else None
    return text if number is None else number


def works_by_piece(transform: Transform, pieces: Iterable[str]) -> bool:
    """Tell whether transforming any of ``pieces`` alone is to transform the text that they join to.

    What a letter becomes must not depend on its neighbours; a final sigma does in lower case.
    """
    if transform is Transform.LOWER:
        return not any(_SIGMA in piece for piece in pieces)
    return transform in {Transform.UPPER, Transform.ASCII}
