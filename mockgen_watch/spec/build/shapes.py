"""Shapes: what a record looks like, from the fields of a model, a scenario or a master."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.diagnostics import Related
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.build.alternatives import build_alternatives, has_leaves
from mockgen_watch.spec.build.generators import (
    NO_MODIFIERS,
    Lengths,
    build_generator,
    build_modifiers,
    read_lengths,
)
from mockgen_watch.spec.build.pools import pool_of_values
from mockgen_watch.spec.build.references import check_companions, with_children, with_tree
from mockgen_watch.spec.build.rows import row_members
from mockgen_watch.spec.build.slips import note_list, warn_of_lost_dollar
from mockgen_watch.spec.build.together import take_tuples
from mockgen_watch.spec.check_forms import FORMS, find_misfit
from mockgen_watch.spec.document import Scalar
from mockgen_watch.spec.generators import (
    Boolean,
    CheckedPattern,
    Constant,
    Generator,
    Moment,
    Number,
    Pattern,
    Pool,
    RecordIndex,
    Reference,
    SequenceNumber,
    Uuid,
)
from mockgen_watch.spec.pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


_ALTERNATIVES: Final = frozenset({"$given", "$one_of", "$choice", "$weighted"})
"""The directives whose values may be shapes of their own."""

_CHOOSERS: Final = frozenset((*reader.GENERATOR_DIRECTIVES, "$array"))
"""The directives of which a value has one at most."""


def build_record(
    entry: reader.Entry, kind: spec.OriginKind, owner: str, base: spec.ObjectShape | None = None
) -> spec.ObjectShape:
    """Return the shape of whole records, from the fields at ``entry``.

    ``kind`` and ``owner`` are who states it; ``base`` is what an overlay lies over.
    """
    return spec.ObjectShape(
        members=_members(entry, reader.ShapeContext(kind=kind, owner=owner), base),
        modifiers=NO_MODIFIERS,
        address=(),
        origin=spec.Origin(kind=kind, name=owner, location=entry.location),
    )


def _members(
    entry: reader.Entry, context: reader.ShapeContext, base: spec.ObjectShape | None
) -> tuple[spec.Member, ...]:
    """Return the members of an object from its fields and ``$rows``, in source order."""
    members: list[spec.Member] = []
    for field in entry.fields():
        if field.key == "$rows":
            members += row_members(field, context, _shape)
        else:
            members.append(_member(field, context, base))
    _check_names(members, entry.build)
    by_name: dict[str, spec.Member] = {}
    for member in members:
        by_name.setdefault(member.name, member)
    return tuple(by_name.values())


def _member(
    entry: reader.Entry, context: reader.ShapeContext, base: spec.ObjectShape | None
) -> spec.Member:
    name = reader.data_key(entry.key)
    under = None if base is None else base.get(name)
    own = entry.get("$id")
    inherited = name if under is None else under.address[-1]
    inner = replace(
        context,
        address=(*context.address, (own and own.text) or inherited),
        keys=(*context.keys, name),
        home=context.keys,
    )
    shape = _shape(entry, inner, under)
    if under is not None and shape.address != under.address:
        place = own or entry
        hint = f"in the model it is {under.address[-1]}; a scenario cannot change it"
        place.error("MG222", f'the $id of "{name}" differs from the model\'s', hint)
    return spec.Member(name=name, shape=shape, location=entry.key_location)


def _check_names(members: Sequence[spec.Member], build: reader.Build) -> None:
    names: dict[str, spec.Member] = {}
    ids: dict[str, spec.Member] = {}
    for member in members:
        first = names.setdefault(spec.fold(member.name), member)
        if first is not member:
            related = (Related(message="the first one", location=first.location),)
            message = f'"{member.name}" and "{first.name}" differ only in case'
            build.diagnostics.error("MG209", member.location, message, related=related)
            continue
        other = ids.setdefault(member.shape.address[-1], member)
        if other is not member:
            related = (Related(message="the other one", location=other.location),)
            message = f'"{member.name}" has the $id of "{other.name}"'
            build.diagnostics.error("MG222", member.location, message, related=related)


def _shape(
    entry: reader.Entry, context: reader.ShapeContext, base: spec.Shape | None
) -> spec.Shape:
    """Return the shape of the value at ``entry``; what is wrong is reported, and null stands in.

    ``base`` is what an overlay lies over at this place; it lends its ``$id`` names.
    """
    if isinstance(entry.node, Scalar):
        return _constant(entry, entry.node, context)
    if entry.is_list:
        return _list_shape(entry, context, base)
    return _mapping_shape(entry, context, base)


def _constant(entry: reader.Entry, scalar: Scalar, context: reader.ShapeContext) -> spec.Leaf:
    word = (entry.text or "").partition(" ")[0].rstrip(":")
    if scalar.plain and word in reader.VALUE_DIRECTIVES:
        message = f"this is text, although it begins with {word}"
        hint = f'for a directive, write "{word}: …"; for text, put it in quotes'
        entry.error("MG202", message, hint)
    return _leaf(entry, context, Constant(value=scalar.value))


def _leaf(
    entry: reader.Entry,
    context: reader.ShapeContext,
    generator: Generator,
    modifiers: spec.Modifiers = NO_MODIFIERS,
) -> spec.Leaf:
    return spec.Leaf(
        generator=generator,
        modifiers=modifiers,
        address=context.address,
        origin=_origin(entry, context),
    )


def _origin(entry: reader.Entry, context: reader.ShapeContext) -> spec.Origin:
    return spec.Origin(kind=context.kind, name=context.owner, location=entry.location)


def _stand_in(entry: reader.Entry, context: reader.ShapeContext) -> spec.Leaf:
    """Return a leaf in the place of what was reported, so that nothing is said twice."""
    leaf = _leaf(entry, context, Constant(value=None))
    entry.build.stand_ins.add(leaf.origin.location)
    return leaf


def _list_shape(
    entry: reader.Entry, context: reader.ShapeContext, base: spec.Shape | None
) -> spec.Shape:
    items = entry.items()
    if items and all(item.is_mapping for item in items):
        return _fixed_array(entry, context, base)
    odd = next((item for item in items if not isinstance(item.node, Scalar)), None)
    if odd is not None:
        hint = "write a pool of lists or objects as {$choice: […]}, a fixed list as {$const: […]}"
        message = "a list must have only scalars (a pool) or only mappings (an array)"
        odd.error("MG202", message, hint)
        return _stand_in(entry, context)
    pool = pool_of_values(entry)
    note_list(entry, context)
    return _stand_in(entry, context) if pool is None else _leaf(entry, context, pool)


def _fixed_array(
    entry: reader.Entry, context: reader.ShapeContext, base: spec.Shape | None
) -> spec.ArrayShape:
    inner = _inside_array(context)
    under = base.elements if isinstance(base, spec.ArrayShape) else ()
    shapes = tuple(
        _shape(item, inner, under[index] if index < len(under) else None)
        for index, item in enumerate(entry.items())
    )
    return spec.ArrayShape(
        elements=shapes,
        items=None,
        minimum=len(shapes),
        maximum=len(shapes),
        modifiers=NO_MODIFIERS,
        address=context.address,
        origin=_origin(entry, context),
    )


def _inside_array(context: reader.ShapeContext) -> reader.ShapeContext:
    return replace(context, address=(*context.address, spec.ELEMENT), in_array=True)


def _mapping_shape(
    entry: reader.Entry, context: reader.ShapeContext, base: spec.Shape | None
) -> spec.Shape:
    before = entry.errors
    directives = entry.directives()
    data = [member for member in entry.members() if not reader.is_directive(member.key)]
    for key, member in directives.items():
        if key not in reader.VALUE_DIRECTIVES:
            member.unknown_directive(reader.VALUE_DIRECTIVES)
            entry.build.open_objects.add(context.address)
    chooser = next((key for key in directives if key in _CHOOSERS), "")
    beside = {item.key: item for item in data if item.key in reader.COMPANIONS.get(chooser, ())}
    data = [item for item in data if item.key not in beside]
    _check_directives(directives, data)
    modified = {
        key: member for key, member in directives.items() if key in reader.MODIFIER_DIRECTIVES
    }
    take_tuples(modified, context, chooser)
    # A misspelt generator is a leaf as well; what stands beside it is no second fault.
    is_leaf = chooser != "$array" and bool(chooser or (_has_unknown(directives) and not data))
    modifiers = build_modifiers(modified, is_leaf=is_leaf)
    if chooser == "$array":
        return _array(entry, context, base, modifiers)
    if chooser in _ALTERNATIVES and (
        chooser in {"$given", "$one_of"} or has_leaves(directives[chooser])
    ):
        return _chosen_leaf(entry, directives[chooser], context, modifiers)
    if chooser:
        return _directed_leaf(entry, directives[chooser], context, modifiers, beside)
    if data or "$rows" in directives or not directives.keys() - {"$comment"}:
        warn_of_lost_dollar(data)
        under = base if isinstance(base, spec.ObjectShape) else None
        return spec.ObjectShape(
            members=_members(entry, context, under),
            modifiers=modifiers,
            address=context.address,
            origin=_origin(entry, context),
        )
    if modifiers.delete:
        return _leaf(entry, context, Constant(value=None), modifiers)
    if entry.errors == before:
        hint = f"add one of {', '.join(reader.GENERATOR_DIRECTIVES[:6])} …"
        message = f"{next(iter(modified))} needs a directive that chooses the value"
        entry.error("MG205", message, hint)
    return _stand_in(entry, context)


def _chosen_leaf(
    entry: reader.Entry,
    directive: reader.Entry,
    context: reader.ShapeContext,
    modifiers: spec.Modifiers,
) -> spec.Leaf:
    """Return the leaf of which ``directive`` lists the alternatives."""
    generator = build_alternatives(entry, directive, context, _shape)
    if generator is None:
        return _stand_in(entry, context)
    entry.build.entries[entry.location] = directive
    leaf = _leaf(entry, context, generator, modifiers)
    check = entry.get("$check")
    if check is not None and modifiers.check:
        for each in spec.alternatives_of(leaf):
            if isinstance(each, spec.Leaf) and isinstance(each.generator, Pattern | Pool):
                _with_check(check, replace(each, modifiers=modifiers))
    return leaf


def _check_directives(directives: Mapping[str, reader.Entry], data: Sequence[reader.Entry]) -> None:
    """Report what cannot be combined with the directive that chooses the value."""
    choosers = [key for key in directives if key in _CHOOSERS]
    if "$items" in directives and "$array" not in directives and not _has_unknown(directives):
        hint = "such as $array: {min: 1, max: 3}"
        directives["$items"].key_error("MG205", "$items needs $array", hint)
    for key in ("$cases", "$else"):
        if key in directives and "$given" not in directives and not _has_unknown(directives):
            directives[key].key_error(
                "MG205", f"{key} needs $given", "such as $given: record.status"
            )
            break
    if not _has_unknown(directives):
        check_companions(directives)
    if not choosers:
        return
    first = choosers[0]
    for other in choosers[1:]:
        message = f"{other} cannot be combined with {first}; a value is chosen in one way"
        directives[other].key_error("MG204", message)
    if "$items" in directives and first != "$array":
        directives["$items"].key_error("MG204", f"$items cannot be combined with {first}")
    beside = [*data, *(directives[key] for key in ("$rows",) if key in directives)]
    for member in beside[:1]:
        hint = f"in an object, put {first} under the name of a field"
        if first == "$index" and member.key in {"of", "start"}:
            hint = "write $index: {of: sibling, start: 1}"
        member.key_error("MG204", f'"{member.key}" cannot be combined with {first}', hint)


def _has_unknown(keys: Iterable[str]) -> bool:
    """Return whether one of ``keys`` may be the misspelt directive that seems to be missing."""
    return any(reader.is_directive(key) and key not in reader.VALUE_DIRECTIVES for key in keys)


def _directed_leaf(
    entry: reader.Entry,
    directive: reader.Entry,
    context: reader.ShapeContext,
    modifiers: spec.Modifiers,
    beside: Mapping[str, reader.Entry],
) -> spec.Leaf:
    generator = build_generator(directive, context, beside)
    if generator is None:
        return _stand_in(entry, context)
    each = entry.get("$each")
    if each is not None and isinstance(generator, Reference):
        generator = with_children(generator, each, context, modifiers)
    tree = entry.get("$tree")
    if tree is not None and isinstance(generator, Reference):
        generator = with_tree(generator, tree, context, modifiers)
    leaf = _leaf(entry, context, generator, modifiers)
    check = entry.get("$check")
    if check is not None and modifiers.check:
        leaf = _with_check(check, leaf)
    entry.build.entries[leaf.origin.location] = directive
    return leaf


def _distinct(items: spec.Shape, lengths: reader.Entry, counts: Lengths) -> spec.Shape:
    """Return the shape of elements with what differs from element to element marked."""
    if counts.is_unique and not isinstance(items, spec.Leaf):
        hint = "name the field that differs: unique_by: sku"
        lengths.error("MG204", "unique works only for elements that are single values", hint)
    path = counts.unique_by
    if not path and not counts.is_unique:
        return items
    if not isinstance(spec.find_shape(items, path), spec.Leaf):
        if path:
            place = lengths.get("unique_by") or lengths
            place.error("MG218", f'unique_by: the elements have no single value "{".".join(path)}"')
        return items

    def change(part: spec.Shape, rest: spec.KeyPath) -> spec.Shape:
        if isinstance(part, spec.Leaf):
            return replace(part, modifiers=replace(part.modifiers, distinct=True))
        if not isinstance(part, spec.ObjectShape):
            return part
        members = tuple(
            replace(member, shape=change(member.shape, rest[1:]))
            if member.name == rest[0]
            else member
            for member in part.members
        )
        return replace(part, members=members)

    return change(items, path)


def _with_check(entry: reader.Entry, leaf: spec.Leaf) -> spec.Leaf:
    """Return ``leaf`` with a pattern that knows its check digits; report what has none."""
    check = leaf.modifiers.check
    generator = leaf.generator
    misfit: object = None
    if isinstance(generator, Pattern):
        leaf = replace(leaf, generator=CheckedPattern(source=generator.source, check=check))
        misfit = find_misfit(check, compile_pattern(generator.source).tree)
    elif isinstance(generator, Pool):
        texts = (each.value for each in generator.entries)
        misfit = next((text for text in texts if not FORMS[check].fits(str(text))), None)
    elif isinstance(generator, SequenceNumber) and (generator.width or generator.prefix):
        text = generator.prefix + f"{generator.start:0{generator.width}d}"
        misfit = None if FORMS[check].fits(text) else text
    elif isinstance(generator, Number | Boolean | Moment | Uuid | RecordIndex | SequenceNumber):
        entry.key_error("MG204", "$check works only for text, such as that of a $pattern")
    if misfit is not None:
        hint = "include a placeholder for the check digits in the text"
        message = f'$check {check}: "{misfit}" is not {FORMS[check].words}'
        entry.error("MG202", message, hint)
    return leaf


def _array(
    entry: reader.Entry,
    context: reader.ShapeContext,
    base: spec.Shape | None,
    modifiers: spec.Modifiers,
) -> spec.Shape:
    lengths, items = entry.get("$array"), entry.get("$items")
    if lengths is None or items is None:
        if not _has_unknown(member.key for member in entry.members()):
            hint = "$items describes the elements"
            entry.error("MG205", "$array needs $items", hint)
        return _stand_in(entry, context)
    counts = read_lengths(lengths, context)
    under = base.items if isinstance(base, spec.ArrayShape) else None
    return spec.ArrayShape(
        elements=(),
        items=_distinct(_shape(items, _inside_array(context), under), lengths, counts),
        minimum=counts.minimum,
        maximum=counts.maximum,
        modifiers=modifiers,
        address=context.address,
        origin=_origin(entry, context),
        lows=counts.lows,
        highs=counts.highs,
    )
