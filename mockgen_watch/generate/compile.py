"""Takes a RecordPlan; gives its Program: nodes, columns and streams, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from mockgen_watch.generate.address import Address, base_key
from mockgen_watch.generate.choices import (
    boolean_column,
    constant_column,
    draw_rows,
    pool_column,
    row_column,
)
from mockgen_watch.generate.column import ArrayNode, ObjectNode, Program
from mockgen_watch.generate.draws import Shifted, presence_of, uniform
from mockgen_watch.generate.presence import first_presence
from mockgen_watch.generate.site import Site
from mockgen_watch.generate.text import coerce_column, transform_column
from mockgen_watch.spec.generators import Boolean, Constant, Pool, RowField
from mockgen_watch.spec.model import ArrayShape, Leaf, ObjectShape

if TYPE_CHECKING:
    from mockgen_watch.generate.cells import Stream
    from mockgen_watch.generate.choices import PoolDraw
    from mockgen_watch.generate.column import Column, Node
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.model import Shape

Way: TypeAlias = tuple[str | int, ...]
"""The way to a node: names of members, and indexes of elements (the first one's for all items)."""


def compile_program(plan: RecordPlan) -> Program:
    """Return the program of ``plan``."""
    return Compiler(plan=plan).program()


@dataclass(slots=True, kw_only=True, eq=False)
class Compiler:
    """Compiles one plan; remembers its columns and the draws that several columns share."""

    plan: RecordPlan
    columns: dict[Way, Column] = field(default_factory=dict)
    rows: dict[object, PoolDraw] = field(default_factory=dict)

    def program(self) -> Program:
        """Return the whole program."""
        return Program(
            root=self._object(self.plan.shape, (), ()),
            base_key=base_key(self.plan.seed, self.plan.model_id),
            count=self.plan.count,
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
        return ObjectNode(members=members, presence=self._presence(shape))

    def _array(self, shape: ArrayShape, way: Way, strides: tuple[int, ...]) -> ArrayNode:
        fixed = len(shape.elements)
        most = fixed + (shape.maximum if shape.items is not None else 0)
        inner = (*strides, most)
        elements = [self._node(item, (*way, n), inner) for n, item in enumerate(shape.elements)]
        minimum, length = fixed, None
        if shape.items is not None and shape.maximum:
            elements += [self._node(shape.items, (*way, fixed), inner)] * shape.maximum
            minimum += shape.minimum
            if shape.maximum > shape.minimum:
                spread = shape.maximum - shape.minimum + 1
                length = Shifted(uniform(self._address(shape), "length", spread), minimum)
        return ArrayNode(
            elements=tuple(elements),
            minimum=minimum,
            length=length,
            presence=self._presence(shape),
        )

    def column(self, leaf: Leaf, way: Way, strides: tuple[int, ...]) -> Column:
        """Return the column of ``leaf``, compiled once."""
        known = self.columns.get(way)
        if known is None:
            known = self.columns[way] = self._finished(leaf, way, strides)
        return known

    def _finished(self, leaf: Leaf, way: Way, strides: tuple[int, ...]) -> Column:
        """Return the leaf's column with its modifiers."""
        site = Site(
            seed=self.plan.seed,
            model_id=self.plan.model_id,
            path=leaf.address,
            strides=strides,
            unique=leaf.modifiers.unique,
        )
        column = transform_column(self._chosen(leaf, site, way), leaf.modifiers.transforms)
        if leaf.coerce_number:
            column = coerce_column(column)
        own = self._presence(leaf)
        return replace(column, presence=first_presence(own, column.presence))

    def _chosen(self, leaf: Leaf, site: Site, way: Way) -> Column:
        """Return the column of the leaf's generator."""
        generator = leaf.generator
        if isinstance(generator, Constant):
            return constant_column(generator.value)
        if isinstance(generator, Pool):
            return pool_column(generator, site)
        if isinstance(generator, RowField):
            return row_column(generator, self._rows(generator, site))
        if isinstance(generator, Boolean):
            return boolean_column(generator, site)
        raise NotImplementedError(type(generator).__name__)

    def _rows(self, generator: RowField, site: Site) -> PoolDraw:
        """Return the draw that all fields of one ``$rows`` share."""
        entries = generator.rows.entries
        identity = frozenset((entry.identity, entry.weight) for entry in entries)
        key = (generator.address, identity, site.unique)
        if key not in self.rows:
            self.rows[key] = draw_rows(generator, replace(site, path=generator.address))
        draw = self.rows[key]
        # Another field may have other values in the same rows: a master turns types field by field.
        by_name = {entry.identity: entry for entry in entries}
        return replace(draw, entries=tuple(by_name[entry.identity] for entry in draw.entries))

    def _address(self, shape: Shape) -> Address:
        return Address.of(self.plan.seed, self.plan.model_id, shape.address)

    def _presence(self, shape: Shape) -> Stream | None:
        return presence_of(self._address(shape), shape.modifiers.omit, shape.modifiers.null)
