"""Sizes: how many values and characters a record can have, before one is made.

A short spec can ask for a record that no memory holds: arrays in arrays, or templates each of which
has the one before twice. What a record may be at most follows from its shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json

MOST_VALUES: Final = 250_000
"""Values in one record."""

MOST_CHARACTERS: Final = 1_000_000
"""Characters of one text."""

MOST_IN_RECORD: Final = 4 * MOST_CHARACTERS
"""Characters of all texts of one record."""

_PLAIN: Final = 16
"""Characters of a value without parts, such as a number, about."""

_COMPUTED: Final = 256
"""Characters of a value that an expression makes, about."""


class Size(NamedTuple):
    """The most values and characters that a part of a record has."""

    values: int = 0
    characters: int = 0

    def plus(self, other: Size) -> Size:
        return Size(self.values + other.values, self.characters + other.characters)

    def times(self, count: int) -> Size:
        return Size(self.values * count, self.characters * count)


class Sizes:
    """Measures the records of plans; what was measured once is remembered."""

    def __init__(self) -> None:
        self._measured: dict[int, tuple[RecordPlan, _Measure]] = {}
        self._pools: dict[int, tuple[generators.Pool, Size]] = {}

    def check(self, plan: RecordPlan) -> list[Diagnostic]:
        """Return an error for the innermost parts of a record that are too large."""
        measure = self.of(plan)
        measure.whole()
        return measure.found

    def of(self, plan: RecordPlan) -> _Measure:
        """Return what measures the records of ``plan``."""
        if id(plan) not in self._measured:
            self._measured[id(plan)] = (plan, _Measure(plan, self))
        return self._measured[id(plan)][1]

    def of_pool(self, pool: generators.Pool) -> Size:
        """Return the size of the largest value of a pool."""
        if id(pool) not in self._pools:
            size = _most(_size_of(entry.value) for entry in pool.entries)
            self._pools[id(pool)] = (pool, size)
        return self._pools[id(pool)][1]


class _Measure:
    """The sizes of one plan's parts.

    Attributes:
        found: errors, of parts that are too large though nothing in them is.
    """

    def __init__(self, plan: RecordPlan, sizes: Sizes) -> None:
        self.found: list[Diagnostic] = []
        self._plan = plan
        self._sizes = sizes
        self._parents = dict(plan.parents)
        self._known: dict[int, Size] = {}

    def whole(self) -> Size:
        """Return the size of a record."""
        return self._of(self._plan.shape)

    def at(self, path: spec.KeyPath) -> Size:
        """Return the size of the largest part that ``path`` leads to."""
        return _most(map(self._of, spec.find_shapes(self._plan.shape, path)))

    def _of(self, shape: spec.Shape) -> Size:
        if id(shape) not in self._known:
            # Circular fields are reported elsewhere.
            self._known[id(shape)] = Size()
            size = self._made(shape)
            self._known[id(shape)] = self._limited(size, shape)
        return self._known[id(shape)]

    def _made(self, shape: spec.Shape) -> Size:
        if isinstance(shape, spec.Leaf):
            return self._generated(shape.generator)
        if isinstance(shape, spec.ObjectShape):
            total = Size()
            for member in shape.members:
                if not member.shape.modifiers.delete:
                    total = total.plus(self._of(member.shape)).plus(Size(0, len(member.name)))
            return total
        total = _sum(map(self._of, shape.elements))
        return (
            total if shape.items is None else total.plus(self._of(shape.items).times(shape.maximum))
        )

    def _generated(self, generator: generators.Generator) -> Size:
        """Return the size of a value of ``generator``."""
        if isinstance(generator, generators.FieldValue):
            return self.at(generator.path)
        if isinstance(generator, generators.Alternatives):
            shapes = [cast("spec.Shape", each.shape) for each in generator.alternatives]
            return _most(map(self._of, shapes))
        if isinstance(generator, generators.Reference):
            parent = self._parents.get(generator)
            return Size(1) if parent is None else self._sizes.of(parent).at(generator.path)
        if isinstance(generator, generators.Pool):
            return self._sizes.of_pool(generator)
        if isinstance(generator, generators.RowField):
            return self._sizes.of_pool(generator.rows)
        if isinstance(generator, generators.Constant):
            return _size_of(generator.value)
        return Size(1, self._characters(generator))

    def _characters(self, generator: generators.Generator) -> int:
        """Return how long a text of ``generator`` is."""
        if isinstance(generator, generators.Template):
            parts = [self.at(part.path).characters for part in generator.parts if part.path]
            return sum(parts) + sum(len(part.text) for part in generator.parts)
        if isinstance(generator, generators.Computed):
            # Most are numbers; that no text is too long is seen when it is made.
            return _COMPUTED
        if isinstance(generator, generators.Pattern):
            return compile_pattern(generator.source).tree.longest()
        if isinstance(generator, generators.SequenceNumber):
            return len(generator.prefix) + max(generator.width, _PLAIN)
        if isinstance(generator, generators.Moment | generators.Progression):
            return _PLAIN + 4 * len(generator.format)
        return _PLAIN

    def _limited(self, size: Size, shape: spec.Shape) -> Size:
        """Return ``size``; where it is too large report that, and go on as if it was small."""
        is_text = isinstance(shape, spec.Leaf) and size.values <= 1
        if is_text and size.characters > MOST_CHARACTERS:
            self._report(shape.origin.location, f"a text of up to {size.characters:,} characters",
                         f"{MOST_CHARACTERS:,}")  # fmt: skip
        elif size.values > MOST_VALUES:
            self._report(shape.origin.location, f"up to {size.values:,} values in a record",
                         f"{MOST_VALUES:,}")  # fmt: skip
        elif size.characters > MOST_IN_RECORD:
            self._report(shape.origin.location, f"up to {size.characters:,} characters in a record",
                         f"{MOST_IN_RECORD:,}")  # fmt: skip
        else:
            return size
        return Size(1)

    def _report(self, location: Location, what: str, limit: str) -> None:
        self.found.append(
            Diagnostic(
                code="MG228",
                message=f"this produces {what}, but the limit is {limit}",
                location=location,
                hint="use shorter arrays, or shorter templates",
            )
        )


def _size_of(value: Json) -> Size:
    if isinstance(value, str):
        return Size(1, len(value))
    if isinstance(value, list):
        return _sum(map(_size_of, value))
    if isinstance(value, dict):
        return _sum(map(_size_of, value.values())).plus(Size(0, sum(map(len, value))))
    return Size(1, _PLAIN)


def _sum(sizes: Iterable[Size]) -> Size:
    total = Size()
    for size in sizes:
        total = total.plus(size)
    return total


def _most(sizes: Iterable[Size]) -> Size:
    values = characters = 0
    for size in sizes:
        values, characters = max(values, size.values), max(characters, size.characters)
    return Size(values, characters)
