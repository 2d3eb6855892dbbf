"""Whole records: every kind of leaf, objects, arrays, presence."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from msgspec.structs import replace

from mockgen_watch.generate.address import record_cell, record_cells
from mockgen_watch.generate.column import (
    ArrayNode,
    Column,
    column_reader,
    node_reader,
    record_at,
    values_over,
)
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Pattern,
    RecordIndex,
    RowField,
    SequenceNumber,
    Uuid,
)
from tests.draws import assert_engines_agree, values_of
from tests.shapes import array, below, decimal, leaf, modifiers, number, obj, plan, pool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Shape

ROWS = pool(
    {"city": "Chennai", "state": "TN", "zip": "600001"},
    {"city": "Salem", "state": "TN"},
    {"city": "Hyderabad", "state": "TS", "zip": "500001"},
    weights=(3, 1, 1),
)


def made(members: Mapping[str, Shape], count: int = 100) -> tuple[Program, list[dict[str, Json]]]:
    program = compile_program(plan(members, count=count))
    assert_engines_agree(program, range(count))
    return program, [record_at(program, index) for index in range(count)]


def test_constants_are_copies_that_the_caller_may_change() -> None:
    _, records = made({"c": leaf(Constant(value={"list": [1, {"a": None}]}), "c")}, 2)
    first, second = (record["c"] for record in records)
    assert first == second == {"list": [1, {"a": None}]}
    assert isinstance(first, dict)
    first["list"] = None
    assert second == {"list": [1, {"a": None}]}


def test_pools_of_objects_are_copies_too() -> None:
    program, records = made({"p": leaf(pool({"a": [1]}, [2]), "p")}, 40)
    for record in records:
        value = record["p"]
        if isinstance(value, dict):
            value.clear()
        else:
            assert value == [2]
    assert {"a": [1]} in [record_at(program, index)["p"] for index in range(40)]


def test_fields_of_rows_are_chosen_together() -> None:
    fields = {
        key: leaf(RowField(rows=ROWS, key=key, address=()), key) for key in ("city", "state", "zip")
    }
    _, records = made(fields, 400)
    rows = [entry.value for entry in ROWS.entries]
    assert all(record in rows for record in records)
    cities = Counter(str(record["city"]) for record in records)
    assert cities["Chennai"] == pytest.approx(240, abs=40)


def test_a_single_row_has_no_other_keys() -> None:
    one = pool({"a": 1})
    fields = {key: leaf(RowField(rows=one, key=key, address=()), key) for key in ("a", "b")}
    assert made(fields, 3)[1] == [{"a": 1}] * 3


def test_a_field_of_rows_may_be_typed_by_the_master() -> None:
    typed = replace(
        ROWS,
        entries=tuple(
            replace(entry, value={**entry.value, "zip": int(str(entry.value.get("zip", 0)))})
            for entry in ROWS.entries
            if isinstance(entry.value, dict)
        ),
    )
    _, records = made(
        {
            "city": leaf(RowField(rows=ROWS, key="city", address=()), "city"),
            "zip": leaf(RowField(rows=typed, key="zip", address=()), "zip"),
        }
    )
    assert {(record["city"], record["zip"]) for record in records} == {
        ("Chennai", 600001),
        ("Salem", 0),
        ("Hyderabad", 500001),
    }


@pytest.mark.parametrize(("odds", "seen"), [("0", {False}), ("1", {True}), ("0.5", {False, True})])
def test_booleans(odds: str, seen: set[bool]) -> None:
    assert set(values_of(Boolean(true=decimal(odds)), 60)) == seen


def test_null_and_omit_apply_to_any_node() -> None:
    _, records = made(
        {
            "v": leaf(pool(1, 2), "v", null=0.2, omit=0.2),
            "o": obj({"x": leaf(pool(1, 2), "o", "x")}, "o", null=0.2, omit=0.2),
            "a": array(
                leaf(pool(1, 2), *below("a"), null=0.2, omit=0.2), 2, 2, "a", null=0.2, omit=0.2
            ),
        },
        400,
    )
    for name in ("v", "o", "a"):
        assert sum(name not in record for record in records) == pytest.approx(80, abs=35)
        assert sum(record.get(name, 0) is None for record in records) == pytest.approx(64, abs=35)
    lists = [record["a"] for record in records if isinstance(record.get("a"), list)]
    assert {len(item) for item in lists if isinstance(item, list)} == {0, 1, 2}


def test_what_a_master_drops_is_not_written() -> None:
    gone = leaf(Constant(value=1), "gone")
    gone = replace(gone, modifiers=modifiers(delete=True))
    assert made({"gone": gone, "kept": leaf(Constant(value=2), "kept")}, 1)[1] == [{"kept": 2}]


def test_arrays_have_every_length_equally_often() -> None:
    program, records = made({"a": array(leaf(pool(1, 2), *below("a")), 1, 3, "a")}, 600)
    lengths = Counter(len(record["a"]) for record in records if isinstance(record["a"], list))
    assert set(lengths) == {1, 2, 3}
    assert min(lengths.values()) > 150
    node = program.root.members[0][1]
    assert isinstance(node, ArrayNode)
    assert node.minimum == 1
    assert len({id(element) for element in node.elements}) == 1


def test_fixed_elements_come_before_the_items() -> None:
    shape = array(
        leaf(Constant(value="item"), *below("a")),
        0,
        2,
        "a",
        elements=[leaf(Constant(value="first"), *below("a")), leaf(pool(1, 2), *below("a"))],
    )
    _, records = made({"a": shape, "none": array(None, 0, 0, "none")}, 60)
    for record in records:
        items = record["a"]
        assert isinstance(items, list)
        assert items[0] == "first"
        assert items[1] in (1, 2)
        assert items[2:] in ([], ["item"], ["item", "item"])
        assert record["none"] == []


def test_arrays_nest() -> None:
    inner = array(leaf(number(1, 10**9), *below(*below("a"))), 0, 3, *below("a"))
    _, records = made({"a": array(inner, 0, 3, "a")}, 200)
    numbers = [
        value
        for record in records
        if isinstance(record["a"], list)
        for row in record["a"]
        if isinstance(row, list)
        for value in row
    ]
    assert len(numbers) > 300
    assert len(set(map(str, numbers))) == len(numbers)


def test_indexes_count() -> None:
    inner = obj(
        {
            "e": leaf(RecordIndex(element=True), *below("a"), "e"),
            "r": leaf(RecordIndex(), *below("a"), "r"),
        },
        *below("a"),
    )
    _, records = made({"i": leaf(RecordIndex(), "i"), "a": array(inner, 2, 2, "a")}, 20)
    for index, record in enumerate(records):
        assert record["i"] == index
        assert record["a"] == [{"e": 0, "r": index}, {"e": 1, "r": index}]


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        (SequenceNumber(start=1, step=1, width=0, prefix=""), [1, 2, 3, 1_000_001]),
        (SequenceNumber(start=0, step=-3, width=0, prefix=""), [0, -3, -6, -3_000_000]),
        (
            SequenceNumber(start=7, step=10, width=4, prefix=""),
            ["0007", "0017", "0027", "10000007"],
        ),
        (
            SequenceNumber(start=-1, step=1, width=3, prefix="ID"),
            ["ID-001", "ID000", "ID001", "ID999999"],
        ),
        (SequenceNumber(start=5, step=0, width=0, prefix="A"), ["A5", "A5", "A5", "A5"]),
        (
            SequenceNumber(start=10**30, step=1, width=0, prefix=""),
            [10**30 + n for n in (0, 1, 2, 10**6)],
        ),
    ],
)
def test_sequences_count_whatever_the_count(sequence: SequenceNumber, expected: list[Json]) -> None:
    program = compile_program(plan({"s": leaf(sequence, "s")}, count=3))
    assert [record_at(program, index)["s"] for index in (0, 1, 2, 10**6)] == expected
    assert_engines_agree(program, range(3))


def test_uuids_are_of_version_8_and_differ() -> None:
    texts = [str(value) for value in values_of(Uuid(), 3000)]
    form = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(form.fullmatch(text) for text in texts)
    assert len(set(texts)) == 3000
    for place in range(36):
        if place not in (8, 13, 14, 18, 23):
            assert len({text[place] for text in texts}) == (4 if place == 19 else 16)
    program = compile_program(plan({"u": leaf(Uuid(), "u")}))
    assert_engines_agree(program, range(100))


def test_adding_a_field_leaves_the_others_unchanged() -> None:
    fields: dict[str, Shape] = {
        "a": leaf(pool(1, 2, 3), "a"),
        "b": leaf(number(1, 10**9), "b"),
        "c": leaf(Pattern(source="[a-z]{5}"), "c"),
    }
    _, before = made(fields, 50)
    _, after = made({"z": leaf(pool(1, 2, 3), "z"), **dict(reversed(fields.items()))}, 50)
    assert [{name: record[name] for name in fields} for record in after] == before


def test_two_fields_with_one_pool_are_chosen_apart() -> None:
    _, records = made({"a": leaf(pool(*range(9)), "a"), "b": leaf(pool(*range(9)), "b")}, 300)
    assert sum(record["a"] == record["b"] for record in records) < 70


def test_seed_and_model_change_every_field() -> None:
    shape = {"a": leaf(number(1, 10**9), "a")}
    values = {
        str(record_at(compile_program(plan(shape, seed=seed, model=model)), 0)["a"])
        for seed in range(-3, 3)
        for model in ("M", "N")
    }
    assert len(values) == 12


def test_any_record_can_be_read_alone() -> None:
    program, records = made({"a": leaf(number(1, 10**9), "a"), "u": leaf(Uuid(), "u")}, 30)
    assert record_at(program, 29) == records[29]
    assert record_at(program, 99_999_999) != record_at(program, 99_999_998)


def test_values_of_nodes_and_columns() -> None:
    program, records = made(
        {
            "a": array(
                obj({"n": leaf(number(1, 10**6, 2), *below("a"), "n")}, *below("a")), 1, 2, "a"
            ),
            "v": leaf(pool("x", "y"), "v"),
        },
        20,
    )
    members = dict(program.root.members)
    cells = record_cells(program.base_key, np, np.arange(20))
    for name, node in members.items():
        expected = [record[name] for record in records]
        assert [
            node_reader(node)(record_cell(program.base_key, index)) for index in range(20)
        ] == expected
        assert list(values_over(node, cells, np.arange(20))) == expected
    column = members["v"]
    assert isinstance(column, Column)
    assert column_reader(column)(record_cell(program.base_key, 3)) == records[3]["v"]
    node = members["a"]
    assert isinstance(node, ArrayNode)
    first = records[0]["a"]
    assert isinstance(first, list)
    assert isinstance(first[0], dict)
    assert isinstance(first[0]["n"], Decimal)
