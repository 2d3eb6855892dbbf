"""Takes Hypothesis; gives programs of any shape, made by hand, for tests of formats."""

from __future__ import annotations

import string
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from mockgen_watch.generate.column import (
    ArrayNode,
    Column,
    ColumnKind,
    Node,
    ObjectNode,
    Part,
    Program,
    State,
)
from mockgen_watch.generate.streams import Odds, Uniform, first_presence, shifted
from mockgen_watch.spec.model import Transform
from tests.naughty import NAUGHTY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.generate.address import Constants, Stream
    from mockgen_watch.spec.document import Json

_WORDS = st.sampled_from(
    ("", "a", "TN", "no", "Yes", "x.y", "New York", "a,b", '"', "12", " a", "a ", "=1", "é", "1:2")
)
TEXTS = st.one_of(
    _WORDS,
    st.sampled_from(NAUGHTY).filter(lambda text: len(text) < 50),
    st.text(st.characters(codec="utf-8"), max_size=5),
)
NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.sampled_from((Decimal("1E+5"), Decimal("1.5E-10"), Decimal("0.00"), 0, 10**40)),
)
SCALARS: st.SearchStrategy[Json] = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
KEYS = st.one_of(
    st.text(string.ascii_lowercase, min_size=1, max_size=3),
    TEXTS,
)
JSON_VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=5,
)
_CONSTANTS = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**31 - 1).map(lambda n: 2 * n))


@st.composite
def streams(draw: st.DrawFn, size: int) -> Stream:
    """A stream of numbers below ``size``."""
    return Uniform(size, draw(_CONSTANTS))


def states(omit: tuple[int, Constants], null: tuple[int, Constants]) -> Stream:
    """A stream of states, by how many of the 2**32 words mean absent, and how many null."""
    absent = Odds(*omit, number=State.ABSENT) if omit[0] else None
    found = first_presence(absent, Odds(*null, number=State.NULL) if null[0] else None)
    assert found is not None
    return found


@st.composite
def presences(draw: st.DrawFn) -> Stream | None:
    """A stream of states; mostly none."""
    omit, null = draw(st.sampled_from(((0, 0), (0, 0), (0, 0), (0, 1), (1, 0), (1, 1))))
    if not omit and not null:
        return None
    return states((omit << 30, draw(_CONSTANTS)), (null << 30, draw(_CONSTANTS)))


@st.composite
def parts(draw: st.DrawFn, entries: st.SearchStrategy[Json], most: int = 5) -> Part:
    """A part with a table of some entries; one entry is a constant."""
    table = tuple(draw(st.lists(entries, min_size=1, max_size=most)))
    return Part(table=table, stream=draw(streams(len(table))) if len(table) > 1 else None)


@st.composite
def number_columns(draw: st.DrawFn) -> Column:
    """A number of digits in parts."""
    first = draw(parts(st.sampled_from(("1", "-23", "450"))))
    rest = draw(st.lists(parts(st.sampled_from(("000", "999", "12"))), max_size=2))
    point = draw(st.booleans())
    tail = [Part(table=(".",), stream=None), draw(parts(st.sampled_from(("00", "50"))))]
    all_parts = (first, *rest, *(tail if point else ()))
    return Column(kind=ColumnKind.NUMBER, parts=all_parts, presence=draw(presences()))


@st.composite
def text_columns(draw: st.DrawFn) -> Column:
    """A text of some parts, sometimes with a transform that needs the whole."""
    made = draw(st.lists(parts(TEXTS), min_size=1, max_size=4))
    finish = draw(st.sampled_from(((), (), (), (Transform.TITLE,))))
    coerce = draw(st.sampled_from((False, False, False, True)))
    return Column(
        kind=ColumnKind.TEXT,
        parts=tuple(made),
        presence=draw(presences()),
        finish=finish,
        coerce=coerce,
        slow="the whole text tells" if finish or coerce else "",
    )


@st.composite
def read_columns(draw: st.DrawFn) -> Column:
    """A column that only a function knows."""
    texts = draw(st.lists(TEXTS, min_size=1, max_size=3))
    return Column(
        kind=ColumnKind.TEXT,
        parts=(),
        presence=draw(presences()),
        read=lambda cell: texts[cell.index % len(texts)],
        slow="only a function knows it",
    )


@st.composite
def value_columns(draw: st.DrawFn) -> Column:
    """A pool or constant of any values."""
    part = draw(parts(JSON_VALUES))
    return Column(kind=ColumnKind.VALUE, parts=(part,), presence=draw(presences()))


LEAVES = st.one_of(value_columns(), text_columns(), number_columns(), read_columns())


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Node], *, least: int = 0) -> ObjectNode:
    """An object of a few members."""
    names = draw(st.lists(KEYS, min_size=least, max_size=4, unique=True))
    members = tuple((name, draw(inner)) for name in names)
    return ObjectNode(members=members, presence=draw(presences()))


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[Node]) -> ArrayNode:
    """An array, of fixed elements or of a varying number of one."""
    presence = draw(presences())
    if draw(st.booleans()):
        elements = tuple(draw(st.lists(inner, max_size=3)))
        return ArrayNode(elements=elements, minimum=len(elements), length=None, presence=presence)
    least = draw(st.integers(0, 2))
    spread = draw(st.integers(1, 3))
    return ArrayNode(
        elements=(draw(inner),) * (least + spread),
        minimum=least,
        length=shifted(draw(streams(spread + 1)), least),
        presence=presence,
    )


NODES: st.SearchStrategy[Node] = st.recursive(
    LEAVES, lambda inner: st.one_of(objects(inner), arrays(inner)), max_leaves=6
)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A program of one to four fields."""
    root = draw(objects(NODES, least=1))
    return program_of(*root.members, key=draw(st.integers(0, 2**64 - 1)))


def program_of(*members: tuple[str, Node], key: int = 1) -> Program:
    """Return a program of these fields."""
    return Program(root=ObjectNode(members=members), base_key=key, count=1_000_000)


def pool(*values: Json, salt: int = 0) -> Column:
    """Return a column of equally likely values, or a constant."""
    stream = Uniform(len(values), (salt * 7919 + 17, salt * 104_730 + 34)) if values[1:] else None
    return Column(kind=ColumnKind.VALUE, parts=(Part(table=values, stream=stream),))


def text(*tables: Sequence[str], salt: int = 0, slow: str = "") -> Column:
    """Return a text column of one part for each table."""
    made = tuple(
        Part(
            table=tuple(table),
            stream=Uniform(len(table), (salt * 31 + n, 2 * n)) if table[1:] else None,
        )
        for n, table in enumerate(tables)
    )
    return Column(kind=ColumnKind.TEXT, parts=made, slow=slow)
