"""Every format gives the same bytes from one record at a time as from fragment tables."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.csv import CsvWriter
from mockgen_watch.formats.format import complete_options
from mockgen_watch.formats.fragments import Limits
from mockgen_watch.formats.tree import TreeWriter
from mockgen_watch.formats.vector import VectorRun
from mockgen_watch.generate.column import record_at
from mockgen_watch.spec.model import Layout
from tests.programs import programs
from tests.sizes import sized

if TYPE_CHECKING:
    from mockgen_watch.formats.format import Writer
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json

VARIANTS: tuple[tuple[str, tuple[tuple[str, Json], ...]], ...] = (
    ("json", ()),
    ("json", (("indent", 0),)),
    ("json", (("indent", 3), ("ascii", True))),
    ("ndjson", ()),
    ("ndjson", (("ascii", True),)),
    ("yaml", ()),
    ("csv", ()),
    ("csv", (("csv_formulas", "escape"), ("delimiter", ";"), ("line_end", "crlf"))),
)


def writer_of(
    name: str, given_options: tuple[tuple[str, Json], ...], program: Program, layout: Layout
) -> Writer:
    form = BUILTIN[name]
    return form.writer([program], complete_options(form, given_options), layout)


def reference(writer: Writer, program: Program, start: int, stop: int) -> bytes:
    separator = writer.framing.separator
    records = (record_at(program, index) for index in range(start, stop))
    return b"".join(writer.encode(record) + separator for record in records)


@pytest.mark.parametrize(("name", "options"), VARIANTS)
@settings(max_examples=sized(15, 400))
@given(program=programs(), start=st.integers(0, 10**9), layout=st.sampled_from(list(Layout)))
def test_fragments_give_the_bytes_of_the_reference_encoder(
    name: str,
    options: tuple[tuple[str, Json], ...],
    program: Program,
    start: int,
    layout: Layout,
) -> None:
    writer = writer_of(name, options, program, layout)
    plan = writer.compile(program)
    if plan is None:
        return
    made = b"".join(VectorRun(plan, program, np).bytes_of(start, start + 40))
    assert made == reference(writer, program, start, start + 40)


TIGHT = (
    Limits(entries=4, table_bytes=64, glued_bytes=8, slots=3, combinations=2),
    Limits(entries=100_000, table_bytes=1 << 30, glued_bytes=1 << 30, combinations=10),
    Limits(entries=1, table_bytes=1, glued_bytes=0, slots=1, combinations=1),
)


@given(program=programs(), limits=st.sampled_from(TIGHT), tree=st.sampled_from(("yaml", "json")))
def test_limits_change_no_byte_of_a_tree(program: Program, limits: Limits, tree: str) -> None:
    writer = writer_of(tree, (), program, Layout.MULTIPLE)
    assert isinstance(writer, TreeWriter)
    plan = writer.compile(program, limits)
    assert b"".join(VectorRun(plan, program, np).bytes_of(0, 20)) == reference(
        writer, program, 0, 20
    )


@given(program=programs(), limits=st.sampled_from(TIGHT))
def test_limits_change_no_byte_of_a_row(program: Program, limits: Limits) -> None:
    writer = writer_of("csv", (), program, Layout.MULTIPLE)
    assert isinstance(writer, CsvWriter)
    assume(writer.columns.width > 1)
    plan = writer.compile(program, limits)
    assert plan is not None
    assert b"".join(VectorRun(plan, program, np).bytes_of(0, 20)) == reference(
        writer, program, 0, 20
    )


@given(program=programs(), cuts=st.lists(st.integers(0, 60), max_size=4))
def test_where_chunks_are_cut_changes_no_byte(program: Program, cuts: list[int]) -> None:
    plan = writer_of("ndjson", (), program, Layout.MULTIPLE).compile(program)
    assert plan is not None
    bounds = sorted((0, *cuts, 60))
    parts = [
        b"".join(VectorRun(plan, program, np).bytes_of(start, stop))
        for start, stop in itertools.pairwise(bounds)
    ]
    assert b"".join(parts) == b"".join(VectorRun(plan, program, np).bytes_of(0, 60))
