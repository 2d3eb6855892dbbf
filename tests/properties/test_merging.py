"""Merging is associative: layers may be merged in any grouping.

This holds for every policy, with deleted keys and with odds of null and absence, for layers that
agree in type at each path and whose arrays have a fixed length. It holds to the last origin.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from mockgen_watch.masters.merge import Merge, finish_object
from mockgen_watch.spec.model import (
    ConflictPolicy,
    MergePolicy,
    ObjectShape,
    find_shape,
    walk_leaves,
)
from tests.sizes import sized
from tests.unit.masters.shapes import DELETED, Data, field, policy, record

EXAMPLES = sized(300, 10_000)


# A type is what all layers have at one path: the name of a scalar, an object or a list of objects.
Type: TypeAlias = Data
LEAF_POLICIES = ("override", "replace", "keep", "append", "union")
OBJECT_POLICIES = ("override", "replace", "keep")
ARRAY_POLICIES = ("override", "replace", "keep", "append", "union", "by-index", "by-key")
KEYS = st.sampled_from(["a", "b", "c", "d"])
SCALARS = {"number": st.integers(0, 3), "text": st.sampled_from(["x", "y", "z", ""])}

TYPES = st.dictionaries(
    KEYS,
    st.recursive(
        st.sampled_from(["number", "text"]),
        lambda inner: (
            st.dictionaries(KEYS, inner, max_size=3).map(lambda fields: ("object", fields))
            | st.dictionaries(KEYS, inner, max_size=2).map(lambda fields: ("array", fields))
        ),
        max_leaves=6,
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def policies_of(draw: st.DrawFn, fields: dict[str, Type], path: str = "") -> list[MergePolicy]:
    found: list[MergePolicy] = []
    for name, kind in fields.items():
        here = f"{path}{name}"
        if isinstance(kind, str):
            found.append(policy(here, draw(st.sampled_from(LEAF_POLICIES))))
            continue
        choices = OBJECT_POLICIES if kind[0] == "object" else ARRAY_POLICIES
        found.append(policy(here, draw(st.sampled_from(choices)), "id"))
        found += draw(policies_of(kind[1], f"{here}."))
    return found


@st.composite
def layer_of(draw: st.DrawFn, fields: dict[str, Type]) -> dict[str, Data]:
    names = draw(st.permutations(list(fields)))
    layer: dict[str, Data] = {}
    for name in names:
        fate = draw(st.sampled_from(["set", "set", "set", "leave", "delete"]))
        if fate == "set":
            layer[name] = draw(value_of(fields[name]))
        elif fate == "delete":
            layer[name] = DELETED
    return layer


@st.composite
def value_of(draw: st.DrawFn, kind: Type) -> Data:
    if isinstance(kind, str):
        values = draw(st.lists(SCALARS[kind], min_size=1, max_size=3))
        return values[0] if draw(st.booleans()) else values
    odds = draw(st.sampled_from([Decimal(0), Decimal("0.5"), Decimal("0.25")]))
    if kind[0] == "object":
        return field(draw(layer_of(kind[1])), null=odds)
    ids = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True))
    return field([{"id": name, **draw(layer_of(kind[1]))} for name in ids], omit=odds)


@st.composite
def three_layers(
    draw: st.DrawFn,
) -> tuple[list[MergePolicy], ObjectShape, ObjectShape, ObjectShape]:
    fields = draw(TYPES)
    policies = draw(policies_of(fields))
    first, second, third = (record(draw(layer_of(fields))) for _ in range(3))
    return policies, first, second, third


def merged(policies: list[MergePolicy], lower: ObjectShape, upper: ObjectShape) -> ObjectShape:
    merge = Merge(policies, ConflictPolicy.ERROR)
    result = merge.objects(lower, upper)
    assert merge.diagnostics == []
    return result


@settings(max_examples=EXAMPLES)
@given(three_layers())
def test_layers_merge_alike_in_any_grouping(
    layers: tuple[list[MergePolicy], ObjectShape, ObjectShape, ObjectShape],
) -> None:
    policies, first, second, third = layers
    left = merged(policies, merged(policies, first, second), third)
    right = merged(policies, first, merged(policies, second, third))
    assert finish_object(left) == finish_object(right)


@settings(max_examples=EXAMPLES // 3)
@given(three_layers())
def test_an_empty_layer_changes_nothing(
    layers: tuple[list[MergePolicy], ObjectShape, ObjectShape, ObjectShape],
) -> None:
    policies, layer, _, _ = layers
    empty = record({})
    assert merged(policies, layer, empty).members == layer.members
    assert merged(policies, empty, layer).members == layer.members


@settings(max_examples=EXAMPLES // 3)
@given(three_layers())
def test_a_key_that_the_upper_layer_leaves_out_stays_as_it_was(
    layers: tuple[list[MergePolicy], ObjectShape, ObjectShape, ObjectShape],
) -> None:
    policies, lower, upper, _ = layers
    result = merged(policies, lower, upper)
    for member in lower.members:
        if upper.get(member.name) is None:
            assert result.get(member.name) is member.shape


@settings(max_examples=EXAMPLES // 3)
@given(three_layers())
def test_every_leaf_of_a_merge_was_stated_by_one_of_the_layers(
    layers: tuple[list[MergePolicy], ObjectShape, ObjectShape, ObjectShape],
) -> None:
    policies, lower, upper, _ = layers
    stated = {leaf.origin for side in (lower, upper) for _, leaf in walk_leaves(side)}
    result = merged(policies, lower, upper)
    assert {leaf.origin for _, leaf in walk_leaves(result)} <= stated
    for path, _ in walk_leaves(lower):
        assert find_shape(result, path[:1]) is not None
