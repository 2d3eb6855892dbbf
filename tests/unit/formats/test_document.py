"""Whole files from pieces, and the choice between the two engines."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import FormatError, Framing, complete_options
from mockgen_watch.formats.rendering import (
    ScalarRecords,
    VectorRecords,
    alone,
    document,
    records_of,
)
from mockgen_watch.generate.column import record_at
from mockgen_watch.spec.model import Layout
from tests.programs import pool, program_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.formats.format import Writer
    from mockgen_watch.formats.fragments import FragmentPlan
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json

FRAMING = Framing(head=b"<", separator=b", ", tail=b">", empty=b"<>")
PROGRAM = program_of(("a", pool(*"abcd")))


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ((), b"<>"),
        ((b"a, ",), b"<a>"),
        ((b"a, ", b"b, "), b"<a, b>"),
        ((b"a, b, ", b"c, d, "), b"<a, b, c, d>"),
    ],
)
def test_the_last_separator_makes_room_for_the_tail(
    pieces: tuple[bytes, ...], whole: bytes
) -> None:
    assert b"".join(document(FRAMING, pieces)) == whole


def writer_of(name: str) -> Writer:
    form = BUILTIN[name]
    return form.writer((PROGRAM,), complete_options(form, ()), Layout.MULTIPLE)


@pytest.mark.parametrize(
    ("count", "kind"), [(10, ScalarRecords), (1999, ScalarRecords), (2000, VectorRecords)]
)
def test_small_jobs_take_one_record_at_a_time(count: int, kind: type) -> None:
    assert type(records_of(writer_of("json"), PROGRAM, count)) is kind


def test_records_beyond_the_count_of_the_program_are_read_one_at_a_time() -> None:
    assert type(records_of(writer_of("json"), PROGRAM, PROGRAM.count)) is VectorRecords
    assert type(records_of(writer_of("json"), PROGRAM, PROGRAM.count + 1)) is ScalarRecords


@pytest.mark.parametrize("name", BUILTIN)
def test_both_engines_make_one_file(name: str) -> None:
    writer = writer_of(name)
    wholes = [
        b"".join(document(writer.framing, records.pieces(0, records.count)))
        for records in (
            records_of(writer, PROGRAM, 300, vector_from=0),
            records_of(writer, PROGRAM, 300, vector_from=1000),
        )
    ]
    assert wholes[0] == wholes[1]


def test_calls_that_overlap_do_not_disturb_each_other() -> None:
    records = records_of(writer_of("ndjson"), PROGRAM, 40_000, vector_from=0)
    whole, half = records.pieces(0, 40_000), records.pieces(20_000, 40_000)
    mixed = [piece for _, piece in zip(half, whole, strict=False)]
    assert b"".join([*mixed, *whole]) == b"".join(records.pieces(0, 40_000))


class Upside:
    """A format from elsewhere, without fragments."""

    framing = Framing(head=b"", separator=b"\n", tail=b"\n", empty=b"")

    def encode(self, record: Mapping[str, Json]) -> bytes:
        if record["a"] == "d":
            raise FormatError("no d", ("a",))
        return str(record["a"]).upper().encode()

    def compile(self, program: Program) -> FragmentPlan | None:  # noqa: ARG002
        return None


def test_a_format_without_fragments_is_encoded_record_by_record() -> None:
    program = program_of(("a", pool(*"abc")))
    records = records_of(Upside(), program, 50, vector_from=0)
    expected = [str(record_at(program, n)["a"]).upper() for n in range(50)]
    assert b"".join(records.pieces(0, 50)).decode().split() == expected


def test_an_error_tells_the_record() -> None:
    first = next(n for n in range(100) if record_at(PROGRAM, n)["a"] == "d")
    with pytest.raises(FormatError, match=f"^/{first}/a: no d$"):
        list(records_of(Upside(), PROGRAM, 100).pieces(0, 100))


def test_one_record_alone_is_a_whole_file() -> None:
    assert alone(Upside(), {"a": "x"}, 0) == b"X\n"


SMALL_JOB = """
import sys
from mockgen_watch.formats.format import complete_options
from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.rendering import document, records_of
from mockgen_watch.generate.column import Column, ColumnKind, ObjectNode, Part, Program
from mockgen_watch.generate.streams import Uniform
from mockgen_watch.spec.model import Layout
part = Part(table=("a", "b"), stream=Uniform(2, (1, 2)))
column = Column(kind=ColumnKind.VALUE, parts=(part,))
program = Program(root=ObjectNode(members=(("a", column), ("b", column))), base_key=1, count=9)
for form in BUILTIN.values():
    writer = form.writer((program,), complete_options(form, ()), Layout.MULTIPLE)
    records = records_of(writer, program, 9)
    assert b"".join(document(writer.framing, records.pieces(0, 9)))
assert "numpy" not in sys.modules
"""


def test_a_small_job_never_imports_numpy() -> None:
    subprocess.run([sys.executable, "-c", SMALL_JOB], check=True)
