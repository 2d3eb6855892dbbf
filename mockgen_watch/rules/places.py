"""Takes a record and a field's path; gives the places where its values stand, and changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final, TypeAlias

    from mockgen_watch.spec.document import Json

Path: TypeAlias = tuple[str, ...]
Place: TypeAlias = tuple[str | int, ...]
"""Keys and element indexes from the top of a record down to a value."""


class Missing:
    """Stands for a value where there is none."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return how people read it."""
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
