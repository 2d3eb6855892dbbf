"""Rows: ``$rows``, fields that are chosen together; a value in a row may be a leaf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.build.generators import NO_MODIFIERS
from mockgen_watch.spec.build.pools import Cells, pool_of_rows, read_vocabulary
from mockgen_watch.spec.generators import Alternative, Alternatives, Constant, Pool, RowField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.spec.build.alternatives import BuildShape


def row_members(
    entry: reader.Entry, context: reader.ShapeContext, build: BuildShape
) -> list[spec.Member]:
    """Return a member for each field of ``$rows``.

    ``context`` is that of the object, ``build`` makes the shape of a leaf in a row.
    """
    cells: Cells = {}
    rows = _read_rows(entry, cells)
    if rows is None or not rows[1]:
        entry.build.open_objects.add(context.address)
        return []
    pool, fields = rows
    origin = spec.Origin(kind=context.kind, name=context.owner, location=entry.location)
    members: list[spec.Member] = []
    for name, key in fields.items():
        row = RowField(rows=pool, key=key, address=context.address)
        leaf = spec.Leaf(
            generator=row,
            modifiers=NO_MODIFIERS,
            address=(*context.address, name),
            origin=origin,
        )
        if any(key in leaves for leaves in cells.values()):
            inner = replace(
                context, address=leaf.address, keys=(*context.keys, name), home=context.keys
            )
            leaf = _with_leaves(leaf, row, cells, inner, build)
        members.append(spec.Member(name=name, shape=leaf, location=entry.key_location))
    return members


def _with_leaves(
    leaf: spec.Leaf,
    row: RowField,
    cells: Cells,
    context: reader.ShapeContext,
    build: BuildShape,
) -> spec.Leaf:
    """Return the field ``leaf`` with a value or a leaf for each row."""
    alternatives: list[Alternative] = []
    for entry in row.rows.entries:
        cell = cells.get(entry.identity, {}).get(row.key)
        value = entry.value.get(row.key) if isinstance(entry.value, dict) else None
        shape: spec.Shape = replace(leaf, generator=Constant(value=value))
        if cell is not None:
            shape = build(cell, context, None)
        alternatives.append(
            Alternative(
                shape=shape,
                identity=entry.identity,
                weight=entry.weight,
                case=None,
                location=entry.location if cell is None else cell.location,
            )
        )
    return replace(leaf, generator=Alternatives(alternatives=tuple(alternatives), row=row))


def _read_rows(entry: reader.Entry, cells: Cells) -> tuple[Pool, Mapping[str, str]] | None:
    """Return the rows of ``$rows``, and by field of the record the key of the row it takes.

    None when something was reported.
    """
    if not entry.is_mapping:
        pool = pool_of_rows(entry, cells)
        if pool is None:
            return None
        keys = [each.key for each in entry.items()[0].members()]
        return pool, {
            reader.data_key(key): reader.data_key(key)
            for key in keys
            if not reader.is_directive(key)
        }
    before = entry.errors
    params = reader.read_params(entry, ("$vocab", "$fields"))
    if "$vocab" not in params:
        if entry.errors == before:
            entry.type_error("a list of rows, or {$vocab: name}")
        return None
    pool = read_vocabulary(params["$vocab"])
    if pool is None:
        return None
    if not all(isinstance(value.value, dict) for value in pool.entries):
        message = f'the values of vocabulary "{pool.source}" are not rows'
        params["$vocab"].error("MG219", message)
        return None
    fields = _row_fields(params.get("$fields"), pool)
    return (pool, fields) if entry.errors == before else None


def _row_fields(entry: reader.Entry | None, pool: Pool) -> Mapping[str, str]:
    """Return by field of the record the key of the row, as ``$fields`` names them or all."""
    first = pool.entries[0].value
    known = tuple(first) if isinstance(first, dict) else ()
    if entry is None:
        return {key: key for key in known}
    members = entry.items() if entry.is_list else entry.members()
    fields: dict[str, str] = {}
    for member in members:
        key = reader.read_text(member)
        if reader.is_directive(member.key):
            hint = f'to use it as data, write "${member.key}"'
            member.key_error("MG201", f"unknown directive {member.key}", hint)
        if key is None:
            continue
        fields[key if entry.is_list else reader.data_key(member.key)] = key
        if key not in known:
            message = f'vocabulary "{pool.source}" has no field "{key}"'
            member.unknown_word("MG203", message, known, f"it has {', '.join(known)}")
    if not members:
        entry.type_error("a list of fields, or a mapping of names to fields")
    return fields
