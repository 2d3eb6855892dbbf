"""Alternatives: ``$given``, ``$one_of``, and leaves inside ``$choice`` and ``$weighted``."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Related
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.build.pools import (
    constant_or_value,
    is_constant,
    is_leaf,
    read_weight,
    warn_of_slip,
)
from mockgen_watch.spec.generators import Alternative, Alternatives, Case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockgen_watch.spec.model import Shape

    BuildShape = Callable[[reader.Entry, reader.ShapeContext, Shape | None], Shape]


_ONE: Final = Decimal(1)
_RANGE: Final = r"(-?[0-9][0-9:T.-]*?)?\.\.(-?[0-9][0-9:T.-]*)?"


def has_leaves(entry: reader.Entry) -> bool:
    """Return whether a pool has an entry that says how a value is chosen, and is no value."""
    items = entry.items()
    values = [item.short_form("value", "weight").get("value", item) for item in items]
    return any(is_leaf(value) and not is_constant(value) for value in values)


def build_alternatives(
    entry: reader.Entry,
    directive: reader.Entry,
    context: reader.ShapeContext,
    build: BuildShape,
) -> Alternatives | None:
    """Return what ``directive`` of the mapping at ``entry`` says; None when it was reported.

    ``build`` makes the shape of one alternative.
    """
    before = directive.errors
    if directive.key == "$given":
        found = _given(entry, directive, context, build)
    else:
        parts = _one_of(directive) if directive.key == "$one_of" else _pool(directive)
        alternatives = _weighted(parts, context, build)
        if not alternatives and directive.errors == before:
            directive.error("MG206", f"{directive.key} has no values")
        found = Alternatives(alternatives=alternatives)
    return found if directive.errors == before else None


def _weighted(
    parts: Iterator[tuple[reader.Entry, Decimal, bytes]],
    context: reader.ShapeContext,
    build: BuildShape,
) -> tuple[Alternative, ...]:
    found: list[Alternative] = []
    seen: Counter[bytes] = Counter()
    stated: dict[bytes, reader.Entry] = {}
    for item, weight, given in parts:
        shape = build(item, context, None)
        identity = given or _identity(item)
        first = stated.setdefault(given, item) if given else item
        if first is not item:
            related = (Related(message="the first one", location=first.location),)
            item.error("MG222", "two alternatives have the same $id", related=related)
        if not given:
            # Entries of one form count, so that an edit inside one moves no other.
            seen[identity] += 1
            number = seen[identity] - 1
            identity = canonical([identity.decode(), number]) if number else identity
        found.append(
            Alternative(
                shape=shape, identity=identity, weight=weight, case=None, location=item.location
            )
        )
    return tuple(found)


def _identity(item: reader.Entry) -> bytes:
    """Return what a choice by weight knows an entry by: its value, its directive or its keys."""
    if not item.is_mapping or is_constant(item):
        return constant_or_value(item)[1]
    directives = [key for key in item.directives() if key in reader.GENERATOR_DIRECTIVES]
    return canonical(["leaf", *directives] if directives else sorted(m.key for m in item.members()))


def _one_of(directive: reader.Entry) -> Iterator[tuple[reader.Entry, Decimal, bytes]]:
    """Yield the shapes of ``$one_of`` with their weights, and the identities that they state."""
    if not directive.is_list:
        directive.type_error("a list of shapes")
        return
    for item in directive.items():
        weight = item.get("$weight")
        odds = _ONE if weight is None else read_weight(weight)
        shape, own = _without_id(_without(item, "$weight"))
        yield shape, _ONE if odds is None else odds, own


def _without_id(item: reader.Entry) -> tuple[reader.Entry, bytes]:
    """Return an alternative without its ``$id``, and the identity that this states."""
    stated = item.get("$id")
    if stated is None:
        return item, b""
    return _without(item, "$id"), canonical([documents.plain_data(stated.node)])


def _without(item: reader.Entry, key: str) -> reader.Entry:
    node = item.node
    if not isinstance(node, documents.MappingNode):
        return item
    members = tuple(member for member in node.members if member.key != key)
    return replace(item, node=replace(node, members=members))


def _pool(directive: reader.Entry) -> Iterator[tuple[reader.Entry, Decimal, bytes]]:
    """Yield the entries of ``$choice``, or of ``$weighted`` as pairs."""
    for item in directive.items():
        if directive.key == "$choice":
            value, own = _as_value(item)
            yield value, _ONE, own
            continue
        pair = item.short_form("value", "weight")
        if not pair:
            item.error("MG202", "each item of $weighted is a pair [value, weight]")
            continue
        weight = read_weight(pair["weight"])
        value, own = _as_value(pair["value"])
        yield value, _ONE if weight is None else weight, own


def _as_value(item: reader.Entry) -> tuple[reader.Entry, bytes]:
    """Return an entry of a pool, a leaf or a literal value, and the identity that a leaf states.

    The identity of a constant is read with its value.
    """
    if is_leaf(item) and not is_constant(item):
        return _without_id(item)
    if is_leaf(item) or isinstance(item.node, documents.Scalar):
        return item, b""
    warn_of_slip(item)
    member = documents.Member(key="$const", mark=item.node.mark, node=item.node)
    return replace(item, node=documents.MappingNode(mark=item.node.mark, members=(member,))), b""


def _given(
    entry: reader.Entry,
    directive: reader.Entry,
    context: reader.ShapeContext,
    build: BuildShape,
) -> Alternatives | None:
    path = reader.read_other_field(directive, context)
    cases, otherwise = entry.get("$cases"), entry.get("$else")
    if cases is None:
        directive.key_error("MG205", "$given needs $cases", "for example $cases: {shipped: …}")
        return None
    found: list[Alternative] = []
    for case, item in _cases(cases):
        shape = build(item, context, None)
        found.append(
            Alternative(
                shape=shape, identity=b"", weight=_ONE, case=case, location=item.key_location
            )
        )
    if otherwise is not None:
        found.append(
            Alternative(
                shape=build(otherwise, context, None),
                identity=b"",
                weight=_ONE,
                case=None,
                location=otherwise.key_location,
            )
        )
    if path is None or not found:
        return None
    return Alternatives(alternatives=tuple(found), given=path)


def _cases(entry: reader.Entry) -> Iterator[tuple[Case, reader.Entry]]:
    if entry.is_mapping:
        for member in entry.members():
            if member.key == "$else":
                member.key_error("MG204", "$else is not a case", "write $else beside $cases")
                continue
            key = reader.data_key(member.key)
            ends = re.fullmatch(_RANGE, key)
            if ends is not None and (ends[1] or ends[2]):
                low, high = ends[1] or "", ends[2] or ""
                yield Case(text=key, low=low, high=high, is_range=True), member
            else:
                yield Case(text=key), member
        return
    if not entry.is_list:
        entry.type_error("a mapping of values, or a list of pairs [value, leaf]")
        return
    for item in entry.items():
        pair = item.short_form("value", "leaf")
        if not pair:
            item.error("MG202", "each case is a pair [value, leaf]")
            continue
        yield Case(value=documents.plain_data(pair["value"].node), is_value=True), pair["leaf"]
