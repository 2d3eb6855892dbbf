"""Takes parameters and what records have to be; gives which of their values go together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.rules.values import with_value
from mockgen_watch.scenarios.coverage.parameters import PRESENT, Free
from mockgen_watch.scenarios.coverage.problem import Constraint
from mockgen_watch.scenarios.promise.facts import MOST, leaves_below
from mockgen_watch.spec.generators import Constant, Template
from mockgen_watch.spec.model import Leaf, ObjectShape, find_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.values import Path
    from mockgen_watch.scenarios.coverage.parameters import Parameter
    from mockgen_watch.scenarios.coverage.problem import Row
    from mockgen_watch.scenarios.promise.needs import Need
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import ArrayShape, Shape


SAMPLES: Final = 400
"""Records that a combination is tried in before it counts as one that cannot be."""

TRIED: Final = 40_000
"""Records that needs which belong together are tried on at most."""


class Combining(Struct, frozen=True, kw_only=True):
    """Which values of parameters go together.

    Attributes:
        constraints: those that are told from a few parameters.
        whole: needs that read too many for that; they are told from whole rows.
        parameters: the numbers of those that each need reads.
    """

    constraints: tuple[Constraint, ...]
    whole: tuple[Need, ...]
    scopes: tuple[tuple[Need, tuple[int, ...]], ...]
    bench: Bench

    def accepts(self, row: Row) -> bool:
        """Return whether some record of ``row`` is what ``whole`` asks for."""
        return self.bench.has_fit(enumerate(row), self.whole, SAMPLES)


class Bench(Struct, kw_only=True, eq=False):
    """Records on which combinations are tried: everything is there, the rest is drawn.

    Attributes:
        parameters: whose values are put into the records.
        plan: settled; its records are made as they are asked for.
    """

    parameters: tuple[Parameter, ...]
    plan: RecordPlan
    _programs: list[Program] = field(default_factory=list)
    _samples: list[Json] = field(default_factory=list)

    def sample(self, index: int) -> Json:
        """Return one of the records."""
        if not self._programs:
            self._programs.append(_sample_program(self.plan, self.parameters))
        while len(self._samples) <= index:
            self._samples.append(record_at(self._programs[0], len(self._samples)))
        return self._samples[index]

    def has_fit(
        self, chosen: Iterable[tuple[int, int]], needs: Sequence[Need], samples: int
    ) -> bool:
        """Return whether a record with ``chosen`` (parameter, value) is what ``needs`` ask for."""
        values = [(self.parameters[place], number) for place, number in chosen]
        # What is around goes first, so that what is within finds its place.
        values.sort(key=lambda item: len(item[0].places[0]))
        for index in range(samples):
            record = self.sample(index)
            for parameter, number in values:
                written = parameter.values[number].written
                for place, value in zip(parameter.places, written, strict=False):
                    if not isinstance(value, Free):
                        record = with_value(record, place, value)
            if all(need.holds(record) for need in needs):
                return True
        return False


class _Asked(Struct, frozen=True, kw_only=True):
    """Needs that have to be met by one record: the parameters that they read, and what is drawn."""

    needs: tuple[Need, ...]
    scope: tuple[int, ...]
    drawn: frozenset[Path]

    def joined(self, other: _Asked) -> _Asked:
        """Return both as one."""
        return _Asked(
            needs=(*self.needs, *other.needs),
            scope=tuple(sorted({*self.scope, *other.scope})),
            drawn=self.drawn | other.drawn,
        )


def combine(
    plan: RecordPlan, parameters: tuple[Parameter, ...], needs: Sequence[Need]
) -> Combining:
    """Return what ``needs`` and absent objects say of ``parameters``."""
    bench = Bench(parameters=parameters, plan=plan)
    shown = [_shown(place, each.guard, parameters) for place, each in enumerate(parameters)]
    constraints = [each for each in shown if each is not None]
    asked = [_asked(need, plan, parameters) for need in needs]
    whole: list[Need] = []
    for each in _together(asked, parameters):
        size = _size(each.scope, parameters)
        if any(need.paths is None for need in each.needs) or size > MOST:
            whole += each.needs
        elif each.scope:
            samples = max(min(SAMPLES, TRIED // size), 2) if each.drawn else 1
            constraints.append(_constraint(bench, each, samples))
    return Combining(
        constraints=tuple(constraints),
        whole=tuple(whole),
        scopes=tuple((each.needs[0], each.scope) for each in asked),
        bench=bench,
    )


def _together(asked: Sequence[_Asked], parameters: Sequence[Parameter]) -> list[_Asked]:
    """Return ``asked`` with those as one that read what is drawn in common, where they are few."""
    groups: list[_Asked] = []
    for each in asked:
        group = each
        rest: list[_Asked] = []
        for other in groups:
            wider = group.joined(other)
            is_near = not group.drawn.isdisjoint(other.drawn)
            if is_near and _size(wider.scope, parameters) <= MOST:
                group = wider
            else:
                rest.append(other)
        groups = [*rest, group]
    return groups


def _size(scope: Sequence[int], parameters: Sequence[Parameter]) -> int:
    return math.prod(len(parameters[place].values) for place in scope)


def _constraint(bench: Bench, asked: _Asked, samples: int) -> Constraint:
    def allows(numbers: tuple[int, ...]) -> bool:
        return bench.has_fit(zip(asked.scope, numbers, strict=True), asked.needs, samples)

    return Constraint(scope=asked.scope, allows=allows)


def _shown(place: int, guard: int | None, parameters: Sequence[Parameter]) -> Constraint | None:
    """Return that a parameter has a value of its own exactly where the object around is there."""
    if guard is None:
        return None

    def allows(numbers: tuple[int, ...]) -> bool:
        around, own = (parameters[guard].values[numbers[0]], parameters[place].values[numbers[1]])
        return (around.state == PRESENT) is not own.is_hidden

    return Constraint(scope=(guard, place), allows=allows)


def _asked(need: Need, plan: RecordPlan, parameters: Sequence[Parameter]) -> _Asked:
    """Return which parameters ``need`` reads, and what else of a record, which is drawn."""
    if need.paths is None:
        return _Asked(needs=(need,), scope=tuple(range(len(parameters))), drawn=frozenset())
    found = [item for path in need.paths for item in leaves_below(plan.shape, path)]
    seen: dict[Path, tuple[Leaf, bool]] = {}
    while found:
        path, leaf, is_sure = found.pop()
        seen[path] = (leaf, is_sure)
        if isinstance(leaf.generator, Template):
            named = [part.path for part in leaf.generator.parts if part.path]
            targets = [(each, find_shape(plan.shape, each)) for each in named]
            found += [(each, shape, is_sure) for each, shape in targets if isinstance(shape, Leaf)]
    scope = tuple(
        place
        for place, parameter in enumerate(parameters)
        if any(path[: len(own)] == own for path in seen for own in parameter.paths)
    )
    decided = {path for place in scope for path in parameters[place].paths}
    loose = {
        path
        for place in scope
        for value in parameters[place].values
        for path, written in zip(parameters[place].paths, value.written, strict=False)
        if isinstance(written, Free)
    }
    drawn = {
        path
        for path, (leaf, is_sure) in seen.items()
        if not isinstance(leaf.generator, Constant | Template)
        and (path not in decided or path in loose or not is_sure)
    }
    return _Asked(needs=(need,), scope=scope, drawn=frozenset(drawn))


def _sample_program(plan: RecordPlan, parameters: Iterable[Parameter]) -> Program:
    """Return the program of records in which all is there that parameters can take away."""
    paths = {path for each in parameters if each.has_states for path in each.paths}
    shape = _with_all(plan.shape, paths, ())
    whole = shape if isinstance(shape, ObjectShape) else plan.shape
    return compile_program(replace(plan, shape=whole, first=()))


def _with_all(shape: Shape, paths: set[Path], path: Path) -> Shape:
    """Return ``shape`` with what is at ``paths`` always there."""
    if path in paths:
        sure = replace(
            shape.modifiers, null=shape.modifiers.null * 0, omit=shape.modifiers.omit * 0
        )
        shape = replace(shape, modifiers=sure)
    if isinstance(shape, Leaf):
        return shape
    if isinstance(shape, ObjectShape):
        return replace(
            shape,
            members=tuple(
                replace(member, shape=_with_all(member.shape, paths, (*path, member.name)))
                for member in shape.members
            ),
        )
    return _with_all_elements(shape, paths, path)


def _with_all_elements(array: ArrayShape, paths: set[Path], path: Path) -> ArrayShape:
    return replace(
        array,
        elements=tuple(_with_all(element, paths, path) for element in array.elements),
        items=None if array.items is None else _with_all(array.items, paths, path),
    )
