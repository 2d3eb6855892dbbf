"""The keywords that are checked here give the verdict of jsonschema, for any value."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.rules.schema import compile_schema, is_plain_schema
from mockgen_watch.rules.values import RuleError

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("aB1-", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=5,
)
SCHEMAS: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": ["integer", "null"]},
    {"enum": ["a", 1, None, True]},
    {"const": 1},
    {"pattern": "^a+$"},
    {"minimum": 0, "maximum": 5},
    {"exclusiveMinimum": 0, "exclusiveMaximum": 5},
    {"multipleOf": 3},
    {"minLength": 2, "maxLength": 3},
    {"minItems": 1, "maxItems": 2, "uniqueItems": True},
    {"items": {"type": "integer", "minimum": 0}},
    {"properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False},
    {"minProperties": 1, "maxProperties": 1},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@given(value=VALUES)
def test_the_verdict_is_that_of_jsonschema(schema: dict[str, Any], value: Json) -> None:
    assert is_plain_schema(schema)
    wanted = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (not compile_schema(schema)(value)) is wanted


def test_other_keywords_are_left_to_jsonschema() -> None:
    check = compile_schema({"anyOf": [{"type": "string"}, {"minimum": Decimal("2.5")}]})
    assert [bool(check(value)) for value in ("x", Decimal("2.5"), 2)] == [False, False, True]


@pytest.mark.parametrize("schema", [{"type": "text"}, {"pattern": "("}, {"allOf": 3}])
def test_a_schema_that_is_not_valid_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(RuleError):
        compile_schema(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://localhost:9/never.json"},
        {"$ref": "other.json#/x"},
        {"$ref": "#/$defs/nope"},
        {"properties": {"a": {"items": {"$ref": "#/$defs/nope"}}}, "$defs": {"x": {}}},
        {"anyOf": [{"$ref": "#nowhere"}]},
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"allOf": [{"anyOf": [{"$ref": "#"}]}]},
    ],
)
def test_a_reference_that_leads_nowhere_or_in_a_circle_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(RuleError):
        compile_schema(schema)


def test_a_schema_may_refer_to_itself_further_down() -> None:
    check = compile_schema(
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "not": {"minProperties": 2}}
    )
    assert check({"a": {"a": {}}}) == ""
    assert check({"a": {"a": 1}})


EVIL = ["^(a+)+$", "^([A-Za-z]+ ?)+$", "(x+x+)+y", "^(a|aa)+$", "(.*a){25}$", "^(([a-z])+.)+[A-Z]$"]


@pytest.mark.parametrize("source", EVIL)
@pytest.mark.parametrize("form", ["{}", "(?=a){}"])
def test_a_pattern_ends_whatever_it_tries(source: str, form: str) -> None:
    """One with a look ahead may try too many ways, and then says so."""
    text = "a" * 5000 + "!"
    schemas: list[dict[str, Any]] = [
        {"pattern": form.format(source)},
        {"patternProperties": {form.format(source): False}},
        {"not": {"pattern": form.format(source)}},
    ]
    for schema in schemas:
        check = compile_schema(schema)
        value: Json = {text: 1} if "patternProperties" in schema else text
        if form == "{}":
            check(value)
            continue
        with contextlib.suppress(RuleError):
            check(value)


def levels(width: int, height: int) -> dict[str, Any]:
    """Return a schema whose references are followed width ** height times for one value."""
    below = {
        f"l{n}": {"allOf": [{"$ref": f"#/$defs/l{n + 1}"}] * width} for n in range(height)
    }  # fmt: skip
    return {"$ref": "#/$defs/l0", "$defs": {**below, f"l{height}": {"type": ["string", "null"]}}}


def test_references_are_followed_a_bounded_number_of_times() -> None:
    with pytest.raises(RuleError, match="follows more than 5000"):
        compile_schema(levels(10, 12))
    assert compile_schema(levels(10, 3))("x") == ""
    assert compile_schema(levels(10, 3))(True)
    # Of every value anew.
    check = compile_schema({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}})
    assert [check(str(number)) for number in range(6000)] == [""] * 6000


def test_a_schema_below_that_names_the_draft_is_read_as_all_is() -> None:
    draft = "https://json-schema.org/draft/2020-12/schema"
    below: dict[str, Json] = {"$schema": draft, "$id": "urn:below", "pattern": "(?=a)^(a|aa)+$"}
    check = compile_schema({"$defs": {"a": below}, "$ref": "urn:below"})
    with pytest.raises(RuleError, match="too many ways"):
        check("a" * 5000 + "!")


@pytest.mark.parametrize("beside", [{}, {"not": {"const": "never"}}])
def test_a_number_is_a_multiple_exactly(beside: dict[str, Json]) -> None:
    check = compile_schema({"multipleOf": Decimal("1e-300"), **beside})
    assert check(100) == ""
    assert check(Decimal("1e-300")) == ""
    assert check(Decimal("1e-301"))
    assert compile_schema({"multipleOf": Decimal("1e300"), **beside})(10**300) == ""


@pytest.mark.parametrize("beside", [{}, {"not": {"const": "never"}}])
def test_values_are_told_apart_as_json_has_them(beside: dict[str, Json]) -> None:
    values: list[Json] = [1, "a", None, [1, {"a": 1}], {"a": [True], "b": 2}, Decimal("2.50")]
    listed = compile_schema({"enum": values, **beside})
    same: list[Json] = [Decimal("1.0"), [Decimal(1), {"a": 1}], {"b": 2, "a": [True]}]
    assert all(listed(value) == "" for value in [*values, *same])
    others: list[Json] = [True, "1", [1, {"a": True}], {"a": [1], "b": 2}, [], {}, ["a"], 0]
    assert all(map(listed, others))
    unique = compile_schema({"uniqueItems": True, **beside})
    assert unique([1, True, "1", [1], [True], {"a": 1}, {"a": True}, None, 0, False]) == ""
    assert unique([1, Decimal("1.0")])
    assert unique([{"a": 1, "b": [2]}, {"b": [2], "a": 1}])


def test_a_pattern_whose_repeats_unfold_without_measure_is_refused() -> None:
    with pytest.raises(RuleError, match="unfold"):
        compile_schema({"pattern": "((a{100}){100}){100}"})
    assert compile_schema({"pattern": "^(?=a)(a{100}){20}$"})("a" * 2000) == ""
    assert compile_schema({"pattern": "^a{2000}$"})("a" * 1999)
