"""Where a field's values stand in a record, and how they are changed without touching the rest."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.rules.values import (
    MISSING,
    is_type,
    places_of,
    same,
    shown,
    value_at,
    with_value,
)

if TYPE_CHECKING:
    from mockgen_watch.rules.values import Place
    from mockgen_watch.spec.document import Json

RECORD: Json = {
    "a": 1,
    "b": {"c": None, "0": "zero"},
    "l": [{"x": 1}, {"y": 2}, {"x": [3, {"x": 4}]}],
    "n": [[1, 2], [3]],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", [(("a",), 1)]),
        ("b.c", [(("b", "c"), None)]),
        ("b.0", [(("b", "0"), "zero")]),
        ("z", []),
        ("a.b", []),
        ("l.x", [(("l", 0, "x"), 1), (("l", 2, "x"), [3, {"x": 4}])]),
        ("l.2.x", [(("l", 2, "x"), [3, {"x": 4}])]),
        ("l.2.x.x", [(("l", 2, "x", 1, "x"), 4)]),
        ("l.9.x", []),
        ("n.0.1", [(("n", 0, 1), 2)]),
        ("", [((), RECORD)]),
    ],
)
def test_a_path_leads_through_arrays_to_each_value(
    path: str, found: list[tuple[Place, Json]]
) -> None:
    assert list(places_of(RECORD, tuple(path.split(".")) if path else ())) == found
    assert all(value_at(RECORD, place) == value for place, value in found)


@pytest.mark.parametrize(
    ("place", "value", "there"),
    [
        (("a",), 2, 2),
        (("new",), {"k": 1}, {"k": 1}),
        (("b", "c"), MISSING, MISSING),
        (("l", 1), MISSING, {"x": [3, {"x": 4}]}),
        (("l", 3), "end", "end"),
        (("l", 2, "x", 1, "x"), None, None),
    ],
)
def test_a_change_shares_what_lies_beside_and_changes_no_record(
    place: Place, value: Json, there: Json
) -> None:
    before = deepcopy(RECORD)
    changed = with_value(RECORD, place, value)
    assert value_at(changed, place) is there or value_at(changed, place) == there
    assert before == RECORD
    assert isinstance(changed, dict)
    assert isinstance(RECORD, dict)
    others = [key for key in RECORD if key != place[0]]
    assert all(changed[key] is RECORD[key] for key in others)


@pytest.mark.parametrize("place", [("l", 5), ("a", "b"), ("l", "x"), ("b", 0)])
def test_a_place_that_is_none_changes_nothing(place: Place) -> None:
    assert value_at(RECORD, place) is MISSING
    assert with_value(RECORD, place, 1) == RECORD


@pytest.mark.parametrize(
    ("left", "right", "are_same"),
    [
        (1, Decimal("1.0"), True),
        (1, True, False),
        (0, False, False),
        (0, None, False),
        ("1", 1, False),
        ([1, [2]], [Decimal("1.00"), [2]], True),
        ([1], [1, 1], False),
        ({"a": 1, "b": None}, {"b": None, "a": Decimal(1)}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ("é", "e\u0301", False),
    ],
)
def test_values_are_equal_as_json_has_it(left: Json, right: Json, are_same: bool) -> None:
    assert same(left, right) is are_same
    assert same(right, left) is are_same


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (1, {"integer", "number"}),
        (Decimal("2.0"), {"integer", "number"}),
        (Decimal("2.5"), {"number"}),
        (1 << 80, {"integer", "number"}),
        (True, {"boolean"}),
        (None, {"null"}),
        ("1", {"string"}),
        ([], {"array"}),
        ({}, {"object"}),
    ],
)
def test_types_are_those_of_json_schema(value: Json, names: set[str]) -> None:
    every = ("string", "boolean", "array", "object", "integer", "number", "null")
    assert {name for name in every if is_type(value, name)} == names


def test_long_values_are_cut_where_people_read_them() -> None:
    assert shown("x" * 100) == '"' + "x" * 58 + "…"
    assert shown([Decimal("1.50"), None, "é"]) == '[1.5, null, "é"]'
    assert shown(MISSING) == '"absent"'
