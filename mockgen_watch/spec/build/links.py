"""Links: what the models of one file name, in templates, references and mixes, must exist.

Also circles of names, and unique fields with fewer values than records. Where a master may add
fields, an unknown one is reported only when it is a typing slip; the plan, which knows the master,
reports the others.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Fix, Location, Related, ask_for, is_slip, nearest_word
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build.fixes import word_fix
from mockgen_watch.spec.build.reader import Build, spec_key
from mockgen_watch.spec.build.scenarios import BASE, scenario_name
from mockgen_watch.spec.build.slips import warn_of_emptied_text
from mockgen_watch.spec.moments import first_alike

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mockgen_watch.spec.document import Json

    _Records: TypeAlias = Mapping[str, tuple["Records", ...]]
    _Node: TypeAlias = tuple[str, str, spec.Position]
    _Graph: TypeAlias = dict[_Node, tuple[spec.Leaf, tuple[_Node, ...]]]

MAX_CHAIN: Final = 100


class Records(Struct, frozen=True, kw_only=True):
    """What the records of one scenario look like, before any master."""

    model: spec.Model
    scenario: spec.Scenario
    shape: spec.ObjectShape


class _Found(Struct, frozen=True, kw_only=True):
    """What a path leads to.

    Attributes:
        leaf: where it ends; None when it leads nowhere or that is unknown.
        position: of ``leaf``.
        problem: why it leads nowhere; ``""`` otherwise.
        missing: the key that does not exist, with ``known`` the keys that do.
    """

    leaf: spec.Leaf | None = None
    position: spec.Position = ()
    problem: str = ""
    missing: str = ""
    known: tuple[str, ...] = ()

    @property
    def nearest(self) -> str:
        """The key that the missing one most likely stands for."""
        return nearest_word(self.missing, self.known) if self.missing else ""


def check_links(models: Sequence[spec.Model], build: Build) -> None:
    """Report names that lead nowhere, circles, and unique fields with too few values."""
    records = {model.name: records_of(model) for model in models}
    graph: _Graph = {}
    for model in models:
        _check_mixes(model, build)
        _check_twins(model, build)
        _check_cases(records[model.name], build)
        for group in records[model.name]:
            for position, leaf in spec.walk_positions(group.shape):
                if leaf.modifiers.transforms:
                    find = partial(_leaf_at, group.shape, build, position)
                    warn_of_emptied_text(leaf, build, find)
                if isinstance(
                    leaf.generator,
                    generators.Template | generators.FieldValue | generators.Alternatives,
                ):
                    below = _check_names(position, leaf, group, build)
                elif isinstance(leaf.generator, generators.Reference) and not leaf.generator.suite:
                    below = _check_reference(leaf.generator, leaf, records, build)
                else:
                    below = _read_below(leaf, group)
                if not below:
                    continue
                graph[model.name, group.scenario.name, position] = (leaf, below)
    _check_unique(models, records, build)
    for model in models:
        for group in records[model.name]:
            _check_distinct(group.shape, 0, records, build)
    _check_circles(graph, build)


def records_of(model: spec.Model) -> tuple[Records, ...]:
    """Return the records of every scenario that is no mix."""
    return tuple(
        Records(model=model, scenario=scenario, shape=_shape_of(model, scenario))
        for scenario in model.scenarios
        if not scenario.mix
    )


def _shape_of(model: spec.Model, scenario: spec.Scenario) -> spec.ObjectShape:
    """Return the record of ``scenario``: broken records have the fields of their twins as well."""
    twin = spec.twin_of(model, scenario)
    shape = _lay_over(model.shape, twin.overlay)
    return shape if twin is scenario else _lay_over(shape, scenario.overlay)


def _lay_over(under: spec.ObjectShape, over: spec.ObjectShape | None) -> spec.ObjectShape:
    """Return ``under`` with the members of ``over`` laid over it.

    Objects are merged member by member; any other shape of ``over`` takes the place of what it
    covers; members that ``under`` lacks come last. A deleted leaf stays, as the leaf that it is.
    """
    if over is None:
        return under
    members = {member.name: member for member in under.members}
    for cover in over.members:
        covered = members[cover.name].shape if cover.name in members else None
        if isinstance(covered, spec.ObjectShape) and isinstance(cover.shape, spec.ObjectShape):
            members[cover.name] = replace(cover, shape=_lay_over(covered, cover.shape))
        else:
            members[cover.name] = cover
    return replace(under, members=tuple(members.values()))


def _referenced(reference: generators.Reference, records: _Records) -> Records | None:
    """Return the records that a reference draws from; None when there is no such scenario."""
    groups = records.get(reference.model, ())
    by_name = {group.scenario.name: group for group in groups}
    if reference.scenario:
        return by_name.get(scenario_name(reference.scenario))
    first = groups[0] if groups else None
    return by_name.get(BASE) or by_name.get("positive") or first


def _find_field(
    shape: spec.ObjectShape, path: spec.KeyPath, build: Build, reader: spec.Position = ()
) -> _Found:
    """Return what ``path`` leads to, seen from the leaf ``reader`` of the same record.

    An array can be entered only where ``reader`` is inside of it: the element is then the same.
    Nothing is known about open objects; errors are reported there already.
    """
    here: spec.Shape = shape
    gone: spec.Position = ()
    for key in path:
        if isinstance(here, spec.Leaf) and spec.alternatives_of(here):
            return _below_alternatives(here, path, gone, reader)
        while isinstance(here, spec.ArrayShape):
            is_shared = reader[: len(gone)] == gone and len(reader) > len(gone)
            index = reader[len(gone)] if is_shared else None
            if not isinstance(index, int):
                name = ".".join(map(str, gone))
                return _Found(problem=f'"{name}" is an array: name one of its elements')
            here, gone = spec.element_shapes(here)[index], (*gone, index)
        below = here.get(key) if isinstance(here, spec.ObjectShape) else None
        if below is None:
            if here.address in build.open_objects:
                return _Found()
            members = here.members if isinstance(here, spec.ObjectShape) else ()
            known = tuple(member.name for member in members)
            return _Found(problem=f'unknown field "{key}"', missing=key, known=known)
        here, gone = below, (*gone, key)
    if not isinstance(here, spec.Leaf):
        kind = "an object" if isinstance(here, spec.ObjectShape) else "an array"
        return _Found(problem=f'"{".".join(path)}" is {kind}, not a single value')
    return _Found(leaf=here, position=gone)


def _below_alternatives(
    leaf: spec.Leaf, path: spec.KeyPath, gone: spec.Position, reader: spec.Position
) -> _Found:
    """Return what the rest of ``path`` leads to in one of the alternatives of ``leaf``."""
    rest = path[len(spec.keys_of(gone)) :]
    parts = spec.find_shapes(leaf, rest)
    inner = next((part for part in parts if isinstance(part, spec.Leaf)), None)
    if inner is not None:
        # The leaf as a whole stands for its alternatives, unless it is the reader's own.
        is_own = reader[: len(gone)] == gone
        return _Found() if is_own else _Found(leaf=leaf, position=gone)
    missing, known = spec.missing_key(leaf, rest)
    if not missing:
        return _Found(problem=f'"{".".join(path)}" is not a single value')
    return _Found(problem=f'unknown field "{missing}"', missing=missing, known=tuple(known))


def _check_mixes(model: spec.Model, build: Build) -> None:
    plain = {scenario.name for scenario in model.scenarios if not scenario.mix}
    mixes = {scenario.name for scenario in model.scenarios if scenario.mix}
    for scenario in model.scenarios:
        for part in scenario.mix:
            if part.scenario in plain:
                continue
            fix: tuple[Fix, ...] = ()
            if part.scenario in mixes:
                message, hint = (
                    f'"{part.scenario}" is itself a mix',
                    "a mix can only take scenarios that are not mixes",
                )
            else:
                message = f'{model.name} has no scenario "{part.scenario}"'
                near = nearest_word(part.scenario, plain)
                hint = ask_for(near) or _list("it has", sorted(plain))
                fix = build.entries[part.location].key_fix(spec_key(near))
            build.diagnostics.error("MG216", part.location, message, hint, fix=fix)


def _read_below(leaf: spec.Leaf, records: Records) -> tuple[_Node, ...]:
    """Return the fields that the expressions of ``leaf`` read; the plan checks what they name."""
    wanted = generators.names_of(leaf.generator)
    return tuple(
        (records.model.name, records.scenario.name, position)
        for position, _ in (spec.walk_positions(records.shape) if wanted else ())
        if any(spec.keys_of(position)[: len(path)] == path for path in wanted)
    )


def _leaf_at(
    shape: spec.ObjectShape, build: Build, reader: spec.Position, path: spec.KeyPath
) -> spec.Leaf | None:
    return _find_field(shape, path, build, reader).leaf


def _check_cases(scenarios: Sequence[Records], build: Build) -> None:
    """Report cases that no scenario has, as far as the values of the fields are known."""
    never: dict[Location, tuple[str, str, frozenset[str]]] = {}
    found: set[Location] = set()
    for records in scenarios:
        for position, leaf in spec.walk_positions(records.shape):
            generator = leaf.generator
            if not isinstance(generator, generators.Alternatives) or not generator.given:
                continue
            named = _find_field(records.shape, generator.given, build, position).leaf
            known = None
            if named is not None and not named.modifiers.transforms:
                known = _texts_of(named.generator)
            name = ".".join(generator.given)
            for location, text in _texts_asked(generator):
                if known is None or text in known:
                    found.add(location)
                else:
                    never[location] = (name, text, known)
    for location, (name, text, known) in never.items():
        if location not in found:
            near = nearest_word(text, known)
            hint = ask_for(near) or _list("its values are", sorted(known))
            build.diagnostics.error("MG203", location, f'{name} is never "{text}"', hint)


def _texts_asked(generator: generators.Alternatives) -> Iterator[tuple[Location, str]]:
    """Yield the cases that are one value, written as text, with their places."""
    for each in generator.alternatives:
        if each.case is not None and not (each.case.is_range or each.case.is_value):
            yield each.location, each.case.text


def _texts_of(generator: generators.Generator) -> frozenset[str] | None:
    """Return the texts of all values of a constant, a pool or a boolean; None for others."""
    if isinstance(generator, generators.Boolean):
        return frozenset({"true", "false"})
    values: list[Json]
    if isinstance(generator, generators.Constant):
        values = [generator.value]
    elif isinstance(generator, generators.Pool):
        values = [entry.value for entry in generator.entries]
    else:
        return None
    return frozenset(json.dumps(v, default=str) if not isinstance(v, str) else v for v in values)


def _check_twins(model: spec.Model, build: Build) -> None:
    """Report ``$negative_of`` that names no scenario whose records can have twins."""
    scenarios = {scenario.name: scenario for scenario in model.scenarios}
    for scenario in model.scenarios:
        twin, entry = scenario.negative_of, build.entries.get(scenario.location)
        if not twin or entry is None or entry.key != "$negative_of":
            continue
        other = scenarios.get(twin)
        if other is not None and not other.mix and other.promise is spec.Promise.VALID:
            continue
        known = [
            name for name, each in scenarios.items()
            if not each.mix and each.promise is spec.Promise.VALID
        ]  # fmt: skip
        near = nearest_word(twin, known)
        message = f'{model.name} has no scenario "{twin}"'
        if other is not None:
            what = "a mix" if other.mix else f"a scenario of {other.promise} records"
            message, near = f'"{twin}" is {what}; its records have no negative twins', ""
        hint = ask_for(near) or _list("valid scenarios are", known)
        build.diagnostics.error(
            "MG216", entry.location, message, hint, fix=entry.text_fix(near) if near else ()
        )


def _check_names(
    position: spec.Position, leaf: spec.Leaf, records: Records, build: Build
) -> tuple[_Node, ...]:
    """Report fields that ``leaf`` names and that are not there, and return those that are."""
    ends: list[_Node] = []
    is_template = isinstance(leaf.generator, generators.Template)
    for path in generators.names_of(leaf.generator):
        found = _find_field(records.shape, path, build, position)
        if _is_wrong(found, build):
            name = ".".join(path)
            is_given = isinstance(leaf.generator, generators.Alternatives)
            word = "$given" if is_given else "$field"
            _report(found, f"{{{name}}}" if is_template else f"{word} {name}", leaf, build)
        if found.leaf is not None:
            ends.append((records.model.name, records.scenario.name, found.position))
    return tuple(ends)


def _check_reference(
    reference: generators.Reference, leaf: spec.Leaf, records: _Records, build: Build
) -> tuple[_Node, ...]:
    """Report what the reference names and is not there, and return the field that is."""
    entry = build.entries.get(leaf.origin.location)
    target = records.get(reference.model)
    if target is None:
        near = nearest_word(reference.model, records)
        hint = ask_for(near) or _list("the file has", list(records))
        message = f'$ref: unknown model "{reference.model}"'
        fix = word_fix(entry, reference.model, near)
        build.diagnostics.error("MG203", _place(leaf, build, "model"), message, hint, fix=fix)
        return ()
    group = _referenced(reference, records)
    if group is None:
        names = [item.scenario.name for item in target]
        near = nearest_word(reference.scenario, names)
        hint = ask_for(near) or _list("it has", names)
        message = (
            f'$ref: {reference.model} has no scenario "{reference.scenario}" that is not a mix'
        )
        fix = word_fix(entry, reference.scenario, near)
        build.diagnostics.error("MG216", _place(leaf, build, "scenario"), message, hint, fix=fix)
        return ()
    found = _find_field(group.shape, reference.path, build)
    if _is_wrong(found, build):
        name = f"$ref {reference.model}.{'.'.join(reference.path)}"
        _report(found, name, leaf, build)
    if found.leaf is None:
        return ()
    return ((reference.model, group.scenario.name, found.position),)


def _is_wrong(found: _Found, build: Build) -> bool:
    if not found.missing or not build.may_have_master:
        return bool(found.problem)
    return any(is_slip(found.missing, name) for name in found.known)


def _report(found: _Found, what: str, leaf: spec.Leaf, build: Build) -> None:
    code = "MG203" if found.missing else "MG218"
    fix = word_fix(build.entries.get(leaf.origin.location), found.missing, found.nearest)
    place = _place(leaf, build, "field")
    hint = ask_for(found.nearest)
    build.diagnostics.error(code, place, f"{what}: {found.problem}", hint, fix=fix)


def _place(leaf: spec.Leaf, build: Build, param: str = "") -> Location:
    """Return the place of the directive of ``leaf``, or of its parameter ``param`` if it has it."""
    entry = build.entries.get(leaf.origin.location)
    return leaf.origin.location if entry is None else (entry.get(param) or entry).location


def _list(start: str, names: Sequence[str]) -> str:
    return f"{start} {', '.join(names)}" if names else ""


class _Demand(Struct, frozen=True, kw_only=True):
    """What a unique leaf has to give.

    Attributes:
        times: how many values one record takes.
        scenario: the scenario that needs the most records.
    """

    leaf: spec.Leaf
    times: int
    scenario: spec.Scenario

    @property
    def values(self) -> int:
        return self.times * self.scenario.count


def _check_unique(models: Sequence[spec.Model], records: _Records, build: Build) -> None:
    """Report each unique field that cannot be, or has fewer values than an output needs."""
    for model in models:
        for group in records[model.name]:
            largest = _largest(group.scenario, model)
            for leaf, times in _unique_leaves(group.shape):
                if leaf.origin.location not in build.stand_ins:
                    demand = _Demand(leaf=leaf, times=times, scenario=largest)
                    _check_demand(demand, records, build)


def _check_distinct(shape: spec.Shape, most: int, records: _Records, build: Build) -> None:
    """Report each field that cannot differ in all of at most ``most`` elements of its array."""
    if isinstance(shape, spec.ObjectShape):
        for member in shape.members:
            _check_distinct(member.shape, most, records, build)
        return
    if isinstance(shape, spec.ArrayShape):
        for element in spec.element_shapes(shape):
            count = max(shape.maximum, len(shape.elements))
            _check_distinct(element, count, records, build)
        return
    if not shape.modifiers.distinct or shape.origin.location in build.stand_ins:
        return
    place = _place(shape, build)
    problem, hint = _why_alike(shape, records, build)
    if problem:
        build.diagnostics.error("MG204", place, problem, hint)
        return
    values = generators.capacity(shape.generator)
    if isinstance(shape.generator, generators.Reference):
        group = _referenced(shape.generator, records)
        values = None if group is None or _has_children(group) else group.scenario.count
    if values is not None and values < most:
        message = f"{values} different values are not enough for {most} elements of one array"
        build.diagnostics.error("MG214", place, message, "give the field more values, or lower max")


def _why_alike(leaf: spec.Leaf, records: _Records, build: Build) -> tuple[str, str]:
    """Return why two elements may have one value of ``leaf``, and what to do; ``""`` if not."""
    generator, modifiers = leaf.generator, leaf.modifiers
    if isinstance(generator, generators.Reference):
        if _repeats(generator, records, build):
            name = ".".join((generator.model, *generator.path))
            return f"{name} is not unique itself", "add $unique: true there as well"
    elif generators.capacity(generator) is None or generators.names_of(generator):
        return "this kind of value cannot be guaranteed to differ within one array", ""
    if modifiers.transforms or not generators.stay_apart(generator, modifiers.check):
        return "this kind of value cannot be guaranteed to differ within one array", ""
    if isinstance(generator, generators.Moment) and (text := first_alike(generator)):
        return _written_alike(text)
    if isinstance(generator, generators.RowField):
        rows = sum(1 for entry in generator.rows.entries if entry.weight)
        if (generators.capacity(generator) or 0) < rows:
            problem = f'two rows have the same "{generator.key}", so it can repeat within an array'
            return problem, "name a field that differs in every row"
    return "", ""


def _unique_leaves(shape: spec.Shape, times: int = 1) -> Iterator[tuple[spec.Leaf, int]]:
    """Yield each unique leaf with the most values that one record takes of it."""
    if isinstance(shape, spec.Leaf):
        if shape.modifiers.unique:
            yield shape, times
    elif isinstance(shape, spec.ObjectShape):
        for member in shape.members:
            yield from _unique_leaves(member.shape, times)
    else:
        most = max(shape.maximum, len(shape.elements))
        for element in spec.element_shapes(shape):
            yield from _unique_leaves(element, times * most)


def _largest(scenario: spec.Scenario, model: spec.Model) -> spec.Scenario:
    """Return the scenario with the most records among ``scenario`` and the mixes it is part of."""
    mixes = [
        other
        for other in model.scenarios
        if any(part.scenario == scenario.name for part in other.mix)
    ]
    return max((scenario, *mixes), key=lambda item: item.count)


def _check_demand(demand: _Demand, records: _Records, build: Build) -> None:
    generator = demand.leaf.generator
    values = generators.capacity(generator)
    if isinstance(generator, generators.Reference):
        values = _parents(demand, generator, records, build)
    problem, hint = _impossible(demand)
    if problem:
        build.diagnostics.error("MG204", _place(demand.leaf, build), problem, hint)
    elif values is not None and values < demand.values:
        needed = f'the {demand.scenario.count} records of "{demand.scenario.name}"'
        if demand.times > 1:
            needed = f"the {demand.values} elements in {needed}"
        message = f"{values} different values are not enough for {needed}"
        _too_few(demand, build, message, "give the field more values, or lower $count")
    elif isinstance(generator, generators.Pattern) and not generators.is_distinct(generator):
        message = "this pattern can produce the same string in two ways, so it cannot be unique"
        hint = "let each repeat be followed by a character that it cannot contain"
        _too_few(demand, build, message, hint)


def _impossible(demand: _Demand) -> tuple[str, str]:
    """Return why a leaf of this sort is never unique, and what to do; ``""`` when it can be."""
    leaf, generator = demand.leaf, demand.leaf.generator
    if not generators.stay_apart(generator, leaf.modifiers.check):
        hint = "use a $pattern, or a $sequence with step 10, or remove $unique"
        return "two values that differ only in the check digit become the same", hint
    if leaf.modifiers.transforms:
        hint = "transform the values themselves, or use a $template of this field"
        return "$transform can make two different values the same", hint
    if generators.names_of(generator):
        hint = "use a field that is $unique, a $sequence or a $uuid in it"
        return "a value made from other fields cannot be guaranteed to be unique", hint
    if isinstance(generator, generators.Moment) and (text := first_alike(generator)):
        return _written_alike(text)
    shaped = isinstance(generator, generators.Number) and (
        generator.distribution.kind is not generators.DistributionKind.UNIFORM
    )
    if shaped:
        return "unique numbers are spread evenly and cannot have a distribution", ""
    counted = isinstance(
        generator, generators.SequenceNumber | generators.RecordIndex | generators.Progression
    )
    if isinstance(generator, generators.RecordIndex) and generator.sibling:
        return "the count starts again at each parent", ""
    if counted and demand.times > 1:
        return "all elements of a record have the same number, so they are not unique", ""
    return "", ""


def _written_alike(text: str) -> tuple[str, str]:
    """Return that two values are written as ``text``, and what to do."""
    problem = f"two of its values can both be written as {text}, so they are not unique"
    return problem, "write the full date or time, or use a $sequence with a step such as 1mo"


def _parents(
    demand: _Demand, reference: generators.Reference, records: _Records, build: Build
) -> int | None:
    """Return how many values a reference can take; None when that is unknown here."""
    group = _referenced(reference, records)
    if reference.suite or group is None:
        return None
    if _find_field(group.shape, reference.path, build).leaf is None:
        return None
    if _repeats(reference, records, build):
        message = f"{'.'.join((reference.model, *reference.path))} is not unique itself"
        _too_few(demand, build, message, "add $unique: true there as well")
        return None
    return None if _has_children(group) else group.scenario.count


def _repeats(reference: generators.Reference, records: _Records, build: Build) -> bool:
    """Return whether two records of the parent may have one value of the field, as far as known."""
    group = _referenced(reference, records)
    leaf = None if group is None else _find_field(group.shape, reference.path, build).leaf
    if reference.suite or leaf is None or leaf.origin.location in build.stand_ins:
        return False
    always = isinstance(
        leaf.generator,
        generators.Uuid
        | generators.SequenceNumber
        | generators.RecordIndex
        | generators.Progression,
    )
    return not always and not leaf.modifiers.unique


def _has_children(group: Records) -> bool:
    """Return whether the number of the records follows from those of a parent."""
    leaves = (leaf for _, leaf in spec.walk_leaves(group.shape))
    return any(
        isinstance(leaf.generator, generators.Reference) and bool(leaf.generator.each)
        for leaf in leaves
    )


def _too_few(demand: _Demand, build: Build, message: str, hint: str) -> None:
    related = (Related(message="the scenario", location=demand.scenario.location),)
    place = _place(demand.leaf, build)
    build.diagnostics.error("MG214", place, message, hint, related=related)


def _check_circles(graph: _Graph, build: Build) -> None:
    """Report each circle of templates and references once, at the first of its leaves.

    A chain of more than ``MAX_CHAIN`` fields is reported too: following it takes a stack.
    """
    walk = _Walk(graph)
    for start in graph:
        walk.run(start)
    for circle in walk.circles:
        first = min(circle, key=lambda node: _place(graph[node][0], build))
        turn = circle.index(first)
        way = " → ".join(map(_name, [*circle[turn:], *circle[: turn + 1]]))
        message = f"these fields depend on each other in a circle: {way}"
        build.diagnostics.error("MG215", _place(graph[first][0], build), message)
    for node in walk.too_deep:
        message = f"a chain of more than {MAX_CHAIN} fields that depend on each other"
        build.diagnostics.error("MG106", _place(graph[node][0], build), message)


def _name(node: _Node) -> str:
    return ".".join([node[0], *map(str, node[2])])


class _Walk:
    """A walk over the whole graph, each node once; meets circles and chains on its way."""

    def __init__(self, graph: _Graph) -> None:
        self.graph = graph
        self.circles: list[list[_Node]] = []
        self.too_deep: list[_Node] = []
        self._heights: dict[_Node, int] = {}

    def run(self, start: _Node) -> None:
        """Walk from ``start`` over what was not walked before."""
        trail: dict[_Node, None] = {}
        pending = [(start, False)]
        while pending:
            node, leaving = pending.pop()
            if leaving:
                self._leave(node, trail)
            elif node in trail:
                members = list(trail)
                self.circles.append(members[members.index(node) :])
            elif node not in self._heights and node in self.graph:
                trail[node] = None
                pending.append((node, True))
                pending.extend((below, False) for below in self.graph[node][1])

    def _leave(self, node: _Node, trail: dict[_Node, None]) -> None:
        del trail[node]
        below = (self._heights.get(other, 0) for other in self.graph[node][1])
        height = 1 + max(below, default=0)
        if height > MAX_CHAIN:
            self.too_deep.append(node)
            height = 0
        self._heights[node] = height
