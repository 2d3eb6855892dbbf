"""Unique fields: how many values there are, and what is said when they do not suffice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mockgen_watch.plan.checks import check_unique
from mockgen_watch.plan.compile import compile_suite
from mockgen_watch.plan.model import PlanContext
from mockgen_watch.spec.generators import (
    Boolean,
    Pattern,
    Reference,
    RowField,
    SequenceNumber,
    Uuid,
)
from tests.unit.masters.shapes import Data, field, model, pool, scenario, template, user_input

ROWS = pool({"a": "x", "b": 1}, {"a": "x", "b": 2}, {"a": "y", "b": 3})
P = model("P", {"id": ["a", "b", "c", "d", "e"], "n": Uuid()}, scenario("base", count=3))


def findings(subject: Data, count: int, **others: Data) -> list[str]:
    data = {"f": field(subject, unique=True), **others}
    spec = user_input(model("A", data, scenario("base", count=count)), P)
    found = compile_suite("claims", spec, None, PlanContext(contract=1))[1]
    return [f"{item.code} {item.message}" for item in found]


@pytest.mark.parametrize(
    ("subject", "values"),
    [
        ("x", 1),
        (["x", "y", "z"], 3),
        (["x", "x"], 1),
        (RowField(rows=ROWS, key="a", address=()), 2),
        (RowField(rows=ROWS, key="b", address=()), 3),
        (Boolean(true=Decimal("0.5")), 2),
        (Pattern(source="[A-D][0-9]"), 40),
        (SequenceNumber(start=1, step=0, width=0, prefix=""), 1),
        (template("x", ("two",)), 2),
        (template(("two",), ("three",), ("two",)), 6),
        (Reference(suite="", model="P", path=("n",)), 3),
        (Reference(suite="", model="P", path=("id",)), 3),
    ],
)
def test_a_unique_field_needs_a_value_for_each_record(subject: Data, values: int) -> None:
    others = {"two": ["a", "b"], "three": ["a", "b", "c"]}
    assert findings(subject, values, **others) == []
    noun = "value" if values == 1 else "values"
    assert findings(subject, values + 1, **others) == [
        f'MG214 "f" is unique and has {values} {noun} for {values + 1} records'
    ]


@pytest.mark.parametrize(
    "subject",
    [
        Uuid(),
        SequenceNumber(start=1, step=1, width=2, prefix=""),
        template(("endless",)),
        Reference(suite="", model="P", path=("n",)),
    ],
)
def test_some_values_never_end(subject: Data) -> None:
    count = 3 if isinstance(subject, Reference) else 10**9
    assert findings(subject, count, endless=Uuid()) == []


def test_a_field_that_is_not_unique_needs_no_values() -> None:
    spec = user_input(model("A", {"f": "x"}, scenario("base", count=9)))
    plans, _ = compile_suite("claims", spec, None, PlanContext(contract=1))
    assert check_unique(plans[0].records) == []


def test_a_mix_needs_values_for_all_of_its_records() -> None:
    subject = model(
        "A",
        {"f": field(["a", "b"], unique=True)},
        scenario("positive", count=2),
        scenario("mixed", count=3, mix={"positive": 1}),
    )
    found = compile_suite("claims", user_input(subject), None, PlanContext(contract=1))[1]
    assert [item.code for item in found] == ["MG214"]
