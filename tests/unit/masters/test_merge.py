"""Policies: what each makes of two layers, and where it does not fit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mockgen_watch.masters.merge import Merge, finish_object
from mockgen_watch.spec.generators import Constant, Pattern, Reference
from mockgen_watch.spec.model import ArrayShape, ConflictPolicy, Leaf, ObjectShape, find_shape
from tests.unit.masters.shapes import DELETED, Data, array, field, plain, policy, record


def merged(
    lower: dict[str, Data], upper: dict[str, Data], *policies: str
) -> tuple[ObjectShape, list[str]]:
    """Merge with policies written ``path kind [key]``; return the shape and the messages."""
    merge = Merge([policy(*text.split()) for text in policies], ConflictPolicy.ERROR)
    shape = merge.objects(record(lower), record(upper))
    return finish_object(shape), [f"{item.code} {item.message}" for item in merge.diagnostics]


A, B, C = {"id": 1, "x": "a"}, {"id": 2, "x": "b"}, {"id": 2, "y": "c"}


@pytest.mark.parametrize(
    ("lower", "upper", "policies", "expected"),
    [
        # override, the default: objects key by key, anything else as a whole
        ({"a": 1, "b": 2}, {"b": 3}, (), {"a": 1, "b": 3}),
        ({"a": 1}, {}, (), {"a": 1}),
        ({}, {"a": 1}, (), {"a": 1}),
        ({"o": {"a": 1, "b": 2}}, {"o": {"b": 3}}, (), {"o": {"a": 1, "b": 3}}),
        ({"o": {"p": {"a": 1}}}, {"o": {"p": {"b": 2}}}, (), {"o": {"p": {"a": 1, "b": 2}}}),
        ({"l": [A, B]}, {"l": [C]}, (), {"l": [C]}),
        ({"l": [A, B]}, {"l": [C]}, ("l override",), {"l": [C]}),
        ({"a": ["x", "y"]}, {"a": ["z", "w"]}, (), {"a": ["z", "w"]}),
        ({"a": None}, {"a": {"b": 1}}, (), {"a": {"b": 1}}),
        ({"o": {"b": 1}}, {"o": None}, (), {"o": None}),
        # the lower side's order first
        ({"a": 1, "b": 2}, {"c": 3, "b": 4, "a": 5}, (), {"a": 5, "b": 4, "c": 3}),
        # delete
        ({"a": 1, "b": 2}, {"a": DELETED}, (), {"b": 2}),
        ({"o": {"a": 1, "b": 2}}, {"o": {"a": DELETED}}, (), {"o": {"b": 2}}),
        ({"o": {"a": 1}}, {"o": {"a": DELETED}}, (), {"o": {}}),
        ({"b": 2}, {"a": DELETED}, (), {"b": 2}),
        # replace
        ({"o": {"a": 1, "b": 2}}, {"o": {"b": 3}}, ("o replace",), {"o": {"b": 3}}),
        ({"o": {"p": {"a": 1}}}, {"o": {"p": {"b": 2}}}, ("o.p replace",), {"o": {"p": {"b": 2}}}),
        # keep
        ({"a": 1}, {"a": 2}, ("a keep",), {"a": 1}),
        ({"a": 1}, {"a": "text"}, ("a keep",), {"a": 1}),
        ({"o": {"a": 1}}, {"o": {"b": 2}}, ("o keep",), {"o": {"a": 1}}),
        ({"a": 1}, {"a": DELETED}, ("a keep",), {"a": 1}),
        ({}, {"a": 2}, ("a keep",), {"a": 2}),
        # append and union of lists
        ({"l": [A]}, {"l": [B]}, ("l append",), {"l": [A, B]}),
        ({"l": [A]}, {"l": [A, B]}, ("l append",), {"l": [A, A, B]}),
        ({"l": [A]}, {"l": array(1, 3, B)}, ("l append",), {"l": [A, (1, 3, B)]}),
        ({"l": [A]}, {"l": [A, B]}, ("l union",), {"l": [A, B]}),
        ({"l": [A, B]}, {"l": [B, C]}, ("l union",), {"l": [A, B, C]}),
        ({"o": {"l": [A]}}, {"o": {"l": [B]}}, ("o.l append",), {"o": {"l": [A, B]}}),
        ({"l": [A]}, {"l": None}, ("l append",), {"l": None}),
        ({"l": array(1, 2, A)}, {"l": Constant(value=[])}, ("l append",), {"l": [(1, 2, A)]}),
        # append and union of pools and constants
        ({"p": ["x", "y"]}, {"p": ["z"]}, ("p append",), {"p": ["x", "y", "z"]}),
        ({"p": ["x", "y"]}, {"p": ["y"]}, ("p append",), {"p": ["x", "y", "y"]}),
        ({"p": ["x", "y"]}, {"p": ["y", "z"]}, ("p union",), {"p": ["x", "y", "z"]}),
        ({"p": "x"}, {"p": "y"}, ("p append",), {"p": ["x", "y"]}),
        # lists of plain values, written with $const
        (
            {"l": Constant(value=[1, 2])},
            {"l": Constant(value=[2, 3])},
            ("l append",),
            {"l": [1, 2, 2, 3]},
        ),
        (
            {"l": Constant(value=[1, 2])},
            {"l": Constant(value=[2, 3])},
            ("l union",),
            {"l": [1, 2, 3]},
        ),
        # by index
        ({"l": [A, B]}, {"l": [{"x": "z"}]}, ("l by-index",), {"l": [{"id": 1, "x": "z"}, B]}),
        ({"l": [A]}, {"l": [{}, B]}, ("l by-index",), {"l": [A, B]}),
        (
            {"l": array(1, 2, A)},
            {"l": array(2, 4, {"y": 1})},
            ("l by-index",),
            {"l": [(2, 4, {**A, "y": 1})]},
        ),
        (
            {"l": [A]},
            {"l": array(1, 3, {"y": 1})},
            ("l by-index",),
            {"l": [{**A, "y": 1}, (0, 2, {"y": 1})]},
        ),
        # by key
        ({"l": [A, B]}, {"l": [C]}, ("l by-key id",), {"l": [A, {"id": 2, "x": "b", "y": "c"}]}),
        ({"l": [A]}, {"l": [C, A]}, ("l by-key id",), {"l": [A, C]}),
        (
            {"l": [{"id": ["k"], "x": 1}]},
            {"l": [{"id": "k", "y": 2}]},
            ("l by-key id",),
            {"l": [{"id": "k", "x": 1, "y": 2}]},
        ),
        # policies hold inside the elements too, with or without the mark of the array
        (
            {"l": [{"id": 1, "t": ["x"]}]},
            {"l": [{"id": 1, "t": ["y"]}]},
            ("l by-key id", "l.t append"),
            {"l": [{"id": 1, "t": ["x", "y"]}]},
        ),
        (
            {"l": [{"id": 1, "t": ["x"]}]},
            {"l": [{"id": 1, "t": ["y"]}]},
            ("l by-index", "l[].t append"),
            {"l": [{"id": 1, "t": ["x", "y"]}]},
        ),
    ],
)
def test_two_layers_become_one(
    lower: dict[str, Data], upper: dict[str, Data], policies: tuple[str, ...], expected: Data
) -> None:
    shape, found = merged(lower, upper, *policies)
    result = plain(shape)
    assert found == []
    assert result == expected
    assert list(result) == list(expected)


@pytest.mark.parametrize(
    ("lower", "upper", "policies", "reason"),
    [
        ({"o": {"a": 1}}, {"o": {"b": 1}}, "o append", "objects merge key by key"),
        (
            {"p": "x"},
            {"p": "y"},
            "p by-index",
            "only the elements of a list have an index or a key",
        ),
        ({"p": ["x"]}, {"p": ["y"]}, "p by-key id", "only the elements of a list have an index"),
        (
            {"l": [A]},
            {"l": Reference(suite="", model="P", path=("l",))},
            "l append",
            "is not a list",
        ),
        ({"p": None}, {"p": {"a": 1}}, "p append", "one side is neither a list nor a pool"),
        ({"p": "x"}, {"p": Pattern(source="a")}, "p union", "neither a list nor a pool"),
        ({"l": array(1, 2, A)}, {"l": [B]}, "l append", "variable length, so nothing can follow"),
        (
            {"l": [A]},
            {"l": array(1, 2, B)},
            "l union",
            "variable length has no elements to compare",
        ),
        (
            {"l": array(1, 2, A)},
            {"l": [B]},
            "l by-index",
            "only one of the lists has a variable length",
        ),
        ({"l": [A, B]}, {"l": array(1, 2, C)}, "l by-index", "can be shorter than the 2 of the"),
        ({"l": [{"x": 1}]}, {"l": [A]}, "l by-key id", 'an element has no constant "id"'),
        ({"l": [A]}, {"l": [{"id": [1, 2]}]}, "l by-key id", 'an element has no constant "id"'),
        ({"l": [A, A]}, {"l": [B]}, "l by-key id", "two elements of one list have the same"),
        ({"l": [A]}, {"l": array(1, 2, A)}, "l by-key id", "variable length has no elements"),
    ],
)
def test_a_policy_that_does_not_fit_is_reported_and_the_record_stands(
    lower: dict[str, Data], upper: dict[str, Data], policies: str, reason: str
) -> None:
    shape, found = merged(lower, upper, policies)
    assert len(found) == 1
    assert found[0].startswith("MG305 policy")
    assert reason in found[0]
    if policies != "o append":
        assert shape.members[0].shape.origin.location.path == "u.yaml"


def test_a_weight_is_added_by_append_and_replaced_by_union() -> None:
    lower, upper = {"p": ["x", "x", "y"]}, {"p": ["x"]}
    assert plain(merged(lower, upper, "p append")[0]) == {"p": ["x", "x", "x", "y"]}
    assert plain(merged(lower, upper, "p union")[0]) == {"p": ["x", "y"]}


def test_a_merged_object_keeps_the_odds_that_the_record_does_not_state() -> None:
    half, quarter = Decimal("0.5"), Decimal("0.25")
    lower = {"o": field({"a": 1}, omit=half, null=half)}
    shape, _ = merged(lower, {"o": field({"b": 2}, null=quarter)})
    place = shape.get("o")
    assert isinstance(place, ObjectShape)
    assert (place.modifiers.omit, place.modifiers.null) == (half, quarter)


def test_a_merged_array_keeps_the_odds_that_the_record_does_not_state() -> None:
    half = Decimal("0.5")
    shape, _ = merged({"l": field([A], omit=half)}, {"l": [B]}, "l append")
    place = shape.get("l")
    assert isinstance(place, ArrayShape)
    assert place.modifiers.omit == half


def test_a_leaf_of_the_record_brings_its_own_modifiers_alone() -> None:
    shape, _ = merged({"a": field("x", null=Decimal("0.5"))}, {"a": "y"})
    place = shape.get("a")
    assert isinstance(place, Leaf)
    assert place.modifiers.null == 0


def test_of_two_policies_for_one_path_the_first_counts() -> None:
    shape, _ = merged({"p": "x"}, {"p": "y"}, "p keep", "p replace")
    assert plain(shape) == {"p": "x"}


def test_elements_keep_the_address_of_the_file_that_states_them() -> None:
    shape, _ = merged({"l": [{"a": ["x"]}]}, {"l": [{"a": ["y"]}]}, "l append")
    found = find_shape(shape, ("l", "a"))
    assert isinstance(found, Leaf)
    assert found.address == ("l", "[]", "a")
