"""Samples as specs: one record comes back as it is; of several, each remains possible."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockgen_watch.api import Specs
from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Severity
from mockgen_watch.errors import FindingsError
from mockgen_watch.importing.record import names_of, read_sample, spec_of_sample
from mockgen_watch.spec.build.reader import BuildContext, data_key, is_directive
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.model import fold
from mockgen_watch.spec.parse import parse
from mockgen_watch.storage.package_data import read_schema
from tests.possible import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mockgen_watch.spec.document import Json

SCHEMA = "../../schemas/user_input.schema.json"


def spec_of(text: str, path: str = "order.json") -> str:
    """Return the spec of a sample, which has neither errors nor warnings."""
    spec = spec_of_sample(read_sample(path, text.encode()), "Order", SCHEMA)
    document = parse("user_input.yaml", spec.encode())
    _, found = build_user_input(document, BuildContext())
    assert not [item for item in (*document.diagnostics, *found) if item.severity != Severity.NOTE]
    return spec


def body_of(text: str, path: str = "order.json") -> str:
    return spec_of(text, path).partition("\n\nOrder:\n")[2]


def record_of(text: str) -> Json:
    root = parse("order.json", text.encode()).root
    assert root is not None
    return plain_data(root)


def model_of(spec: str) -> dict[str, Any]:
    root = parse("user_input.yaml", spec.encode()).root
    assert root is not None
    data = plain_data(root)
    assert isinstance(data, dict)
    model = data["Order"]
    assert isinstance(model, dict)
    return model


def digits(value: Json) -> Json:
    """Return ``value`` with the digits of its numbers as text; 1e0 is written 1.0."""
    if isinstance(value, dict):
        return {key: digits(item) for key, item in value.items()}
    if isinstance(value, list):
        return [digits(item) for item in value]
    if isinstance(value, Decimal):
        return f"D{value}" if value.as_tuple().exponent else f"D{value}.0"
    return value


def is_same(one: Json, other: Json) -> bool:
    return canonical(digits(one)) == canonical(digits(other))


def allows(leaf: Json, value: Json) -> bool:
    """Return whether ``leaf`` of a spec can have ``value``: what each directive means, briefly."""
    if isinstance(leaf, dict):
        if leaf.get("$null") and value is None:
            return True
        if "$const" in leaf:
            return is_same(leaf["$const"], value)
        choice = leaf.get("$choice")
        if isinstance(choice, list):
            return any(allows(item, value) for item in choice)
        if "$array" in leaf:
            ends = leaf["$array"]
            lengths = ends if isinstance(ends, list) else [ends]
            return (
                isinstance(value, list)
                and len(value) in range(int(str(lengths[0])), int(str(lengths[-1])) + 1)
                and all(allows(leaf["$items"], item) for item in value)
            )
        return isinstance(value, dict) and allows_object(leaf, value)
    if isinstance(leaf, list) and isinstance(leaf[0], dict):
        return (
            isinstance(value, list)
            and len(leaf) == len(value)
            and all(allows(*pair) for pair in zip(leaf, value, strict=True))
        )
    pool = leaf if isinstance(leaf, list) else [leaf]
    return any(is_same(item, value) for item in pool)


def allows_object(leaf: Mapping[str, Any], value: Mapping[str, Json]) -> bool:
    fields = {data_key(key): item for key, item in leaf.items() if not is_directive(key)}
    if not value.keys() <= fields.keys():
        return False
    omitted = [fields[name] for name in fields.keys() - value.keys()]
    return all(allows(fields[name], item) for name, item in value.items()) and all(
        isinstance(item, dict) and 0 < item.get("$omit", 0) < 1 for item in omitted
    )


def test_each_leaf_of_a_record_is_a_line_that_can_be_edited() -> None:
    text = (
        '{"id": "A-1", "placed": "2025-01-01", "qty": 3, "price": 1.50, "big": 1e5, "paid": "yes",'
        '"note": null, "tags": ["a", "1"], "none": [], "also": {}, "$ref": "x", '
        '"to": {"city": "Chennai", "zip": "00501"},'
        '"lines": [{"sku": "A", "qty": 1}, {"sku": "B", "gifts": ["c"]}],'
        '"mixed": [1, {"$a": 1}], "cases": {"a": 1, "A": 2}, "rule": {"pattern": "[a-z]"}}'
    )
    assert body_of(text) == (
        "  id: A-1\n"
        '  placed: "2025-01-01"\n'
        "  qty: 3\n"
        "  price: 1.50\n"
        "  big: 1E+5\n"
        '  paid: "yes"\n'
        "  note: null\n"
        '  tags: {$const: [a, "1"]}\n'
        '  "none": {$const: []}\n'
        "  also: {}\n"
        '  "$$ref": x\n'
        "  to:\n"
        "    city: Chennai\n"
        '    zip: "00501"\n'
        "  lines:\n"
        "    - {sku: A, qty: 1}\n"
        "    - {sku: B, gifts: {$const: [c]}}\n"
        "  mixed: {$const: [1, {$a: 1}]}\n"
        "  cases: {$const: {a: 1, A: 2}}\n"
        '  rule: {$const: {pattern: "[a-z]"}}\n'
    )


def test_several_records_make_pools_and_optional_fields() -> None:
    text = (
        '[{"id": 1, "kind": "a", "to": {"city": "p"}, "tags": ["a"], "lines": [{"n": 1}]},'
        '{"id": 2, "kind": "a", "to": {"city": "q", "zip": "1"}, "tags": [], "lines": [], "z": {}},'
        '{"id": 2.0, "kind": "a", "to": null, "lines": [{"n": 1, "m": true}, {"n": 2}]},'
        '{"id": "2", "kind": "a", "to": {"city": "p"}, "lines": null, "z": 0}]'
    )
    assert body_of(text) == (
        '  id: [1, 2, 2.0, "2"]\n'
        "  kind: a\n"
        "  to:\n"
        "    $null: 0.25\n"
        "    city: [p, q]\n"
        '    zip: {$const: "1", $omit: 0.6667}\n'
        "  tags: {$choice: [{$const: [a]}, {$const: []}], $omit: 0.5}\n"
        "  lines:\n"
        "    $array: [0, 2]\n"
        "    $null: 0.25\n"
        "    $items:\n"
        '      "n": [1, 2]\n'
        "      m: {$const: true, $omit: 0.6667}\n"
        "  z: {$choice: [{$const: {}}, 0], $omit: 0.5}\n"
    )
    assert "$count: 4\n$output: {format: json, layout: multiple}\n" in spec_of(text)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("o.json", '{"a": 1}', "$count: 1\n$output: {format: json, layout: single}\n"),
        ("o.json", '[{"a": 1}]', "$count: 1\n$output: {format: json, layout: multiple}\n"),
        ("o.jsonl", '{"a": 1}\n', "$count: 1\n$output: {format: ndjson, layout: multiple}\n"),
        ("o.txt", '\n{"a": 1}\r\n\n{"a": 2}', "$count: 2\n$output: {format: ndjson,"),
    ],
)
def test_the_output_has_the_form_of_the_sample(path: str, text: str, expected: str) -> None:
    assert expected in spec_of(text, path)


def test_a_master_that_would_change_the_record_is_left_out() -> None:
    sample = read_sample("a.json", b"{}")
    assert "$master: null\n" in spec_of_sample(sample, "Order", SCHEMA, has_master=True)
    assert "$master" not in spec_of_sample(sample, "Order", SCHEMA)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.json", "", "a.json:1:1 MG112 the file is empty"),
        ("a.json", "[]", "a.json:1:1 MG206 the list has no records"),
        (
            "a.json",
            ' "x"',
            "a.json:1:2 MG202 expected a record (an object in braces) here, found t",
        ),
        ("a.json", "[{},\n [1]]", "a.json:2:2 MG202 expected a record (an object in braces) here"),
        ("a.json", '{"a": 1', 'a.json:1:8 MG102 the file ends, but "{" is not closed'),
        ("notes", "a: 1", 'notes:1:1 MG102 "a" has no quotes'),
        ("a.json", '{"a": 1,\n "A": 2}', 'a.json:2:2 MG209 "A" and "a" differ only in case'),
        ("a.json", '{"a": 1}\n{"b": x}', 'a.json:2:7 MG102 "x" has no quotes'),
        ("a.ndjson", '{"a": 1}\n\n5', "a.ndjson:3:1 MG202 expected a record"),
        ("a.ndjson", "\n\n", "a.ndjson:1:1 MG112 the file is empty"),
        ("a.json", '{"a": ' + 100 * "[" + 100 * "]" + "}", "MG106"),
        ("a.json", '{"a": ' + 98 * "[" + 98 * "]" + "}", "a.json:1:1 MG106 no spec can be made: "),
    ],
)
def test_what_has_no_records_is_reported_at_its_place(path: str, text: str, expected: str) -> None:
    with pytest.raises(FindingsError) as caught:
        spec_of(text, path)
    assert expected in str(caught.value.diagnostics[0])


@pytest.mark.parametrize(
    ("stem", "suite", "model"),
    [
        ("order", "order", "Order"),
        ("order-lines_v2", "order-lines_v2", "OrderLinesV2"),
        ("my orders", "my-orders", "MyOrders"),
        ("order_positive", "order_positive", "OrderPositive"),
        ("größe", "größe", "Größe"),
        ("con", "con", "Record"),
        ("--", "--", "Record"),
    ],
)
def test_names_come_from_the_name_of_the_file(stem: str, suite: str, model: str) -> None:
    assert names_of(stem) == (suite, model)


def test_editors_accept_the_specs() -> None:
    schema = json.loads(read_schema("user_input.schema.json"))
    single = '{"a": [], "b": {"c": [{"d": 1.5}], "$e": {}}, "f": null}'
    several = '[{"a": {"b": 1}, "c": [{}], "$d": 1}, {"a": null, "c": []}, {"a": {"b": [2]}}]'
    for text in (single, several):
        root = parse("user_input.yaml", spec_of(text).encode()).root
        assert root is not None
        jsonschema.Draft202012Validator(schema).validate(plain(plain_data(root)))


TEXTS = st.sampled_from(
    (
        *("", "yes", "null", "~", "1", "00501", "1.50", "1e5", "2025-01-01", "12:30:45", "$ref"),
        *("a, b", "- a", "#", "x #", "a: b", "{a}", "[1]", "*a", "&a", "!a", "|", "%", "@", "'"),
        *("\n", " x ", "\t", "\x7f", "\x85", "\u2028", "\ufeff", "é", "😀", "A", "a", "$const"),
        *('"', "$$x", "date"),
    )
)
ANY_TEXT = TEXTS | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,6})?(e-?[0-9]{1,2})?", fullmatch=True)
SCALARS = (
    st.sampled_from(("null", "true", "false"))
    | NUMBERS
    | st.sampled_from(("1.50", "1e5", "0.0", "-0.10", str(2**70)))
    | ANY_TEXT.map(json.dumps)
)
KEYS = ANY_TEXT | st.sampled_from(("pattern", "integer", "min", "x", "X", "n", "a.b", "$omit"))


def as_object(members: dict[str, str]) -> str:
    return f"{{{', '.join(f'{json.dumps(key)}: {value}' for key, value in members.items())}}}"


VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(KEYS, inner, max_size=3).map(as_object)
        | st.lists(st.dictionaries(KEYS, inner, max_size=2).map(as_object), max_size=3).map(
            lambda items: f"[{', '.join(items)}]"
        )
    ),
    max_leaves=12,
)
RECORDS = st.dictionaries(KEYS, VALUES, max_size=5).filter(
    lambda record: len(set(map(fold, record))) == len(record)
)
SLOWLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOWLY
@given(RECORDS.map(as_object))
def test_a_record_comes_back_as_it_is(text: str) -> None:
    (record,) = Specs.of(spec_of(text)).records("Order", exact=True)
    assert is_same(record, record_of(text))
    assert list(record) == list(record_of(text))  # type: ignore[arg-type]  # it is an object


@SLOWLY
@given(st.lists(RECORDS, min_size=1, max_size=4))
def test_of_several_records_each_is_possible_and_no_value_is_new(
    members: list[dict[str, str]],
) -> None:
    spelled: dict[str, str] = {}
    objects = [
        as_object({spelled.setdefault(fold(key), key): value for key, value in each.items()})
        for each in members
    ]
    spec = spec_of(f"[{', '.join(objects)}]")
    model = model_of(spec)
    for text in objects:
        record = record_of(text)
        assert isinstance(record, dict)
        assert allows_object(model, record)
    records = Specs.of(spec).records("Order", exact=True)
    assert len(records) == len(objects)
    for record in records:
        assert allows_object(model, record)


def test_a_leaf_that_no_sample_has_is_not_allowed() -> None:
    model = model_of(spec_of('[{"a": 1}, {"a": 2, "b": [{"c": 1}]}]'))
    assert allows_object(model, {"a": 1, "b": [{"c": 1}]})
    assert not allows_object(model, {"a": 3})
    assert not allows_object(model, {"b": [{"c": 1}]})
    assert not allows_object(model, {"a": 1, "b": [{"c": 2}]})
    assert not allows_object(model, {"a": 1, "b": [{"c": 1}, {"c": 1}, {"c": 1}]})


def test_a_sample_of_a_large_file_stays_quick(tmp_path: Path) -> None:
    records = [{"id": number, "at": {"x": number % 7}} for number in range(2000)]
    spec = spec_of(json.dumps(records), str(tmp_path / "large.json"))
    assert model_of(spec)["at"] == {"x": [0, 1, 2, 3, 4, 5, 6]}
    assert len(model_of(spec)["id"]) == 2000
