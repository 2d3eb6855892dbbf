"""Any record of any shape is the same whether drawn alone or in a chunk, of any cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mockgen_watch.generate.address import record_cells
from mockgen_watch.generate.column import record_at, values_over
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Pattern,
    RecordIndex,
    RowField,
    SequenceNumber,
    Uuid,
)
from mockgen_watch.spec.model import Transform, walk_leaves
from tests.draws import assert_engines_agree
from tests.shapes import array, decimal, leaf, moment, number, obj, plan, pool, template
from tests.sizes import sized

if TYPE_CHECKING:
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.model import Shape

ROWS = pool({"a": 1, "b": "x"}, {"a": 2}, {"b": "y"}, weights=(2, 1, "0.5"))
PLAIN: tuple[Generator, ...] = (
    Constant(value={"k": [1]}),
    Boolean(true=decimal("0.25")),
    RowField(rows=ROWS, key="a", address=()),
    RowField(rows=ROWS, key="b", address=()),
    number(1, 6),
    number(-(10**6), 10**6),
    number(0, 10**17, 3),
    number(0, None, 2, kind="lognormal", median=180, sigma="0.8"),
    number(None, None, 1, kind="normal", mean=0, sd=3),
    number(0, None, kind="poisson", mean=4),
    number(1, 10**6, kind="zipf", exponent="1.1"),
    moment("date", "2025-01-01", "2025-12-31", "%m/%d/%Y"),
    moment("datetime", "2020-01-01", "2025-12-31"),
    Pattern(source="[A-Z]{3}[0-9]{6}"),
    Pattern(source="(a|b[0-9]{1,2})?"),
    SequenceNumber(start=5, step=3, width=4, prefix="S"),
    RecordIndex(),
    Uuid(),
)
WEIGHTS = st.lists(st.integers(0, 5) | st.decimals("0.001", 1000, places=3), min_size=1, max_size=9)
ODDS = st.sampled_from(("0", "0", "0", "0.3", "0.9", "1"))
INDEXES = st.lists(st.integers(0, 2**62), min_size=1, max_size=6)


class Fields(dict[str, "Shape"]):
    """The members of a record; as text, what they generate, which is short enough to print."""

    def __repr__(self) -> str:
        kinds = {
            name: f"{type(leaf.generator).__name__} {str(leaf.generator)[:200]} {leaf.modifiers}"
            for name, shape in self.items()
            for _, leaf in walk_leaves(shape)
        }
        return f"Fields({kinds})"


@st.composite
def pools(draw: st.DrawFn) -> Generator:
    """A pool of some weights, of which at least one is over 0; sometimes a large one."""
    if draw(st.integers(0, 19)) == 0:
        return pool(*range(260))
    weights = [*draw(WEIGHTS), 1]
    return pool(*(f"v{n}" for n in range(len(weights))), weights=weights)


@st.composite
def leaves(draw: st.DrawFn, *address: str) -> Shape:
    """A leaf of any generator that asks for no other field."""
    generator = draw(st.one_of(pools(), st.sampled_from(PLAIN)))
    can_be_unique = not isinstance(generator, SequenceNumber) and "[]" not in address
    return leaf(
        generator,
        *address,
        null=draw(ODDS),
        omit=draw(ODDS),
        unique=can_be_unique and draw(st.integers(0, 3)) == 0,
        transforms=tuple(draw(st.lists(st.sampled_from([*Transform]), max_size=2))),
        coerce_number=draw(st.booleans()),
    )


@st.composite
def shapes(draw: st.DrawFn, *address: str, depth: int = 2) -> Shape:
    """A leaf, an object or an array."""
    kind = draw(st.integers(0, 5)) if depth else 0
    if kind <= 3:
        return draw(leaves(*address))
    if kind == 4:
        names = draw(st.lists(st.sampled_from("pqr"), max_size=3, unique=True))
        members = {name: draw(shapes(*address, name, depth=depth - 1)) for name in names}
        return obj(members, *address, null=draw(ODDS), omit=draw(ODDS))
    element = (*address, "[]")
    low = draw(st.integers(0, 2))
    fixed = draw(st.lists(shapes(*element, depth=depth - 1), max_size=1))
    items = draw(shapes(*element, depth=depth - 1))
    return array(
        items, low, low + draw(st.integers(0, 2)), *address, elements=fixed, null=draw(ODDS)
    )


@st.composite
def members(draw: st.DrawFn) -> Fields:
    """The fields of a record: two plain ones, a template of them, and one of any shape."""
    found = Fields(
        a=leaf(draw(pools()), "a", null=draw(ODDS), omit=draw(ODDS)),
        n=draw(leaves("n")),
        s=draw(shapes("s")),
    )
    shown = ["a"]
    generator = getattr(found["n"], "generator", None)
    if not isinstance(generator, Constant):
        shown.append("n")
    pieces: list[str | tuple[str, ...]] = ["-", "é", *[(name,) for name in shown]]
    parts = draw(st.lists(st.sampled_from(pieces), max_size=4))
    transforms = tuple(draw(st.lists(st.sampled_from([*Transform]), max_size=2)))
    found["t"] = leaf(template(*parts), "t", transforms=transforms)
    return found


@settings(max_examples=sized(60, 2000))
@given(members(), st.integers(), INDEXES)
def test_a_chunk_gives_what_one_cell_at_a_time_does(
    fields: Fields, seed: int, indexes: list[int]
) -> None:
    program = compile_program(plan(fields, seed=seed, count=2**62 + 1))
    assert_engines_agree(program, indexes)
    cells = record_cells(program.base_key, np, np.array(indexes, np.int64))
    rows = list(values_over(program.root, cells, np.arange(len(indexes))))
    assert rows == [record_at(program, index) for index in indexes]


@settings(max_examples=sized(25, 1000))
@given(members(), st.integers(0, 10**6), st.integers(2, 40), st.data())
def test_the_cut_into_chunks_plays_no_part(
    fields: Fields, start: int, count: int, data: st.DataObject
) -> None:
    program = compile_program(plan(fields, count=2**21))
    cut = data.draw(st.integers(1, count - 1))
    indexes = np.arange(start, start + count, dtype=np.int64)
    whole, parts = (
        [
            value
            for chunk in chunks
            for value in values_over(
                program.root, record_cells(program.base_key, np, chunk), np.arange(len(chunk))
            )
        ]
        for chunks in ([indexes], [indexes[:cut], indexes[cut:]])
    )
    assert whole == parts


@settings(max_examples=sized(25, 1000))
@given(members(), st.permutations(["a", "n", "s", "t"]), st.integers(0, 10**6))
def test_other_fields_play_no_part(fields: Fields, order: list[str], index: int) -> None:
    before = record_at(compile_program(plan(fields, count=10**6 + 1)), index)
    turned = {name: fields[name] for name in order}
    assert record_at(compile_program(plan(turned, count=10**6 + 1)), index) == before
    if order[0] != "a":
        # A template shows a; what nothing shows may go.
        left = {name: shape for name, shape in fields.items() if name not in {order[0], "t"}}
        after = record_at(compile_program(plan(left, count=10**6 + 1)), index)
        assert after == {name: before[name] for name in left if name in before}


@settings(max_examples=sized(25, 1000))
@given(members(), st.integers(1, 10**6), st.integers(1, 10**6))
def test_the_count_plays_no_part(fields: Fields, few: int, many: int) -> None:
    small, large = (replace(plan(fields), count=count) for count in (few, many))
    index = min(few, many) - 1
    assert record_at(compile_program(small), index) == record_at(compile_program(large), index)
