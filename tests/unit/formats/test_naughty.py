"""Every text that is known to be trouble comes back exactly from every format."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
import yaml
from ruamel.yaml import YAML

from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import complete_options
from mockgen_watch.formats.rendering import document
from mockgen_watch.formats.vector import VectorRun
from mockgen_watch.generate.column import Column, ColumnKind, Part
from mockgen_watch.generate.numbers import RecordNumber
from mockgen_watch.spec.model import Layout
from tests.naughty import NAUGHTY
from tests.programs import pool, program_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json

JSON_OPTIONS: tuple[dict[str, Json], ...] = (
    {},
    {"indent": 0},
    {"indent": None},
    {"indent": 7},
    {"ascii": True},
)


def written(
    name: str,
    records: Sequence[dict[str, Json]],
    options: dict[str, Json] | None = None,
    programs: Sequence[Program] = (),
) -> bytes:
    form = BUILTIN[name]
    given = complete_options(form, tuple((options or {}).items()))
    writer = form.writer(programs, given, Layout.MULTIPLE)
    separator = writer.framing.separator
    return b"".join(
        document(writer.framing, (writer.encode(record) + separator for record in records))
    )


def nested(text: str) -> dict[str, Json]:
    return {"plain": text, "deep": {"list": [text, [text, {"leaf": text}]]}, "after": text}


def read_ruamel(kind: str) -> Callable[[bytes], object]:
    return lambda data: YAML(typ=kind).load(data.decode())


YAML_READERS: dict[str, Callable[[bytes], object]] = {
    "PyYAML": lambda data: yaml.load(data, yaml.SafeLoader),
    "PyYAML on libyaml": lambda data: yaml.load(data, yaml.CSafeLoader),
    "ruamel safe": read_ruamel("safe"),
    "ruamel round trip": read_ruamel("rt"),
}


def test_the_table_is_long_and_holds_what_the_promise_names() -> None:
    assert len(NAUGHTY) >= 300
    assert {"NO", "12:30:45", "=1+1", "00501", "\x85", "\u2028", "\u202eabc", "\r"} <= set(NAUGHTY)
    assert max(map(len, NAUGHTY)) >= 10_000


@pytest.mark.parametrize("options", JSON_OPTIONS)
def test_json_gives_every_text_back(options: dict[str, Json]) -> None:
    records = [nested(text) for text in NAUGHTY]
    assert json.loads(written("json", records, options)) == records


@pytest.mark.parametrize("options", [{}, {"ascii": True}])
def test_ndjson_gives_every_text_back_line_by_line(options: dict[str, Json]) -> None:
    records = [nested(text) for text in NAUGHTY]
    lines = written("ndjson", records, options).decode().splitlines()
    assert [json.loads(line) for line in lines] == records


@pytest.mark.parametrize("reader", YAML_READERS)
def test_yaml_gives_every_text_back_to_every_reader(reader: str) -> None:
    records = [nested(text) for text in NAUGHTY]
    assert YAML_READERS[reader](written("yaml", records)) == records


@pytest.mark.parametrize("reader", YAML_READERS)
def test_yaml_gives_every_key_back_to_every_reader(reader: str) -> None:
    records: list[dict[str, Json]] = [{text: {text: [{text: 1}]}, "z": 1} for text in NAUGHTY]
    assert YAML_READERS[reader](written("yaml", records)) == records


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_json_gives_every_key_back(form: str) -> None:
    record: dict[str, Json] = dict.fromkeys(NAUGHTY, 1)
    data = json.loads(written(form, [record]))
    assert data == ([record] if form == "json" else record)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_gives_every_text_back(delimiter: str) -> None:
    program = program_of(("id", pool(1)), ("text", pool("")), ("end", pool("")))
    records: list[dict[str, Json]] = [{"id": 1, "text": text, "end": text} for text in NAUGHTY]
    data = written("csv", records, {"delimiter": delimiter}, (program,)).decode()
    rows = list(csv.reader(io.StringIO(data, newline=""), delimiter=delimiter, strict=True))
    assert rows == [["id", "text", "end"], *[["1", text, text] for text in NAUGHTY]]


def test_csv_gives_every_key_back() -> None:
    keys = [text for text in NAUGHTY if text]
    program = program_of(*[(key, pool(1)) for key in keys])
    data = written("csv", [dict.fromkeys(keys, 1)], {}, (program,)).decode()
    header, row = csv.reader(io.StringIO(data, newline=""), strict=True)
    assert len(set(header)) == len(keys)
    assert row == ["1"] * len(keys)


@pytest.mark.parametrize("name", BUILTIN)
def test_fragments_write_every_text_as_the_reference_does(name: str) -> None:
    part = Part(table=NAUGHTY, stream=RecordNumber(len(NAUGHTY)))
    texts = Column(kind=ColumnKind.VALUE, parts=(part,))
    program = program_of(("id", pool(1)), ("text", texts))
    form = BUILTIN[name]
    writer = form.writer((program,), complete_options(form, ()), Layout.MULTIPLE)
    plan = writer.compile(program)
    assert plan is not None
    made = VectorRun(plan, program, np).bytes_of(0, len(NAUGHTY))
    expected = [
        writer.encode({"id": 1, "text": text}) + writer.framing.separator for text in NAUGHTY
    ]
    assert b"".join(made) == b"".join(expected)


NUMBERS: tuple[Json, ...] = (
    *(0, -1, 2**53 + 1, -(10**40), 10**300),
    *map(Decimal, ("251.50", "0.00", "-0.5", "1E+5", "1.5E+10", "0.0000001", "1E-300", "5.0")),
)


@pytest.mark.parametrize("value", NUMBERS)
def test_a_number_keeps_value_and_type(value: Json) -> None:
    (found,) = json.loads(written("json", [{"n": value}]), parse_float=Decimal)
    assert found == {"n": value}
    assert type(found["n"]) is type(value)


@pytest.mark.parametrize("reader", YAML_READERS)
@pytest.mark.parametrize("value", NUMBERS)
def test_yaml_readers_agree_on_a_number(value: Json, reader: str) -> None:
    expected = float(value) if isinstance(value, Decimal) else value
    found = YAML_READERS[reader](written("yaml", [{"n": value}]))
    assert found == [{"n": expected}]
    (record,) = cast("list[dict[str, object]]", found)
    assert isinstance(record["n"], float) is isinstance(value, Decimal)
