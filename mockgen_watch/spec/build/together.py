"""Fields that are unique together: ``$unique: [[student, course]]`` in a model or an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import ask_for, nearest_word
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build import reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def take_tuples(
    modifiers: dict[str, reader.Entry], context: reader.ShapeContext, chooser: str
) -> None:
    """Take from the modifiers of an object what is unique together, until the shape is known.

    ``chooser``: the directive that chooses the value, which makes it no object.
    """
    entry = modifiers.get("$unique")
    if entry is None or not entry.is_list or chooser:
        return
    del modifiers["$unique"]
    if context.kind is not spec.OriginKind.MODEL:
        entry.key_error("MG204", "state in the model which fields are unique together")
        return
    entry.build.tuples.append((context.keys, entry))


def read_tuples(
    entry: reader.Entry | None,
    shape: spec.ObjectShape,
    inner: Iterable[tuple[spec.KeyPath, reader.Entry]],
) -> tuple[spec.Together, ...]:
    """Return what a model at ``entry`` says and the objects in it say, in their own words."""
    said = list(inner) if entry is None else [((), entry), *inner]
    groups = [group for home, each in said for group in _groups(each, home, shape)]
    taken: dict[tuple[str, ...], spec.Together] = {}
    for group in groups:
        for path, address in zip(group.paths, group.addresses, strict=True):
            if taken.setdefault(address, group) is not group:
                message = f'"{".".join(path)}" is unique together with other fields already'
                _report(said, group, message)
    return tuple(groups)


def _report(
    said: Iterable[tuple[spec.KeyPath, reader.Entry]], group: spec.Together, message: str
) -> None:
    for _, entry in said:
        for item in entry.items():
            if item.location == group.location:
                item.error("MG204", message, "a field can be in only one such list")


def _groups(
    entry: reader.Entry, home: spec.KeyPath, shape: spec.ObjectShape
) -> Iterator[spec.Together]:
    """Yield each group of fields that the object at ``home`` lists."""
    items = entry.items()
    if not items or not all(item.is_list and len(item.items()) > 1 for item in items):
        message = "$unique takes lists of fields that must be unique together"
        entry.error("MG202", message, "such as [[student, course]]")
        return
    for item in items:
        before = entry.errors
        found = [_field(field, home, shape) for field in item.items()]
        fields = [field for field in found if field is not None]
        if entry.errors > before:
            continue
        arrays = {_arrays(leaf.address) for _, leaf in fields}
        addresses = tuple(leaf.address for _, leaf in fields)
        if len(arrays) > 1:
            item.error(
                "MG204", "fields that are unique together must be in the same array, or in none"
            )
        elif len(set(addresses)) < len(addresses):
            item.error("MG202", "a field appears twice")
        else:
            paths = tuple(path for path, _ in fields)
            yield spec.Together(paths=paths, addresses=addresses, location=item.location)


def _field(
    entry: reader.Entry, home: spec.KeyPath, shape: spec.ObjectShape
) -> tuple[spec.KeyPath, spec.Leaf] | None:
    """Return the field that ``entry`` names, seen from ``home``; None when it was reported."""
    name = reader.read_field(entry)
    if name is None:
        return None
    path = (*home, *name)
    leaf = _leaf_at(shape, path)
    if leaf is not None:
        return path, leaf
    missing, known = spec.missing_key(shape, path)
    if missing:
        near = nearest_word(missing, known)
        entry.error("MG218", f'$unique: unknown field "{missing}"', ask_for(near))
    else:
        entry.error("MG218", f'$unique: "{".".join(name)}" is not a single value')
    return None


def _leaf_at(shape: spec.Shape, path: spec.KeyPath) -> spec.Leaf | None:
    """Return the leaf at ``path``, not one of several shapes of a value."""
    if isinstance(shape, spec.ArrayShape):
        found = [_leaf_at(each, path) for each in spec.element_shapes(shape)]
        return found[0] if found and all(found) else None
    if not path or isinstance(shape, spec.Leaf):
        is_whole = isinstance(shape, spec.Leaf) and not path
        return shape if is_whole and isinstance(shape, spec.Leaf) else None
    inner = shape.get(path[0])
    return None if inner is None else _leaf_at(inner, path[1:])


def _arrays(address: tuple[str, ...]) -> tuple[str, ...]:
    """Return the address of the innermost array's elements around a leaf; empty for none."""
    places = [place for place, step in enumerate(address) if step == spec.ELEMENT]
    return address[: places[-1] + 1] if places else ()
