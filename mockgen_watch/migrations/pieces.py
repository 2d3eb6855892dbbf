"""Takes the fields of a section; gives the spec that makes its records, in independent pieces."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import canonical
from mockgen_watch.migrations.periods import (
    MAX_ROWS,
    TooManyRowsError,
    group_fields,
    period_of,
    shortest_period,
    tied_lengths,
    value_at,
)
from mockgen_watch.migrations.shapes import OldArray, OldLeaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockgen_watch.migrations.shapes import OldField, OldValue
    from mockgen_watch.spec.document import Json

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
