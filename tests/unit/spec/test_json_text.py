"""JSON: what RFC 8259 allows is read exactly, all else is reported where it stands."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.spec.document import (
    Document,
    Json,
    MappingNode,
    Node,
    Scalar,
    SequenceNode,
    plain_data,
    walk,
)
from mockgen_watch.spec.parse import parse
from tests.unit.spec.parsing import data_of, errors_of, node_at, read, scalar_at, written

ACCEPTED: list[tuple[str, Json]] = [
    ("null", None),
    ("true", True),
    ("false", False),
    ("0", 0),
    ("-0", 0),
    ("42", 42),
    ("-1", -1),
    ("9007199254740993", 9007199254740993),
    ("123456789012345678901234567890", 123456789012345678901234567890),
    ("1.0", Decimal("1.0")),
    ("-0.0", Decimal("-0.0")),
    ("0.1", Decimal("0.1")),
    ("1.50", Decimal("1.50")),
    ("1e3", Decimal("1E+3")),
    ("1E+3", Decimal("1E+3")),
    ("1e-3", Decimal("0.001")),
    ("0e1", Decimal("0E+1")),
    ("-1.5e-0", Decimal("-1.5")),
    ("1e308", Decimal("1E+308")),
    ("1e-400", Decimal("1E-400")),
    ("0.30000000000000004441", Decimal("0.30000000000000004441")),
    ('""', ""),
    ('"a"', "a"),
    ('"\\""', '"'),
    ('"\\\\"', "\\"),
    ('"\\/"', "/"),
    ('"/"', "/"),
    ('"\\b\\f\\n\\r\\t"', "\b\f\n\r\t"),
    ('"\\u0041"', "A"),
    ('"\\u00e9\\u00E9"', "éé"),
    ('"\\u0000"', "\0"),
    ('"\\ud83d\\ude00"', "😀"),
    ('"\\uD83D\\uDE00x"', "😀x"),
    ('"é漢😀"', "é漢😀"),
    ('"\x7f"', "\x7f"),
    ('"\u2028\u2029\x85"', "\u2028\u2029\x85"),
    ('"\ufeff"', "\ufeff"),
    ('"\uffff"', "\uffff"),
    ('"// no comment, # none"', "// no comment, # none"),
    ("[]", []),
    ("[ ]", []),
    ("[1]", [1]),
    ("[1,2 , 3]", [1, 2, 3]),
    ("[[],[[]]]", [[], [[]]]),
    ("[null, true, false]", [None, True, False]),
    ("{}", {}),
    ('{"a":1}', {"a": 1}),
    ('{"":0}', {"": 0}),
    ('{"a":{"b":[]}}', {"a": {"b": []}}),
    ('{"a":1,"A":2}', {"a": 1, "A": 2}),
    ('{"a\\u0062":1}', {"ab": 1}),
    (' \t\n\r{ \t\n\r"a" \t\n\r: \t\n\r1 \t\n\r} \t\n\r', {"a": 1}),
    ("\ufeff[1]", [1]),
    ("[" * 100 + "]" * 100, json.loads("[" * 100 + "]" * 100)),
]

# Text, then every error: its code, line and column.
REJECTED: list[tuple[str, list[str]]] = [
    # commas
    ("[1,]", ["MG102 1:3"]),
    ('{"a":1,}', ["MG102 1:7"]),
    ("[1 2]", ["MG102 1:3"]),
    ('["a" "b"]', ["MG102 1:5"]),
    ('{"a":1 "b":2}', ["MG102 1:7"]),
    ('{\n  "a": 1\n  "b": 2\n}', ["MG102 2:9"]),
    ("[,]", ["MG102 1:2", "MG102 1:2"]),
    ("[,1]", ["MG102 1:2"]),
    ("[1,,2]", ["MG102 1:4"]),
    ('{,"a":1}', ["MG102 1:2"]),
    ('{"a":1,,"b":2}', ["MG102 1:8"]),
    ("[1;2]", ["MG102 1:3"]),
    # colons
    ('{"a" 1}', ["MG102 1:5"]),
    ('{"a"}', ["MG102 1:5"]),
    ('{"a", "b": 1}', ["MG102 1:5"]),
    ('{"a":}', ["MG102 1:6"]),
    ('{"a"::1}', ["MG102 1:6"]),
    ('{"a"=1}', ["MG102 1:5"]),
    ("{:1}", ["MG102 1:2"]),
    ('["a":1]', ["MG102 1:5"]),
    # keys
    ("{a:1}", ["MG102 1:2"]),
    ("{'a':1}", ["MG102 1:2"]),
    ("{1:1}", ["MG102 1:2"]),
    ("{null:1}", ["MG102 1:2"]),
    ("{$seed:1}", ["MG102 1:2"]),
    ("{[1]:1}", ["MG102 1:2"]),
    ('{"a":1,"a":2}', ["MG104 1:8"]),
    ('{"a":1,\n "\\u0061":2,\n "a":3}', ["MG104 2:2", "MG104 3:2"]),
    ('[{"a":{"b":1,"b":2}}]', ["MG104 1:14"]),
    # brackets
    ("[", ["MG102 1:2"]),
    ("[1,\n2", ["MG102 2:2"]),
    ("[1}", ["MG102 1:3"]),
    ('{"a":1', ["MG102 1:7"]),
    ('{"a":[1}', ["MG102 1:8"]),
    ("]", ["MG102 1:1"]),
    ("[1]]", ["MG102 1:4"]),
    ('{"a":1}}', ["MG102 1:8"]),
    ('{"a":1},"b":2}', ["MG102 1:7"]),
    ("[1][2]", ["MG102 1:4"]),
    ("{} {}", ["MG102 1:4"]),
    ("1 2", ["MG102 1:3"]),
    ('"a": 1', ["MG102 1:1"]),
    ('{\n  "a": {\n    "b": 1\n  ,\n  "c": 2\n}\n', ["MG102 4:3"]),
    ('{\n  "a": [\n    1\n  },\n  "c": 2\n}\n', ["MG102 4:3"]),
    ('{\n  "a": {\n    "b": 1\n  "c": 2\n}\n', ["MG102 3:11", "MG102 4:3"]),
    ('{\n  "a": [[\n    1\n  ],\n  "c": 2\n}\n', ["MG102 2:8"]),
    ('{\n  "a":\n    1,\n    2\n  ],\n  "c": 2\n}\n', ["MG102 2:7"]),
    ('{\n  "a":\n    "x",\n    "y"\n  ],\n  "c": 2\n}\n', ["MG102 2:7"]),
    ('{\n  "a":\n    1\n  ],\n  "c": 2\n}\n', ["MG102 2:7"]),
    ('{\n  "a":\n    "b": 1\n  },\n  "c": 2\n}\n', ["MG102 2:7"]),
    # numbers
    ("01", ["MG102 1:1"]),
    ("-01", ["MG102 1:1"]),
    ("+1", ["MG102 1:1"]),
    ("1.", ["MG102 1:1"]),
    (".5", ["MG102 1:1"]),
    ("-.5", ["MG102 1:1"]),
    ("1.e1", ["MG102 1:1"]),
    ("1e", ["MG102 1:1"]),
    ("1e+", ["MG102 1:1"]),
    ("0x10", ["MG102 1:1"]),
    ("1_000", ["MG102 1:1"]),
    ("-", ["MG102 1:1"]),
    ("--1", ["MG102 1:1"]),
    ("1.2.3", ["MG102 1:1"]),
    ("\uff11", ["MG102 1:1"]),
    ('{"a":1"b":2}', ["MG102 1:7"]),
    ('[true"a"]', ["MG102 1:6"]),
    ("NaN", ["MG108 1:1"]),
    ("[Infinity, -Infinity]", ["MG108 1:2", "MG108 1:12"]),
    ("1e999", ["MG108 1:1"]),
    ("[-1e309]", ["MG108 1:2"]),
    ("0e999999999", ["MG108 1:1"]),
    ("1e-999999999", ["MG108 1:1"]),
    ("9" * 4301, ["MG108 1:1"]),
    ("0." + "1" * 4301, ["MG108 1:1"]),
    # words
    ("True", ["MG102 1:1"]),
    ("[None, undefined, nul]", ["MG102 1:2", "MG102 1:8", "MG102 1:19"]),
    ("truefalse", ["MG102 1:1"]),
    ('{"state": Tamil Nadu}', ["MG102 1:11"]),
    # texts
    ('"a', ["MG102 1:1"]),
    ('["a]\n', ["MG102 1:2"]),
    ('"a\nb"', ["MG102 1:1"]),
    ('"a\\', ["MG102 1:1"]),
    ('"a\\\n"', ["MG102 1:1"]),
    ('"a\tb"', ["MG102 1:3"]),
    ('"\x00\x1f"', ["MG102 1:2", "MG102 1:3"]),
    ('"\\x41"', ["MG102 1:2"]),
    ('"\\a \\d"', ["MG102 1:2", "MG102 1:5"]),
    ('"\\u12"', ["MG102 1:2"]),
    ('"\\u0041\t"', ["MG102 1:8"]),
    ('"\\u12G4"', ["MG102 1:2"]),
    ('"\\u+123"', ["MG102 1:2"]),
    ('"\\ud800"', ["MG109 1:1"]),
    ('["\\udc00\\ud800"]', ["MG109 1:2"]),
    ("'a'", ["MG102 1:1"]),
    ("['a", ["MG102 1:2"]),
    ("\u201ca\u201d", ["MG102 1:1"]),
    ('{"a": b", "c": 1}', ["MG102 1:7"]),
    ('[99214", "99215"]', ["MG102 1:2"]),
    # what is no token
    ("[1] // one", ["MG102 1:5"]),
    ("/* c */ [1]", ["MG102 1:1"]),
    ("# c\n[1]", ["MG102 1:1"]),
    ("/* c", ["MG102 1:1"]),
    ("[1,\xa02]", ["MG102 1:4"]),
    ("[\ufeff1]", ["MG102 1:2"]),
    ("[\x00]", ["MG102 1:2"]),
    ("(1)", ["MG102 1:1"]),
    ("[\n<<<<<<< ours\n1\n=======\n2\n>>>>>>> theirs\n]", ["MG102 2:1"]),
    ("[" * 101 + "]" * 101, ["MG106 1:101"]),
]


@pytest.mark.parametrize(("text", "data"), ACCEPTED)
def test_what_the_rfc_allows_is_read_exactly(text: str, data: Json) -> None:
    assert repr(data_of(text, "json")) == repr(data)


@pytest.mark.parametrize(("text", "errors"), REJECTED)
def test_what_the_rfc_forbids_is_reported_at_its_place(text: str, errors: list[str]) -> None:
    assert errors_of(text, "json") == errors


def test_the_tables_agree_with_the_standard_library() -> None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    for text, _ in ACCEPTED:
        json.loads(text.removeprefix("\ufeff"))
    own_limits = {"MG104", "MG106", "MG108", "MG109"}
    for text, errors in REJECTED:
        if not own_limits.intersection(error.split()[0] for error in errors):
            with pytest.raises(ValueError):
                json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("[1,]", [1]),
        ("[1 2]", [1, 2]),
        ('{"a" 1}', {"a": 1}),
        ("{a: 'b'}", {"a": "b"}),
        ('[True, None, x"]', [True, None, "x"]),
        ("[1] // one", [1]),
        ('{"a": 1, "a": 2}', {"a": 1}),
        ('"\\ud800"', "\ufffd"),
        ('"\\d"', "\\d"),
    ],
)
def test_a_fault_with_one_meaning_is_read_as_meant(text: str, data: Json) -> None:
    document = read(text, "json")
    assert document.diagnostics
    assert document.root is not None
    assert plain_data(document.root) == data


def test_several_faults_are_reported_in_one_run() -> None:
    text = '{\n  a: 1,\n  "b": 007\n  "c": "\\q",\n  "c": [1,],\n}\n'
    assert errors_of(text, "json") == [
        "MG102 2:3",
        "MG102 3:8",
        "MG102 3:11",
        "MG102 4:9",
        "MG104 5:3",
        "MG102 5:10",
        "MG102 5:12",
    ]


def test_reading_stops_at_a_hundred_errors() -> None:
    document = read("[" + "1 " * 1000 + "]", "json")
    assert document.root is None
    assert len(errors_of(document.text, "json")) == 100
    assert "100 errors" in document.diagnostics[-1].message


def test_a_second_key_names_the_place_of_the_first() -> None:
    found = read('{"M": {"HCID": 1,\n "HCID": 2}}', "json").diagnostics[0]
    assert (str(found.location), found.location.length) == ("spec.json:2:2", 6)
    assert found.location.pointer == "/M/HCID"
    assert [str(other.location) for other in found.related] == ["spec.json:1:8"]


def test_an_unclosed_bracket_names_the_place_where_it_was_opened() -> None:
    found = read('{\n "a": [1,\n 2\n', "json").diagnostics[0]
    assert [str(other.location) for other in found.related] == ["spec.json:2:7"]


def test_a_node_knows_its_place() -> None:
    document = read('{\r\n  "a": [1, "é😀", {}],\r\n  "b" : -1.50\r\n}\r\n', "json")
    assert [(pointer, written(document, node)) for pointer, node in walk_of(document)] == [
        ("", document.text.strip()),
        ("/a", '[1, "é😀", {}]'),
        ("/a/0", "1"),
        ("/a/1", '"é😀"'),
        ("/a/2", "{}"),
        ("/b", "-1.50"),
    ]
    assert str(document.locate(node_at(document, "/a/2").mark)) == "spec.json:2:18"
    assert isinstance(document.root, MappingNode)
    key = document.root.members[1].mark
    assert (key.line, key.column, document.text[key.start : key.end]) == (3, 3, '"b"')


def test_only_numbers_keep_their_source_text() -> None:
    document = read('[1.50, "1.50", true]', "json")
    scalars = [scalar_at(document, f"/{index}") for index in range(3)]
    assert [(scalar.raw, scalar.plain) for scalar in scalars] == [
        ("1.50", False),
        ("", False),
        ("", False),
    ]


def walk_of(document: Document) -> list[tuple[str, Node]]:
    assert document.root is not None
    return list(walk(document.root))


finite_numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
text_values = st.text(st.characters(exclude_categories=["Cs"]))
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | finite_numbers | text_values,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text_values, inner, max_size=5),
    max_leaves=30,
)


@given(json_values, st.booleans(), st.sampled_from([None, 0, 2]))
def test_valid_text_is_read_as_the_standard_library_reads_it(
    value: object, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    expected = json.loads(text, parse_float=Decimal)
    assert repr(data_of(text, "json")) == repr(expected)


@given(st.text(st.sampled_from("[]{},:\"\\ \n-+.0123eEtrufalsn/#'=\t\x00é\ud800"), max_size=40))
def test_any_text_is_accepted_by_both_or_by_none(text: str) -> None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    document = parse("spec.json", text.encode("utf-8", "surrogatepass"))
    try:
        expected = json.loads(text, parse_float=Decimal, parse_constant=refuse)
    except ValueError:
        assert document.diagnostics
        return
    own_rules = {"MG101", "MG104", "MG108", "MG109"}
    assert own_rules.issuperset(found.code for found in document.diagnostics)
    if not document.diagnostics:
        assert document.root is not None
        assert repr(plain_data(document.root)) == repr(expected)


@given(json_values)
def test_marks_cover_what_they_stand_for(value: object) -> None:
    document = read(json.dumps(value, indent=1), "json")
    for _, node in walk_of(document):
        piece = json.loads(written(document, node), parse_float=Decimal)
        assert repr(piece) == repr(plain_data(node))
        if isinstance(node, SequenceNode):
            assert all(item.mark.start > node.mark.start for item in node.items)
        if isinstance(node, Scalar) and node.raw:
            assert written(document, node) == node.raw
