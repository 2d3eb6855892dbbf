"""Faults by kind: what each keyword of a schema gives."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.rules.values import MISSING, value_at, with_value
from mockgen_watch.scenarios.faults.changes import (
    Spot,
    neighbours,
    schema_candidates,
    written_like,
)
from mockgen_watch.scenarios.faults.kinds import KINDS
from mockgen_watch.scenarios.faults.record_fields import RecordFields
from mockgen_watch.scenarios.promise.facts import view_of
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json

PLAN = next(iter(plans_of('{"M": {"f": 1}}').values())).records
FIELDS = RecordFields(PLAN, view_of(PLAN))
STEP = Decimal(1)
D = Decimal


def spot(value: Json, rotation: int = 0, step: Decimal = STEP) -> Spot:
    return Spot(place=("f",), value=value, rotation=rotation, step=step, fields=FIELDS)


def by_kind(
    schema: Json, value: Json, rotation: int = 0, step: Decimal = STEP
) -> dict[str, list[Json]]:
    """Return what there is at the changed place, by kind; the whole record is ``value``."""
    found: dict[str, list[Json]] = {}
    for candidate in schema_candidates(schema, spot(value, rotation, step)):
        changed = with_value({"f": value}, candidate.place, candidate.value)
        assert isinstance(changed, dict)
        found.setdefault(candidate.operator, []).append(changed.get("f", "(missing)"))
    return found


@pytest.mark.parametrize(
    ("schema", "value", "kind", "expected"),
    [
        ({"minimum": 5}, 7, "below", 4),
        ({"maximum": 5}, 3, "above", 6),
        ({"exclusiveMinimum": 5}, 7, "below", 5),
        ({"exclusiveMaximum": 5}, 3, "above", 5),
        ({"minimum": 5}, D("7.50"), "below", D("4.00")),
        ({"maximum": D("5.5")}, D("5.25"), "above", D("6.50")),
        ({"multipleOf": 5}, 10, "off-step", D("10.01")),
        ({"multipleOf": D("0.5")}, D("1.50"), "off-step", D("1.51")),
        ({"enum": [1, 2]}, 1, "not-in-pool", 3),
        ({"enum": ["A", "B"]}, "A", "not-in-pool", "UNKNOWN"),
        ({"enum": ["A", "B"]}, "A", "one-off", "a"),
        ({"pattern": "^[A-Z]{3}$"}, "ABC", "too-long", "ABCC"),
        ({"pattern": "^[A-Z]{3}$"}, "ABC", "too-short", "AB"),
        ({"minLength": 2}, "ABC", "too-short", "A"),
        ({"maxLength": 3}, "ABC", "too-long", "ABCC"),
        ({"minItems": 2}, [1, 2, 3], "too-few", [1]),
        ({"maxItems": 2}, [1, 2], "too-many", [1, 2, 2]),
        ({"uniqueItems": True}, [1, 2], "twice", [1, 2, 1]),
        ({"contains": {"minimum": 2}}, [1, 3], "too-few", [1]),
        ({"contains": {"minimum": D("2.5")}}, [1, 3], "too-few", [1]),
        ({"items": {"minimum": 0}}, [5, 6], "below", [-1, 6]),
        ({"required": ["k"]}, {"k": 1, "j": 2}, "missing", {"j": 2}),
        ({"properties": {"k": {"minimum": 1}}}, {"k": 1}, "below", {"k": 0}),
        ({"additionalProperties": False}, {"k": 1}, "unexpected", {"k": 1, "unexpected": "unexpected"}),  # noqa: E501 - a row of the table
        ({}, "ABC", "empty", ""),
        ({}, [1], "empty", []),
        ({}, {"k": 1}, "empty", {}),
        ({}, "ABC", "null", None),
        ({}, "ABC", "missing", "(missing)"),
        ({}, "00123", "wrong-type", 123),
        ({}, "ABC", "wrong-type", 12345),
        ({}, D("1.50"), "wrong-type", "1.50"),
        ({}, True, "wrong-type", "yes"),
        ({}, [1], "wrong-type", {}),
        ({}, {"k": 1}, "wrong-type", []),
    ],
)  # fmt: skip
def test_a_keyword_gives_its_kind_of_fault(
    schema: Json, value: Json, kind: str, expected: Json
) -> None:
    assert expected in by_kind(schema, value)[kind]


@pytest.mark.parametrize(
    ("schema", "value", "kinds"),
    [
        ({"minimum": 5}, "text", {"empty", "null", "missing", "wrong-type"}),
        ({"minLength": 1}, 5, {"null", "missing", "wrong-type"}),
        ({"minItems": 1}, None, {"missing"}),
        (True, "", {"null", "missing", "wrong-type"}),
        ({"maxLength": 1 << 40}, "x", {"empty", "null", "missing", "wrong-type"}),
    ],
)
def test_a_keyword_that_does_not_speak_of_the_value_gives_nothing(
    schema: Json, value: Json, kinds: set[str]
) -> None:
    assert set(by_kind(schema, value)) == kinds


VALUES: list[Json] = [
    "",
    "A",
    "ab1",
    "0012",
    0,
    -3,
    D("2.50"),
    True,
    None,
    [],
    [1, "x"],
    {},
    {"k": [1]},
]
SCHEMAS: list[Json] = [
    {"enum": ["A", 1, None]}, {"const": "A"}, {"pattern": "^a"}, {"minimum": -5, "maximum": 9},
    {"multipleOf": 3}, {"minLength": 1, "maxLength": 3}, {"minItems": 1, "maxItems": 2},
    {"uniqueItems": True, "items": {"type": "integer"}},
    {"required": ["k"], "properties": {"k": {"minItems": 1}}, "additionalProperties": False},
]  # fmt: skip


def test_candidates_have_known_kinds_and_stand_somewhere() -> None:
    for schema in SCHEMAS:
        for value in VALUES:
            record: Json = {"f": value}
            for rotation in range(4):
                for found in schema_candidates(schema, spot(value, rotation)):
                    assert found.operator in KINDS
                    changed = with_value(record, found.place, found.value)
                    there = value_at(changed, found.place)
                    assert there is MISSING or there == found.value


@pytest.mark.parametrize(
    ("number", "value", "expected"),
    [
        (D("3"), 7, 3),
        (D("3.5"), 7, D("3.5")),
        (D("3"), D("7.00"), D("3.00")),
        (D("3.125"), D("7.00"), D("3.125")),
        (D("1E+2"), D("7.0"), D("100.0")),
    ],
)
def test_a_number_is_written_as_its_neighbour_is(
    number: Decimal, value: Json, expected: int | Decimal
) -> None:
    found = written_like(number, value)
    assert (found, str(found)) == (expected, str(expected))


def test_neighbours_differ_by_a_character_or_a_step() -> None:
    texts = [found.value for found in neighbours(spot("A1"))]
    assert "a1" in texts
    assert all(
        isinstance(text, str) and sum(x != y for x, y in zip(text, "A1", strict=True)) == 1
        for text in texts
    )
    numbers = [found.value for found in neighbours(spot(D("1.50"), step=D("0.01")))]
    assert numbers == [D("1.49"), D("1.51")]
    assert list(neighbours(spot(True))) == []
