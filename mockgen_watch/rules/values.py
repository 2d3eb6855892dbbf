"""Values of records as rules see them: equality, types, places, dates, and text for messages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

from msgspec import Struct

from mockgen_watch.errors import MockgenError
from mockgen_watch.masters.moves import written_path
from mockgen_watch.spec.generators import Moment, MomentKind
from mockgen_watch.spec.moments import DAY, MomentError, read_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

    from mockgen_watch.spec.document import Json


Path: TypeAlias = tuple[str, ...]
Place: TypeAlias = tuple[str | int, ...]
"""Keys and element indexes from the top of a record down to a value."""


class RuleError(MockgenError):
    """A rule cannot be compiled; the message says why."""


class RecordView(Struct, frozen=True, kw_only=True):
    """How rules see a written record: as the model has it, and with comparable dates.

    Attributes:
        slot: where the model's record is.
        moves: where a field is in the model, and where ``$to`` puts it below the slot.
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
        record = value_at(written, self.slot)
        if isinstance(record, Missing):
            return None
        for source, target in self.moves:
            value = value_at(record, target)
            if not isinstance(value, Missing):
                record = with_value(record, source, value)
        return record

    def comparable(self, path: Path, value: Json) -> int | Decimal | str | None:
        """Return what the ``value`` at the written ``path`` is compared by; None: by nothing."""
        moment = self.moments.get(path)
        if moment is None:
            return value if isinstance(value, str) or is_number(value) else None
        return seconds_of(value, moment.kind, moment.format) if isinstance(value, str) else None

    def with_moments(self, written: Json) -> Json:
        """Return what is written with a datetime or time for every text that is one.

        Expressions take it so; other text stays what it is.
        """
        for path, moment in self.moments.items():
            for place, value in list(places_of(written, path)):
                found = _moments_in(value, moment)
                if found is not value:
                    written = with_value(written, place, found)  # type: ignore[arg-type]
        return written


class Missing:
    """Stands for a value where there is none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "absent"


MISSING: Final = Missing()


def places_of(record: Json, path: Path) -> Iterator[tuple[Place, Json]]:
    """Yield each place that ``path`` leads to, and the value there.

    Arrays are entered: at one element where the path has its index, else at each of them.
    """
    value = record
    for depth, key in enumerate(path):
        if isinstance(value, list):
            return _places(path[:depth], value, path[depth:])
        if not isinstance(value, dict) or key not in value:
            return iter(())
        value = value[key]
    return iter(((path, value),))


def _places(here: Place, value: Json, path: Path) -> Iterator[tuple[Place, Json]]:
    if not path:
        yield here, value
    elif isinstance(value, dict):
        if path[0] in value:
            yield from _places((*here, path[0]), value[path[0]], path[1:])
    elif isinstance(value, list):
        if path[0].isdecimal():
            number = int(path[0])
            if number < len(value):
                yield from _places((*here, number), value[number], path[1:])
        else:
            for number, item in enumerate(value):
                yield from _places((*here, number), item, path)


def value_at(record: Json, place: Place) -> Json | Missing:
    """Return the value at ``place``, or ``MISSING``."""
    value = record
    for key in place:
        if isinstance(value, dict) and isinstance(key, str):
            if key not in value:
                return MISSING
            value = value[key]
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return MISSING
    return value


def with_value(record: Json, place: Place, value: Json | Missing) -> Json:
    """Return ``record`` with another value at ``place``; parts beside the way there are shared.

    ``MISSING`` drops the member or element; a key or a next element that is not there is added.
    """
    if not place:
        return None if isinstance(value, Missing) else value
    key, rest = place[0], place[1:]
    if isinstance(record, dict) and isinstance(key, str):
        if not rest and isinstance(value, Missing):
            return {name: item for name, item in record.items() if name != key}
        return {**record, key: with_value(record.get(key), rest, value)}
    if isinstance(record, list) and isinstance(key, int) and key <= len(record):
        items = list(record)
        if not rest and isinstance(value, Missing):
            return items[:key] + items[key + 1 :]
        if key == len(items):
            items.append(None)
        items[key] = with_value(items[key], rest, value)
        return items
    return record


def with_field(record: Json, path: Path, value: Json | Missing) -> Json:
    """Return ``record`` with another value at ``path``, and objects on the way there."""
    for depth in range(1, len(path)):
        if not isinstance(value_at(record, path[:depth]), dict):
            record = with_value(record, path[:depth], {})
    return with_value(record, path, value)


def is_number(value: object) -> TypeGuard[int | Decimal]:
    """Return whether ``value`` is a number; true and false are none."""
    return isinstance(value, int | Decimal) and value is not True and value is not False


def same(left: Json | Missing, right: Json | Missing) -> bool:
    """Return whether two values are equal as JSON, or both are missing.

    1 and 1.0 are equal, 1 and true are not.
    """
    if isinstance(left, str):
        return type(left) is type(right) and left == right
    if is_number(left) and is_number(right):
        return left == right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


def key_of(value: Json) -> Hashable:
    """Return what is equal for two values just where they are the ``same``."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | list | dict):
        return (type(value), value)
    if isinstance(value, list):
        return tuple([key_of(item) for item in value])
    if isinstance(value, dict):
        return frozenset([(name, key_of(item)) for name, item in value.items()])
    return value


def one_of(values: Iterable[Json]) -> Callable[[Json], bool]:
    """Return whether a value is the ``same`` as one of ``values``, in a time that is not theirs."""
    keys = {key_of(value) for value in values}
    return lambda value: key_of(value) in keys


def is_type(value: Json, name: str) -> bool:
    """Return whether ``value`` is of the JSON Schema type ``name``."""
    if name == "integer":
        return is_number(value) and value == int(value)
    if name == "number":
        return is_number(value)
    if name == "null":
        return value is None
    return isinstance(value, _TYPES[name])


_TYPES: Final[dict[str, type]] = {"string": str, "boolean": bool, "array": list, "object": dict}
TYPES: Final = frozenset((*_TYPES, "integer", "number", "null"))


_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False,
    default=lambda value: float(value) if isinstance(value, Decimal) else str(value),
)


def shown(value: Json | Missing, longest: int = 60) -> str:
    """Return ``value`` as JSON, cut to ``longest`` characters."""
    text = _ENCODER.encode(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"


@lru_cache(maxsize=65_536)
def seconds_of(text: str, kind: MomentKind, form: str) -> int | None:
    """Return seconds since 0001-01-01 (a time of day: since midnight); None for other text."""
    try:
        units = read_moment(text, kind, form)
    except MomentError:
        return None
    return units * DAY if kind is MomentKind.DATE else units


def _moments_in(value: Json, moment: Moment) -> object:
    """Return the moment that a text of a date field is, of an array those of its elements.

    Anything else is returned as it is.
    """
    if isinstance(value, list):
        return [_moments_in(item, moment) for item in value]
    seconds = seconds_of(value, moment.kind, moment.format) if isinstance(value, str) else None
    if seconds is None:
        return value
    found = datetime.min + timedelta(seconds=seconds)
    return found.time() if moment.kind is MomentKind.TIME else found
