"""Patterns: columns of the strings that a regular expression matches.

Drawn: every decision of the pattern and every character is a draw of its own, all outcomes equally
likely, as ``spec.pattern`` says, and named by its way in the pattern's tree. Unique: one number
below the pattern's size decides everything, taken apart in mixed radix: first which runs there
are, then the text of each.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.generate.column import Column, ColumnKind, LazyTable, Part
from mockgen_watch.generate.draws import SPREAD, FieldDraws
from mockgen_watch.generate.members import MOST_LEVELS, Member, levels_of
from mockgen_watch.generate.streams import LONG, Derived, Drawn, Joined, Lookup, Shared
from mockgen_watch.spec.generators import apart_pattern
from mockgen_watch.spec.pattern import CompiledPattern, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.generate.address import Cell, Cells, IntArray, Stream
    from mockgen_watch.generate.streams import Whole
    from mockgen_watch.spec.generators import Pattern
    from mockgen_watch.spec.pattern_tree import Guard, Run, Way

WHOLE: Final = 4096
"""A unique pattern of at most so many strings is one table of them."""

FORMS: Final = 4096
"""The most ways to leave out runs that the parts of a unique pattern can tell apart."""


def pattern_column(pattern: Pattern, draws: FieldDraws) -> Column:
    """Return the column of strings that match ``pattern``."""
    if draws.is_unique or draws.is_distinct:
        return _unique_column(apart_pattern(pattern), draws)
    return Column(kind=ColumnKind.TEXT, parts=_drawn_parts(compile_pattern(pattern.source), draws))


def _drawn_parts(pattern: CompiledPattern, draws: FieldDraws) -> tuple[Part, ...]:
    decisions = [
        Shared(_drawn(draws, "decision", each.way, range(each.first, each.first + each.count)))
        for each in pattern.decisions
    ]
    parts = []
    for run in pattern.runs:
        source = _run_stream(run, draws)
        if run.guards:
            stream = _guarded(source, run.guards, decisions)
            parts.append(Part(table=("", *run.table), stream=stream))
        else:
            parts.append(Part(table=run.table, stream=source))
    return tuple(parts)


def _drawn(draws: FieldDraws, purpose: str, way: Way, members: Sequence[int]) -> Stream:
    """Return the place of one of ``members``, sorted; equally likely."""
    name = "/".join([purpose, *map(str, way)])
    found = tuple(members)
    if levels_of(found) > MOST_LEVELS:
        return draws.uniform(name, len(found))
    return Member(found, draws.word(name))


def _run_stream(run: Run, draws: FieldDraws) -> Stream | None:
    """Return the place of a run's text, by a draw for each of its pieces; None for one text."""
    streams = [_drawn(draws, "text", each.way, _members(each.texts)) for each in run.pieces]
    if not streams:
        return None
    if len(streams) == 1:
        return streams[0]
    strides = [math.prod(stream.size for stream in streams[n + 1 :]) for n in range(len(streams))]

    def place(*numbers: Whole) -> Whole:
        found: Whole = numbers[0] * strides[0]
        for number, stride in zip(numbers[1:], strides[1:], strict=True):
            found = found + number * stride
        return found

    return Joined(place, len(run.table), *streams)


def _members(texts: Sequence[str]) -> Sequence[int]:
    """Return the code points of characters that are in their order; of other texts the places."""
    if all(len(text) == 1 for text in texts):
        points = [ord(text) for text in texts]
        if points == sorted(points):
            return points
    return range(len(texts))


def _guarded(source: Stream | None, guards: Sequence[Guard], decisions: Sequence[Stream]) -> Stream:
    """Return 0 where a run is left out, else one more than the place of its text."""

    def number(*outcomes: Whole) -> Whole:
        holds = 1 * (guards[0].first <= outcomes[0])
        for guard, outcome in zip(guards, outcomes, strict=False):
            holds = holds * (guard.first <= outcome) * (outcome <= guard.last)
        return holds if source is None else holds * (outcomes[-1] + 1)

    asked = [decisions[guard.decision] for guard in guards]
    if source is None:
        return Joined(number, 2, *asked)
    return Joined(number, source.size + 1, *asked, source)


class _Form(Struct, frozen=True):
    """The runs that are there together, by place; ``size`` strings have this form."""

    runs: tuple[int, ...]
    size: int


def _unique_column(pattern: CompiledPattern, draws: FieldDraws) -> Column:
    if pattern.size <= WHOLE:
        whole = Part(
            table=LazyTable(pattern.size, pattern.text_at), stream=draws.numbers(pattern.size)
        )
        return Column(kind=ColumnKind.TEXT, parts=(whole,))
    if not pattern.decisions:
        return Column(kind=ColumnKind.TEXT, parts=_radix_parts(pattern.runs, draws))
    forms = list(itertools.islice(_forms(pattern), FORMS + 1))
    if len(forms) <= FORMS and pattern.size <= LONG:
        return Column(kind=ColumnKind.TEXT, parts=_formed_parts(pattern, forms, draws))
    numbers = draws.numbers(pattern.size)

    def read(cell: Cell) -> str:
        return pattern.text_at(int(numbers.at(cell)))

    return Column(
        kind=ColumnKind.TEXT,
        parts=_drawn_parts(pattern, draws),
        read=read,
        slow="a unique pattern that can leave out parts in too many ways for a table",
    )


def _radix_parts(runs: Sequence[Run], draws: FieldDraws) -> tuple[Part, ...]:
    """Return the parts of a unique pattern whose runs are all there.

    Where they make more strings than 64 bits count, the last runs are unique together and the
    others are drawn.
    """
    size, first = 1, len(runs)
    while first and size * len(runs[first - 1].table) <= SPREAD:
        first -= 1
        size *= len(runs[first].table)
    numbers = Shared(draws.numbers(size))
    parts = []
    for place, run in enumerate(runs):
        length = len(run.table)
        stream: Stream | None = None
        if place < first:
            stream = _run_stream(run, draws)
        elif length > 1:
            stride = math.prod(len(later.table) for later in runs[place + 1 :])
            stream = _digit(numbers, stride, length)
        parts.append(Part(table=run.table, stream=stream))
    return tuple(parts)


def _digit(source: Stream, stride: int, size: int) -> Stream:
    """Return the digit below ``size`` that counts ``stride`` each, of numbers in mixed radix."""
    return Derived(source, lambda number: number // stride % size, size)


def _forms(pattern: CompiledPattern) -> Iterator[_Form]:
    """Yield each set of runs that can be there together, once."""
    before: dict[int, tuple[Guard, ...]] = {}
    for run in pattern.runs:
        for place, guard in enumerate(run.guards):
            before.setdefault(guard.decision, run.guards[:place])
    sizes = [decision.count for decision in pattern.decisions]
    for outcomes in _outcomes(sizes, before, ()):
        runs = tuple(
            place for place, run in enumerate(pattern.runs) if _are_met(run.guards, outcomes)
        )
        yield _Form(runs, math.prod(len(pattern.runs[place].table) for place in runs))


def _outcomes(
    sizes: Sequence[int], before: dict[int, tuple[Guard, ...]], made: tuple[int, ...]
) -> Iterator[tuple[int, ...]]:
    """Yield the outcomes of all decisions; -1 for one inside a branch that is not taken."""
    decision = len(made)
    if decision == len(sizes):
        yield made
        return
    met = _are_met(before.get(decision, ()), made)
    for outcome in range(sizes[decision]) if met else (-1,):
        yield from _outcomes(sizes, before, (*made, outcome))


def _are_met(guards: Sequence[Guard], outcomes: Sequence[int]) -> bool:
    return all(guard.first <= outcomes[guard.decision] <= guard.last for guard in guards)


def _formed_parts(
    pattern: CompiledPattern, forms: Sequence[_Form], draws: FieldDraws
) -> tuple[Part, ...]:
    """Return the parts of a unique pattern: which form a number has, then a digit for each run."""
    starts = tuple(itertools.accumulate((form.size for form in forms[:-1]), initial=0))
    number = Shared(draws.numbers(sum(form.size for form in forms)))
    form = FormOf(number, starts)
    first = Lookup(form, starts, number.size)
    rest = Joined(lambda number, first: number - first, number.size, number, first)
    parts = []
    for place, run in enumerate(pattern.runs):
        strides = tuple(_stride(pattern, item, place) for item in forms)
        stream = _form_digit(rest, Lookup(form, strides, max(strides) + 1), len(run.table))
        parts.append(Part(table=("", *run.table), stream=stream))
    return tuple(parts)


def _stride(pattern: CompiledPattern, form: _Form, place: int) -> int:
    """Return what the digit of a run counts in a form; 0 where the run is left out."""
    if place not in form.runs:
        return 0
    return math.prod(len(pattern.runs[later].table) for later in form.runs if later > place)


class FormOf(Drawn):
    """The form that a number falls to."""

    def __init__(self, source: Stream, starts: tuple[int, ...]) -> None:
        super().__init__(len(starts))
        self.source = source
        self.starts = starts

    def at(self, cell: Cell) -> int:
        return bisect_right(self.starts, self.source.at(cell)) - 1

    def draw(self, cells: Cells) -> IntArray:
        starts = cells.xp.array(self.starts, cells.xp.int64)
        forms: IntArray = cells.xp.searchsorted(starts, self.source.over(cells), "right") - 1
        return forms


def _form_digit(rest: Stream, stride: Stream, length: int) -> Stream:
    """Return 0 where a form leaves a run out, for its stride is 0; else one more than its digit."""

    def digit(number: Whole, stride: Whole) -> Whole:
        own: Whole = number // (stride + (stride == 0)) % length + 1
        return own * (stride > 0)

    return Joined(digit, length + 1, rest, stride)
