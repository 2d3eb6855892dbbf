"""Fields of parent records."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from msgspec.structs import replace

from mockgen_watch.generate.address import record_cell, record_cells
from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.generate.references import Jump, find_part
from mockgen_watch.spec.generators import Pattern, SequenceNumber
from mockgen_watch.spec.model import Transform
from tests.draws import assert_engines_agree, chi_square_tail
from tests.shapes import array, below, leaf, number, obj, plan, pool, reference, template

if TYPE_CHECKING:
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Reference
    from mockgen_watch.spec.model import Shape

ID = reference("Member", "id")
NAME = reference("Member", "name")
CITY = reference("Member", "home", "city")
REGION = reference("Member", "region")


def region(count: int = 5) -> RecordPlan:
    return plan({"name": leaf(pool("north", "south", "east"), "name")}, model="Region", count=count)


def member(count: int = 40) -> RecordPlan:
    up = reference("Region", "name")
    return plan(
        {
            "id": leaf(Pattern(source="[A-Z]{3}[0-9]{6}"), "id", unique=True),
            "name": leaf(pool("Ann", "Bo", "Cy"), "name", null=0.2, omit=0.1),
            "home": obj({"city": leaf(pool("X", "Y"), "home", "city")}, "home", omit=0.3, null=0.3),
            "region": leaf(up, "region"),
        },
        model="Member",
        count=count,
        parents={up: region()},
    )


def child(members: dict[str, Shape], parent: RecordPlan, *refs: Reference) -> RecordPlan:
    return plan(members, model="Claim", parents=dict.fromkeys(refs, parent))


def claims(parent: RecordPlan | None = None) -> RecordPlan:
    fields = {"m": ID, "n": NAME, "c": CITY, "r": REGION}
    return child(
        {name: leaf(ref, name) for name, ref in fields.items()},
        parent or member(),
        *fields.values(),
    )


def records_of(what: RecordPlan, count: int) -> list[dict[str, Json]]:
    program = compile_program(what)
    assert_engines_agree(program, range(min(count, 200)))
    return [record_at(program, index) for index in range(count)]


def test_fields_of_one_object_come_from_one_parent_that_exists() -> None:
    parents = {str(record["id"]): record for record in records_of(member(), 40)}
    for record in records_of(claims(), 300):
        parent = parents[str(record["m"])]
        home = parent.get("home", "absent")
        assert record.get("n", "absent") == parent.get("name", "absent")
        assert record.get("c", "absent") == (home["city"] if isinstance(home, dict) else home)
        assert record["r"] == parent["region"]


def test_every_parent_is_met_equally_often() -> None:
    counts: dict[str, int] = {}
    for record in records_of(claims(), 4000):
        counts[str(record["m"])] = counts.get(str(record["m"]), 0) + 1
    assert len(counts) == 40
    assert chi_square_tail(list(counts.values()), [100.0] * 40) > 1e-3


def test_a_parent_more_moves_only_what_goes_to_it() -> None:
    before, after = (records_of(claims(member(count)), 4000) for count in (40, 41))
    new = str(records_of(member(41), 41)[40]["id"])
    moved = [a["m"] for b, a in zip(before, after, strict=True) if a["m"] != b["m"]]
    assert set(moved) <= {new}
    assert len(moved) < 4000 / 41 + 3 * math.sqrt(4000 / 41)


@pytest.mark.parametrize("size", [1, 2, 3, 100, 10**6, 2**40])
def test_jumps_agree_and_are_even(size: int) -> None:
    jump = Jump(size, (1, 2), (3, 4))
    drawn = jump.over(record_cells(5, np, np.arange(3000)))
    assert drawn[:300].tolist() == [jump.at(record_cell(5, index)) for index in range(300)]
    counts = np.bincount(drawn * 10 // size, minlength=10)[:10]
    if size >= 100:
        assert chi_square_tail(counts.tolist(), [300.0] * 10) > 1e-4


def test_references_stand_in_arrays_and_templates() -> None:
    line = obj(
        {
            "m": leaf(ID, *below("L"), "m"),
            "n": leaf(reference("Member", "name"), *below("L"), "n"),
            "T": leaf(template(("L", "m"), "/", ("top",)), *below("L"), "T"),
        },
        *below("L"),
    )
    what = child({"top": leaf(ID, "top"), "L": array(line, 2, 2, "L")}, member(), ID, NAME)
    parents = {str(record["id"]): record for record in records_of(member(), 40)}
    apart = 0
    for record in records_of(what, 100):
        lines = record["L"]
        assert isinstance(lines, list)
        for item in lines:
            assert isinstance(item, dict)
            assert item.get("n") == parents[str(item["m"])].get("name")
            assert item["T"] == f"{item['m']}/{record['top']}"
            apart += item["m"] != record["top"]
    assert apart > 150


def test_the_name_of_the_parents_suite_plays_no_part() -> None:
    members = plan({"id": leaf(Pattern(source="[A-Z]{9}"), "id")}, model="Member", count=25)
    made = []
    for suite in ("", "people", "archive/people"):
        up = replace(reference("Member", "id"), suite=suite)
        child = plan({"m": leaf(up, "m")}, parents={up: members})
        made.append(list(records_of(child, 50)))
    assert made[0] == made[1] == made[2]
    assert len({record["m"] for record in made[0]}) > 10


def test_a_unique_reference_takes_each_parent_once() -> None:
    what = child({"m": leaf(ID, "m", unique=True), "n": leaf(NAME, "n")}, member(), ID, NAME)
    parents = {str(record["id"]): record for record in records_of(member(), 40)}
    records = records_of(what, 40)
    assert {str(record["m"]) for record in records} == set(parents)
    for record in records:
        assert record.get("n") == parents[str(record["m"])].get("name")


def test_a_parents_sequence_and_slow_fields_are_seen() -> None:
    sequence, slug = reference("P", "s"), reference("P", "slug")
    parent = plan(
        {
            "s": leaf(SequenceNumber(start=100, step=1, width=0, prefix=""), "s"),
            "p": leaf(Pattern(source="[A-Z]{4} [0-9]{4}"), "p"),
            "slug": leaf(template(("p",), "!"), "slug", transforms=(Transform.SLUG,)),
        },
        model="P",
        count=7,
    )
    what = child({"s": leaf(sequence, "s"), "x": leaf(slug, "x")}, parent, sequence, slug)
    known = {record["s"]: record["slug"] for record in records_of(parent, 7)}
    records = records_of(what, 100)
    assert {record["s"] for record in records} == set(known)
    assert all(record["x"] == known[record["s"]] for record in records)


def test_the_parents_other_fields_play_no_part() -> None:
    bare = plan(
        {"id": leaf(Pattern(source="[A-Z]{3}[0-9]{6}"), "id", unique=True)},
        model="Member",
        count=40,
    )
    what = child({"m": leaf(ID, "m")}, bare, ID)
    assert [record["m"] for record in records_of(what, 50)] == [
        record["m"] for record in records_of(claims(), 50)
    ]


@pytest.mark.parametrize("path", [("nothing",), ("a", "x"), ("o", "x", "y")])
def test_paths_that_lead_nowhere_are_refused(path: tuple[str, ...]) -> None:
    inner = obj({"x": leaf(number(1, 2), "o", "x")}, "o")
    shape = obj({"o": inner, "a": array(inner, 1, 1, "a")})
    with pytest.raises(LookupError):
        find_part(shape, path)
