"""Takes nothing; gives what is told of a record: its scenario, its faults, its clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from mockgen_watch.rules.places import Missing, Place
    from mockgen_watch.spec.document import Json


class Change(Struct, frozen=True, kw_only=True):
    """What stood at a place, and what stands there now; either may be ``MISSING``."""

    place: Place
    before: Json | Missing
    after: Json | Missing


class Fault(Struct, frozen=True, kw_only=True):
    """What breaks one rule: a change of one place, or of a few where no single one does.

    Attributes:
        rule: its name.
        operator: the kind of the fault.
        place: keys and indexes from the top of the record.
        before, after: the value there, or ``MISSING``.
        message: why the rule says that the record fails.
        also: what is changed at further places.
    """

    rule: str
    operator: str
    place: Place
    before: Json | Missing
    after: Json | Missing
    message: str
    also: tuple[Change, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """All places that are changed."""
        return (self.place, *(change.place for change in self.also))


class Told(Struct, frozen=True, kw_only=True):
    """What a record shows, without the record; see ``Case``."""

    scenario: str
    clause: str = ""
    faults: tuple[Fault, ...] = ()


class Case(Struct, frozen=True, kw_only=True):
    """A record and what it shows.

    Attributes:
        scenario: that it is of; in a mix, that of its part.
        clause: the exclusion that it was made to match; ``""`` for none.
        faults: in the order in which they were made.
    """

    record: dict[str, Json]
    scenario: str
    clause: str = ""
    faults: tuple[Fault, ...] = ()
