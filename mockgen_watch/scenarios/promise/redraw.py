"""Redrawing: records of a constrained plan, with fields drawn again until they meet requirements.

A field that is drawn again has a sub-address: its own, ``ATTEMPT`` and the number of the attempt.
So its value is a function of its address, of what it may be and of what requirements ask of the
fields beside it; a record that meets every requirement at once is the one that a model without
rules has. In a chunk, records that fail in the same way are drawn again by one program. A record
that no attempt makes is repaired. What ``$records`` states of single records is put in place of
what is drawn.
"""

from __future__ import annotations

from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import ATTEMPT
from mockgen_watch.generate.column import Program, record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.rules.values import Path, places_of
from mockgen_watch.scenarios.promise.chunks import ChunkVerdicts
from mockgen_watch.scenarios.promise.constrain import narrow_leaf
from mockgen_watch.scenarios.promise.facts import (
    Unit,
    arrays_below,
    change_shape,
    fields_above,
    fields_below,
    unit_of,
    view_of,
)
from mockgen_watch.scenarios.promise.repair import Repairer
from mockgen_watch.scenarios.promise.requirements import Bounds, Requirement, required_bounds
from mockgen_watch.spec import generators
from mockgen_watch.spec.document import Json, pointer_of
from mockgen_watch.spec.model import (
    ELEMENT,
    ArrayShape,
    Leaf,
    ObjectShape,
    Shape,
    Statement,
    alternatives_of,
    walk_leaves,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from mockgen_watch.generate.address import IntArray
    from mockgen_watch.plan.model import RecordPlan

    Attempts: TypeAlias = tuple[tuple[Unit, int], ...]
    """How often each unit was drawn again, in one order; none: not at all."""


MOST_ATTEMPTS: Final = 100
"""How often the fields of one record are drawn again before the search is given up."""

NARROWED_FROM: Final = 10
"""From this attempt on numbers and dates are drawn within the bounds that rules state: where few of
a field's values are fit, some records would not find one at random."""

MOST_FULL: Final = 12
"""Attempts with all that may be absent there, which a record is repaired by."""

MOST_PROGRAMS: Final = 512
"""Programs of other attempts that are held for the next record."""

MOST_VERDICTS: Final = 64
"""Verdicts of other attempts that are held: each remembers the values that it has seen."""

FEWEST: Final = 128
"""Records that failed in the same way; fewer are drawn again one by one."""

MOST_TOGETHER: Final = 8
"""Programs that make records of a chunk: each has tables of its own."""

MOST_REQUIREMENTS: Final = 62
"""Requirements whose verdicts fit into one number."""

_REDRAWN: Final = (
    generators.Boolean,
    generators.Moment,
    generators.Number,
    generators.Pattern,
    generators.Pool,
    generators.Reference,
    generators.RowField,
)


class Sampler:
    """The records of a constrained plan that meet its requirements.

    Attributes:
        open: the requirements that the plan alone does not ensure.
        every: all requirements; a stated record has to be checked against each.
        program: of the unchanged plan.
    """

    def __init__(
        self, plan: RecordPlan, still_open: Sequence[Requirement], every: Sequence[Requirement]
    ) -> None:
        self.plan = plan
        self.open = tuple(still_open)
        self.every = tuple(every)
        self.stated = by_record(plan.stated)
        self.program = compile_program(plan)
        # By identity: requirements are not compared.
        self._units_of = cache(lambda requirement: _redrawn_units(plan, requirement.paths))
        self._program_of = lru_cache(MOST_PROGRAMS)(self._compile)
        self._verdicts_of = lru_cache(MOST_VERDICTS)(
            lambda attempts: ChunkVerdicts(self.open, self._program_of(attempts), view_of(plan))
        )

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index``.

        Raises:
            FindingsError: no attempt met every requirement, or what is stated does not.
        """
        record = self.drawn_at(index)
        statements = self.stated.get(index, ())
        if statements:
            record = with_statements(record, statements)
            broken = [each for each in self.every if not each.holds(record)]
            if broken:
                raise FindingsError([_breaks(each, statements[0]) for each in broken])
        return record

    def drawn_at(self, index: int) -> dict[str, Json]:
        """Return record ``index`` without what is stated of it.

        Raises:
            FindingsError: no attempt met every requirement.
        """
        seen: list[dict[str, Json]] = []
        record, broken = self.try_at(index, seen)
        if not broken:
            return record
        seen += [record_at(program, index) for program in self._full_programs]
        repaired = self._repairer.repaired(seen, index)
        if repaired is None and index:
            # What one record can be others can be, too, but for what follows from their numbers.
            alike = self._repairer.like(record, self._first)
            repaired = self._repairer.repaired([alike, *seen[:1]], index)
        if repaired is None:
            raise FindingsError((self._not_found(broken[0], index, record),))
        return repaired

    def try_at(
        self, index: int, seen: list[dict[str, Json]] | None = None
    ) -> tuple[dict[str, Json], list[Requirement]]:
        """Return the last attempt at record ``index``, and the requirements that it breaks.

        All attempts are added to those that are ``seen``.
        """
        attempts: Attempts = ()
        left = MOST_ATTEMPTS
        while True:
            record = record_at(self._program_of(attempts), index)
            if seen is not None:
                seen.append(record)
            broken = [requirement for requirement in self.open if not requirement.holds(record)]
            further = self._further(attempts, broken) if broken and left else attempts
            if further == attempts:
                return record, broken
            attempts, left = further, left - 1

    def _further(self, attempts: Attempts, broken: Iterable[Requirement]) -> Attempts:
        """Return the attempts that follow on some at which requirements were ``broken``."""
        counts = dict(attempts)
        for unit in {unit for requirement in broken for unit in self._units_of(requirement)}:
            counts[unit] = counts.get(unit, 0) + 1
        return tuple(sorted(counts.items(), key=repr))

    def batches(
        self, xp: ModuleType, indexes: IntArray
    ) -> Iterator[tuple[IntArray, Program | None]]:
        """Yield rows of the records ``indexes`` (int64[n]) and what makes these; ``xp`` is NumPy.

        The rows are int64[n], places among the indexes; with no program, each record has to be
        made on its own.
        """
        everything: IntArray = xp.arange(len(indexes), dtype=xp.int64)
        if not self.open or len(self.open) > MOST_REQUIREMENTS:
            yield everything, None if self.open else self.program
            return
        waiting: list[tuple[Attempts, IntArray]] = [((), everything)]
        made = 0
        while waiting:
            # The largest group first, since only so many programs are made.
            waiting.sort(key=lambda group: len(group[1]))
            attempts, rows = waiting.pop()
            if attempts and (len(rows) < FEWEST or made >= MOST_TOGETHER):
                yield rows, None
                continue
            made += 1
            verdicts = self._verdicts_of(attempts)
            failed = verdicts.failures(xp, indexes[rows])
            yield rows[failed == 0], verdicts.program
            for code in xp.unique(failed[failed != 0]).tolist():
                broken = [each for bit, each in enumerate(self.open) if code >> bit & 1]
                further = self._further(attempts, broken)
                if further == attempts:
                    yield rows[failed == code], None
                else:
                    waiting.append((further, rows[failed == code]))

    @property
    def checked(self) -> str:
        """Which requirements each record is checked against; ``""`` for none."""
        names = ", ".join(dict.fromkeys(requirement.name for requirement in self.open))
        return f"each record is checked against {names}" if names else ""

    def redraws(self, path: Path) -> bool:
        """Return whether the field at ``path`` may be drawn again, or repaired."""
        units = set(_redrawn_units(self.plan, [path]))
        # To repair a record may take a change of what a requirement reads that was certain.
        asked = self.every if self.open else ()
        return any(not units.isdisjoint(self._units_of(each)) for each in asked)

    @cached_property
    def _full_programs(self) -> list[Program]:
        """Make records with all that may be absent or null there, which attempts may lack."""

        def full(attempt: int) -> Program:
            def change(_: Path, part: Shape) -> Shape:
                odds = part.modifiers
                null, omit = (0 * odd if odd < 1 else odd for odd in (odds.null, odds.omit))
                part = replace(part, modifiers=replace(odds, null=null, omit=omit))
                if not isinstance(part, Leaf) or odds.is_fixed:
                    return part
                is_free = isinstance(part.generator, _REDRAWN)
                return _readdressed(part, attempt) if is_free else part

            return compile_program(replace(self.plan, shape=change_shape(self.plan.shape, change)))

        return [full(attempt) for attempt in range(MOST_FULL)]

    @cached_property
    def _first(self) -> dict[str, Json]:
        return self.drawn_at(0)

    @cached_property
    def _repairer(self) -> Repairer:
        return Repairer(self.plan, self.every)

    @cached_property
    def _bounds(self) -> Mapping[Path, Bounds]:
        return required_bounds(self.open, self.plan)

    def _compile(self, attempts: Attempts) -> Program:
        if not attempts:
            return self.program
        counts = dict(attempts)
        bounds = self._bounds

        def change(path: Path, part: Shape) -> Shape:
            if isinstance(part, Leaf):
                count = counts.get(unit_of(part), 0)
                part = _readdressed(part, count)
                is_late = count >= NARROWED_FROM
                return narrow_leaf(part, bounds[path]) if is_late and path in bounds else part
            if isinstance(part, ArrayShape) and (count := counts.get(_array_unit(part), 0)):
                # The length has the address of its attempt; the elements stay.
                return replace(part, address=(*part.address, ATTEMPT, str(count)))
            return part

        shape = change_shape(self.plan.shape, change)
        return compile_program(replace(self.plan, shape=shape))

    def _not_found(self, requirement: Requirement, index: int, record: Json) -> Diagnostic:
        reason = "its fields cannot be drawn again"
        if self._units_of(requirement):
            reason = f"{MOST_ATTEMPTS} attempts failed"
        because = requirement.unevaluated(record)
        if because:
            reason += f"; in the last one the rule could not be evaluated: {because}"
        return Diagnostic(
            code="MG404",
            message=(
                f"{self.plan.scenario}: cannot make record {index} satisfy {requirement.name}: "
                f"{reason}"
            ),
            location=requirement.location,
            hint="give the fields more values that satisfy the rule, or change the rule",
            related=requirement.fields_in(self.plan, "this field is drawn at random"),
        )


def _redrawn_units(plan: RecordPlan, paths: Sequence[Path] | None) -> tuple[Unit, ...]:
    """Return what can be drawn again of the fields at ``paths``; None means the whole record."""
    units: dict[Unit, None] = {}
    seen: set[int] = set()
    leaves = [field.leaf for field in fields_below(plan.shape, paths)]
    leaves += [field.leaf for field in fields_above(plan.shape, paths)]
    while leaves:
        leaf = leaves.pop()
        generator = leaf.generator
        if id(leaf) in seen:
            continue
        seen.add(id(leaf))
        leaves += [field.leaf for field in fields_below(plan.shape, generators.names_of(generator))]
        # What an alternative draws has the address of the whole.
        leaves += [each for each in alternatives_of(leaf) if isinstance(each, Leaf)]
        is_drawn = isinstance(generator, _REDRAWN) or (
            isinstance(generator, generators.Alternatives) and not generator.given
        )
        if is_drawn and not leaf.modifiers.is_fixed:
            units[unit_of(leaf)] = None
    if plan.family is not None:
        units.pop(plan.family.unit, None)
    for path in [()] if paths is None else paths:
        units.update({_array_unit(array): None for array in arrays_below(plan.shape, path)})
    return tuple(units)


def _array_unit(array: ArrayShape) -> Unit:
    """Return the unit of an array itself: how many elements it has, and whether it is there."""
    return ("array", array.address)


def _readdressed(leaf: Leaf, attempt: int) -> Leaf:
    """Return ``leaf`` at the address of its ``attempt``; 0 is the first draw."""
    if not attempt:
        return leaf
    generator = leaf.generator
    below = (ATTEMPT, str(attempt))
    row = generators.row_of(generator)
    if row is not None:
        moved = replace(row, address=(*row.address, *below))
        return replace(leaf, generator=generators.with_rows(generator, moved))
    if isinstance(generator, generators.Reference):
        # The fields of one parent are drawn at the object that holds them.
        return replace(leaf, address=(*leaf.address[:-1], *below, leaf.address[-1]))
    return replace(leaf, address=(*leaf.address, *below))


def by_record(stated: Iterable[Statement]) -> dict[int, tuple[Statement, ...]]:
    """Return record → what is stated of it, in source order."""
    found: dict[int, tuple[Statement, ...]] = {}
    for statement in stated:
        found[statement.record] = (*found.get(statement.record, ()), statement)
    return found


def with_statements(record: Mapping[str, Json], statements: Sequence[Statement]) -> dict[str, Json]:
    """Return ``record`` with what is stated of it; its other fields do not follow.

    Raises:
        FindingsError: a path leads through a value that has nothing below it.
    """
    whole: Json = dict(record)
    for statement in statements:
        whole = _put(whole, statement, 0)
    if not isinstance(whole, dict):
        raise TypeError("a record is an object, and no path is empty")
    return whole


def _put(value: Json, statement: Statement, depth: int) -> Json:
    """Return ``value``, which is ``depth`` keys down the path, with what is stated of it."""
    if depth == len(statement.path):
        return statement.value
    key, at = statement.path[depth], pointer_of(statement.path[:depth])
    is_dropped = statement.is_gone and depth + 1 == len(statement.path)
    if isinstance(value, dict):
        if statement.is_gone and key not in value:
            return value
        if is_dropped:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: _put(value.get(key), statement, depth + 1)}
    if value is None:
        return None if statement.is_gone else {key: _put(None, statement, depth + 1)}
    if not isinstance(value, list):
        message = f"{at} is a single value and has no {key!r}"
        raise FindingsError([_diagnostic(statement, message, "state it completely with $const")])
    message = ""
    if not key.isdigit() or int(key) > len(value):
        message = f"{at} is an array of {len(value)} elements and has no {key!r}"
    elif is_dropped:
        message = f"{at}/{key} is an element of an array, which cannot be removed"
    if message:
        raise FindingsError([_diagnostic(statement, message, "state the whole array as a list")])
    number = int(key)
    inner = value[number] if number < len(value) else None
    return [*value[:number], _put(inner, statement, depth + 1), *value[number + 1 :]]


def _diagnostic(statement: Statement, message: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code="MG406",
        message=f"record {statement.record}: {message}",
        location=statement.location,
        hint=hint,
    )


def _breaks(requirement: Requirement, statement: Statement) -> Diagnostic:
    if requirement.condition is not None:
        verb = "does not match"
    else:
        verb = "matches" if requirement.is_outside else "does not satisfy"
    return Diagnostic(
        code="MG406",
        message=f"record {statement.record} as stated {verb} {requirement.name}",
        location=statement.location,
        hint="state values that do, or change the model",
        related=(Related(message="required here", location=requirement.location),),
    )


def check_unique_statements(plan: RecordPlan, program: Program) -> list[Diagnostic]:
    """Return an error for each stated value of a ``$unique`` field that another record has, too."""
    tops = {statement.path[0] for statement in plan.stated}
    paths = [
        path for path, leaf in walk_leaves(plan.shape) if leaf.modifiers.unique and path[0] in tops
    ]
    groups = [group for group in _groups(plan.shape) if any(path[0] in tops for path in group)]
    if not (paths or groups):
        return []
    stated = by_record(plan.stated)
    found: list[Diagnostic] = []
    holders: dict[tuple[Path, str, str], int] = {}
    together: dict[tuple[tuple[Path, ...], str], int] = {}
    for index in sorted(range(plan.count), key=lambda index: index in stated):
        record = with_statements(record_at(program, index), stated.get(index, ()))
        for path in paths:
            for _, value in places_of(record, path):
                other = holders.setdefault((path, type(value).__name__, repr(value)), index)
                if value is not None and other != index and index in stated:
                    found.append(_not_unique(stated[index], path, other))
        for group in groups:
            values = [value for path in group for _, value in places_of(record, path)]
            shown = repr([(type(value).__name__, value) for value in values])
            other = together.setdefault((group, shown), index)
            is_whole = len(values) == len(group) and None not in values
            if is_whole and other != index and index in stated:
                found.append(_not_unique_together(stated[index], group, other))
    return found


def _groups(shape: ObjectShape) -> list[tuple[Path, ...]]:
    """Return the paths of the fields of records that are unique together, arrays left out."""
    found: dict[tuple[tuple[str, ...], ...], dict[Path, None]] = {}
    for path, leaf in walk_leaves(shape):
        group = leaf.modifiers.together
        if leaf.address in group and ELEMENT not in leaf.address:
            found.setdefault(group, {})[path] = None
    return [tuple(paths) for paths in found.values()]


def _not_unique_together(
    statements: Sequence[Statement], group: Sequence[Path], other: int
) -> Diagnostic:
    tops = {path[0] for path in group}
    statement = next((item for item in statements if item.path[0] in tops), statements[0])
    names = " and ".join(".".join(path) for path in group)
    message = f"{names} must be unique together, but record {other} has the same values"
    hint = f"state values for record {statement.record} that no other record has"
    return _diagnostic(statement, message, hint)


def _not_unique(statements: Sequence[Statement], path: Path, other: int) -> Diagnostic:
    statement = next((item for item in statements if item.path[0] == path[0]), statements[0])
    message = f"{'.'.join(path)} is $unique, but record {other} has the same value"
    hint = f"state a value for record {statement.record} that no other record has"
    return _diagnostic(statement, message, hint)
