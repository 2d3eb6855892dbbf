"""Records of specs with any constructs are the same alone, in chunks and from two processes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from mockgen_watch.api import Records, Specs
from tests.properties.engines import bytes_by_engines
from tests.sizes import sized

if TYPE_CHECKING:
    from collections.abc import Callable

Data: TypeAlias = dict[str, Any]
Draw: TypeAlias = st.DrawFn

COUNT = 30
PLAIN: tuple[Any, ...] = (
    "constant",
    ["u", "v", "w"],
    {"$weighted": {"a": 5, "b": 1}},
    {"$choice": ["plain", {"$pattern": "[A-C]{2}"}, {"$integer": [1, 9]}, None]},
    {"$weighted": [["plain", 3], [{"$date": ["2025-01-01", "2025-03-31"]}, 1], [7, 1]]},
    {"$pattern": "4[0-9]{7,9}", "$check": "luhn"},
    {"$pattern": "DE[0-9]{20}", "$check": "iban"},
    {"$integer": {"min": 0, "max": {"$field": "record.n"}}},
    {"$number": {"min": {"$field": "this.n"}, "max": 20, "decimals": 1}},
    {
        "$date": {
            "from": {"$field": "record.d", "plus": "1d"},
            "to": {"$field": "record.d", "plus": "1mo"},
        }
    },
    {"$datetime": {"from": {"$field": "this.d"}, "to": "2025-12-31"}},
    {"$field": "this.d", "plus": "36h"},
    {"$field": "record.n", "plus": 3},
    {"$cel": "this.n * 2 + record.n"},
    {"$cel": "record.n / 3.0", "decimals": 2},
    {"$cel": "this.k == 'x' ? this.n : 0"},
    {"$cel": "record.k + '-' + string(this.n)"},
    {"$sequence": {"start": 5, "step": 3, "prefix": "S"}},
    {"$sequence": {"start": "2025-01-31", "step": "1mo"}},
    {"$sequence": {"start": "2025-01-01T08:00", "step": "15m", "jitter": "5m"}},
    {"$index": "record"},
    {"$template": "{k}/{.n}"},
    {"$boolean": 0.3},
    {"$uuid": {}},
    {"$array": {"max": 3, "unique": True}, "$items": ["k", "l", "m", "n"]},
    {"$array": {"max": 3, "unique_by": "sku"}, "$items": {"sku": ["A", "B", "C"], "q": [1, 2]}},
    {"$array": {"max": {"$field": "record.n"}}, "$items": {"$integer": [1, 3]}},
)
"""Values beside ``k``, ``n`` and ``d``, which every object here has."""


def base() -> Data:
    """Return the fields that others of the same object read."""
    return {
        "k": ["x", "y", "z"],
        "n": {"$integer": [0, 6]},
        "d": {"$datetime": ["2025-01-01", "2025-06-30"]},
    }


@st.composite
def values(draw: Draw, depth: int = 2) -> Any:  # noqa: ANN401 - whatever a spec can hold
    """A plain value, or one of others: a case, a shape, a row, an object or an array."""
    kinds: tuple[Callable[..., Any], ...] = (cases, ranges, shapes, objects, arrays)
    if depth and draw(st.booleans()):
        value = draw(draw(st.sampled_from(kinds))(depth - 1))
    else:
        value = draw(st.sampled_from(PLAIN))
    if isinstance(value, dict) and "$template" not in value:
        gaps = {name: draw(st.sampled_from((0, 0, 0, 0.3))) for name in ("$null", "$omit")}
        value = {**value, **{name: odds for name, odds in gaps.items() if odds}}
    return value


@st.composite
def cases(draw: Draw, depth: int) -> Data:
    """A choice by a pool, of the record or of the object around."""
    found: Data = {
        "$given": draw(st.sampled_from(("record.k", "this.k"))),
        "$cases": {case: draw(values(depth)) for case in draw(st.sampled_from(("xy", "z", "xyz")))},
    }
    return {**found, "$else": draw(values(depth))} if draw(st.booleans()) else found


@st.composite
def ranges(draw: Draw, depth: int) -> Data:
    """A choice by a number."""
    return {
        "$given": draw(st.sampled_from(("record.n", "this.n"))),
        "$cases": {"..1": draw(values(depth)), "3..5": draw(values(depth))},
        "$else": None,
    }


@st.composite
def shapes(draw: Draw, depth: int) -> Data:
    """A choice between objects."""
    first = {"$weight": draw(st.integers(1, 4)), **base(), "a": draw(values(depth))}
    other = {"$id": "other", **base(), "b": draw(values(depth))}
    return {"$one_of": [first, other, *draw(st.sampled_from(((), (None,), ("text",))))]}


@st.composite
def objects(draw: Draw, depth: int) -> Data:
    """An object, sometimes with rows that have leaves."""
    found = {**base(), "o": draw(values(depth))}
    if draw(st.booleans()):
        leaf = draw(st.sampled_from([each for each in PLAIN if _can_be_in_a_row(each)]))
        rows = [{"r": 1, "s": leaf, "$weight": 3}, {"r": 2, "s": "t", "$id": "second"}]
        found["$rows"] = rows
    return found


def _can_be_in_a_row(value: object) -> bool:
    return isinstance(value, dict) and "$array" not in value


@st.composite
def arrays(draw: Draw, depth: int) -> Data:
    """An array of objects that count themselves."""
    low = draw(st.integers(0, 2))
    items = {
        **base(),
        "no": {"$index": {"of": "element", "start": 1}},
        "at": {"$sequence": {"of": "element", "start": "08:00:00", "step": "5m"}},
        "e": draw(values(depth)),
    }
    return {"$array": [low, low + draw(st.integers(0, 2))], "$items": items}


@st.composite
def specs(draw: Draw) -> Data:
    """A model with three values of any kind, and one of its children."""
    model = {
        "$count": COUNT,
        **base(),
        "id": {"$pattern": "1[0-9]{9}", "$check": "npi", "$unique": True},
        "boss": {"$ref": "M.id", "$tree": draw(st.integers(1, 3))},
        "course": ["algebra", "botany", "chemistry"],
        "term": {"$integer": [1, 20]},
        "$unique": [["course", "term"]],
        **{name: draw(values()) for name in ("f", "g", "h")},
    }
    child = {
        "of": {"$ref": "M.id", "$each": {"min": draw(st.integers(0, 1)), "max": 2}},
        "n": {"$ref": "M.n"},
        "no": {"$index": "sibling"},
    }
    return {"$seed": draw(st.integers(0, 99)), "M": model, "Child": child}


@settings(max_examples=sized(30, 1000))
@given(specs(), st.sampled_from(("ndjson", "json", "yaml", "csv")), st.integers(1, 40))
def test_all_engines_make_the_same_bytes(spec: Data, form: str, chunk: int) -> None:
    for records in outputs({**spec, "$output": form}):
        assert len(bytes_by_engines(records)) == 1
        if chunk == 1:
            assert bytes_by_engines(records) == bytes_by_engines(records, processes=2, chunk=9)


@settings(max_examples=sized(30, 1000))
@given(specs())
def test_each_record_alone_is_that_of_the_output(spec: Data) -> None:
    for records in outputs({**spec, "$output": "ndjson"}):
        (text,) = bytes_by_engines(records)
        lines = [json.loads(line, parse_float=Decimal) for line in text.splitlines()]
        # The last one first: what was made before plays no part.
        alone = [records.at(index) for index in reversed(range(len(records)))]
        assert lines == alone[::-1]


def outputs(spec: Data) -> list[Records]:
    """Return the records of both models, with exact numbers."""
    found = Specs.of(json.dumps(spec))
    return [found.records(name, exact=True) for name in ("M", "Child")]
