"""YAML: the core schema of 1.2 is read exactly, all else is reported at the line to be changed."""

from __future__ import annotations

import io
import json
import re
from decimal import Decimal
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import assume, given, reject
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.spec.document import (
    Document,
    Json,
    MappingNode,
    Scalar,
    SequenceNode,
    plain_data,
    walk,
)
from tests.unit.spec.parsing import (
    data_of,
    errors_of,
    node_at,
    read,
    scalar_at,
    warnings_of,
    written,
)

# The text of a value, and what it is by https://yaml.org/spec/1.2.2/#103-core-schema.
SCALARS: list[tuple[str, Json]] = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    ("tRUE", "tRUE"),
    ("NO", "NO"),
    ("no", "no"),
    ("yes", "yes"),
    ("on", "on"),
    ("Off", "Off"),
    ("y", "y"),
    ("0", 0),
    ("-0", 0),
    ("+12", 12),
    ("-12", -12),
    ("9007199254740993", 9007199254740993),
    ("0o17", 15),
    ("0o8", "0o8"),
    ("0O17", "0O17"),
    ("-0o17", "-0o17"),
    ("0x1F", 31),
    ("0xfg", "0xfg"),
    ("0b11", "0b11"),
    ("1_000", "1_000"),
    ("1,000", "1,000"),
    ("12:30:45", "12:30:45"),
    ("2025-01-01", "2025-01-01"),
    ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
    (".5", Decimal("0.5")),
    ("-.5", Decimal("-0.5")),
    ("5.", Decimal(5)),
    ("1.50", Decimal("1.50")),
    ("1e3", Decimal("1E+3")),
    ("1.5E-3", Decimal("0.0015")),
    ("1e", "1e"),
    (".", "."),
    ("+", "+"),
    ("1.2.3", "1.2.3"),
    ("\uff11", "\uff11"),
    ("a b", "a b"),
    ("a#b", "a#b"),
    ("a:b", "a:b"),
    ("http://x.org/?q=1", "http://x.org/?q=1"),
    ("-a", "-a"),
    ("?a", "?a"),
    (":a", ":a"),
    ("=", "="),
    ("<<", "<<"),
    ("'it''s'", "it's"),
    ("'\\n'", "\\n"),
    ('"a\\n\\x41\\u00e9\\U0001F600\\0\\e"', "a\nAé😀\0\x1b"),
    ('"\\ud83d\\ude00"', "😀"),
    ('"\\N\\_\\L\\P\\/"', "\x85\xa0\u2028\u2029/"),
    ("'a\x85b\u2028c\u2029d'", "a\x85b\u2028c\u2029d"),
    ("a\x85b\u2028c", "a\x85b\u2028c"),
    ("'007'", "007"),
    ("!!str 12", "12"),
    ("! 12", "12"),
    ('!!int "12"', 12),
    ("!!float 12", Decimal(12)),
    ("!!bool true", True),
    ("!!null ~", None),
    ("!!str", ""),
    ("|\n    a\n     b\n\n    c\n", "a\n b\n\nc\n"),
    ("|-\n    a\n", "a"),
    ("|+\n    a\n\n", "a\n\n"),
    (">\n    a\n    b\n\n    c\n", "a b\nc\n"),
    ("a\n    b\n\n    c", "a b\nc"),
    ('"a\n    b"', "a b"),
    ("[a, 1, [~], {b: c, d: }, e: f]", ["a", 1, [None], {"b": "c", "d": None}, {"e": "f"}]),
    ('{"a":1,"b":[],e : f}', {"a": 1, "b": [], "e": "f"}),
    ("[?a, :b, -c, a?b, {?d : :e, :f: 1}]", ["?a", ":b", "-c", "a?b", {"?d": ":e", ":f": 1}]),
    ('[? a : b, "c":1]', [{"a": "b"}, {"c": 1}]),
    ("!!map {a: !!seq []}", {"a": []}),
    ("\n  - a\n  -\n  - - b\n", ["a", None, ["b"]]),
    ("\n- a\n- b", ["a", "b"]),
    ("\n  ? a\n  : b\n  ? 'c'\n  :\n", {"a": "b", "c": None}),
]

BROKEN: list[tuple[str, list[str]]] = [
    # colons
    ("a: b: c\n", ["MG103 1:5"]),
    ("a: 1\nb: x: y\n", ["MG103 2:5"]),
    ("b: 2\na 1\n", ["MG103 2:1"]),
    ("a 1\nb: 2\n", ["MG103 1:1"]),
    ("m:\n  a 1\n  b: 2\n", ["MG103 2:3"]),
    ("a:1\nb: 2\n", ["MG103 1:1"]),
    ("a:\n- b\n-c\n", ["MG103 3:1"]),
    (": a\n", ["MG103 1:1"]),
    # indentation
    ("a: 1\n  b: 2\n", ["MG103 2:3"]),
    ("a:\n  b: 1\n c: 2\n", ["MG103 3:2"]),
    ("a:\n   b: 1\n  c: 2\nd:\n  e:\n    f: 3\n", ["MG103 2:4"]),
    ("a:\n b: 1\n  c: 2\nd:\n  e:\n    f:\n      g: 3\n", ["MG103 2:2"]),
    ("a:\n  - b\n   - c: 1\n", ["MG103 3:4"]),
    ("a:\n  - b\n - c\n", ["MG103 3:2"]),
    (" a: 1\nb:\n c: 2\n", ["MG103 1:2"]),
    ("a:\n\tb: 1\n", ["MG103 2:1"]),
    ("a: |\n  x\n y\nb: 1\n", ["MG103 3:2"]),
    # lists and mappings mixed
    ("a: 1\n- b\n", ["MG103 2:1"]),
    ("- a\nb: 1\n", ["MG103 2:1"]),
    ("k:\n  - a\n  b\n", ["MG103 3:3"]),
    ("a: - b\n", ["MG103 1:4"]),
    # quotes
    ('a: "x\nb: "y"\n', ["MG103 1:4"]),
    ('a: "x\nb: y\n', ["MG103 1:4"]),
    ("m:\n  a: 'x\n  b: 'y'\n", ["MG103 2:6"]),
    ('"a: 1\nb: 2\n', ["MG103 1:1"]),
    ('a: ["x, y]\nb: 1\n', ["MG103 1:5"]),
    ('a: [x,\n  "y,\n  "z"]\n', ["MG103 2:3"]),
    ("a: 'it's'\n", ["MG103 1:8"]),
    ('a: "x" y\n', ["MG103 1:8"]),
    ('a: "\\d"\n', ["MG103 1:5"]),
    ('a: "\\u12"\n', ["MG103 1:5"]),
    ('a: "\\U00110000"\n', ["MG103 1:5"]),
    ('a: "\\ud800"\n', ["MG109 1:4"]),
    ('a: "x\n  b: "y"\n', ["MG103 1:4"]),
    ("a: [x] y\n", ["MG103 1:8"]),
    ("a: 'x' [y]\n", ["MG103 1:8"]),
    ('"x" y\n', ["MG103 1:5"]),
    # brackets
    ('{"a": 1,\n "b": 2\n', ["MG103 1:1"]),
    ("{a: 1}}\n", ["MG103 1:7"]),
    ("a: [x, y\nb: 1\n", ["MG103 1:4"]),
    ("m:\n  a: {x: 1\n  b: 2\n", ["MG103 2:6"]),
    ("a: [\n", ["MG103 1:4"]),
    ("a: [1, 2]]\n", ["MG103 1:10"]),
    ("a: ]\n", ["MG103 1:4"]),
    ("a: {b: 1}}\n", ["MG103 1:10"]),
    ("a: [b, c}\n", ["MG103 1:9"]),
    ("a: {b: 1 c: 2}\n", ["MG103 1:11"]),
    ('{\n "a": 1\n "b": 2\n}\n', ["MG103 2:8"]),
    ('[\n "a" # c\n "b"\n]\n', ["MG103 2:5"]),
    ("[a,,b]\n", ["MG103 1:4"]),
    ('{"a": 1},\n"b": 2}\n', ["MG103 1:8"]),
    ("{{ x }}: 1\n", ["MG111 1:1", "MG111 1:2"]),
    # text that cannot begin so
    ("a: @x\n", ["MG103 1:4"]),
    ("a: `x`\n", ["MG103 1:4"]),
    ("a: %x\n", ["MG103 1:4"]),
    ("a: * x\n", ["MG103 1:4"]),
    ("a: &\n", ["MG103 1:4"]),
    ("a: *.txt\n", ["MG103 1:4"]),
    ("a: |x\n", ["MG103 1:4"]),
    ("a: , b\n", ["MG103 1:4"]),
    ("a: ? b\n", ["MG103 1:4"]),
    ("%x\na: 1\n", ["MG103 2:1"]),
    ("a: x\x07y\n", ["MG103 1:5"]),
    ("a: 1\n... x\n", ["MG103 2:5"]),
    ("...\n", ["MG103 1:1"]),
    ("%YAML 3.0\n---\na: 1\n", ["MG103 1:1"]),
    (f"%YAML 1.{'9' * 5000}\n---\na: 1\n", ["MG103 1:1"]),
    ("a: |\n \n   \n  x\n", ["MG103 4:3"]),
    ("a: !<x y>\n", ["MG103 1:4"]),
    ("a: !e!x y\n", ["MG103 1:4"]),
    ("<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n", ["MG103 1:1"]),
    # beyond the core schema
    ("a: 1\na: 2\n", ["MG104 2:1"]),
    ("1: a\n'1': b\n1: c\n", ["MG104 2:1", "MG104 3:1"]),
    ("<<: {a: 1}\n", ["MG111 1:1"]),
    ("a: !foo b\n", ["MG111 1:4"]),
    ("a: !!int x\n", ["MG111 1:4"]),
    ("!!int x: 1\n", ["MG111 1:1"]),
    ("a: !!int\n", ["MG111 1:4"]),
    ("a: !!binary aGk=\n", ["MG111 1:4"]),
    ("!!set {a: }\n", ["MG111 1:1"]),
    ("a: !!seq {}\n", ["MG111 1:4"]),
    ("? [a]\n: b\n", ["MG111 1:3"]),
    ("{a: 1}: b\n", ["MG111 1:1"]),
    ("a: 1\n---\nb: 2\n", ["MG111 2:1"]),
    ("a: 1\n...\nb: 2\n", ["MG111 3:1"]),
    ("%YAML 1.1\n---\na: 1\n", ["MG111 1:1"]),
    ("a: .inf\nb: [-.INF, .NaN]\n", ["MG108 1:4", "MG108 2:5", "MG108 2:12"]),
    ("a: 1e999\n", ["MG108 1:4"]),
    ("a: 1e-999999999\n", ["MG108 1:4"]),
    (f"a: {'9' * 4301}\n", ["MG108 1:4"]),
    (f"a: 0x{'f' * 4000}\n", ["MG108 1:4"]),
    # aliases
    ("a: *b\n", ["MG103 1:4"]),
    ("a: &x [*x]\n", ["MG107 1:8"]),
    ("a: &x {b: [*x]}\n", ["MG107 1:12"]),
    ("[" * 101 + "]" * 101, ["MG106 1:101"]),
    ("- " * 101, ["MG106 1:201"]),
    # no value
    ("# a comment\n", ["MG112 1:1"]),
    ("---\n", ["MG112 1:1"]),
]

SUSPICIOUS: list[tuple[str, list[str]]] = [
    ("zip: 00501\n", ["MG110 1:6"]),
    ("zip: [01, -07, +08.5]\n", ["MG110 1:7", "MG110 1:11", "MG110 1:16"]),
    ("{$vocab first_name}\n", ["MG103 1:2"]),
    ("a: {b 1, c: 2}\n", ["MG103 1:5"]),
    ("? a\n? b\n", ["MG103 1:3", "MG103 2:3"]),
    ("a:: 1\n", ["MG103 1:2"]),
    ('zip: 600001"\n', ["MG103 1:6"]),
    ("a: x, y]\n", ["MG103 1:4"]),
    ("a: $vocab x}\n", ["MG103 1:4"]),
    ("- a\n - b\n", ["MG103 2:2"]),
    ("k:\n   - a\n    - b\n    - c\n", ["MG103 2:6"]),
]

UNSUSPICIOUS = [
    'zip: "00501"\n',
    "n: [0, 0.5, 0o17, 0x0F, -0, 00:30, 00501-1234]\n",
    "'a:': 1\n",
    'size: 5"x7"\n',
    "a: x[0]\n",
    "t: say\n  more - and more\n",
    "{a: , b: ~, ? c : d}\n",
    "a:\n\n  # a comment: here\n\nb:\n",
    '{"a":\n  1}\n',
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_a_value_is_what_the_core_schema_says(text: str, value: Json) -> None:
    assert repr(data_of(f"k: {text}", "yaml")) == repr({"k": value})


@pytest.mark.parametrize(("text", "errors"), BROKEN)
def test_a_fault_is_reported_at_the_place_to_be_changed(text: str, errors: list[str]) -> None:
    assert errors_of(text, "yaml") == errors


@pytest.mark.parametrize(("text", "warnings"), SUSPICIOUS)
def test_what_looks_misread_gets_a_warning(text: str, warnings: list[str]) -> None:
    assert warnings_of(text, "yaml") == warnings
    assert errors_of(text, "yaml") == []


@pytest.mark.parametrize("text", UNSUSPICIOUS)
def test_good_text_gets_no_warning(text: str) -> None:
    assert read(text, "yaml").diagnostics == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_do_not_depend_on_the_kind_of_line_end(end: str) -> None:
    text = 'a: |\n  x\nb: "é😀"\nc: 007\nd: [\n 1,\n 2]\nd: 1\n'.replace("\n", end)
    document = read(text, "yaml")
    assert [str(found.location) for found in document.diagnostics] == [
        "spec.yaml:4:4",
        "spec.yaml:8:1",
    ]
    assert scalar_at(document, "/a").value == "x\n"
    assert node_at(document, "/d/1").mark.line == 7


def test_keys_are_text_as_they_are_written() -> None:
    text = "1: a\n0x1F: a\ntrue: b\n~: c\n1.50: d\n'q': e\n007: f\nNO: g\n"
    assert list(walk_keys(text)) == ["1", "0x1F", "true", "~", "1.50", "q", "007", "NO"]


def walk_keys(text: str) -> list[str]:
    document = read(text, "yaml")
    assert document.diagnostics == ()
    assert isinstance(document.root, MappingNode)
    return [member.key for member in document.root.members]


def test_a_plain_scalar_keeps_its_source_text() -> None:
    document = read("[00501, 1.50, 'q', x\n  y, ~, !!str 7]", "yaml")
    scalars = [scalar_at(document, f"/{index}") for index in range(6)]
    assert [(scalar.value, scalar.raw, scalar.plain) for scalar in scalars] == [
        (501, "00501", True),
        (Decimal("1.50"), "1.50", True),
        ("q", "", False),
        ("x y", "x\n  y", True),
        (None, "~", True),
        ("7", "7", True),
    ]


def test_a_node_ends_before_blank_lines_and_comments() -> None:
    text = (
        "a:\n  - 1 # one\n  -\n\n# after\n"
        "b: |\n  t\n\n\n"
        "c:   \n  d: [x,\n    y]   # end\n\n"
        "e:\n# last\n"
    )
    document = read(text, "yaml")
    assert document.root is not None
    found = {pointer: written(document, node) for pointer, node in walk(document.root)}
    assert found == {
        "": text[: text.index("e:") + 2],
        "/a": "- 1 # one\n  -",
        "/a/0": "1",
        "/a/1": "",
        "/b": "|\n  t",
        "/c": "d: [x,\n    y]",
        "/c/d": "[x,\n    y]",
        "/c/d/0": "x",
        "/c/d/1": "y",
        "/e": "",
    }
    nothing = node_at(document, "/e").mark
    assert (nothing.line, nothing.column) == (14, 3)


def test_an_absent_value_stands_behind_its_colon() -> None:
    document = read("? a\n# b: c\n:\nd : \ne: {f , g: }\n", "yaml")
    places = {p: (n.mark.line, n.mark.column) for p, n in walk(node_of(document))}
    assert places["/a"] == (3, 2)
    assert places["/d"] == (4, 4)
    assert places["/e/f"] == (5, 6)
    assert places["/e/g"] == (5, 11)


def node_of(document: Document) -> MappingNode:
    assert isinstance(document.root, MappingNode)
    return document.root


def test_an_alias_stands_for_its_anchor_with_a_place_of_its_own() -> None:
    document = read("a: &x {b: [1, c]}\nd: *x\ne: [*x, &y 2, *y]\n*y : f\n", "yaml")
    assert document.diagnostics == ()
    assert plain_data(node_of(document)) == {
        "a": {"b": [1, "c"]},
        "d": {"b": [1, "c"]},
        "e": [{"b": [1, "c"]}, 2, 2],
        "2": "f",
    }
    assert written(document, node_at(document, "/d")) == "*x"
    assert written(document, node_at(document, "/d/b")) == "[1, c]"
    assert written(document, node_at(document, "/e")) == "[*x, &y 2, *y]"


def test_a_key_may_have_an_anchor() -> None:
    assert data_of("&k a: 1\nb: *k\n", "yaml") == {"a": 1, "b": "a"}


def test_an_anchor_may_be_set_again() -> None:
    assert data_of("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "yaml") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_an_alias_means_the_anchor_that_began_last() -> None:
    text = "a: &x {b: &x inner, c: *x}\nd: *x\ne: &x later\nf: *x\n"
    known = {"a": {"b": "inner", "c": "inner"}, "d": "inner", "e": "later", "f": "later"}
    assert data_of(text, "yaml") == known


def test_an_unknown_alias_suggests_the_nearest_anchor() -> None:
    found = read("a: &defaults 1\nb: *default\n", "yaml").diagnostics[0]
    assert found.hint == 'did you mean "defaults"?'


def test_aliases_may_stand_for_a_hundred_thousand_nodes_together() -> None:
    row = "a: &a [" + "x, " * 998 + "x]\n"
    assert errors_of(row + "b: [" + "*a, " * 100 + "]\n", "yaml") == []
    assert errors_of(row + "b: [" + "*a, " * 101 + "]\n", "yaml") == ["MG107 2:405"]


def test_aliases_count_as_deep_as_what_they_stand_for() -> None:
    lines = ["a0: &a0 []"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 120)]
    assert errors_of("\n".join(lines), "yaml") == ["MG106 100:12"]


def test_warnings_of_one_kind_are_counted_from_the_hundred_and_first_on() -> None:
    document = read("".join(f"- {n:04}\n" for n in range(250)), "yaml")
    assert len(document.diagnostics) == 101
    assert document.diagnostics[-1].message.startswith("150 more of this kind")
    assert document.root is not None


def test_findings_carry_the_pointer_of_their_node() -> None:
    document = read("M:\n  a/b:\n    - {zip: 007, zip: 8}\n", "yaml")
    assert [found.location.pointer for found in document.diagnostics] == ["/M/a~1b/0/zip"] * 2


def test_calls_share_no_state() -> None:
    assert errors_of("%TAG ! tag:x,\n---\na: &x 1\n", "yaml") == []
    assert errors_of("a: *x\n", "yaml") == ["MG103 1:4"]
    assert errors_of("a: [", "yaml") == ["MG103 1:4"]
    assert errors_of("a: 1", "yaml") == []


# A number in 1.2, and text in 1.1, whose writers leave it without quotes.
NUMBER_OF_1_2 = r"[-+]?[0-9]+[eE][-+]?[0-9]+|0o[0-7]+"
text_values = st.text(st.characters(exclude_categories=["Cs"])).filter(
    lambda text: re.fullmatch(NUMBER_OF_1_2, text) is None
)
# What both 1.1 and 1.2 take for the same, so that other readers can be asked.
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text_values
)
trees: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text_values, inner, max_size=4),
    max_leaves=20,
)


def data_in_spite_of_warnings(text: str) -> Json:
    document = read(text, "yaml")
    assert not has_errors(document.diagnostics)
    assert document.root is not None
    return plain_data(document.root)


def same(found: Json, expected: object) -> bool:
    """Tell whether two trees are equal, with Decimals on one side and floats on the other."""
    if isinstance(found, dict) and isinstance(expected, dict):
        pairs = zip(found.items(), expected.items(), strict=True)
        return all(a == b and same(x, y) for (a, x), (b, y) in pairs)
    if isinstance(found, list) and isinstance(expected, list):
        return all(same(x, y) for x, y in zip(found, expected, strict=True))
    if isinstance(found, Decimal) and isinstance(expected, float):
        return float(found) == expected
    return type(found) is type(expected) and found == expected


# Other writers leave these as they are in quotes, and take them for line ends, as YAML 1.1 does.
line_ends_of_1_1 = frozenset("\x85\u2028\u2029")
# The characters that JSON may hold as they are and YAML may not.
unprintable = frozenset(map(chr, [0x7F, *range(0x80, 0x85), *range(0x86, 0xA0), 0xFFFE, 0xFFFF]))


@given(trees, st.booleans())
def test_json_text_is_yaml_with_the_same_meaning(value: object, ascii_only: bool) -> None:
    text = json.dumps([value], ensure_ascii=ascii_only)
    assume(not unprintable.intersection(text))
    assume(len(text) < 1000)  # a key of more than 1024 characters is none in YAML
    assert data_of(text, "yaml") == data_of(text, "json")


@given(trees, st.sampled_from([True, False, None]))
def test_what_another_writer_writes_is_read_back(value: object, flow: bool | None) -> None:
    text = pyyaml.safe_dump(value, allow_unicode=True, default_flow_style=flow, sort_keys=False)
    assume(not line_ends_of_1_1.intersection(text))
    assert same(data_in_spite_of_warnings(text), value)


@given(trees)
def test_what_ruamel_writes_is_read_as_ruamel_reads_it(value: object) -> None:
    writer = YAML(typ="safe", pure=True)
    stream = io.StringIO()
    writer.dump(value, stream)
    assume(not line_ends_of_1_1.intersection(stream.getvalue()))
    try:
        expected = YAML(typ="safe", pure=True).load(stream.getvalue())
    except YAMLError:  # it writes {:0: null} and cannot read that
        reject()
    assume("?" not in stream.getvalue())  # it writes [?0] and reads a mapping
    assert same(data_in_spite_of_warnings(stream.getvalue()), expected)


@given(trees)
def test_marks_nest_and_cover_plain_text(value: object) -> None:
    text = pyyaml.safe_dump(value, allow_unicode=True)
    assume(not line_ends_of_1_1.intersection(text))
    document = read(text, "yaml")
    assert document.root is not None
    for _, node in walk(document.root):
        if isinstance(node, Scalar):
            if node.plain:
                assert written(document, node) == node.raw
            continue
        inner = [m.node for m in node.members] if isinstance(node, MappingNode) else node.items
        assert all(node.mark.start <= child.mark.start for child in inner)
        assert all(child.mark.end <= node.mark.end for child in inner)
        assert written(document, node) == written(document, node).strip(" \r\n")
        assert isinstance(node, MappingNode | SequenceNode)
