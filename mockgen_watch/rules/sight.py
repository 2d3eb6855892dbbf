"""Takes where a model's record stands in what is written; gives how its rules see that record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.masters.paths import written_path
from mockgen_watch.rules.moments import seconds_of, seen_as_date
from mockgen_watch.rules.places import Missing, places_of, value_at, with_value
from mockgen_watch.rules.values import is_number
from mockgen_watch.spec.generators import MomentKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from mockgen_watch.rules.places import Path, Place
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Moment


class Sight(Struct, frozen=True, kw_only=True):
    """How rules see a record.

    Attributes:
        slot: where the model's record stands.
        moves: where a field stood in the model, and where ``$to`` put it below the slot.
        moments: the dates and times, by written path.
    """

    slot: Path
    moves: tuple[tuple[Path, Path], ...]
    moments: Mapping[Path, Moment]

    def path_of(self, field: Path) -> Path:
        """Return where the model's ``field`` is written."""
        return written_path(field, self.slot, self.moves)

    def place_of(self, place: Place) -> Place:
        """Return where a place of the model's record is written."""
        for source, target in self.moves:
            if place[: len(source)] == source:
                return (*self.slot, *target, *place[len(source) :])
        return (*self.slot, *place)

    def record_of(self, written: Json) -> Json:
        """Return the model's record, each field by the name that the model gives it."""
        seen = value_at(written, self.slot)
        if isinstance(seen, Missing):
            return None
        for source, target in self.moves:
            value = value_at(seen, target)
            if not isinstance(value, Missing):
                seen = with_value(seen, source, value)
        return seen

    def comparable(self, path: Path, value: Json) -> int | Decimal | str | None:
        """Return what the ``value`` at the written ``path`` is compared by; None: by nothing."""
        moment = self.moments.get(path)
        if moment is not None:
            is_text = isinstance(value, str)
            return seconds_of(value, moment.kind, moment.format) if is_text else None  # type: ignore[arg-type]
        if isinstance(value, str) or is_number(value):
            return value  # type: ignore[return-value]  # a number, and no boolean
        return None

    def dates(self) -> tuple[Path, ...]:
        """Return the written paths of dates and date-times."""
        return tuple(
            path for path, moment in self.moments.items() if moment.kind is not MomentKind.TIME
        )

    def with_rfc3339(self, written: Json) -> Json:
        """Return what is written with RFC 3339 text for every date and time."""
        for path, moment in self.moments.items():
            for place, value in list(places_of(written, path)):
                written = with_value(written, place, seen_as_date(value, moment))
        return written
