"""CSV: which columns there are, when a cell is quoted, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.csv import column_names
from mockgen_watch.formats.format import FormatError, complete_options
from mockgen_watch.formats.rendering import document, records_of
from mockgen_watch.formats.vector import VectorRun
from mockgen_watch.generate.column import ArrayNode, ObjectNode, record_at
from mockgen_watch.generate.streams import Uniform, shifted
from mockgen_watch.spec.model import Layout
from tests.programs import pool, program_of, states, text

if TYPE_CHECKING:
    from mockgen_watch.formats.format import Writer
    from mockgen_watch.generate.column import Node, Program
    from mockgen_watch.spec.document import Json


def writer_of(*programs: Program, **options: Json) -> Writer:
    given = complete_options(BUILTIN["csv"], tuple(options.items()))
    return BUILTIN["csv"].writer(programs, given, Layout.MULTIPLE)


def claim() -> Program:
    line = ObjectNode(members=(("proc_cd", pool("99213")), ("units", pool(1))))
    lines = ArrayNode(elements=(line,) * 2, minimum=0, length=shifted(Uniform(3, (1, 2)), 0))
    patient = ObjectNode(members=(("first", pool("Asha")), ("last name", pool("Rao"))))
    return program_of(
        ("PAT", patient), ("lines", lines), ("tags", pool(["a", "b"])), ("a.b", pool(1))
    )


def test_columns_are_paths_and_arrays_go_to_their_maximum() -> None:
    assert writer_of(claim()).framing.head == (
        b"PAT.first,PAT.last name,lines[0].proc_cd,lines[0].units,lines[1].proc_cd,"
        b"lines[1].units,tags,a.b\n"
    )


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("a",), "a"),
        (("a", "b", 0, 1, "c"), "a.b[0][1].c"),
        (("Acct. No",), "Acct. No"),
        (("D.O.B.",), "D.O.B."),
        (("a[0]",), "a[0]"),
        (("a", "b.c", 0), "a.b.c[0]"),
        (("",), ""),
        (("", ""), "."),
        (("/a",), "/~1a"),
        (("a/b",), "a/b"),
        (("x", "/y"), "x./y"),
    ],
)
def test_a_column_is_called_as_the_keys_are_written(path: tuple[str | int, ...], name: str) -> None:
    assert column_names([("other",), path]) == {"other": ("other",), name: path}


def test_names_that_would_be_equal_are_pointers() -> None:
    paths = [("a.b",), ("a", "b"), ("c[0]", "d"), ("c", 0, "d"), ("/a.b",), ("e.f",)]
    assert list(column_names(paths)) == ["/a.b", "a.b", "/c[0]/d", "c[0].d", "/~1a.b", "e.f"]


KEYS = st.text("ab./~[]0", max_size=3)
PATHS = st.lists(KEYS | st.integers(0, 1), min_size=1, max_size=3).map(tuple)


@given(st.lists(PATHS, unique_by=lambda path: (path, tuple(map(type, path))), max_size=12))
def test_no_two_columns_share_a_name(paths: list[tuple[str | int, ...]]) -> None:
    paths = [path for path in paths if isinstance(path[0], str)]
    assert list(column_names(paths).values()) == paths


def test_a_record_is_a_row_whatever_it_lacks() -> None:
    writer = writer_of(claim())
    full: dict[str, Json] = {
        "a.b": 5,
        "PAT": {"last name": "Rao, K", "first": ""},
        "lines": [{"proc_cd": "1", "units": Decimal("2.50")}],
        "tags": ["a", "b"],
    }
    assert writer.encode(full) == b'"","Rao, K",1,2.50,,,"[""a"",""b""]",5'
    assert writer.encode({"PAT": None}) == b",,,,,,,"


CELLS: tuple[tuple[Json, bytes], ...] = (
    (None, b""),
    ("", b'""'),
    ("a", b"a"),
    ("a b", b"a b"),
    (" a", b'" a"'),
    ("a ", b'"a "'),
    ("a,b", b'"a,b"'),
    ('a"b', b'"a""b"'),
    ("a\nb", b'"a\nb"'),
    ("\r", b'"\r"'),
    ("a\rb", b'"a\rb"'),
    ("null", b"null"),
    ("00501", b"00501"),
    ("=1+1", b"=1+1"),
    ("é", "é".encode()),
    (True, b"true"),
    (Decimal("251.50"), b"251.50"),
    (-5, b"-5"),
    ([], b"[]"),
    ({"a": None}, b'"{""a"":null}"'),
)


@pytest.mark.parametrize(("value", "cell"), CELLS)
def test_quotes_depend_on_the_text_alone(value: Json, cell: bytes) -> None:
    program = program_of(("id", pool(1)), ("x", pool(value)))
    assert writer_of(program).encode({"id": 1, "x": value}) == b"1," + cell


FORMULAS = ("=1", "+1", "-1", "@a", "\t1", "\r1")


@pytest.mark.parametrize("value", FORMULAS)
def test_formulas_are_kept_escaped_or_refused(value: str) -> None:
    program = program_of(("id", pool(1)), ("x", pool(value)))
    record: dict[str, Json] = {"id": 1, "x": value}
    assert b"'" not in writer_of(program).encode(record)
    assert b"'" + value[:1].encode() in writer_of(program, csv_formulas="escape").encode(record)
    with pytest.raises(FormatError, match=r"^/x: .*formula"):
        writer_of(program, csv_formulas="error").encode(record)


def test_a_negative_number_is_no_formula() -> None:
    program = program_of(("id", pool(1)), ("x", pool(-1)))
    record: dict[str, Json] = {"id": 1, "x": Decimal("-1.5")}
    assert writer_of(program, csv_formulas="error").encode(record) == b"1,-1.5"


def test_a_formula_in_the_header_is_refused_too() -> None:
    with pytest.raises(FormatError, match="formula"):
        writer_of(program_of(("=a", pool(1))), csv_formulas="error")


def test_an_entry_that_no_record_has_stops_nothing() -> None:
    program = program_of(("id", pool(1)), ("x", pool("a", "=1")))
    writer = writer_of(program, csv_formulas="error")
    first = next(index for index in range(100) if record_at(program, index)["x"] == "=1")
    fine = records_of(writer, program, first, vector_from=0)
    assert b"".join(fine.pieces(0, first)) == b"1,a\n" * first
    bad = records_of(writer, program, first + 1, vector_from=0)
    with pytest.raises(FormatError, match=rf"^/{first}/x: "):
        list(bad.pieces(0, first + 1))


@pytest.mark.parametrize("formulas", ["keep", "escape"])
def test_texts_of_parts_are_escaped_by_their_first_piece(formulas: str) -> None:
    many = tuple(f"w{n}" for n in range(100))
    program = program_of(("id", pool(1)), ("x", text((*many, "=", "-"), many, many)))
    writer = writer_of(program, csv_formulas=formulas)
    plan = writer.compile(program)
    assert plan is not None
    assert plan.slow == ()
    expected = b"".join(writer.encode(record_at(program, n)) + b"\n" for n in range(500))
    assert b"".join(VectorRun(plan, program, np).bytes_of(0, 500)) == expected


def test_lines_can_end_as_on_windows() -> None:
    program = program_of(("a", pool(1)), ("b", pool("x\ny")))
    writer = writer_of(program, line_end="crlf", delimiter=";")
    pieces = records_of(writer, program, 2).pieces(0, 2)
    whole = b"".join(document(writer.framing, pieces))
    assert whole == b'a;b\r\n1;"x\ny"\r\n1;"x\ny"\r\n'


def test_no_records_are_the_header() -> None:
    assert b"".join(document(writer_of(claim()).framing, ())).count(b"\n") == 1


def test_columns_of_all_programs_stand_side_by_side() -> None:
    writer = writer_of(
        program_of(("a", pool(1)), ("b", ObjectNode(members=(("x", pool(1)),)))),
        program_of(("b", ObjectNode(members=(("y", pool(2)),))), ("c", pool(3))),
        program_of(("b", pool("plain"))),
    )
    assert writer.framing.head == b"a,b,b.x,b.y,c\n"
    assert writer.encode({"b": {"y": 2}, "c": 3}) == b",,,2,3"
    assert writer.encode({"a": 1, "b": "plain"}) == b"1,plain,,,"


@pytest.mark.parametrize(
    ("record", "path"),
    [
        ({"x": 1}, "/x"),
        ({"PAT": "text"}, "/PAT"),
        ({"PAT": {"middle": "x"}}, "/PAT/middle"),
        ({"lines": [{}, {}, {}]}, "/lines/2"),
    ],
)
def test_a_value_without_a_column_is_refused(record: dict[str, Json], path: str) -> None:
    with pytest.raises(FormatError, match=f"^{path}: this value has no column"):
        writer_of(claim()).encode(record)


def test_a_blank_line_is_refused() -> None:
    program = program_of(("a", pool(None)))
    writer = writer_of(program)
    assert writer.compile(program) is None
    with pytest.raises(FormatError, match="blank line"):
        writer.encode({"a": None})


def test_a_record_without_fields_is_refused() -> None:
    with pytest.raises(FormatError, match="at least one field"):
        writer_of(program_of())


def test_elements_that_are_left_out_move_the_others() -> None:
    often = states((1 << 31, (1, 2)), (0, (0, 0)))
    item: Node = ObjectNode(members=(("x", pool(1)),), presence=often)
    other: Node = ObjectNode(members=(("y", pool(2)),))
    items = ArrayNode(elements=(item, other), minimum=2, length=None)
    program = program_of(("id", pool(1)), ("items", items))
    writer = writer_of(program)
    assert writer.framing.head == b"id,items[0].x,items[0].y,items[1].y\n"
    plan = writer.compile(program)
    assert plan is not None
    assert [slow.field for slow in plan.slow] == ["items"]
    rows = b"".join(VectorRun(plan, program, np).bytes_of(0, 100)).splitlines()
    assert set(rows) == {b"1,1,,2", b"1,,2,"}
