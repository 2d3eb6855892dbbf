"""Takes a RecordPlan; gives its Program: nodes, columns and streams, ready to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.generate.address import Address, base_key
from mockgen_watch.generate.column import (
    ArrayNode,
    ObjectNode,
    Program,
    find_leaf,
    keys_of,
    most_elements,
    shared_path,
)
from mockgen_watch.generate.dates import moment_column
from mockgen_watch.generate.numbers import index_column, number_column, sequence_column
from mockgen_watch.generate.pattern import pattern_column
from mockgen_watch.generate.pools import (
    boolean_column,
    constant_column,
    draw_rows,
    pool_column,
    row_column,
)
from mockgen_watch.generate.references import Moved, Outside, Parent, moved_column, parent_index
from mockgen_watch.generate.site import STATES, Site, begin, choices_by_place, first_presence
from mockgen_watch.generate.streams import Level, Shifted, presence_of, uniform
from mockgen_watch.generate.text import (
    coerce_column,
    template_column,
    transform_column,
    uuid_column,
)
from mockgen_watch.plan.model import Draw
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Moment,
    Number,
    Pattern,
    Pool,
    RecordIndex,
    Reference,
    RowField,
    SequenceNumber,
    Template,
    Uuid,
)
from mockgen_watch.spec.model import Leaf, ObjectShape, walk_leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final

    from mockgen_watch.generate.address import Stream
    from mockgen_watch.generate.column import Column, Found, Node, Way
    from mockgen_watch.generate.pools import PoolDraw
    from mockgen_watch.generate.references import Parent
    from mockgen_watch.generate.site import Choices
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.model import ArrayShape, Shape


def compile_program(plan: RecordPlan) -> Program:
    """Return the program of ``plan``."""
    return _Compiler(plan=plan).program()


_COLUMNS: Final[Mapping[type, Callable[..., Column]]] = {
    Constant: constant_column,
    Pool: pool_column,
    Boolean: boolean_column,
    Number: number_column,
    Pattern: pattern_column,
    Moment: moment_column,
    Uuid: uuid_column,
    SequenceNumber: sequence_column,
    RecordIndex: index_column,
}
"""Generators that ask for nothing but their own site → what compiles them."""


class _Compiler(Struct, kw_only=True, eq=False):
    """Compiles one plan, and remembers what several leaves share.

    Attributes:
        columns: by the way to their leaf.
        levels: the draws of each element's fields, and of the record's, by the way there.
        rows: the draws of ``$rows``.
        parents: the ways to parent records.
        first: what the first records choose, by draw and path.
        family: the compilers of this plan's parents, and of theirs, by ``id`` of the plan.
    """

    plan: RecordPlan
    columns: dict[Way, Column] = field(default_factory=dict)
    levels: dict[Way, Level] = field(default_factory=dict)
    rows: dict[object, PoolDraw] = field(default_factory=dict)
    parents: dict[object, Parent] = field(default_factory=dict)
    family: dict[int, _Compiler] = field(default_factory=dict)
    first: dict[tuple[Draw, tuple[str, ...]], Choices] = field(default_factory=dict)

    def program(self) -> Program:
        """Return the whole program."""
        return Program(
            root=self._object(self.plan.shape, (), ()),
            base_key=base_key(self.plan.seed, self.plan.model_id),
            count=self.plan.count,
            stated=tuple((one.path, one.value) for one in self.plan.stated if not one.is_gone),
        )

    def _node(self, shape: Shape, way: Way, strides: tuple[int, ...]) -> Node:
        if isinstance(shape, Leaf):
            return self.column(shape, way, strides)
        if isinstance(shape, ObjectShape):
            return self._object(shape, way, strides)
        return self._array(shape, way, strides)

    def _object(self, shape: ObjectShape, way: Way, strides: tuple[int, ...]) -> ObjectNode:
        members = tuple(
            (member.name, self._node(member.shape, (*way, member.name), strides))
            for member in shape.members
            if not member.shape.modifiers.delete
        )
        return ObjectNode(members=members, presence=self._presence(shape, way))

    def _array(self, shape: ArrayShape, way: Way, strides: tuple[int, ...]) -> ArrayNode:
        fixed = len(shape.elements)
        inner = (*strides, most_elements(shape))
        elements = [self._node(item, (*way, n), inner) for n, item in enumerate(shape.elements)]
        minimum, length = fixed, None
        if shape.items is not None and shape.maximum:
            elements += [self._node(shape.items, (*way, fixed), inner)] * shape.maximum
            minimum += shape.minimum
            if shape.maximum > shape.minimum:
                spread = shape.maximum - shape.minimum + 1
                length = Shifted(
                    uniform(self._address(shape), self._level(way), "length", spread), minimum
                )
        return ArrayNode(
            elements=tuple(elements),
            minimum=minimum,
            length=length,
            presence=self._presence(shape, way),
        )

    def column(self, leaf: Leaf, way: Way, strides: tuple[int, ...]) -> Column:
        """Return the column of ``leaf``, compiled once."""
        known = self.columns.get(way)
        if known is None:
            known = self.columns[way] = self._with_modifiers(leaf, way, strides)
        return known

    def shown(self, found: Found) -> Column:
        """Return the column of a leaf that a path led to, and of the objects on that path."""
        column = self.column(found.leaf, found.way, found.strides)
        states: list[Stream | None] = []
        for shape, way, depth in found.objects:
            state = self._presence(shape, way)
            if state is not None and depth < len(found.strides):
                state = Moved(state, Outside(depth))
            states.append(state)
        return replace(column, presence=first_presence(*states, column.presence))

    def _with_modifiers(self, leaf: Leaf, way: Way, strides: tuple[int, ...]) -> Column:
        site = Site(
            seed=self.plan.seed,
            model_id=self.plan.model_id,
            path=leaf.address,
            level=self._level(way),
            strides=strides,
            count=self.plan.count,
            unique=leaf.modifiers.unique,
            first=self._first(Draw.VALUE, keys_of(way)),
        )
        column = self._chosen(leaf, site, way)
        if leaf.modifiers.transforms or leaf.coerce_number:
            column = _changed(column, leaf)
        return replace(column, presence=first_presence(self._presence(leaf, way), column.presence))

    def _chosen(self, leaf: Leaf, site: Site, way: Way) -> Column:
        """Return the column of the leaf's generator."""
        generator = leaf.generator
        if isinstance(generator, RowField):
            return row_column(generator, self._rows(generator, site))
        if isinstance(generator, Template):
            return self._template(generator, way, len(site.strides))
        if isinstance(generator, Reference):
            return self._reference(generator, site)
        return _COLUMNS[type(generator)](generator, site)

    def _template(self, template: Template, way: Way, depth: int) -> Column:
        """Return the text of literal parts and other fields, for a leaf in ``depth`` arrays."""
        pieces: list[str | Column] = []
        for part in template.parts:
            if not part.path:
                pieces.append(part.text)
                continue
            found = find_leaf(self.plan.shape, part.path, way)
            column = self.shown(found)
            if len(found.strides) < depth:
                column = moved_column(column, Outside(len(found.strides)))
            pieces.append(column)
        return template_column(pieces)

    def _reference(self, reference: Reference, site: Site) -> Column:
        """Return the field of the parent record."""
        plan = next(plan for known, plan in self.plan.parents if known == reference)
        if id(plan) not in self.family:
            self.family[id(plan)] = _Compiler(plan=plan, family=self.family)
        column = self.family[id(plan)].shown(find_leaf(plan.shape, reference.path))
        return moved_column(column, self._parent(reference, plan, site))

    def _parent(self, reference: Reference, plan: RecordPlan, site: Site) -> Parent:
        """Return the way to the parent, which all fields of one object share."""
        home = site.path[:-1]
        names = (reference.suite, plan.model_id, reference.scenario)
        key = (home, names)
        if key not in self.parents:
            index = parent_index(
                replace(site, path=home, unique=self._is_unique(home, reference)),
                names,
                plan.count,
            )
            self.parents[key] = Parent(index, base_key(plan.seed, plan.model_id))
        return self.parents[key]

    def _is_unique(self, home: tuple[str, ...], reference: Reference) -> bool:
        """Return whether a field of the object at ``home`` asks for each parent only once."""
        return any(
            leaf.modifiers.unique
            and leaf.address[:-1] == home
            and isinstance(leaf.generator, Reference)
            and replace(leaf.generator, path=()) == replace(reference, path=())
            for _, leaf in walk_leaves(self.plan.shape)
        )

    def _rows(self, generator: RowField, site: Site) -> PoolDraw:
        """Return the draw that all fields of one ``$rows`` share."""
        entries = generator.rows.entries
        identity = frozenset((entry.identity, entry.weight) for entry in entries)
        key = (generator.address, identity, site.unique)
        if key not in self.rows:
            first = self._first(Draw.ROWS, shared_path(generator))
            self.rows[key] = draw_rows(
                generator, replace(site, path=generator.address, first=first)
            )
        draw = self.rows[key]
        # Another field may have other values in the same rows: a master turns types field by field.
        by_name = {entry.identity: entry for entry in entries}
        return replace(draw, entries=tuple(by_name[entry.identity] for entry in draw.entries))

    def _address(self, shape: Shape) -> Address:
        return Address.of(self.plan.seed, self.plan.model_id, shape.address)

    def _level(self, way: Way) -> Level:
        """Return the draws at the cells that the shape at ``way`` is drawn at."""
        last = max((place for place, step in enumerate(way) if isinstance(step, int)), default=-1)
        return self.levels.setdefault(way[: last + 1], Level())

    def _presence(self, shape: Shape, way: Way) -> Stream | None:
        states = presence_of(
            self._address(shape), self._level(way), shape.modifiers.omit, shape.modifiers.null
        )
        if states is None:
            return None
        return begin(states, self._first(Draw.PRESENCE, keys_of(way)), STATES.get)

    def _first(self, draw: Draw, path: tuple[str, ...]) -> Choices:
        if self.plan.first and not self.first:
            self.first.update(choices_by_place(self.plan.first))
        return self.first.get((draw, path), {})


def _changed(column: Column, leaf: Leaf) -> Column:
    """Return the column of ``leaf`` after its transforms, and as a number where it asks for one."""
    column = transform_column(column, leaf.modifiers.transforms)
    return coerce_column(column) if leaf.coerce_number else column
