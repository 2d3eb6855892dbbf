"""Every record that a spec can make, with its probability, by listing them all."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from mockgen_watch.plan.compile import apply_overlay
from mockgen_watch.spec.generators import Constant, Pool, RowField
from mockgen_watch.spec.model import ArrayShape, Leaf, ObjectShape
from tests import oldest_engine

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Model, Shape
    from tests.oldest_engine import Plain


def plain(value: Json) -> Plain:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def outcomes(shape: Shape) -> list[tuple[Plain, Fraction]]:
    """Return every value that a shape can take, with its probability, by listing them all."""
    if isinstance(shape, Leaf):
        generator = shape.generator
        if isinstance(generator, Constant):
            return [(plain(generator.value), Fraction(1))]
        assert isinstance(generator, Pool)
        total = sum(Fraction(entry.weight) for entry in generator.entries)
        return [(plain(entry.value), Fraction(entry.weight) / total) for entry in generator.entries]
    if isinstance(shape, ArrayShape):
        parts = [outcomes(element) for element in shape.elements]
        return [
            ([value for value, _ in chosen], prod((odds for _, odds in chosen), start=Fraction(1)))
            for chosen in product(*parts)
        ]
    rows: dict[tuple[bytes, ...], list[tuple[str, RowField]]] = {}
    parts_by: list[list[tuple[Plain, Fraction]]] = []
    for member in shape.members:
        inner = member.shape
        if isinstance(inner, Leaf) and isinstance(inner.generator, RowField):
            key = tuple(entry.identity for entry in inner.generator.rows.entries)
            rows.setdefault(key, []).append((member.name, inner.generator))
        else:
            parts_by.append([({member.name: value}, odds) for value, odds in outcomes(inner)])
    for fields in rows.values():
        entries = fields[0][1].rows.entries
        total = sum(Fraction(entry.weight) for entry in entries)
        group: list[tuple[Plain, Fraction]] = []
        for entry in entries:
            assert isinstance(entry.value, dict)
            row: Plain = {name: plain(entry.value[field.key]) for name, field in fields}
            group.append((row, Fraction(entry.weight) / total))
        parts_by.append(group)
    found: list[tuple[Plain, Fraction]] = []
    for chosen in product(*parts_by):
        record: dict[str, Plain] = {}
        for part, _ in chosen:
            assert isinstance(part, dict)
            record.update(part)
        found.append((record, prod((odds for _, odds in chosen), start=Fraction(1))))
    return found


def size_of(shape: Shape) -> int:
    if isinstance(shape, Leaf):
        return len(shape.generator.entries) if isinstance(shape.generator, Pool) else 1
    if isinstance(shape, ArrayShape):
        return prod(size_of(element) for element in shape.elements)
    rows = {
        len(member.shape.generator.rows.entries)
        for member in shape.members
        if isinstance(member.shape, Leaf) and isinstance(member.shape.generator, RowField)
    }
    return prod(size_of(member.shape) for member in shape.members) * prod(rows)


def distribution(shape: Shape) -> dict[str, Fraction]:
    odds: Counter[str] = Counter()
    for value, share in outcomes(shape):
        odds[oldest_engine.as_record(value)] += share  # type: ignore[assignment]
    return {value: Fraction(share) for value, share in odds.items()}


def shapes_of(model: Model) -> dict[str, ObjectShape]:
    return {
        scenario.name: apply_overlay(model.shape, scenario.overlay, scenario.name)
        for scenario in model.scenarios
    }
