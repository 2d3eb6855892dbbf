"""Origins: the lines of specs that have a part in a value of a record, and words for them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from mockgen_watch.canonical import canonical
from mockgen_watch.errors import UsageError
from mockgen_watch.expressions.syntax import parse
from mockgen_watch.masters.merge import key_path
from mockgen_watch.rules.cel import fields_of
from mockgen_watch.rules.values import MISSING, Missing, Place, value_at
from mockgen_watch.scenarios.chosen import fitting_rows, way_to
from mockgen_watch.scenarios.promise.facts import bare_path
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.document import Json, pointer_of
from mockgen_watch.spec.moments import format_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.masters.chain import ResolvedMaster
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.scenarios.chosen import Way
    from mockgen_watch.scenarios.labels import Case, Fault
    from mockgen_watch.workflow.targets import Target

    Path = tuple[str, ...]


class FoundShape(Struct, frozen=True, kw_only=True):
    """A shape, and the indexes of array elements on the way to it."""

    shape: spec.Shape
    elements: tuple[int, ...]


def split_pointer(pointer: str) -> tuple[str, ...]:
    """Return the segments of a JSON Pointer (RFC 6901); a leading slash may be left out."""
    if not pointer.strip("/"):
        return ()
    parts = pointer.removeprefix("/").split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def locate_record(
    output: OutputPlan, file_number: int | None, segments: Sequence[str]
) -> tuple[int, tuple[str, ...]]:
    """Return the index of the record that a pointer leads to, and the segments inside it.

    ``file_number`` is that of a split file, counted from 1.

    Raises:
        UsageError: the pointer names no record of the file.
    """
    layout = output.output.layout
    if layout is spec.Layout.SINGLE:
        return 0, tuple(segments)
    if layout is spec.Layout.SPLIT:
        if file_number is None or not 1 <= file_number <= output.count:
            raise UsageError(f"{output.model}/{output.scenario} has no file with this number")
        return file_number - 1, tuple(segments)
    if not segments or not segments[0].isdigit():
        raise UsageError("the pointer must begin with the record's index, as in #/0/FIELD")
    index = int(segments[0])
    if index >= output.count:
        raise UsageError(f"there are {output.count} records; the last index is {output.count - 1}")
    return index, tuple(segments[1:])


def shape_at(plan: RecordPlan, segments: Sequence[str]) -> FoundShape:
    """Return the shape that ``segments`` lead to, or into, in a record of ``plan``.

    Raises:
        UsageError: no record of this plan has such a place.
    """
    shape: spec.Shape = plan.shape
    elements: list[int] = []
    for place, segment in enumerate(segments):
        if isinstance(shape, spec.ObjectShape):
            inner = shape.get(segment)
        elif isinstance(shape, spec.ArrayShape):
            inner = _element(shape, segment)
            elements.append(int(segment) if segment.isdigit() else 0)
        else:
            break
        if inner is None:
            where = pointer_of(segments[:place]) or "the record"
            raise UsageError(f"{where} has no {segment!r}")
        shape = inner
    return FoundShape(shape=shape, elements=tuple(elements))


def _element(array: spec.ArrayShape, segment: str) -> spec.Shape | None:
    if not segment.isdigit():
        return None
    number = int(segment)
    if array.items is not None and number < array.maximum:
        return array.items
    return array.elements[number] if number < len(array.elements) else None


def locate_value(record: Json, segments: Iterable[str]) -> tuple[Place, Json | Missing]:
    """Return the place that ``segments`` lead to in a record, and the value there."""
    place: list[str | int] = []
    here: Json | Missing = record
    for segment in segments:
        is_index = isinstance(here, list) and segment.isdigit()
        place.append(int(segment) if is_index else segment)
        here = MISSING if isinstance(here, Missing) else value_at(here, tuple(place[-1:]))
    return tuple(place), here


_MIXING = frozenset({spec.MergeKind.APPEND, spec.MergeKind.UNION, spec.MergeKind.BY_KEY})


class Role(StrEnum):
    """What part a line has in a value."""

    CASE = "case"
    ROW = "row"
    PARENT = "parent"
    MADE_OF = "made of"
    OVER = "over"
    RULE = "rule"
    EXCLUSION = "excludes"
    COVERAGE = "covers"


class Step(Struct, frozen=True, kw_only=True):
    """One line of a spec that has a part in a value, and what it says in words.

    ``name`` is that of the master, model, scenario, field, rule or clause.
    """

    role: Role
    name: str
    location: Location
    text: str = ""


def trace(
    target: Target, plan: RecordPlan, case: Case, path: Sequence[str], origin: spec.Origin
) -> tuple[Step, ...]:
    """Return what has a part in the value at ``path`` of a record, beside its ``origin``.

    ``plan`` is what made the record, which for a mix is not that of the target.
    """
    path = tuple(path)
    shape = find_leaf(plan.shape, path)
    sources = () if shape is None else _sources(plan, shape, case.record, path)
    way = way_to(plan, case.record, path)
    cases = () if case.faults else _cases(way)
    layers = _layers_at(target, plan, path[: way.depth])
    if way.depth < len(path):
        # The other shapes of a choice may have the same key.
        sources = () if way.end is None else _sources(plan, way.end, case.record, path)
    steps = dict.fromkeys((*cases, *sources, *layers, *_rules_on(plan, path)))
    return tuple(
        step for step in steps if step.role is not Role.OVER or step.location != origin.location
    )


def _cases(way: Way) -> Iterator[Step]:
    """Yield the alternative that holds at each choice on the way to a value, and what it is."""
    for number, _, generator in way.choices:
        name = f"{number + 1} of {len(generator.alternatives)}"
        alternative = generator.alternatives[number]
        text = describe_shape(alternative.shape)
        yield Step(role=Role.CASE, name=name, location=alternative.location, text=text)
    if way.is_below and way.end is not None:
        yield _step(Role.CASE, way.name, way.end)


def describe_shape(shape: object) -> str:
    """Say in one line how a leaf chooses its value; nothing of objects and arrays."""
    return describe(shape.generator) if isinstance(shape, spec.Leaf) else ""


def find_leaf(shape: spec.ObjectShape, place: Place) -> spec.Shape | None:
    """Return what ``place`` leads to; in an array that has no such element, another one."""
    names = tuple(map(str, place))
    found: spec.Shape | None = shape
    for name in names:
        if isinstance(found, spec.ObjectShape):
            found = found.get(name)
        elif isinstance(found, spec.ArrayShape) and name.isdecimal():
            number = int(name)
            has_own = number < len(found.elements)
            found = found.elements[number] if has_own else found.items
        else:
            found = None
    return found or spec.find_shape(shape, bare_path(names))


def fault_at(case: Case, path: Sequence[str]) -> Fault | None:
    """Return the fault that changed the value at ``path``, or a value that it is part of."""
    for fault in reversed(case.faults):
        if any(leads_to(place, path) for place in fault.places):
            return fault
    return None


def leads_to(place: Place, path: Sequence[str]) -> bool:
    """Return whether ``path`` is ``place``, or below it."""
    return tuple(path[: len(place)]) == tuple(map(str, place))


def find_statement(plan: RecordPlan, index: int, segments: Sequence[str]) -> spec.Statement | None:
    """Return what the spec states at ``segments`` of record ``index``, or above; else None."""
    for statement in plan.stated:
        way = tuple(segments[: len(statement.path)])
        if statement.record == index and statement.path == way:
            return statement
    return None


def _sources(plan: RecordPlan, shape: spec.Shape, record: Json, path: Path) -> Iterator[Step]:
    """Yield where the value of a row, a reference or a template comes from."""
    generator = shape.generator if isinstance(shape, spec.Leaf) else None
    row = None if generator is None else generators.row_of(generator)
    if row is not None:
        yield from _row(plan, row, record, path)
    elif isinstance(generator, generators.Reference):
        yield from _parents(plan, generator)
    elif generator is not None:
        for name in generators.names_of(generator):
            found = spec.find_shape(plan.shape, name)
            if found is not None:
                yield _step(Role.MADE_OF, ".".join(name), found)


def _row(plan: RecordPlan, row: generators.RowField, record: Json, path: Path) -> Iterator[Step]:
    """Yield the row that agrees with all fields of the record that are taken from it."""
    _, home = locate_value(record, path[:-1])
    found = fitting_rows(find_leaf(plan.shape, path[:-1]), home, row.address)
    if found:
        places = [each.identity for each in row.rows.entries]
        name = f"{places.index(found[0].identity) + 1} of {len(places)}"
        yield Step(role=Role.ROW, name=name, location=found[0].location)


def _parents(plan: RecordPlan, reference: generators.Reference) -> Iterator[Step]:
    """Yield the field of the parent, that of the parent's parent, and so on."""
    parents = dict(plan.parents)
    while reference in parents:
        plan = parents[reference]
        found = spec.find_shape(plan.shape, reference.path)
        if found is None:
            return
        yield _step(Role.PARENT, f"{reference.model}.{'.'.join(reference.path)}", found)
        generator = found.generator if isinstance(found, spec.Leaf) else None
        if not isinstance(generator, generators.Reference):
            return
        reference, parents = generator, dict(plan.parents)


def _layers_at(target: Target, plan: RecordPlan, path: Path) -> Iterator[Step]:
    """Yield what scenario, model and masters say at ``path``: the upper before the lower."""
    loaded = target.suites.read(target.plan.suite)
    if loaded.master is not None and _is_mixed(loaded.master, path):
        return
    models = () if loaded.user_input is None else loaded.user_input.models
    model = next((model for model in models if model.name == target.plan.model), None)
    own = _path_in_model(plan, path)
    if model is not None and own is not None:
        scenarios = {scenario.name: scenario for scenario in model.scenarios}
        names = dict.fromkeys((target.plan.scenario, plan.scenario))
        for name in names:
            if name not in scenarios:
                continue
            twin = spec.twin_of(model, scenarios[name])
            found = None if twin.overlay is None else find_leaf(twin.overlay, own)
            if found is not None:
                yield _step(Role.OVER, f"scenario {twin.name}", found)
        found = find_leaf(model.shape, own)
        if found is not None:
            yield _step(Role.OVER, f"model {model.name}", found)
    for file in () if loaded.master is None else loaded.master.files:
        master = target.suites.masters().get(file)
        found = None if master is None else find_leaf(master.shape, path)
        if found is not None:
            yield _step(Role.OVER, f"master {file}", found)


def _is_mixed(master: ResolvedMaster, path: Path) -> bool:
    """Return whether ``path`` enters an array whose elements come from several layers.

    The index of an element is then not its index in one of them.
    """
    arrays = [
        (*master.slot, *key_path(policy.path))
        for policy in master.policies
        if policy.kind in _MIXING
    ]
    return any(leads_to(array, bare_path(path)) for array in arrays)


def _rules_on(plan: RecordPlan, path: Path) -> Iterator[Step]:
    place = bare_path(path)
    for rule in plan.rules:
        if any(_meets(plan.path_of(field), place) for field in _fields(rule)):
            yield Step(role=Role.RULE, name=rule.name, location=rule.location)
    for clause in plan.exclusions:
        for condition in clause.conditions:
            if _meets(plan.path_of(condition.field), place):
                yield Step(role=Role.EXCLUSION, name=clause.name, location=condition.location)


def _fields(rule: spec.RuleSpec) -> tuple[Path, ...]:
    if rule.kind is spec.RuleKind.CEL:
        return fields_of(parse(rule.expression), rule.field) or ()
    return (rule.field,) if rule.field else ()


def _meets(field: Path, place: Path) -> bool:
    """Return whether ``place`` is the field, is in it or contains it."""
    field = bare_path(field)
    shorter = min(len(field), len(place))
    return field[:shorter] == place[:shorter]


def _path_in_model(plan: RecordPlan, place: Path) -> Path | None:
    """Return where the model has what is written at ``place``; None outside of the slot."""
    if place[: len(plan.slot)] != plan.slot:
        return None
    inner = place[len(plan.slot) :]
    for source, target in sorted(plan.moves, key=lambda move: -len(move[1])):
        if inner[: len(target)] == target:
            return (*source, *inner[len(target) :])
    return inner


def _step(role: Role, name: str, shape: spec.Shape) -> Step:
    text = describe(shape.generator) if isinstance(shape, spec.Leaf) else ""
    return Step(role=role, name=name, location=shape.origin.location, text=text)


class Odds(Struct, frozen=True, kw_only=True):
    """One value that a leaf can have, and its probability (0 to 1) before null and omit."""

    value: Json
    share: Decimal
    location: Location


def pool_odds(generator: generators.Generator) -> tuple[Odds, ...]:
    """Return the values of a pool with their odds, likeliest first; empty for other generators.

    Values that a merge or a row makes equal are added up.
    """
    pool = generator.rows if isinstance(generator, generators.RowField) else generator
    if not isinstance(pool, generators.Pool):
        return ()
    values = [entry.value for entry in pool.entries]
    if isinstance(generator, generators.RowField):
        values = [row.get(generator.key) if isinstance(row, dict) else None for row in values]
    total = sum((entry.weight for entry in pool.entries), Decimal(0))
    shares: dict[bytes, Odds] = {}
    for value, entry in zip(values, pool.entries, strict=True):
        key = canonical(value)
        before = shares.get(key)
        share = entry.weight / total + (before.share if before else 0)
        location = before.location if before else entry.location
        shares[key] = Odds(value=value, share=share, location=location)
    return tuple(sorted(shares.values(), key=lambda odds: -odds.share))


def describe(generator: generators.Generator) -> str:
    """Say in one line how ``generator`` chooses."""
    return _WORDS[type(generator)](generator)


def _pool(pool: generators.Pool) -> str:
    origin = f" of the vocabulary {pool.source}" if pool.source else ""
    return f"one of {len(pool.entries)} values{origin}"


def _template(template: generators.Template) -> str:
    parts = (part.text or "{" + ".".join(part.path) + "}" for part in template.parts)
    return "text built as " + "".join(parts)


def _computed(computed: generators.Computed) -> str:
    places = "" if computed.decimals is None else f", rounded to {computed.decimals} decimals"
    return f"computed as {computed.expression.text}{places}"


def _reference(reference: generators.Reference) -> str:
    owner = f"{reference.suite}:{reference.model}" if reference.suite else reference.model
    whose = f"the field {'.'.join(reference.path)} of a record of {owner}"
    if reference.roots:
        first = (
            "the first record has"
            if reference.roots == 1
            else (f"the first {reference.roots} records have")
        )
        return (
            f"the field {'.'.join(reference.path)} of an earlier record, except that {first} none"
        )
    if not reference.each:
        return whose
    low, high = reference.each
    return f"{whose}, {low if low == high else f'{low} to {high}'} for each"


def _number(number: generators.Number) -> str:
    kind = "an integer" if number.integer else "a number"
    low = "" if number.minimum is None else f" from {number.minimum}"
    high = "" if number.maximum is None else f" to {number.maximum}"
    params = ", ".join(f"{name} {value}" for name, value in number.distribution.params)
    shape = f", {number.distribution.kind}" + (f" ({params})" if params else "")
    return f"{kind}{low}{high}{shape}"


def _moment(moment: generators.Moment) -> str:
    steps = (moment.last - moment.first) // moment.step
    return f"a {moment.kind} from {format_moment(moment, 0)} to {format_moment(moment, steps)}"


_WORDS: dict[type, Callable[[Any], str]] = {
    generators.Constant: lambda _: "a constant",
    generators.Pool: _pool,
    generators.RowField: lambda row: f"the field {row.key} of one of {len(row.rows.entries)} rows",
    generators.Pattern: lambda pattern: f"text that matches {pattern.source}",
    generators.CheckedPattern: lambda pattern: f"text that matches {pattern.source}",
    generators.Boolean: lambda boolean: f"true with probability {boolean.true}",
    generators.Uuid: lambda _: "a UUID derived from the address",
    generators.SequenceNumber: lambda number: (
        f"a sequence from {number.start} with step {number.step}"
    ),
    generators.Progression: lambda each: (
        f"a sequence of {'numbers' if each.moment is None else f'{each.moment}s'} by steps"
    ),
    generators.RecordIndex: lambda index: (
        f"the index of the {'element' if index.element else 'record'}"
        + (" among those of its parent" if index.sibling else "")
    ),
    generators.Template: _template,
    generators.Alternatives: lambda each: (
        f"one of {len(each.alternatives)} alternatives"
        + (f", depending on {'.'.join(each.given)}" if each.given else "")
        if each.row is None
        else f"the field {each.row.key} of one of {len(each.alternatives)} rows"
    ),
    generators.FieldValue: lambda field: f"the value of {'.'.join(field.path)}",
    generators.Computed: _computed,
    generators.Reference: _reference,
    generators.Number: _number,
    generators.Moment: _moment,
}


def describe_modifiers(modifiers: spec.Modifiers) -> tuple[str, ...]:
    """Return one phrase for each modifier that does something."""
    phrases = (
        (modifiers.omit, f"absent with probability {modifiers.omit}"),
        (modifiers.null, f"null with probability {modifiers.null}"),
        (modifiers.unique, "never the same twice"),
        (
            modifiers.together,
            "never the same twice together: " + ", ".join(path[-1] for path in modifiers.together),
        ),
        (modifiers.distinct, "never the same twice in one array"),
        (modifiers.transforms, "transformed by " + ", ".join(modifiers.transforms)),
        (modifiers.check, f"with valid check digits ({modifiers.check})"),
        (modifiers.to, "written to " + ".".join(modifiers.to)),
    )
    return tuple(phrase for is_set, phrase in phrases if is_set)
