"""Takes the fields of a section; gives the spec that makes its records, in independent pieces."""

from __future__ import annotations

from collections import Counter
from math import gcd, lcm
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import canonical
from mockgen_watch.migrations.shapes import OldArray, OldLeaf
from mockgen_watch.spec.document import MappingNode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Final, TypeAlias

    from mockgen_watch.migrations.shapes import OldField, OldValue
    from mockgen_watch.spec.document import Json, Mark, Node


MAX_ROWS: Final = 20_000
"""More rows than these are refused: nobody could read or change them."""


class TooManyRowsError(Exception):
    """Fields that belong together have more combinations than ``MAX_ROWS``.

    Attributes:
        fields: their names and the number of values after which each begins again.
        rows: how many combinations there are.
        mark: of the section that has them, once it is known.
    """

    def __init__(self, fields: Sequence[tuple[str, int]], rows: int) -> None:
        """Say so."""
        self.fields = tuple(fields)
        self.rows = rows
        self.mark: Mark | None = None
        super().__init__(f"{rows} rows")


class Groups(Struct, frozen=True, kw_only=True):
    """The fields of an object.

    Attributes:
        alone: those that are independent of all others.
        together: those whose values are chosen together; none or at least two.
        rows: how many values of n give each combination of the latter once.
    """

    alone: tuple[OldField, ...]
    together: tuple[OldField, ...]
    rows: int


def shortest_period(values: Sequence[Json]) -> tuple[Json, ...]:
    """Return the shortest list that, repeated, gives ``values`` repeated."""
    known = [canonical(value) for value in values]
    size = len(known)
    for length in range(1, size):
        if size % length == 0 and known[:length] * (size // length) == known:
            return tuple(values[:length])
    return tuple(values)


def period_of(value: OldValue) -> int:
    """Return after how many n the values of a field begin again."""
    if isinstance(value, OldLeaf):
        return len(shortest_period(value.values))
    if isinstance(value, OldArray):
        return lcm(*(period_of(element) for element in value.elements))
    return lcm(*(period_of(field.value) for field in value.members))


def value_at(value: OldValue, n: int) -> Json:
    """Return the n-th value of a field."""
    if isinstance(value, OldLeaf):
        return value.values[n % len(value.values)]
    if isinstance(value, OldArray):
        return [value_at(element, n) for element in value.elements]
    return {field.name: value_at(field.value, n) for field in value.members}


def group_fields(fields: Sequence[OldField]) -> Groups:
    """Return which fields are chosen together.

    Raises:
        TooManyRowsError: they have too many combinations.
    """
    periods = [period_of(field.value) for field in fields]
    tied = tied_lengths(periods)
    together = tuple(field for field, is_tied in zip(fields, tied, strict=True) if is_tied)
    alone = tuple(field for field, is_tied in zip(fields, tied, strict=True) if not is_tied)
    sizes = [(field.name, size) for field, size, t in zip(fields, periods, tied, strict=True) if t]
    rows = lcm(*(size for _, size in sizes))
    if rows > MAX_ROWS:
        raise TooManyRowsError(sizes, rows)
    return Groups(alone=alone, together=together, rows=rows)


def tied_lengths(periods: Sequence[int]) -> list[bool]:
    """Return for each length whether it shares a factor with another one."""
    # Equal lengths are looked at once, because a section may have thousands of fields.
    counts: dict[int, int] = {}
    for period in periods:
        counts[period] = counts.get(period, 0) + 1
    tied = {
        period
        for period, number in counts.items()
        if period > 1
        and (number > 1 or any(gcd(period, other) > 1 for other in counts if other != period))
    }
    return [period in tied for period in periods]


ROWS = "$rows"


class Piece(Struct, frozen=True, kw_only=True):
    """Fields that are chosen by themselves, or together.

    Attributes:
        key: what stands in the spec: the field's key, or ``$rows``.
        fields: what is chosen, in source order.
        spec: what stands under the key.
    """

    key: str
    fields: tuple[OldField, ...]
    spec: Json

    @property
    def identity(self) -> bytes:
        """Equal for pieces that choose the same fields in the same way."""
        names = sorted(field.name for field in self.fields)
        return canonical([self.key, [*names], _unordered(self.spec)])


def spec_key(name: str) -> str:
    """Return the key of a spec for the field ``name``."""
    return f"${name}" if name.startswith("$") else name


def pieces_of(fields: Sequence[OldField]) -> tuple[Piece, ...]:
    """Return the pieces of a section, or of an object in it; ``$rows`` at its first field.

    Raises:
        TooManyRowsError: fields belong together that have too many combinations.
    """
    groups = group_fields(fields)
    together = {field.name for field in groups.together}
    pieces: list[Piece] = []
    is_done = False
    for field in fields:
        if field.name not in together:
            key = spec_key(field.name)
            pieces.append(Piece(key=key, fields=(field,), spec=value_spec(field.value)))
        elif not is_done:
            is_done = True
            rows = _rows(groups.together, groups.rows)
            pieces.append(Piece(key=ROWS, fields=groups.together, spec=rows))
    return tuple(pieces)


def assembled(pieces: Iterable[Piece]) -> dict[str, Json]:
    """Return the mapping that holds ``pieces``."""
    return {piece.key: piece.spec for piece in pieces}


def value_spec(value: OldValue) -> Json:
    """Return what stands in a spec for a field that is independent of its neighbours.

    Raises:
        TooManyRowsError: see ``pieces_of``.
    """
    if isinstance(value, OldLeaf):
        return _leaf_spec(value)
    if not isinstance(value, OldArray):
        return dict(assembled(pieces_of(value.members)))
    if not any(tied_lengths([period_of(element) for element in value.elements])):
        return [value_spec(element) for element in value.elements]
    size = period_of(value)
    if size > MAX_ROWS:
        raise TooManyRowsError([("its elements", size)], size)
    return {"$choice": [value_at(value, n) for n in range(size)]}


def _leaf_spec(leaf: OldLeaf) -> Json:
    values = shortest_period(leaf.values)
    if all(not isinstance(value, dict | list) for value in values):
        return values[0] if len(values) == 1 and not leaf.is_list else list(leaf.values)
    return {"$const": values[0]} if len(values) == 1 else {"$choice": list(leaf.values)}


def _rows(fields: Sequence[OldField], size: int) -> Json:
    """Return the rows, equal ones as one with a weight."""
    rows = [{spec_key(f.name): value_at(f.value, n) for f in fields} for n in range(size)]
    first: dict[bytes, dict[str, Json]] = {}
    weights: Counter[bytes] = Counter()
    for row in rows:
        identity = canonical(row)
        first.setdefault(identity, row)
        weights[identity] += 1
    return [
        row if weights[identity] == 1 else {**row, "$weight": weights[identity]}
        for identity, row in first.items()
    ]


def _unordered(spec: Json) -> Json:
    """Return ``spec`` with pools and rows in an order that does not depend on the source."""
    if isinstance(spec, list):
        items = [_unordered(item) for item in spec]
        if all(isinstance(item, dict) for item in items) and not any(
            isinstance(item, dict) and "$weight" in item for item in items
        ):
            return items
        return sorted(items, key=canonical)
    if isinstance(spec, dict):
        return {
            key: sorted(item, key=canonical)
            if key == ROWS and isinstance(item, list)
            else _unordered(item)
            for key, item in spec.items()
        }
    return spec


Place: TypeAlias = "tuple[str | int, ...]"
"""Keys and element indexes from the top of a record."""

DELETE: Final[Json] = {"$delete": True}


def statements_between(
    made: Json, meant: Json, stated: Node | None, place: Place = ()
) -> Iterator[tuple[Place, Json]]:
    """Yield each place that differs, and what a spec writes there so that ``meant`` stands there.

    Args:
        made: what is there without the statements, or with those that there are.
        meant: what should be there.
        stated: what the spec states there already: it is changed where it stands, and where a
            whole value is stated, that is stated whole again.
        place: of all this in the record.
    """
    if canonical(made) == canonical(meant):
        return
    if stated is not None and not _is_open(stated):
        yield place, as_stated(meant)
    elif isinstance(made, dict) and isinstance(meant, dict):
        for key in [*made, *(key for key in meant if key not in made)]:
            inner = _below(stated, _written(key))
            if key not in meant:
                yield (*place, key), DELETE
            elif key in made:
                yield from statements_between(made[key], meant[key], inner, (*place, key))
            else:
                yield from _added(meant[key], inner, (*place, key))
    elif _are_alike(made, meant):
        assert isinstance(made, list)  # noqa: S101 - that is what is meant by alike
        assert isinstance(meant, list)  # noqa: S101
        for index, (old, new) in enumerate(zip(made, meant, strict=True)):
            yield from statements_between(old, new, _below(stated, str(index)), (*place, index))
    else:
        yield place, as_stated(meant)


def as_stated(value: Json) -> Json:
    """Return what states ``value``, whatever was there."""
    if isinstance(value, dict):
        return {"$const": value}
    return _escaped(value)


def _added(value: Json, stated: Node | None, place: Place) -> Iterator[tuple[Place, Json]]:
    """Yield what states a value where nothing is."""
    if isinstance(value, dict) and value and (stated is None or _is_open(stated)):
        for key, item in value.items():
            yield from _added(item, _below(stated, _written(key)), (*place, key))
    else:
        yield place, as_stated(value)


def _escaped(value: Json) -> Json:
    """Return ``value`` with a second ``$`` before each key in it that begins with one."""
    if isinstance(value, dict):
        return {_written(key): _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value


def _written(key: str) -> str:
    return f"${key}" if key.startswith("$") else key


def _below(stated: Node | None, key: str) -> Node | None:
    return stated.get(key) if isinstance(stated, MappingNode) else None


def _is_open(stated: Node) -> bool:
    """Return whether more can be stated below what is stated."""
    return isinstance(stated, MappingNode) and not any(
        member.key in {"$const", "$delete"} for member in stated.members
    )


def _are_alike(made: Json, meant: Json) -> bool:
    """Return whether two arrays differ in their elements one by one; texts are read better whole."""
    return (
        isinstance(made, list)
        and isinstance(meant, list)
        and len(made) == len(meant)
        and all(isinstance(item, dict | list) for item in (*made, *meant))
    )
