"""A scenario's overlay: what it replaces, what it keeps, and that addresses stay."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mockgen_watch.plan.compile import apply_overlay
from mockgen_watch.spec.generators import RowField
from mockgen_watch.spec.model import (
    Leaf,
    ObjectShape,
    OriginKind,
    Transform,
    find_shape,
    walk_leaves,
)
from tests.unit.masters.shapes import DELETED, Data, array, field, plain, pool, record


@pytest.mark.parametrize(
    ("model", "overlay", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 3}, {"a": 3, "b": 2}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"z": 1, "a": 2, "y": 3}, {"a": 2, "z": 1, "y": 3}),
        ({"o": {"a": 1, "b": 2}}, {"o": {"b": 3}}, {"o": {"a": 1, "b": 3}}),
        ({"o": {"a": 1}}, {"o": None}, {"o": None}),
        ({"o": 1}, {"o": {"a": 1}}, {"o": {"a": 1}}),
        ({"l": [{"a": 1, "b": 2}]}, {"l": [{"a": 3}]}, {"l": [{"a": 3}]}),
        ({"l": [{"a": 1}]}, {"l": array(1, 2, {"a": 3})}, {"l": [(1, 2, {"a": 3})]}),
        ({"p": ["x", "y"]}, {"p": ["", "z"]}, {"p": ["", "z"]}),
    ],
)
def test_an_overlay_is_laid_over_the_model(model: Data, overlay: Data, expected: Data) -> None:
    result = plain(apply_overlay(record(model), record(overlay, "s"), "s"))
    assert result == expected
    assert list(result) == list(expected)


def test_without_an_overlay_the_model_stays() -> None:
    model = record({"a": 1})
    assert apply_overlay(model, None, "s") is model


def test_what_covers_a_field_has_its_address() -> None:
    model = record(
        {
            "a": field(["x"], id="i"),
            "o": field({"b": field(["x"], id="j"), "c": 1}, id="k"),
            "l": field([{"d": field(["x"], id="m")}], id="n"),
            "v": field(array(1, 2, {"d": field(["x"], id="q")}), id="r"),
        }
    )
    overlay = record(
        {
            "a": ["y"],
            "o": {"b": ["y"], "new": 1},
            "l": [{"d": ["y"]}, {"d": ["z"], "e": 1}],
            "v": array(1, 5, {"d": ["y"]}),
        },
        "s",
    )
    addresses = {
        ".".join(path): leaf.address
        for path, leaf in walk_leaves(apply_overlay(model, overlay, "s"))
    }
    assert addresses == {
        "a": ("i",),
        "o.b": ("k", "j"),
        "o.c": ("k", "c"),
        "o.new": ("k", "new"),
        "l.d": ("n", "[]", "m"),
        "l.e": ("n", "[]", "e"),
        "v.d": ("r", "[]", "q"),
    }


def test_rows_of_an_overlay_draw_at_the_address_of_the_model() -> None:
    rows = pool({"city": "X"})
    inner = RowField(rows=rows, key="city", address=("o",))
    model = record({"o": field({"city": "Y"}, id="home")})
    overlay = record({"o": {"city": inner}, "new": {"city": inner}}, "s")
    result = apply_overlay(model, overlay, "s")
    found = find_shape(result, ("o", "city"))
    assert isinstance(found, Leaf)
    assert isinstance(found.generator, RowField)
    assert found.generator.address == ("home",)


def test_every_leaf_knows_whether_model_or_scenario_states_it() -> None:
    result = apply_overlay(record({"a": 1, "b": 2}), record({"a": 3, "c": 4}), "negative")
    kinds = {path[0]: (leaf.origin.kind, leaf.origin.name) for path, leaf in walk_leaves(result)}
    assert kinds == {
        "a": (OriginKind.SCENARIO, "negative"),
        "b": (OriginKind.MODEL, "M"),
        "c": (OriginKind.SCENARIO, "negative"),
    }


def test_a_leaf_brings_its_own_modifiers_but_goes_where_the_model_sends_it() -> None:
    half = Decimal("0.5")
    model = record({"a": field("x", null=half, transforms=(Transform.UPPER,), to=("b", "c"))})
    result = apply_overlay(model, record({"a": field("y", omit=half)}, "s"), "s")
    found = result.get("a")
    assert found is not None
    assert found.modifiers.to == ("b", "c")
    assert (found.modifiers.null, found.modifiers.omit) == (Decimal(0), half)
    assert found.modifiers.transforms == ()


def test_fields_of_an_elements_overlay_go_where_the_model_sends_them() -> None:
    model = record({"l": [{"a": field("x", to=("b",))}]})
    result = apply_overlay(model, record({"l": [{"a": "y"}]}, "s"), "s")
    found = find_shape(result, ("l", "a"))
    assert found is not None
    assert found.modifiers.to == ("b",)


def test_an_object_keeps_the_odds_that_the_overlay_does_not_state() -> None:
    half, quarter = Decimal("0.5"), Decimal("0.25")
    model = record({"o": field({"a": 1}, null=half, omit=half)})
    overlay = record({"o": field({"a": 2}, omit=quarter)}, "s")
    found = apply_overlay(model, overlay, "s").get("o")
    assert isinstance(found, ObjectShape)
    assert (found.modifiers.null, found.modifiers.omit) == (half, quarter)


def test_a_deleted_field_stays_marked_for_the_merge() -> None:
    found = apply_overlay(record({"a": 1}), record({"a": DELETED}, "s"), "s").get("a")
    assert found is not None
    assert found.modifiers.delete
