"""Pools: values with weights, from lists, mappings and rows of a spec, and from vocabularies.

Equal values of one pool have been added up to one entry.

A vocabulary file holds, in JSON or YAML: a list of values; ``$values`` with such a list;
``$weighted`` with a mapping value → weight or pairs [value, weight]; or a list of mappings (rows),
each with ``$weight`` and ``$id`` if it likes. ``$comment`` is allowed beside ``$values`` and
``$weighted``. A text file holds one value a line; blanks around it and empty lines do not count.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import (
    Diagnostic,
    Location,
    Related,
    ask_for,
    is_one_slip,
    is_slip,
    nearest_word,
)
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.build.ranges import decimal_places
from mockgen_watch.spec.build.reader import (
    GENERATOR_DIRECTIVES,
    Build,
    Entry,
    data_key,
    is_directive,
    read_text,
)
from mockgen_watch.spec.generators import Pool, PoolEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    ReadValue = Callable[[Entry], tuple[documents.Json, bytes]]


MAX_WEIGHT_DIGITS: Final = 12
VOCABULARY_ENDINGS: Final = (".yaml", ".yml", ".json", ".txt")
"""The files that may be vocabularies; ``.txt`` goes to ``read_lines``, the others to ``parse``."""

_ONE: Final = Decimal(1)
_LOOKS_OTHERWISE: Final = r"[-+]?[0-9]+(\.[0-9]+)?|true|false|null|~"
_FORMS: Final = ("$values", "$weighted", "$schema", "$comment")
_ALL_VOCABULARIES: Final = "docs/reference/vocabularies.md"
"""The page that lists those that come with the package."""

_MOST_NEAR: Final = 4
_LITERAL: Final = frozenset({"$const", "$rules", "$exclude"})


def _as_it_stands(entry: Entry) -> tuple[documents.Json, bytes]:
    value = documents.plain_data(entry.node)
    return value, canonical(value)


def pool_of_values(entry: Entry, read: ReadValue = _as_it_stands) -> Pool | None:
    """Return the pool of a list; None when it was reported. ``read`` gives the value of an item."""
    if not entry.is_list:
        entry.type_error("a list of values")
        return None
    items = entry.items()
    if not items:
        _report_empty(entry)
        return None
    values = [_value(item, *read(item), _ONE) for item in items]
    return Pool(entries=add_up(values)) if _are_told_apart(items, values) else None


def pool_of_weights(entry: Entry, read: ReadValue = _as_it_stands) -> Pool | None:
    """Return the pool of a mapping value → weight, or of a list of pairs [value, weight].

    ``read`` gives the value of a pair.
    """
    if entry.is_mapping:
        values = [_weighted_key(member) for member in entry.members()]
    elif entry.is_list:
        values = [_weighted_pair(item, read) for item in entry.items()]
    else:
        entry.type_error("a mapping of values to weights, or a list of [value, weight]")
        return None
    if not values:
        _report_empty(entry)
        return None
    if entry.is_list and not _are_told_apart(entry.items(), values):
        return None
    return _weighted_pool(entry, values)


def is_leaf(entry: Entry) -> bool:
    """Return whether an entry of a pool says how a value is chosen, and is no value itself."""
    return any(key in GENERATOR_DIRECTIVES or key == "$array" for key in entry.directives())


def is_constant(entry: Entry) -> bool:
    """Return whether an entry of a pool says that it is a value, whatever its keys look like."""
    keys = {each.key for each in entry.members()}
    return "$const" in keys and keys <= {"$const", "$id"}


def constant_or_value(entry: Entry) -> tuple[documents.Json, bytes]:
    """Return the value of an entry of a pool that is no leaf, and what a choice knows it by.

    That is the ``$id`` beside ``$const``, else the value. A value that is corrected may have the
    former one as its ``$id``.
    """
    warn_of_slip(entry)
    constant = entry.get("$const") if is_constant(entry) else None
    value, identity = _as_it_stands(constant or entry)
    stated = entry.get("$id") if constant is not None else None
    return value, identity if stated is None else canonical(documents.plain_data(stated.node))


def _are_told_apart(items: Sequence[Entry], values: Sequence[PoolEntry | None]) -> bool:
    """Report an ``$id`` that another value has, or that is another value."""
    before = items[0].errors
    seen: dict[bytes, Entry] = {}
    for item, value in zip(items, values, strict=True):
        if value is None:
            continue
        entry = item.short_form("value", "weight").get("value", item)
        first = seen.setdefault(value.identity, entry)
        constants = [each for each in (entry, first) if is_constant(each)]
        stated = next((each.get("$id") for each in constants if each.get("$id")), None)
        if first is not entry and stated is not None:
            related = (Related(message="the first one", location=first.location),)
            stated.error("MG222", f"two values have the $id {stated.value}", related=related)
    return items[0].errors == before


def warn_of_slip(entry: Entry) -> None:
    """Warn of a key that is a typing slip away from a directive, in an entry that is a value."""
    for member in () if is_leaf(entry) else entry.directives().values():
        meant = next((word for word in GENERATOR_DIRECTIVES if is_slip(member.key, word)), "")
        if meant:
            hint = f"{ask_for(meant)} To use it as data, put it under $const"
            member.key_warn("MG201", f"unknown directive {member.key}", hint)


Cells: TypeAlias = "dict[bytes, dict[str, Entry]]"
"""By the identity of a row, what each of its fields that is a leaf says."""


def pool_of_rows(entry: Entry, cells: Cells | None = None) -> Pool | None:
    """Return the pool of a list of mappings; ``$weight`` and ``$id`` of a row direct the draw.

    ``cells`` is given the fields that are leaves, which the values of the pool then lack; without
    it all are taken literally.
    """
    if not entry.is_list:
        entry.type_error("a list of rows, or {$vocab: name}")
        return None
    if not entry.items():
        _report_empty(entry)
        return None
    before = entry.errors
    seen: Counter[bytes] = Counter()
    values = [_row(item, seen, cells) for item in entry.items()]
    _check_row_ids(entry.items())
    if entry.errors == before:
        _check_row_keys(entry.items())
    return _weighted_pool(entry, values) if entry.errors == before else None


def add_up(values: Iterable[PoolEntry]) -> tuple[PoolEntry, ...]:
    """Return ``values`` with those of one identity joined: the first one, all their weight."""
    joined: dict[bytes, PoolEntry] = {}
    for value in values:
        first = joined.get(value.identity)
        total = value if first is None else replace(first, weight=first.weight + value.weight)
        joined[value.identity] = total
    return tuple(joined.values())


def read_weight(entry: Entry) -> Decimal | None:
    """Return the weight at ``entry``, 0 or more; None when it was reported."""
    weight = entry.number
    if weight is None:
        entry.error("MG207", f"a weight must be a number, not {entry.kind}")
        return None
    problem = ""
    if weight < 0:
        problem = f"the weight {weight} is negative"
    elif weight.adjusted() >= MAX_WEIGHT_DIGITS or decimal_places(weight) > MAX_WEIGHT_DIGITS:
        problem = f"a weight can have at most {MAX_WEIGHT_DIGITS} digits before and after the point"
    if problem:
        entry.error("MG207", problem)
        return None
    return weight


def _report_empty(entry: Entry) -> None:
    hint = "a list is a pool of values; for an empty list as a value, write {$const: []}"
    entry.error("MG206", "this pool is empty", hint)


def _value(entry: Entry, value: documents.Json, identity: bytes, weight: Decimal) -> PoolEntry:
    return PoolEntry(value=value, weight=weight, identity=identity, location=entry.location)


def _weighted_pool(entry: Entry, values: Sequence[PoolEntry | None]) -> Pool | None:
    sound = [value for value in values if value is not None]
    if len(sound) < len(values):
        return None
    if not any(value.weight for value in sound):
        entry.error("MG207", "all weights are zero, so no value can be chosen")
        return None
    return Pool(entries=add_up(sound))


def _weighted_key(member: Entry) -> PoolEntry | None:
    if is_directive(member.key):
        hint = f'write a value that begins with $ as "${member.key}", or as a pair'
        member.key_error("MG201", f"{member.key} is not allowed here", hint)
        return None
    weight = read_weight(member)
    if weight is None:
        return None
    _warn_of_a_number(member)
    value = data_key(member.key)
    return PoolEntry(
        value=value, weight=weight, identity=canonical(value), location=member.key_location
    )


def _warn_of_a_number(member: Entry) -> None:
    """Warn that a key without quotes which looks like a number, null or a boolean is text."""
    mark = member.key_mark
    if mark is None or not re.fullmatch(_LOOKS_OTHERWISE, member.key):
        return
    if member.build.document.text[mark.start : mark.end] == member.key:
        hint = "quote it, or write pairs, [[value, weight], …], for values that are not text"
        message = f"as a key, {member.key} is text"
        member.build.diagnostics.warn("MG202", member.key_location, message, hint)


def _weighted_pair(item: Entry, read: ReadValue) -> PoolEntry | None:
    pair = item.short_form("value", "weight")
    if not pair:
        item.error("MG202", "each item of $weighted must be a pair [value, weight]")
        return None
    weight = read_weight(pair["weight"])
    value = pair["value"]
    if weight is None:
        return None
    found, identity = read(value)
    return _value(value, found, identity, weight)


def _row(item: Entry, seen: Counter[bytes], cells: Cells | None) -> PoolEntry | None:
    """Return a row; ``seen`` counts those with leaves, of which no two are the same."""
    if not item.is_mapping:
        item.error("MG202", f"a row must be a mapping, not {item.kind}")
        return None
    before = item.errors
    weight: Decimal | None = _ONE
    identity = b""
    values: dict[str, documents.Json] = {}
    leaves: dict[str, Entry] = {}
    for member in item.members():
        if member.key == "$weight":
            weight = read_weight(member)
        elif member.key == "$id":
            identity = _row_identity(member)
        elif is_directive(member.key):
            message = f"{member.key} is not allowed in a row"
            otherwise = "a row can have $weight, $id and fields"
            member.unknown_key("MG201", message, ("$weight", "$id"), otherwise)
        elif cells is None:
            values[data_key(member.key)] = documents.plain_data(member.node)
        elif is_constant(member) or not is_leaf(member):
            values[data_key(member.key)], _ = constant_or_value(member)
        else:
            leaves[data_key(member.key)] = member
    if weight is None or item.errors > before:
        return None
    if cells is not None and leaves:
        identity = identity or _identity_with_leaves(values, leaves, seen)
        cells[identity] = leaves
    # A row's $id stands for the row; its canonical form is a list, which no row's is.
    return _value(item, values, identity or canonical(values), weight)


def _identity_with_leaves(
    values: Mapping[str, documents.Json], leaves: Mapping[str, Entry], seen: Counter[bytes]
) -> bytes:
    """Return what a choice knows a row by; an edit inside a leaf moves no record to another row."""
    forms: documents.Json = {key: [*leaf.directives()] for key, leaf in leaves.items()}
    form = [dict(values), forms]
    seen[canonical(form)] += 1
    number = seen[canonical(form)] - 1
    return canonical([*form, number] if number else form)


def _row_identity(entry: Entry) -> bytes:
    if not isinstance(entry.value, str | int):
        entry.type_error("text or a whole number")
        return b""
    return canonical([entry.value])


def _check_row_ids(items: Sequence[Entry]) -> None:
    seen: dict[bytes, Entry] = {}
    for item in items:
        entry = item.get("$id")
        if entry is None or not isinstance(entry.node, documents.Scalar):
            continue
        first = seen.setdefault(canonical(entry.node.value), entry)
        if first is not entry:
            related = (Related(message="the first one", location=first.location),)
            entry.error("MG222", f"two rows have the $id {entry.node.value}", related=related)


def _check_row_keys(items: Sequence[Entry]) -> None:
    """Report rows that lack a field which the first row has, or have one more."""
    wanted = _row_keys(items[0])
    for item in items[1:]:
        keys = _row_keys(item)
        for key in wanted:
            if key not in keys:
                hint = "every row must have the same fields; use null for a missing value"
                item.error("MG205", f'this row has no "{key}"', hint)
        for key, member in keys.items():
            if key not in wanted:
                related = (Related(message="the first row", location=items[0].location),)
                member.key_error("MG205", f'the first row has no "{key}"', related=related)


def _row_keys(item: Entry) -> dict[str, Entry]:
    return {
        data_key(member.key): member for member in item.members() if not is_directive(member.key)
    }


def read_vocabulary(entry: Entry) -> Pool | None:
    """Return the vocabulary that ``$vocab`` names; None when it, or its file, was reported."""
    name = read_text(entry, "the name of a vocabulary")
    if name is None:
        return None
    context = entry.build.context
    pool = context.vocabularies.get(name)
    if pool is None and name not in context.known_vocabularies:
        known = {*context.known_vocabularies, *context.vocabularies}
        near = _near_vocabularies(name, known)
        hint = f"a vocabulary is a file in _vocab/, or one that {_ALL_VOCABULARIES} lists"
        if near:
            names = " or ".join(f'"{one}"' for one in near)
            hint = f"did you mean {names}? {_ALL_VOCABULARIES} lists all of them"
        fix = entry.text_fix(near[0]) if len(near) == 1 else ()
        entry.error("MG219", f'unknown vocabulary "{name}"', hint, fix=fix)
    return None if pool is None else replace(pool, source=name)


def _near_vocabularies(name: str, known: Iterable[str]) -> list[str]:
    """Return the one that ``name`` is a slip of, else those with it as a word, else the nearest."""
    folded = name.casefold()
    near = nearest_word(name, known)
    alike = sorted(other for other in known if folded in other.split("_"))
    if alike and not (near and is_one_slip(folded, near)):
        return alike[:_MOST_NEAR]
    return [near] if near else []


def build_vocabulary(document: documents.Document) -> tuple[Pool | None, list[Diagnostic]]:
    """Return the pool of a vocabulary, None when it has errors, and everything that was found."""
    if document.root is None:
        return None, []
    build = Build(document)
    pool = _vocabulary(Entry(build=build, node=document.root))
    return (None if build.diagnostics.failed else pool), build.diagnostics.sorted()


def _vocabulary(entry: Entry) -> Pool | None:
    if entry.is_list:
        return _vocabulary_list(entry)
    if not entry.is_mapping:
        message = f"a vocabulary must be a list or have $values or $weighted, not be {entry.kind}"
        entry.error("MG219", message)
        return None
    for member in entry.members():
        if not is_directive(member.key):
            message = f'"{member.key}" is not allowed in a vocabulary'
            fix = member.key_fix(nearest_word(f"${member.key}", _FORMS))
            member.key_error("MG219", message, "put the values under $values", fix=fix)
        elif member.key not in _FORMS:
            member.unknown_directive(_FORMS)
    values, weighted = entry.get("$values"), entry.get("$weighted")
    if values is not None and weighted is not None:
        weighted.key_error("MG204", "$weighted cannot be combined with $values")
    if values is not None:
        return _vocabulary_list(values)
    if weighted is not None:
        return pool_of_weights(weighted)
    if not entry.build.diagnostics.failed:
        entry.error("MG205", "a vocabulary needs $values or $weighted")
    return None


def _vocabulary_list(entry: Entry) -> Pool | None:
    items = entry.items()
    if items and all(item.is_mapping for item in items):
        return pool_of_rows(entry)
    return pool_of_values(entry)


def read_lines(path: str, data: bytes) -> documents.Document:
    """Return a text file as a document: the list of its lines."""
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        broken = data.count(b"\n", 0, error.start) + 1
        found = Diagnostic(
            code="MG101",
            message=f"byte {error.start} is not UTF-8",
            location=Location(path=path, line=broken),
            hint="save the file as UTF-8",
        )
        return documents.Document(path=path, text="", root=None, diagnostics=(found,))
    items: list[documents.Node] = []
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        value = line.strip()
        if value:
            column = line.index(value)
            begin = start + column
            mark = documents.Mark(
                line=number, column=column + 1, start=begin, end=begin + len(value)
            )
            items.append(documents.Scalar(value=value, mark=mark))
        start += len(line) + 1
    whole = documents.Mark(line=1, column=1, start=0, end=len(text))
    return documents.Document(
        path=path, text=text, root=documents.SequenceNode(items=tuple(items), mark=whole)
    )


def vocabulary_names(document: documents.Document) -> set[tuple[str, Location]]:
    """Return the vocabularies that a user_input or a master names, each with its place."""
    found: set[tuple[str, Location]] = set()
    literal: list[str] = []
    for pointer, node in () if document.root is None else documents.walk(document.root):
        if not isinstance(node, documents.MappingNode):
            continue
        if any(f"{pointer}/".startswith(above) for above in literal):
            continue
        for member in node.members:
            name = member.node
            if member.key in _LITERAL:
                literal.append(f"{pointer}/{member.key}/")
            elif member.key in {"$choice", "$weighted"}:
                literal += [f"{pointer}/{member.key}{below}/" for below in _values_in(name)]
            elif (
                member.key == "$vocab"
                and isinstance(name, documents.Scalar)
                and isinstance(name.value, str)
            ):
                found.add((name.value, document.locate(name.mark, f"{pointer}/$vocab")))
    return found


def _values_in(pool: documents.Node) -> Iterator[str]:
    """Yield the pointers of the entries of ``$choice`` or ``$weighted`` that are no leaves."""
    for number, item in enumerate(pool.items if isinstance(pool, documents.SequenceNode) else ()):
        pointer, value = f"/{number}", item
        if isinstance(item, documents.SequenceNode) and item.items:
            pointer, value = f"/{number}/0", item.items[0]
        members = value.members if isinstance(value, documents.MappingNode) else ()
        if not any(member.key in (*GENERATOR_DIRECTIVES, "$array") for member in members):
            yield pointer
