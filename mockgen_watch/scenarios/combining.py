"""Takes parameters and what records have to be; gives which of their values go together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from mockgen_watch.dataclass import dataclass, replace
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.generate.records import record_at
from mockgen_watch.masters.trees import find_shape
from mockgen_watch.rules.places import with_value
from mockgen_watch.scenarios.facts import MOST, leaves_below
from mockgen_watch.scenarios.feasible import Constraint
from mockgen_watch.scenarios.parameter_values import Free
from mockgen_watch.scenarios.parameters import PRESENT
from mockgen_watch.spec.generators import Constant, Template
from mockgen_watch.spec.model import Leaf, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.places import Path
    from mockgen_watch.scenarios.needs import Need
    from mockgen_watch.scenarios.parameters import Parameter
    from mockgen_watch.scenarios.problem import Row
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import ArrayShape, Shape

SAMPLES: Final = 64
"""Records that a combination is tried in before it counts as one that cannot be."""

TRIED: Final = 20_000
"""Records that one need is tried on at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Combining:
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
        """Tell whether some record of ``row`` is what ``whole`` asks for."""
        return self.bench.has_fit(enumerate(row), self.whole, SAMPLES)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bench:
    """Records on which combinations are tried: everything is there, the rest is drawn.

    Attributes:
        parameters: whose values are put into the records.
        samples: the records.
    """

    parameters: tuple[Parameter, ...]
    samples: tuple[Json, ...]

    def has_fit(
        self, chosen: Iterable[tuple[int, int]], needs: Sequence[Need], samples: int
    ) -> bool:
        """Tell whether a record with ``chosen`` (parameter, value) is what ``needs`` ask for."""
        values = [(self.parameters[place], number) for place, number in chosen]
        # What is around goes first, so that what is within finds its place.
        values.sort(key=lambda item: len(item[0].places[0]))
        for sample in self.samples[:samples]:
            record = sample
            for parameter, number in values:
                written = parameter.values[number].written
                for place, value in zip(parameter.places, written, strict=False):
                    if not isinstance(value, Free):
                        record = with_value(record, place, value)
            if all(need.holds(record) for need in needs):
                return True
        return False


def combine(
    plan: RecordPlan, parameters: tuple[Parameter, ...], needs: Sequence[Need]
) -> Combining:
    """Return what ``needs`` and absent objects say of ``parameters``."""
    bench = Bench(parameters=parameters, samples=_samples(plan, parameters) if needs else ())
    constraints = [_shown(place, each.guard, parameters) for place, each in enumerate(parameters)]
    whole: list[Need] = []
    scopes: list[tuple[Need, tuple[int, ...]]] = []
    for need in needs:
        scope, is_free = _scope(need, plan, parameters)
        scopes.append((need, scope))
        size = math.prod(len(parameters[place].values) for place in scope)
        if not scope:
            continue
        if need.paths is None or size > MOST:
            whole.append(need)
        else:
            samples = max(min(SAMPLES, TRIED // size), 2) if is_free else 1
            constraints.append(_constraint(bench, need, scope, samples))
    return Combining(
        constraints=tuple(each for each in constraints if each is not None),
        whole=tuple(whole),
        scopes=tuple(scopes),
        bench=bench,
    )


def _constraint(bench: Bench, need: Need, scope: tuple[int, ...], samples: int) -> Constraint:
    def allows(numbers: tuple[int, ...]) -> bool:
        return bench.has_fit(zip(scope, numbers, strict=True), (need,), samples)

    return Constraint(scope=scope, allows=allows)


def _shown(place: int, guard: int | None, parameters: Sequence[Parameter]) -> Constraint | None:
    """Return that a parameter has a value of its own exactly where the object around is there."""
    if guard is None:
        return None

    def allows(numbers: tuple[int, ...]) -> bool:
        around, own = (parameters[guard].values[numbers[0]], parameters[place].values[numbers[1]])
        return (around.state == PRESENT) is not own.is_hidden

    return Constraint(scope=(guard, place), allows=allows)


def _scope(
    need: Need, plan: RecordPlan, parameters: Sequence[Parameter]
) -> tuple[tuple[int, ...], bool]:
    """Return the parameters that ``need`` reads, and whether it reads what is drawn as well."""
    if need.paths is None:
        return tuple(range(len(parameters))), True
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
    is_free = any(
        not isinstance(leaf.generator, Constant | Template) and (path not in decided or not is_sure)
        for path, (leaf, is_sure) in seen.items()
    )
    has_inside = any(
        isinstance(written, Free)
        for place in scope
        for value in parameters[place].values
        for written in value.written
    )
    return scope, is_free or has_inside


def _samples(plan: RecordPlan, parameters: Iterable[Parameter]) -> tuple[Json, ...]:
    """Return records in which everything is there that parameters can take away."""
    paths = {path for each in parameters if each.has_states for path in each.paths}
    shape = _with_all(plan.shape, paths, ())
    shown = replace(plan, shape=shape if isinstance(shape, ObjectShape) else plan.shape, first=())
    program = compile_program(shown)
    return tuple(record_at(program, index) for index in range(SAMPLES))


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
