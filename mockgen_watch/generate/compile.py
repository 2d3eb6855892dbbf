"""Compiling: a RecordPlan becomes its Program of nodes, columns and streams, ready to be drawn."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.generate import references
from mockgen_watch.generate.address import Address, Stream, base_key, path_of_draw
from mockgen_watch.generate.column import ArrayNode, Column, Node, ObjectNode, Program
from mockgen_watch.generate.dates import moment_column
from mockgen_watch.generate.draws import (
    STATES,
    FieldDraws,
    joint_digit,
    joint_numbers,
    with_preset,
)
from mockgen_watch.generate.numbers import (
    index_column,
    number_column,
    progression_column,
    sequence_column,
    sibling_column,
)
from mockgen_watch.generate.pools import (
    PoolDraw,
    boolean_column,
    constant_column,
    draw_rows,
    pool_column,
    row_column,
)
from mockgen_watch.generate.ranges import Span
from mockgen_watch.generate.streams import (
    Derived,
    Level,
    first_presence,
    presence_of,
    shifted,
)
from mockgen_watch.generate.text import (
    coerce_column,
    template_column,
    transform_column,
    uuid_column,
)
from mockgen_watch.plan.model import Draw, FirstChoices, RecordPlan
from mockgen_watch.plan.together import drawn_as, joint_radix
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mockgen_watch.generate.alternatives import AlternativesCompiler
    from mockgen_watch.generate.draws import Choices
    from mockgen_watch.plan.dependents import FieldFacts
    from mockgen_watch.plan.together import Radix

    Strides = tuple[int, ...]


def compile_program(plan: RecordPlan) -> Program:
    """Return the program of ``plan``."""
    return _Compiler(plan, {}).program()


_COLUMNS: Final[Mapping[type, Callable[..., Column]]] = {
    generators.Constant: constant_column,
    generators.Pool: pool_column,
    generators.Boolean: boolean_column,
    generators.Number: number_column,
    generators.Moment: moment_column,
    generators.Uuid: uuid_column,
    generators.SequenceNumber: sequence_column,
    generators.Progression: progression_column,
    generators.RecordIndex: index_column,
}
"""Generators that depend on nothing but their own field's draws → what compiles them."""


class _Compiler:
    """Compiles one plan, and remembers what several leaves share."""

    def __init__(self, plan: RecordPlan, compilers: dict[int, _Compiler]) -> None:
        self.plan = plan
        self._compilers = compilers
        self._columns: dict[spec.Position, Column] = {}
        self._lengths: dict[spec.Position, Stream] = {}
        self._shapes: AlternativesCompiler | None = None
        self._levels: dict[spec.Position, Level] = {}
        self._rows: dict[object, PoolDraw] = {}
        self._joints: dict[spec.Addresses, tuple[Radix, Stream]] = {}
        self._parents: dict[object, references.ParentCell] = {}
        self._presets = _presets(plan.first)

    def program(self) -> Program:
        """Return the whole program."""
        return Program(
            root=self._object(self.plan.shape, (), ()),
            base_key=base_key(self.plan.seed, self.plan.model_id),
            count=self.plan.count,
            stated=tuple((one.path, one.value) for one in self.plan.stated if not one.is_gone),
        )

    def visible_column(self, found: references.Found) -> Column:
        """Return the column of a leaf that a path led to, absent where an object on the way is."""
        if found.rest:
            return self._alternatives().column_below(found)
        if not isinstance(found.shape, spec.Leaf):
            raise TypeError(f"{found.way} is not a single value")
        column = self.column(found.shape, found.way, found.strides)
        return replace(column, presence=first_presence(*self.around(found), column.presence))

    def visible_states(self, found: references.Found) -> Stream | None:
        """Return the states of what a path led to, absent where an object on the way is."""
        return first_presence(*self.around(found), self.states(found.shape, found.way))

    def around(self, found: references.Found) -> Iterator[Stream | None]:
        """Yield the states of the objects on the way that the asker is not part of."""
        for shape, way, depth in found.objects:
            state = self.states(shape, way)
            if state is not None and depth < len(found.strides):
                state = references.Redirected(state, references.OuterCell(depth))
            yield state

    def node(self, shape: spec.Shape, way: spec.Position, strides: Strides) -> Node:
        """Return the node of the shape at ``way``."""
        if isinstance(shape, spec.Leaf):
            if spec.has_parts(shape):
                return self._alternatives().node_of(shape, way, strides)
            return self.column(shape, way, strides)
        if isinstance(shape, spec.ObjectShape):
            return self._object(shape, way, strides)
        return self._array(shape, way, strides)

    def _object(self, shape: spec.ObjectShape, way: spec.Position, strides: Strides) -> ObjectNode:
        members = tuple(
            (member.name, self.node(member.shape, (*way, member.name), strides))
            for member in shape.members
            if not member.shape.modifiers.delete
        )
        return ObjectNode(members=members, presence=self.states(shape, way))

    def _array(self, shape: spec.ArrayShape, way: spec.Position, strides: Strides) -> ArrayNode:
        fixed = len(shape.elements)
        inner = (*strides, references.most_elements(shape))
        elements = [self.node(item, (*way, n), inner) for n, item in enumerate(shape.elements)]
        minimum = fixed
        if shape.items is not None and shape.maximum:
            elements += [self.node(shape.items, (*way, fixed), inner)] * shape.maximum
            minimum += shape.minimum
        return ArrayNode(
            elements=tuple(elements),
            minimum=minimum,
            length=self.lengths(shape, way),
            presence=self.states(shape, way),
        )

    def selector(self, found: references.Found) -> Stream:
        """Return which alternative a leaf takes, at the cells that it is drawn at."""
        if not isinstance(found.shape, spec.Leaf):
            raise TypeError("only a leaf has alternatives")
        return self._alternatives().selector(found.shape, found.way, found.strides)

    def _alternatives(self) -> AlternativesCompiler:
        """Return what compiles leaves that have one of several shapes."""
        if self._shapes is None:
            # Most specs have no such leaf, and do without all that this module imports.
            from mockgen_watch.generate import alternatives

            self._shapes = alternatives.AlternativesCompiler(self)
        return self._shapes

    def lengths(self, shape: spec.ArrayShape, way: spec.Position) -> Stream | None:
        """Return how many elements the array at ``way`` has; None: always the most."""
        if shape.items is None or shape.maximum <= shape.minimum:
            return None
        if way not in self._lengths:
            self._lengths[way] = self._draw_lengths(shape, way)
        return self._lengths[way]

    def _draw_lengths(self, shape: spec.ArrayShape, way: spec.Position) -> Stream:
        fixed = len(shape.elements)
        draws = self.draws_of(shape.address, way, ())
        if shape.lows or shape.highs:
            from mockgen_watch.generate.bounded import lengths_stream

            return shifted(lengths_stream(self, shape, draws, way), fixed)
        span = Span(shape.minimum, shape.maximum, draws, "length")
        spread = shape.maximum - shape.minimum + 1
        drawn: Stream = Derived(span, lambda number: number - shape.minimum, spread)
        kept = dict(self.plan.lengths).get(spec.keys_of(way), ())
        if kept:
            from mockgen_watch.generate.bounded import kept_lengths

            drawn = kept_lengths(self, kept, (fixed + shape.minimum, drawn, spread), draws, way)
        return shifted(drawn, fixed + shape.minimum)

    def column(self, leaf: spec.Leaf, way: spec.Position, strides: Strides) -> Column:
        """Return the column of ``leaf``, compiled once."""
        if way not in self._columns:
            self._columns[way] = self._compile_leaf(leaf, way, strides)
        return self._columns[way]

    def _compile_leaf(self, leaf: spec.Leaf, way: spec.Position, strides: Strides) -> Column:
        draws = replace(
            self.choice_draws(leaf, way, strides),
            is_unique=leaf.modifiers.unique,
            is_distinct=leaf.modifiers.distinct,
        )
        draws = self._joined(leaf, draws)
        column = self._generated(leaf, draws, way)
        column = transform_column(column, leaf.modifiers.transforms)
        if leaf.modifiers.check:
            # Most specs have no check digits.
            from mockgen_watch.generate.checks import checked_column

            column = checked_column(column, leaf.modifiers.check, leaf.origin.location)
        if leaf.coerce_number:
            column = coerce_column(column)
        return replace(column, presence=first_presence(self.states(leaf, way), column.presence))

    def _joined(self, leaf: spec.Leaf, draws: FieldDraws) -> FieldDraws:
        """Return ``draws`` of a field that may be unique together with others."""
        group = leaf.modifiers.together
        if not group:
            return draws
        if group not in self._joints:
            radix = joint_radix(self.plan, group)
            address = Address.of(self.plan.seed, self.plan.model_id, ())
            numbers = joint_numbers(address, group, max(radix.size, 1), draws.strides)
            self._joints[group] = radix, numbers
        radix, numbers = self._joints[group]
        unit = drawn_as(leaf)
        if unit == radix.alone:
            return replace(draws, is_unique=True)
        if unit not in radix.digits:
            return draws
        stride, size = radix.digits[unit]
        # Like the numbers of an array's elements, these leave nothing to weights.
        return replace(draws, is_distinct=True, joint=joint_digit(numbers, stride, size))

    def draws_of(
        self, address: tuple[str, ...], way: spec.Position, strides: Strides
    ) -> FieldDraws:
        """Return the draws of a field at ``way``."""
        return FieldDraws(
            seed=self.plan.seed,
            model_id=self.plan.model_id,
            path=address,
            level=self._level(way),
            strides=strides,
            count=self.plan.count,
        )

    def choice_draws(self, leaf: spec.Leaf, way: spec.Position, strides: Strides) -> FieldDraws:
        """Return the draws of ``leaf``, with what its first records are to choose."""
        draws = self.draws_of(leaf.address, way, strides)
        if any(isinstance(step, spec.Choice) for step in way):
            # What is set at this path is which alternative holds.
            return draws
        return replace(draws, preset=self._presets.get((Draw.VALUE, spec.keys_of(way)), {}))

    def _generated(self, leaf: spec.Leaf, draws: FieldDraws, way: spec.Position) -> Column:
        generator = leaf.generator
        if isinstance(generator, generators.Alternatives):
            return self._alternatives().column_of(leaf, way, draws.strides)
        if generators.expressions_of(generator) or generators.is_bounded(generator):
            return self._dependent(leaf, draws, way)
        if isinstance(generator, generators.Template):
            return self._template(generator, way, len(draws.strides))
        if isinstance(generator, generators.FieldValue):
            return self.field(generator.path, way, len(draws.strides))
        return self._drawn(generator, draws)

    def _drawn(self, generator: generators.Generator, draws: FieldDraws) -> Column:
        """Return the column of a generator whose values are drawn."""
        if isinstance(generator, generators.RowField):
            return row_column(generator, self._row_draw(generator, draws))
        if isinstance(generator, generators.Reference):
            return self._reference(generator, draws)
        if isinstance(generator, generators.RecordIndex) and generator.sibling:
            if self.plan.family is None:
                raise TypeError("records without parents have no siblings")
            return sibling_column(generator, references.Sibling(self.plan.family))
        if isinstance(generator, generators.Pattern):
            from mockgen_watch.generate.pattern import pattern_column

            return pattern_column(generator, draws)
        return _COLUMNS[type(generator)](generator, draws)

    def _dependent(self, leaf: spec.Leaf, draws: FieldDraws, way: spec.Position) -> Column:
        """Return the column of a leaf whose value or bounds other fields give."""
        # Most specs have no such leaf, and do without all that these modules import.
        from mockgen_watch.generate.bounded import bounded_column, kept_column
        from mockgen_watch.generate.computed import FieldScope, computed_column

        generator = leaf.generator
        if isinstance(generator, generators.Computed):
            return computed_column(generator, FieldScope(self, generator.expression, way))
        if not isinstance(generator, generators.Number | generators.Moment):
            raise TypeError(f"{type(generator).__name__} has no bounds")
        if generator.lows or generator.highs:
            return bounded_column(self, generator, draws, way)
        column = _COLUMNS[type(generator)](generator, draws)
        return kept_column(self, generator, column, draws, way)

    @property
    def shape(self) -> spec.ObjectShape:
        """The whole record."""
        return self.plan.shape

    @cached_property
    def facts(self) -> FieldFacts:
        """What the fields of the plan can be."""
        from mockgen_watch.plan.dependents import FieldFacts

        return FieldFacts(self.plan)

    def _template(self, template: generators.Template, way: spec.Position, depth: int) -> Column:
        """Return the text of literal parts and other fields, for a leaf in ``depth`` arrays."""
        pieces: list[str | Column] = []
        for part in template.parts:
            if not part.path:
                pieces.append(part.text)
                continue
            pieces.append(self.field(part.path, way, depth))
        return template_column(pieces)

    def field(self, path: spec.KeyPath, way: spec.Position, depth: int) -> Column:
        """Return another field's column, for a leaf at ``way`` in ``depth`` arrays."""
        found = references.find_part(self.plan.shape, path, way)
        return self.redirected(self.visible_column(found), found, depth)

    def redirected(self, column: Column, found: references.Found, depth: int) -> Column:
        """Return the column of what was found for cells in ``depth`` arrays."""
        if len(found.strides) >= depth:
            return column
        return references.redirect_column(column, references.OuterCell(len(found.strides)))

    def _reference(self, reference: generators.Reference, draws: FieldDraws) -> Column:
        plan = next(plan for other, plan in self.plan.parents if other == reference)
        if id(plan) not in self._compilers:
            self._compilers[id(plan)] = _Compiler(plan, self._compilers)
        if plan.made is not None:
            column = references.made_column(plan.made, reference.path)
        else:
            column = self._compilers[id(plan)].visible_column(
                references.find_part(plan.shape, reference.path)
            )
        column = references.redirect_column(column, self._parent(reference, plan, draws))
        if not reference.roots:
            return column
        presence = first_presence(references.Root(reference.roots), column.presence)
        return replace(column, presence=presence)

    def _parent(
        self, reference: generators.Reference, plan: RecordPlan, draws: FieldDraws
    ) -> references.ParentCell:
        """Return the way to the parent, which all fields of one object share."""
        home = draws.path[:-1]
        names = (reference.suite, plan.model_id, reference.scenario)
        if (home, names) not in self._parents:
            asked = self._asked_of(home, reference)
            own = replace(
                draws,
                path=home,
                is_unique=draws.is_unique or any(each.unique for each in asked),
                is_distinct=draws.is_distinct or any(each.distinct for each in asked),
            )
            family = self.plan.family
            unit = ("parent", path_of_draw(home), reference.suite, reference.model)
            if family is not None and family.unit == (*unit, reference.scenario):
                index: Stream = references.Child(family)
            elif reference.roots:
                index = references.earlier_index(own, plan, reference.scenario)
            else:
                index = references.parent_index(own, plan, reference.scenario)
            key = base_key(plan.seed, plan.model_id)
            self._parents[home, names] = references.ParentCell(index, key)
        return self._parents[home, names]

    def _asked_of(
        self, home: tuple[str, ...], reference: generators.Reference
    ) -> list[spec.Modifiers]:
        """Return the modifiers of the fields of the object at ``home`` that share a parent."""
        return [
            leaf.modifiers
            for _, leaf in spec.walk_leaves(self.plan.shape)
            if leaf.address[:-1] == home
            and isinstance(leaf.generator, generators.Reference)
            and replace(leaf.generator, path=()) == replace(reference, path=())
        ]

    def row_of(
        self, leaf: spec.Leaf, row: generators.RowField, way: spec.Position, strides: Strides
    ) -> PoolDraw:
        """Return the choice of the row that ``leaf`` takes its alternative from."""
        draws = replace(
            self.draws_of(leaf.address, way, strides), is_distinct=leaf.modifiers.distinct
        )
        return self._row_draw(row, self._joined(leaf, draws))

    def _row_draw(self, generator: generators.RowField, draws: FieldDraws) -> PoolDraw:
        """Return the draw that all fields of one ``$rows`` share."""
        entries = generator.rows.entries
        identity = frozenset((entry.identity, entry.weight) for entry in entries)
        draws = replace(draws, is_distinct=draws.is_distinct or self._is_distinct(generator))
        key = (generator.address, identity, draws.is_unique, draws.is_distinct)
        if key not in self._rows:
            preset = self._presets.get((Draw.ROWS, path_of_draw(generator.address)), {})
            self._rows[key] = draw_rows(
                generator, replace(draws, path=generator.address, preset=preset)
            )
        draw = self._rows[key]
        # Another field may have other values in the same rows: a master turns types field by field.
        by_name = {entry.identity: entry for entry in entries}
        return replace(draw, entries=tuple(by_name[entry.identity] for entry in draw.entries))

    def _is_distinct(self, row: generators.RowField) -> bool:
        """Return whether a field of these rows differs in all elements, so that the rows do."""
        rows = (
            (leaf.modifiers.distinct, generators.row_of(leaf.generator))
            for _, leaf in spec.walk_leaves(self.plan.shape)
        )
        return any(
            distinct and other is not None and other.address == row.address
            for distinct, other in rows
        )

    def _address(self, shape: spec.Shape) -> Address:
        return Address.of(self.plan.seed, self.plan.model_id, shape.address)

    def _level(self, way: spec.Position) -> Level:
        """Return the draws at the cells that the shape at ``way`` is drawn at."""
        last = max((place for place, step in enumerate(way) if isinstance(step, int)), default=-1)
        return self._levels.setdefault(way[: last + 1], Level())

    def states(self, shape: spec.Shape, way: spec.Position) -> Stream | None:
        """Return the states of the shape at ``way``; None where it is always there."""
        states = presence_of(
            self._address(shape), self._level(way), shape.modifiers.omit, shape.modifiers.null
        )
        if states is None:
            return None
        preset = self._presets.get((Draw.PRESENCE, spec.keys_of(way)), {})
        return with_preset(states, preset, STATES.get)


def _presets(first: Iterable[FirstChoices]) -> Mapping[tuple[Draw, tuple[str, ...]], Choices]:
    found: dict[tuple[Draw, tuple[str, ...]], dict[tuple[int, ...], tuple[bytes | None, ...]]] = {}
    for item in first:
        found.setdefault((item.draw, item.path), {})[item.elements] = item.choices
    return dict(found)
