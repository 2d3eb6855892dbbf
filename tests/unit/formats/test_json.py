"""JSON and NDJSON as people see them, and what they refuse."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import FormatError, complete_options
from mockgen_watch.formats.rendering import alone, document
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from mockgen_watch.formats.format import Writer
    from mockgen_watch.spec.document import Json

RECORDS: tuple[dict[str, Json], ...] = (
    {"b": 1, "a": [True, None, {"x": Decimal("251.50")}], "e": {}, "f": []},
    {"b": "é"},
)


def writer_of(form: str, layout: Layout = Layout.MULTIPLE, **options: Json) -> Writer:
    given = complete_options(BUILTIN[form], tuple(options.items()))
    return BUILTIN[form].writer((), given, layout)


def whole(writer: Writer, *records: dict[str, Json]) -> str:
    pieces = (writer.encode(record) + writer.framing.separator for record in records)
    return b"".join(document(writer.framing, pieces)).decode()


def test_json_is_an_array_with_a_value_a_line() -> None:
    assert whole(writer_of("json"), *RECORDS) == (
        "[\n"
        "  {\n"
        '    "b": 1,\n'
        '    "a": [\n'
        "      true,\n"
        "      null,\n"
        "      {\n"
        '        "x": 251.50\n'
        "      }\n"
        "    ],\n"
        '    "e": {},\n'
        '    "f": []\n'
        "  },\n"
        "  {\n"
        '    "b": "é"\n'
        "  }\n"
        "]\n"
    )


@pytest.mark.parametrize("indent", [0, None])
def test_compact_json_has_a_record_a_line(indent: Json) -> None:
    assert whole(writer_of("json", indent=indent), *RECORDS) == (
        '[\n{"b":1,"a":[true,null,{"x":251.50}],"e":{},"f":[]},\n{"b":"é"}\n]\n'
    )


@pytest.mark.parametrize("indent", [1, 2, 5])
def test_json_looks_as_the_standard_library_indents_it(indent: int) -> None:
    records: list[dict[str, Json]] = [{"a": [1, {"b": []}, [[]]], "c": {"d": {}}}, {}]
    expected = json.dumps(records, indent=indent) + "\n"
    assert whole(writer_of("json", indent=indent), *records) == expected


@pytest.mark.parametrize("layout", [Layout.SINGLE, Layout.SPLIT])
def test_one_record_stands_alone(layout: Layout) -> None:
    assert alone(writer_of("json", layout), {"b": 1}, 0) == b'{\n  "b": 1\n}\n'
    assert alone(writer_of("ndjson", layout), {"b": 1}, 0) == b'{"b":1}\n'


def test_no_records_are_an_empty_array_or_file() -> None:
    assert whole(writer_of("json")) == "[]\n"
    assert whole(writer_of("ndjson")) == ""


def test_ndjson_is_a_record_a_line() -> None:
    assert whole(writer_of("ndjson"), *RECORDS) == (
        '{"b":1,"a":[true,null,{"x":251.50}],"e":{},"f":[]}\n{"b":"é"}\n'
    )


def test_only_ndjson_escapes_what_readers_take_for_line_ends() -> None:
    record: dict[str, Json] = {"a": "\x85\u2028\u2029"}
    assert "\x85\u2028\u2029" in whole(writer_of("json"), record)
    assert '"\\u0085\\u2028\\u2029"' in whole(writer_of("ndjson"), record)


def test_ascii_escapes_what_is_beyond_it() -> None:
    assert '"\\u00e9\\ud83d\\ude00"' in whole(writer_of("json", ascii=True), {"a": "é😀"})


def test_only_ascii_json_can_hold_a_lone_surrogate() -> None:
    record: dict[str, Json] = {"a": [1, {"b": "x\ud800"}]}
    assert json.loads(whole(writer_of("json", ascii=True), record)) == [record]
    with pytest.raises(FormatError, match=r"^/a/1/b: .*U\+D800"):
        writer_of("json").encode(record)


@pytest.mark.parametrize("form", ["json", "ndjson", "yaml"])
@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_number_is_refused(form: str, text: str) -> None:
    with pytest.raises(FormatError, match=r"^/a: .*is not a number"):
        writer_of(form).encode({"a": Decimal(text)})


@pytest.mark.parametrize("form", ["json", "ndjson", "yaml"])
def test_a_key_with_a_lone_surrogate_is_refused(form: str) -> None:
    with pytest.raises(FormatError, match="lone surrogate"):
        writer_of(form).encode({"\udfff": 1})


def test_a_float_is_refused_because_its_digits_are_not_ours() -> None:
    record: dict[str, Json] = {"a": 0.1}  # type: ignore[dict-item]
    with pytest.raises(FormatError, match="type float"):
        writer_of("json").encode(record)
