"""What a condition of an exclusion says of a value."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.diagnostics import Location
from mockgen_watch.rules.rule import compile_clause
from mockgen_watch.rules.values import RecordView, RuleError
from mockgen_watch.spec.generators import Moment, MomentKind
from mockgen_watch.spec.model import ConditionSpec, ExclusionSpec

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json

HERE = Location(path="specs/s/user_input.yaml")
DATE = Moment(kind=MomentKind.DATE, first=0, last=1, step=1, format="%d.%m.%Y")
SIGHT = RecordView(slot=("top",), moves=((("m",), ("n", "m")),), moments={("top", "d"): DATE})


def matches(tests: dict[str, Json], record: Json) -> bool:
    conditions = tuple(
        ConditionSpec(field=tuple(field.split(".")), test=test, location=HERE)
        for field, test in tests.items()
    )
    clause = compile_clause(ExclusionSpec(name="c", conditions=conditions, location=HERE), SIGHT)
    return clause.matches({"top": record, "a": "of the master"})


@pytest.mark.parametrize(
    ("test", "value", "is_met"),
    [
        (["X", 1, None], "X", True),
        (["X", 1, None], Decimal("1.0"), True),
        (["X", 1, None], None, True),
        (["X", 1, None], True, False),
        ([["list"]], ["list"], True),
        ({"minimum": 2, "maximum": 5}, 2, True),
        ({"minimum": 2, "maximum": 5}, Decimal("5.00"), True),
        ({"minimum": 2, "maximum": 5}, Decimal("5.01"), False),
        ({"minimum": 2}, "3", False),
        ({"minimum": 2}, None, False),
        ({"minimum": "B"}, "C", True),
        ({"minimum": "B"}, "A", False),
        ({"pattern": "^X"}, "XY", True),
        ({"pattern": "Y"}, "XY", True),
        ({"pattern": "^Y"}, "XY", False),
        ({"pattern": "1"}, 1, False),
        ({"not": ["X", None]}, "Y", True),
        ({"not": ["X", None]}, None, False),
        ({"pattern": "^X", "not": ["XX"]}, "XX", False),
        ({"pattern": "^X", "not": ["XX"]}, "XY", True),
    ],
)
def test_a_condition_speaks_of_some_values(test: Json, value: Json, is_met: bool) -> None:
    assert matches({"a": test}, {"a": value}) is is_met


@pytest.mark.parametrize(
    ("bound", "value", "is_met"),
    [
        ("01.06.2025", "02.06.2025", True),
        ("01.06.2025", "31.05.2025", False),
        ("2025-06-01", "01.06.2025", True),
        ("2025-06-01", "2025-06-02", False),
        ("2025-06-01", None, False),
    ],
)
def test_dates_are_compared_as_days_whatever_their_text(
    bound: str, value: Json, is_met: bool
) -> None:
    assert matches({"d": {"minimum": bound}}, {"d": value}) is is_met


def test_conditions_hold_together_and_of_any_element() -> None:
    tests: dict[str, Json] = {"l.x": [1], "m": ["Y"]}
    assert matches(tests, {"l": [{"x": 2}, {"x": 1}], "n": {"m": "Y"}})
    assert not matches(tests, {"l": [{"x": 2}], "n": {"m": "Y"}})
    assert not matches(tests, {"l": [{"x": 1}], "m": "Y"})
    assert not matches(tests, {"l": []})


@pytest.mark.parametrize("test", [{"pattern": "("}, {"minimum": "soon"}])
def test_what_cannot_be_read_is_refused(test: Json) -> None:
    with pytest.raises(RuleError):
        matches({"a" if isinstance(test, dict) and "pattern" in test else "d": test}, {})
