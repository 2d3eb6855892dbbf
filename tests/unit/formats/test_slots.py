"""Few slots come out of many pieces, and no more registers than are needed."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import Framing
from mockgen_watch.formats.fragments import Combination, Limits, MadeSlot, Slot
from mockgen_watch.formats.styles import JsonStyle
from mockgen_watch.formats.tree import Place, Position, TreeWriter
from mockgen_watch.formats.vector import VectorRun
from mockgen_watch.generate.column import ArrayNode, Column, ColumnKind, ObjectNode, Part
from mockgen_watch.generate.streams import Uniform, shifted
from mockgen_watch.spec.model import Layout
from tests.programs import pool, program_of, states, text

if TYPE_CHECKING:
    from mockgen_watch.formats.fragments import FragmentPlan
    from mockgen_watch.generate.column import Node, Program

OFTEN = states((1 << 30, (1, 2)), (1 << 30, (3, 4)))
LINES = JsonStyle(indent=0, ascii_only=False, one_line=True)


def plan_of(*members: tuple[str, Node]) -> FragmentPlan:
    program = program_of(*members)
    plan = BUILTIN["ndjson"].writer((), {"ascii": False}, Layout.MULTIPLE).compile(program)
    assert plan is not None
    return plan


def lengths(plan: FragmentPlan) -> list[int]:
    assert all(isinstance(slot, Slot) for slot in plan.slots)
    return [len(slot.table) for slot in plan.slots if isinstance(slot, Slot)]


def test_a_record_of_constants_is_one_fragment() -> None:
    plan = plan_of(("a", pool(1)), ("b", ObjectNode(members=(("c", pool("x")),))))
    assert [slot.table for slot in plan.slots if isinstance(slot, Slot)] == [
        (b'{"a":1,"b":{"c":"x"}}\n',)
    ]
    assert plan.registers == ()


def test_twenty_small_pools_are_five_slots() -> None:
    members = [(f"f{n}", pool(*"abcd", salt=n)) for n in range(20)]
    assert lengths(plan_of(*members)) == [256] * 5


def test_constants_are_glued_to_their_neighbours() -> None:
    plan = plan_of(("a", pool("x", "y")), ("b", pool(1)))
    assert [slot.table for slot in plan.slots if isinstance(slot, Slot)] == [
        (b'{"a":"x","b":1}\n', b'{"a":"y","b":1}\n')
    ]


def test_a_long_constant_is_not_copied_to_every_entry() -> None:
    plan = plan_of(("a", pool(*range(200))), ("b", pool("x" * 10_000)))
    assert lengths(plan) == [200, 1]


def test_a_constant_goes_to_the_shorter_table() -> None:
    plan = plan_of(("a", pool(*range(5000))), ("long_name", pool(1, 2)))
    _, second = plan.slots
    assert isinstance(second, Slot)
    assert second.table == (b',"long_name":1}\n', b',"long_name":2}\n')


def test_columns_of_one_stream_are_one_slot_however_long() -> None:
    stream = Uniform(1000, (1, 2))
    columns = [
        Column(
            kind=ColumnKind.VALUE,
            parts=(Part(table=tuple(range(n, n + 1000)), stream=stream),),
        )
        for n in range(3)
    ]
    assert lengths(plan_of(("a", columns[0]), ("b", columns[1]), ("c", columns[2]))) == [1000]


def test_null_and_absence_are_two_more_entries() -> None:
    part = Part(table=("x", "y", "z"), stream=Uniform(3, (1, 2)))
    column = Column(kind=ColumnKind.VALUE, parts=(part,), presence=OFTEN)
    plan = plan_of(("id", pool(1)), ("a", column))
    (slot,) = plan.slots
    assert isinstance(slot, Slot)
    assert slot.table[-2:] == (b'{"id":1,"a":null}\n', b'{"id":1}\n')
    assert len(slot.table) == 5


def test_an_array_element_is_one_more_entry() -> None:
    item = ObjectNode(members=(("p", pool(*"abc")), ("q", pool(*"abcd", salt=2))))
    length = shifted(Uniform(2, (5, 6)), 1)
    lines = ArrayNode(elements=(item, item), minimum=1, length=length)
    assert lengths(plan_of(("lines", lines))) == [12 * 13]


def absent(name: str) -> tuple[str, Node]:
    salt = len(name)
    part = Part(table=("x", "y"), stream=Uniform(2, (salt, 2)))
    presence = states((1 << 30, (salt, 4)), (1 << 30, (salt, 6)))
    return name, Column(kind=ColumnKind.VALUE, parts=(part,), presence=presence)


@pytest.mark.parametrize(
    ("members", "asks"),
    [
        ((absent("a"), absent("bb"), ("sure", pool(1))), False),
        ((("sure", pool(1)), absent("a"), absent("bb")), False),
        ((absent("a"), ("sure", pool(1)), absent("bb")), False),
        ((absent("a"), absent("bb"), absent("ccc")), True),
    ],
)
def test_only_an_object_without_a_sure_member_asks_whether_one_was_written(
    members: tuple[tuple[str, Node], ...], asks: bool
) -> None:
    plan = plan_of(*members)
    assert any(isinstance(register, Combination) for register in plan.registers) is asks


def test_an_array_too_long_to_unroll_is_slow_and_says_so() -> None:
    item = ObjectNode(members=(("p", pool(*"abc")), ("q", text("ab", "cd"))))
    lines = ArrayNode(elements=(item,) * 2000, minimum=2000, length=None)
    plan = plan_of(("id", pool(1)), ("claims", ObjectNode(members=(("lines", lines),))))
    assert [(slow.field, slow.reason) for slow in plan.slow] == [
        ("claims.lines", "unrolled it would take more than 4096 slots")
    ]
    assert sum(isinstance(slot, MadeSlot) for slot in plan.slots) == 1


def test_a_slow_field_of_an_array_is_named_once() -> None:
    many = tuple(map(str, range(100)))
    item = ObjectNode(members=(("note", text(many, many, slow="a reason")),))
    plan = plan_of(("lines", ArrayNode(elements=(item,) * 3, minimum=3, length=None)))
    assert [(slow.field, slow.reason) for slow in plan.slow] == [("lines[].note", "a reason")]


def bytes_of(program: Program, limits: Limits) -> bytes:
    framing = Framing(head=b"", separator=b"\n", tail=b"", empty=b"")
    writer = TreeWriter(style=LINES, place=Place(0, Position.ALONE), framing=framing)
    plan = writer.compile(program, limits)
    return b"".join(VectorRun(plan, program, np).bytes_of(0, 200))


def test_no_limit_changes_a_byte() -> None:
    program = program_of(*[(f"f{n}", pool(*"abcd", salt=n)) for n in range(6)], absent("g"))
    expected = bytes_of(program, Limits())
    assert bytes_of(program, Limits(entries=1, glued_bytes=0)) == expected
    assert bytes_of(program, Limits(entries=1 << 20, table_bytes=1 << 30)) == expected


def test_equal_tables_of_elements_are_laid_out_once() -> None:
    item = pool(*(f"{n:05}" for n in range(5000)))
    program = program_of(("codes", ArrayNode(elements=(item,) * 50, minimum=50, length=None)))
    plan = plan_of(*program.root.members)
    run = VectorRun(plan, program, np)
    assert run.table_length < 16_000


def test_a_run_can_be_used_again_and_in_any_order() -> None:
    program = program_of(("a", pool(*"abcd")), ("b", text(("x", "y"), slow="on purpose")))
    plan = plan_of(*program.root.members)
    run = VectorRun(plan, program, np, 16)
    late = b"".join(run.bytes_of(100, 150))
    assert b"".join(run.bytes_of(0, 150)).endswith(late)


def test_a_run_leaves_nothing_to_the_collector_of_circles() -> None:
    item = ObjectNode(members=(("p", pool(*"abc")),))
    lines = ArrayNode(elements=(item,) * 3, minimum=3, length=None)
    program = program_of(("lines", lines))
    run = VectorRun(plan_of(*program.root.members), program, np, 16)
    gc.collect()
    gc.disable()
    try:
        for _ in run.bytes_of(0, 1600):
            pass
        assert gc.collect() < 100
    finally:
        gc.enable()
