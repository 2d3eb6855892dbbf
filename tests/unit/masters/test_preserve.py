"""Types: text that is exactly a number stays a number; any other disagreement is a conflict."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.masters.record import merge_record
from mockgen_watch.masters.shapes import exact_number
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Moment,
    MomentKind,
    Pattern,
    Pool,
    PoolEntry,
    RecordIndex,
    Reference,
    RowField,
    SequenceNumber,
    Uuid,
)
from mockgen_watch.spec.model import Leaf, Transform

if TYPE_CHECKING:
    from mockgen_watch.masters.chain import ResolvedMaster
from tests.unit.masters.shapes import Data, field, master, plain, pool, record, template


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("10001", 10001),
        ("-7", -7),
        ("1.50", Decimal("1.50")),
        ("0.1", Decimal("0.1")),
        ("9" * 4300, 10**4300 - 1),
    ],
)
def test_the_text_of_a_number_is_that_number(text: str, number: int | Decimal) -> None:
    found = exact_number(text)
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "007",
        "00501",
        "+1",
        " 1",
        "1 ",
        "-0",
        "1.",
        ".5",
        "1e5",
        "0x10",
        "1_000",
        "NaN",
        "\uff11",
        "9" * 4301,
    ],
)
def test_text_of_which_something_would_be_lost_is_no_number(text: str) -> None:
    assert exact_number(text) is None


def slot(value: Data) -> ResolvedMaster:
    return master({"slot": {"f": value}})


def only_leaf(value: Data, above: Data, scenario: str = "") -> tuple[Data, list[str]]:
    result = merge_record(slot(value), record({"f": above}, scenario))
    inner = result.shape.get("slot")
    assert inner is not None
    return inner.get("f"), [item.code for item in result.diagnostics]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("below", "above", "expected"),
    [
        (10001, "90210", 90210),
        (10001, ["90210", "10001"], [90210, 10001]),
        ([1, 2], ["3"], [3]),
        (Decimal("1.5"), "2.50", Decimal("2.50")),
        (1, [5, "6", None], [5, 6, None]),
        (None, "90210", "90210"),
        ("10001", "33101", "33101"),
        ([1, "a"], ["2", "b"], ["2", "b"]),
    ],
)
def test_a_number_of_the_master_stays_one(below: Data, above: Data, expected: Data) -> None:
    leaf, found = only_leaf(below, above)
    assert found == []
    assert repr(plain(leaf)) == repr(expected)


def test_a_converted_value_of_a_pool_keeps_its_identity() -> None:
    before, _ = only_leaf("text", ["10", "20"])
    after, _ = only_leaf(5, ["10", "20"])
    assert [entry.identity for entry in after.generator.entries] == [
        entry.identity for entry in before.generator.entries
    ]


def test_a_field_of_rows_is_converted_in_its_own_rows_alone() -> None:
    entry = pool({"zip": "600001", "city": "Chennai"})
    rows = RowField(rows=entry, key="zip", address=())
    leaf, found = only_leaf(1, rows)
    assert found == []
    assert leaf.generator.rows.entries[0].value == {"zip": 600001, "city": "Chennai"}
    assert leaf.generator.rows.entries[0].identity == entry.entries[0].identity


@pytest.mark.parametrize(
    "above",
    [
        Pattern(source="[1-9][0-9]{4}"),
        template(("a",), ".", ("b",)),
        SequenceNumber(start=1, step=1, width=3, prefix="9"),
        Moment(kind=MomentKind.DATE, first=1, last=9, step=1, format="%Y%m%d"),
        Reference(suite="", model="P", path=("id",)),
        field("10", transforms=(Transform.STRIP,)),
    ],
)
def test_text_that_is_not_known_yet_is_converted_when_it_is_written(above: Data) -> None:
    data = {"slot": {"f": 1, "a": 1, "b": 2}}
    result = merge_record(master(data), record({"f": above}))
    inner = result.shape.get("slot")
    assert inner is not None
    leaf = inner.get("f")  # type: ignore[union-attr]
    assert result.diagnostics == ()
    assert isinstance(leaf, Leaf)
    assert leaf.coerce_number


CONFLICTS = [
    (1, "x"),
    (1, ["1", "x"]),
    (1, "00501"),
    (1, ""),
    (1, True),
    (1, {"a": 1}),
    (1, [{"a": 1}]),
    (1, Uuid()),
    (1, Boolean(true=Decimal(1))),
    (1, template(("g",), "@example.com")),
    (1, SequenceNumber(start=1, step=1, width=5, prefix="C-")),
    (1, Moment(kind=MomentKind.DATE, first=1, last=9, step=1, format="%Y-%m-%d")),
    ("x", 1),
    ("x", ["y", 1]),
    ("x", True),
    ("x", {"a": 1}),
    ("x", [{"a": 1}]),
    ("x", RecordIndex()),
    (True, "true"),
    ({"a": 1}, "x"),
    ({"a": 1}, [{"a": 1}]),
    ({"a": 1}, Constant(value=[])),
    ([{"a": 1}], "x"),
    ([{"a": 1}], {"a": 1}),
]


@pytest.mark.parametrize(("below", "above"), CONFLICTS)
def test_two_types_at_one_path_are_a_conflict(below: Data, above: Data) -> None:
    data = {"slot": {"f": below, "g": "x"}}
    found = merge_record(master(data), record({"f": above})).diagnostics
    assert [item.code for item in found] == ["MG304"]
    assert found[0].location.path == "u.yaml"
    assert [item.location.path for item in found[0].related] == ["specs/master.yaml"]


@pytest.mark.parametrize(("below", "above"), CONFLICTS)
def test_a_negative_scenario_breaks_types_on_purpose(below: Data, above: Data) -> None:
    data = {"slot": {"f": below, "g": "x"}}
    result = merge_record(master(data), record({"f": above}, "negative"))
    assert result.diagnostics == ()
    inner = result.shape.get("slot")
    assert inner is not None
    leaf = inner.get("f")  # type: ignore[union-attr]
    assert leaf is not None
    assert leaf.origin.location.path == "u.yaml"


@pytest.mark.parametrize(("policy", "expected"), [("override", "x"), ("keep", 1)])
def test_on_conflict_decides_without_a_finding(policy: str, expected: object) -> None:
    lower = master({"slot": {"f": 1}}, on_conflict=policy)
    result = merge_record(lower, record({"f": "x"}))
    assert result.diagnostics == ()
    assert plain(result.shape) == {"slot": {"f": expected}}


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("123456", ["123456", "12345"]),
        (["A", "B"], "C"),
        (1, Decimal("1.5")),
        (None, {"a": 1}),
        ({"a": 1}, None),
        ([{"a": 1}], [{"b": 2}]),
        ([{"a": 1}], Constant(value=[1])),
        (Constant(value={"k": 1}), {"a": 1}),
        ("x", Pool(entries=())),
        (["x", 1], Uuid()),
        (Reference(suite="", model="P", path=("id",)), 5),
    ],
)
def test_types_that_agree_are_no_conflict(below: Data, above: Data) -> None:
    assert only_leaf(below, above)[1] == []


def test_the_conflict_says_both_types() -> None:
    found = merge_record(slot(1), record({"f": ["a", True]})).diagnostics
    assert found[0].message == '"f" can be a boolean or text, but the master has a number there'


def test_a_pool_of_a_vocabulary_stays_one() -> None:
    entry = PoolEntry(
        value="5", weight=Decimal(1), identity=b'"5"', location=record({}).origin.location
    )
    leaf, _ = only_leaf(1, Pool(entries=(entry,), source="codes"))
    assert leaf.generator.source == "codes"
