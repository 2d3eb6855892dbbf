"""Takes nothing; gives the type of what ``$coverage`` says: which combinations come first."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Location

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json


NOWHERE = Location(path="")


class Coverage(StrEnum):
    """Which combinations the first records cover."""

    NONE = "none"
    EACH = "each"
    PAIRWISE = "pairwise"
    THREE_WISE = "3-wise"

    @property
    def size(self) -> int:
        """How many fields a combination has."""
        return list(Coverage).index(self)


class CoverageSpec(Struct, frozen=True, kw_only=True):
    """What the first records cover.

    Attributes:
        boundaries: numbers and dates take part, by the values at their ends.
        fields: keys of the fields that take part; empty: all that can.
        without: keys of fields that do not.
        keep: the file of cases to begin with, relative to the project folder; ``""`` for none.
        cases: what that file holds, once it was read; None when it is not there.
    """

    strength: Coverage
    boundaries: bool = False
    fields: tuple[tuple[str, ...], ...] = ()
    without: tuple[tuple[str, ...], ...] = ()
    keep: str = ""
    cases: Json = None
    location: Location = NOWHERE

    @property
    def is_asked(self) -> bool:
        """Tell whether anything is to be covered."""
        return self.strength is not Coverage.NONE


NO_COVERAGE = CoverageSpec(strength=Coverage.NONE)
"""What holds when nobody asks."""
