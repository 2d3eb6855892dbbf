"""Takes records as they are made and as they should be; gives what a spec has to say for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import canonical
from mockgen_watch.migrations.graft import RECORDS, Graft, Value
from mockgen_watch.migrations.pieces import DELETE, statements_between
from mockgen_watch.spec.document import MappingNode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Final, TypeAlias

    from mockgen_watch.migrations.pieces import Place
    from mockgen_watch.spec.document import Json, Node

    FieldOf: TypeAlias = "Callable[[Place], tuple[str, ...] | None]"

    """From a place in a record to the field of the model that is written there, if one is."""


MOST_TRIED: Final = 8
"""Fields that may be said of all records, each of which is tried to be said of single ones."""


class Saying(Struct, frozen=True, kw_only=True, eq=False):
    """One thing that the spec is to say.

    Attributes:
        record: the index of the record; None: all records of the scenario.
        place: where it is in the record.
        keys: where it is said, from the top of the file.
        value: what is said, in the words of a spec.
    """

    record: int | None
    place: Place
    keys: tuple[str, ...]
    value: Json


class Home(Struct, frozen=True, kw_only=True):
    """Where a scenario stands in its file.

    Attributes:
        keys: from the top of the file.
        node: what stands there.
        is_model: it is the model itself, which has no scenarios.
        field_of: see ``FieldOf``.
    """

    keys: tuple[str, ...]
    node: Node | None
    is_model: bool
    field_of: FieldOf


def sayings(
    home: Home, changed: Mapping[int, tuple[Json, Json]], count: int
) -> Iterator[tuple[Saying, ...]]:
    """Yield each way to say what ``changed`` records hold, the best first.

    Args:
        home: where it is said.
        changed: index → the record as it is made, and as it should be.
        count: records that there are.
    """
    stated = home.node.get(RECORDS) if isinstance(home.node, MappingNode) else None
    each: list[Saying] = []
    for index, (made, meant) in sorted(changed.items()):
        there = stated.get(str(index)) if isinstance(stated, MappingNode) else None
        for place, value in statements_between(made, meant, there):
            keys = (*home.keys, RECORDS, str(index), *map(_written, place))
            each.append(Saying(record=index, place=place, keys=keys, value=value))
    alike = tuple(_alike(home, each, count)) if count > 1 else ()
    # A field that others show cannot be said of all, unless they were edited to follow.
    without = [tuple(one for one in alike if one is not left) for left in alike]
    for chosen in dict.fromkeys([alike, *without[:MOST_TRIED], ()]):
        known = {saying.place for saying in chosen}
        yield (*chosen, *(saying for saying in each if saying.place not in known))


def graft_of(said: Iterable[Saying]) -> dict[str, Graft]:
    """Return what ``said`` comes to, from the top of the file."""
    top: dict[str, Graft] = {}
    for saying in said:
        here = top
        for key in saying.keys[:-1]:
            inner = here.setdefault(key, {})
            if not isinstance(inner, dict):
                raise TypeError("a value and what is below it are not both said")
            here = inner
        here[saying.keys[-1]] = Value(data=saying.value)
    return top


def _alike(home: Home, each: Sequence[Saying], count: int) -> Iterator[Saying]:
    """Yield what is said of all ``count`` records, as it is said of the scenario."""
    groups: dict[tuple[Place, bytes], int] = {}
    for saying in each:
        key = (saying.place, canonical(saying.value))
        groups[key] = groups.get(key, 0) + 1
    for saying in each:
        if groups.pop((saying.place, canonical(saying.value)), 0) < count:
            continue
        field = home.field_of(saying.place)
        value = saying.value
        if field is None or (home.is_model and value == DELETE):
            continue
        if isinstance(value, list):
            value = {"$const": value}
        keys = (*home.keys, *map(_written, field))
        yield Saying(record=None, place=saying.place, keys=keys, value=value)


def _written(key: str | int) -> str:
    text = str(key)
    return f"${text}" if isinstance(key, str) and text.startswith("$") else text
