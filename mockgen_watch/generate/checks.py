"""Check digits of columns: text whose check digits follow from its other characters.

Most algorithms add up what each character counts at its place, modulo some number. Where all texts
of a column have digits and letters at the same places, the sum is taken over the draws of its
parts, so that a whole chunk is made at once; otherwise each text is looked at.
"""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate import column as columns
from mockgen_watch.generate.streams import Drawn
from mockgen_watch.spec import pattern_tree
from mockgen_watch.spec.check_digits import CheckDigitError, with_check
from mockgen_watch.spec.check_forms import FORMS, find_misfit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.generate.address import Cell, Cells, IntArray
    from mockgen_watch.spec.document import Json

_TENS: Final = tuple("0123456789")
_ELEVENS: Final = (*_TENS, "X")
_PAIRS: Final = ("97", "98", *(f"{number:02d}" for number in range(2, 97)))

_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "luhn": _TENS,
    "npi": _TENS,
    "ean": _TENS,
    "isbn": _TENS,
    "mod11": _ELEVENS,
    "mod97": _PAIRS,
    "iban": _PAIRS,
}
"""The check digits of each sum, by the algorithms that add up; of ISBNs those with 13 digits."""

_MOST_TEXTS: Final = 1 << 13
"""Texts of one part that are looked at; a longer table is left to the way text by text."""


def checked_column(column: columns.Column, kind: str, location: Location) -> columns.Column:
    """Return a column of text with the right check digits."""
    read_value = columns.column_reader(column)

    def read(cell: Cell) -> Json:
        value = read_value(cell)
        if not isinstance(value, str):
            return value
        try:
            return with_check(kind, value)
        except CheckDigitError as error:
            message = f"record {cell.index}: $check {kind}: {error}"
            found = Diagnostic(code="MG404", message=message, location=location)
            raise FindingsError((found,)) from error

    parts = _checked_parts(column, kind)
    if parts:
        return columns.Column(
            kind=columns.ColumnKind.TEXT, parts=parts, presence=column.presence, quick=read
        )
    return columns.Column(
        kind=columns.ColumnKind.VALUE,
        parts=(columns.Part(table=("",), stream=None),),
        presence=column.presence,
        read=read,
        slow=column.slow or "a check digit is computed from the whole text",
    )


def _checked_parts(column: columns.Column, kind: str) -> tuple[columns.Part, ...]:
    """Return the parts of the checked text; none where it has to be looked at text by text."""
    if column.read is not None or column.finish or column.slow:
        return ()
    places: list[set[str]] = []
    for part in column.parts:
        own = _places_of(part)
        if own is None:
            return ()
        places += own
    length = len(places)
    texts = _TEXTS.get(kind) if kind != "isbn" or length == len("9780306406157") else _ELEVENS
    form = FORMS[kind]
    begin, end = (form.begin + length * (form.begin < 0), form.end or length)
    counted = places[: max(begin, 0)] + places[end:]
    if texts is None or not _are_even(counted) or not _all_fit(kind, places):
        return ()
    number = CheckNumber(kind, places, column.parts, texts)
    found = [
        *_cut(column.parts, 0, begin),
        columns.Part(table=texts, stream=number),
        *_cut(column.parts, end, length),
    ]
    return tuple(found)


def _places_of(part: columns.Part) -> list[set[str]] | None:
    """Return the characters at each place of a part's texts; None where their lengths differ."""
    table = part.table
    is_open = isinstance(table, columns.LazyTable) and table.is_open
    if is_open or len(table) > _MOST_TEXTS:
        return None
    texts = columns.drawn(part)
    words = [text for text in texts if isinstance(text, str)]
    if len(words) < len(texts) or len({len(word) for word in words}) != 1:
        return None
    return [set(each) for each in zip(*words, strict=True)]


def _are_even(places: Sequence[set[str]]) -> bool:
    """Return whether each place has digits alone or letters alone: a letter counts two digits."""
    return all(len({char.isdigit() for char in chars}) == 1 for chars in places)


def _all_fit(kind: str, places: Sequence[set[str]]) -> bool:
    """Return whether all texts with such characters are of the form of ``kind``."""
    if not places:
        return False
    tree = pattern_tree.in_sequence([pattern_tree.Choice(tuple(chars)) for chars in places])
    return find_misfit(kind, tree) is None


def _cut(parts: Sequence[columns.Part], begin: int, end: int) -> list[columns.Part]:
    """Return the parts of the characters ``begin`` to ``end`` of the text."""
    found: list[columns.Part] = []
    start = 0
    for part in parts:
        length = len(str(part.table[0]))
        first, last = max(begin - start, 0), min(end - start, length)
        if first < last:
            found.append(part if last - first == length else _sliced(part, first, last))
        start += length
    return found


def _sliced(part: columns.Part, first: int, last: int) -> columns.Part:
    table = part.table
    pieces = columns.LazyTable(len(table), lambda number: str(table[number])[first:last])
    return replace(part, table=pieces)


class CheckNumber(Drawn):
    """The number of the check digits among all: what the characters count, added up."""

    def __init__(
        self,
        kind: str,
        places: Sequence[set[str]],
        parts: Sequence[columns.Part],
        texts: tuple[str, ...],
    ) -> None:
        super().__init__(len(texts))
        self.kind = kind
        self.places = places
        self.parts = tuple(parts)
        self.numbers = {text: number for number, text in enumerate(texts)}
        self._base = "".join(min(chars) for chars in places)

    def at(self, cell: Cell) -> int:
        pieces = [
            str(part.table[0 if part.stream is None else part.stream.at(cell)])
            for part in self.parts
        ]
        return self._number("".join(pieces))

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        total: IntArray = xp.full(len(cells.a), self._number(self._base), xp.int64)
        for part, counts in zip(self.parts, self._counts, strict=True):
            if part.stream is None:
                total += counts[0]
            else:
                total += xp.array(counts, xp.int64)[part.stream.over(cells)]
        total %= self.size
        return total

    def _number(self, text: str) -> int:
        right = with_check(self.kind, text)
        form = FORMS[self.kind]
        return self.numbers[right[form.begin : form.end]]

    @cached_property
    def _counts(self) -> list[list[int]]:
        """What each text of each part counts more than its place in the text of the base does."""
        zero = self._number(self._base)
        weights = [
            {
                char: self._number(f"{self._base[:place]}{char}{self._base[place + 1 :]}") - zero
                for char in chars
            }
            for place, chars in enumerate(self.places)
        ]
        starts = itertools.accumulate((len(str(part.table[0])) for part in self.parts), initial=0)
        return [
            [
                sum(weights[start + place][char] for place, char in enumerate(str(text)))
                for text in columns.drawn(part)
            ]
            for start, part in zip(starts, self.parts, strict=False)
        ]
