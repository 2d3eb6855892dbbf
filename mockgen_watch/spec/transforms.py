"""What ``$transform`` does to text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from mockgen_watch.spec.model import Transform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LETTERS: Final = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
        "\u0131": "i", "ħ": "h", "Ħ": "H",
    }
)  # fmt: skip
_NOT_IN_SLUG: Final = re.compile("[^a-z0-9]+")
_SIGMA: Final = "Σ"


def _ascii_text(text: str) -> str:
    """Return ``text`` with accents dropped (``é`` becomes ``e``) and without what has no letter."""
    if text.isascii():
        return text
    plain = normalize("NFKD", text.translate(_LETTERS))
    return plain.encode("ascii", "ignore").decode("ascii")


def _slug_text(text: str) -> str:
    """Return the lower-case letters and digits of ``text``, with ``-`` between their groups."""
    return _NOT_IN_SLUG.sub("-", _ascii_text(text).lower()).strip("-")


_TRANSFORMS: Final[Mapping[Transform, Callable[[str], str]]] = {
    Transform.LOWER: str.lower,
    Transform.UPPER: str.upper,
    Transform.TITLE: str.title,
    Transform.STRIP: str.strip,
    Transform.SLUG: _slug_text,
    Transform.ASCII: _ascii_text,
}


def transformed(text: str, transforms: Iterable[Transform]) -> str:
    """Return ``text`` after all ``transforms``, in order."""
    for transform in transforms:
        text = _TRANSFORMS[transform](text)
    return text


def works_by_piece(transform: Transform, pieces: Iterable[str]) -> bool:
    """Return whether to transform each of ``pieces`` is to transform the text that they join to.

    What a letter becomes must not depend on its neighbours; a final sigma does in lower case.
    """
    if transform is Transform.LOWER:
        return not any(_SIGMA in piece for piece in pieces)
    return transform in {Transform.UPPER, Transform.ASCII}
