"""Suggestions: what the format of an old file could not say about its pools.

None is ever applied: a suggestion is text, with the lines to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Final, TypeAlias

from msgspec import Struct

from mockgen_watch.canonical import canonical
from mockgen_watch.masters.moves import is_near
from mockgen_watch.migrations.forms import (
    OldArray,
    OldLeaf,
    OldObject,
    OldValue,
    SectionFile,
    SuffixFile,
)
from mockgen_watch.migrations.layout import inline_text, key_text, member_lines
from mockgen_watch.migrations.pieces import as_it_stands, free_name
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.build.reader import spec_key
from mockgen_watch.spec.build.user_input import split_suffix

Values: TypeAlias = "tuple[documents.Json, ...]"
Pools: TypeAlias = Mapping[str, Values]
"""Dotted name of a field → the values that its section lists."""


class Suggestion(Struct, frozen=True, kw_only=True):
    """What a person may want to do, and the YAML to write.

    ``kind`` is ``equal``, ``rule``, ``rows``, ``mapping`` or ``vocab``.
    """

    kind: str
    text: str
    lines: tuple[str, ...] = ()


class ModelPools(Struct, frozen=True, kw_only=True):
    """The pools of one model: section → its pools."""

    model: str
    sections: Mapping[str, Pools]


_ADDRESS_FIELDS: Final = frozenset(
    {"city", "state", "zip_code", "zip", "country", "street_address"}
)
_SHOWN: Final = 12
"""More rows are not written out."""


def likely_rows(sections: Mapping[str, Pools]) -> Iterator[Suggestion]:
    """Yield each group of fields once, with the first section that has it."""
    seen: set[tuple[str, ...]] = set()
    pairings = (("the names of an address", _address_pairs), ("words in common", _word_pairs))
    for name, pools in sections.items():
        for reason, pairs_of in pairings:
            for fields in _groups(pools, pairs_of(pools)):
                if fields not in seen:
                    seen.add(fields)
                    yield _suggestion(name, pools, fields, reason)


def _suggestion(name: str, pools: Pools, fields: Sequence[str], reason: str) -> Suggestion:
    size = len(pools[fields[0]])
    rows: list[documents.Json] = [
        {spec_key(key): as_it_stands(pools[key][n]) for key in fields}
        for n in range(min(size, _SHOWN))
    ]
    more = (f"  # and so on, {size} rows",) if size > _SHOWN else ()
    return Suggestion(
        kind="rows",
        text=f"{', '.join(fields)} may belong together in {name}: {size} values each, {reason}; "
        "rows keep the n-th values in one record",
        lines=(*member_lines("$rows", rows, 0), *more),
    )


def _groups(pools: Pools, pairs: Iterator[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    groups: list[set[str]] = []
    for pair in pairs:
        joined = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in joined]
        groups.append(set(pair).union(*joined))
    for group in groups:
        yield tuple(key for key in pools if key in group)


def _may_pair(left: str, right: str, pools: Pools) -> bool:
    """Return whether two fields are lists of one length; a row has no way into an object."""
    return len(pools[left]) == len(pools[right]) > 1 and "." not in left + right


def _address_pairs(pools: Pools) -> Iterator[tuple[str, str]]:
    fields = [key for key in pools if key.casefold() in _ADDRESS_FIELDS]
    yield from (pair for pair in combinations(fields, 2) if _may_pair(*pair, pools))


def _word_pairs(pools: Pools) -> Iterator[tuple[str, str]]:
    words = {key: _words(values) for key, values in pools.items()}
    # Only fields whose first values share a word are compared: there may be thousands.
    with_word: dict[str, list[str]] = {}
    for key, each in words.items():
        for word in each[0] if each else ():
            with_word.setdefault(word, []).append(key)
    pairs = dict.fromkeys(pair for keys in with_word.values() for pair in combinations(keys, 2))
    for left, right in pairs:
        if (
            _may_pair(left, right, pools)
            and len(set(map(canonical, pools[left]))) > 1
            and all(ours & theirs for ours, theirs in zip(words[left], words[right], strict=True))
        ):
            yield left, right


def _words(values: Values) -> list[set[str]]:
    """Return the words of each value, without those that all values have."""
    each = [
        set(re.findall(r"[a-z]{3,}", value.casefold())) if isinstance(value, str) else set()
        for value in values
    ]
    return [words - set.intersection(*each) for words in each]


_DATES: Final = {
    form: form.replace("%Y", "[0-9]{4}").replace("%m", "[0-9]{2}").replace("%d", "[0-9]{2}")
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y")
}
"""Ways to write a date, and the pattern of each."""

_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_RUN: Final = re.compile(r"([A-Z]+)|([a-z]+)|([0-9]+)|([^A-Za-z0-9])")
_SPECIAL: Final = frozenset(r"\.^$*+?()[]{}|")
_MIN_TEXTS: Final = 3
"""With fewer values a common shape may be an accident."""


def likely_rules(models: Iterable[ModelPools]) -> Iterator[Suggestion]:
    """Yield the rules of each model, one for each field whose values have one form.

    Negative sections do not count: their purpose is to break rules.
    """
    for one in models:
        every: dict[str, list[documents.Json]] = {}
        for name, pools in one.sections.items():
            for key, values in pools.items() if split_suffix(name)[1] != "negative" else ():
                every.setdefault(key, []).extend(values)
        rules = [line for key, values in every.items() if (line := _line(key, values))]
        if rules:
            yield Suggestion(
                kind="rule",
                text=f"fields of {one.model} whose values have one form each: likely rules",
                lines=("$rules:", *rules),
            )


def _line(key: str, values: Sequence[documents.Json]) -> str:
    """Return the rule of a field, as a line of YAML; ``""`` where there is none."""
    texts = {value for value in values if isinstance(value, str)}
    # A rule cannot reach into the elements of an array.
    has_texts_alone = texts and len(texts) == len({canonical(value) for value in values})
    rule = _rule(texts) if has_texts_alone and not set(key) & set("./~") else None
    if rule is None:
        return ""
    what, pattern = rule
    single = "'" + pattern.replace("'", "''") + "'"
    name = key_text(slug(key))
    return f"  {name}: {{field: {inline_text(key)}, schema: {{pattern: {single}}}}}  # {what}"


def _rule(texts: set[str]) -> tuple[str, str] | None:
    """Return what all of ``texts`` are, and the pattern that says so."""
    dates = [
        (form, pattern)
        for form, pattern in _DATES.items()
        if all(_is_date(text, form, pattern) for text in texts)
    ]
    if dates:
        return f"a date ({' or '.join(form for form, _ in dates)})", f"^{dates[0][1]}$"
    if all(_MAIL.fullmatch(text) for text in texts):
        return "an e-mail address", "^[^@ ]+@[^@ ]+[.][^@ .]+$"
    shapes = {_shape(text) for text in texts}
    if len(shapes) == 1 and len(texts) >= _MIN_TEXTS:
        (shape,) = shapes
        if "0-9" in shape or "A-Z]{" in shape:
            return "a code of one shape", f"^{shape}$"
    return None


def _is_date(text: str, form: str, pattern: str) -> bool:
    if re.fullmatch(pattern, text) is None:
        return False
    letters = re.findall("[Ymd]", form)
    numbers = dict(zip(letters, map(int, re.findall("[0-9]+", text)), strict=True))
    try:
        date(numbers["Y"], numbers["m"], numbers["d"])
    except ValueError:
        return False
    return True


def _shape(text: str) -> str:
    parts = []
    for upper, lower, digits, other in _RUN.findall(text):
        run = upper or lower or digits or other
        sign = f"\\{other}" if other in _SPECIAL else other
        kind = "[A-Z]" if upper else "[a-z]" if lower else "[0-9]" if digits else sign
        parts.append(f"{kind}{{{len(run)}}}" if len(run) > 1 else kind)
    return "".join(parts)


def slug(key: str) -> str:
    """Return a name for a rule or a vocabulary of the field ``key``."""
    return re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-").lower() or "rule"


_MIN_SHARED_VALUES: Final = 3
"""Fewer values are not worth a file."""
_MAX_NAMES: Final = 5
"""More models are counted, not named."""


def shared_pools(models: Iterable[ModelPools], taken: Iterable[str] = ()) -> Iterator[Suggestion]:
    """Yield each pool that several models have, whatever they call it.

    Each is a vocabulary of its own: none has a name that is ``taken``.
    """
    users: dict[bytes, dict[str, tuple[str, Values]]] = {}
    for one in models:
        for pools in one.sections.values():
            for key, values in pools.items():
                content = sorted(map(canonical, values))
                if len(set(content)) >= _MIN_SHARED_VALUES:
                    found = users.setdefault(b",".join(content), {})
                    found.setdefault(one.model, (key, values))
    names = set(taken)
    for found in users.values():
        if len(found) > 1:
            key, values = next(iter(found.values()))
            name = free_name(slug(key).replace("-", "_"), names)
            names.add(name)
            yield _shared_pools_suggestion(tuple(found), key, values, name)


def _shared_pools_suggestion(
    models: tuple[str, ...], key: str, values: Values, name: str
) -> Suggestion:
    more = f" and {len(models) - _MAX_NAMES} more" if len(models) > _MAX_NAMES else ""
    users = f"{', '.join(models[:_MAX_NAMES])}{more}"
    rest = (f"# and so on, {len(values)} values",) if len(values) > _SHOWN else ()
    return Suggestion(
        kind="vocab",
        text=f"{users} share a pool of {len(values)} values ({key}): "
        f"specs/_vocab/{name}.yaml could hold it once",
        lines=(
            f"# specs/_vocab/{name}.yaml",
            *(f"- {inline_text(value)}" for value in values[:_SHOWN]),
            *rest,
            "# in each model",
            f"{key_text(key.rpartition('.')[2])}: {{$vocab: {name}}}",
        ),
    )


def pools_of_sections(old: SectionFile, model: str) -> tuple[ModelPools, ...]:
    """Return the pools of all sections, which are those of ``model``."""
    sections = {
        section.name or "the file": dict(_old_pools(OldObject(members=section.fields), ""))
        for section in old.sections
    }
    return (ModelPools(model=model, sections=sections),)


def pools_of_suffixes(old: SuffixFile) -> tuple[ModelPools, ...]:
    """Return the pools of each model, of its own section and its suffix sections alike."""
    return tuple(
        ModelPools(
            model=group.name,
            sections={
                member.key: dict(_node_pools(member.node, ""))
                for member in (group.own, *group.scenarios.values())
                if member is not None
            },
        )
        for group in old.groups
    )


def suggestions_for(
    models: Sequence[ModelPools], master: documents.Document | None = None, *, has_rows: bool
) -> tuple[Suggestion, ...]:
    """Return what the old format could not say of ``models``, and of their ``master``.

    Where sections ``has_rows`` already, none are suggested. Pools that models share are found over
    all files: see ``shared_pools``.
    """
    sections = {name: pools for one in models for name, pools in one.sections.items()}
    return (
        *_equal(sections),
        *likely_rules(models),
        *(() if has_rows else likely_rows(sections)),
        *(_mappings(sections, master.root) if master is not None and master.root else ()),
    )


def _old_pools(value: OldValue, path: str) -> Iterator[tuple[str, Values]]:
    if isinstance(value, OldLeaf):
        yield path, value.values
    elif isinstance(value, OldArray):
        for element in value.elements:
            yield from _old_pools(element, path)
    else:
        for field in value.members:
            yield from _old_pools(field.value, f"{path}.{field.name}".lstrip("."))


def _node_pools(node: documents.Node, path: str) -> Iterator[tuple[str, Values]]:
    if isinstance(node, documents.MappingNode):
        for member in node.members:
            yield from _node_pools(member.node, f"{path}.{member.key}".lstrip("."))
    elif isinstance(node, documents.SequenceNode):
        if any(isinstance(item, documents.MappingNode) for item in node.items):
            for item in node.items:
                yield from _node_pools(item, path)
        else:
            yield path, tuple(map(documents.plain_data, node.items))
    else:
        yield path, (documents.plain_data(node),)


def _equal(sections: Mapping[str, Pools]) -> Iterator[Suggestion]:
    same: dict[bytes, list[str]] = {}
    for name, pools in sections.items():
        content = {key: sorted(map(canonical, values)) for key, values in pools.items()}
        identity = repr(sorted(content.items())).encode()
        same.setdefault(identity, []).append(name)
    for names in same.values():
        if names[1:]:
            text = f"{', '.join(names)} say the same; one of them is enough"
            yield Suggestion(kind="equal", text=text)


def _mappings(sections: Mapping[str, Pools], master: documents.Node) -> Iterator[Suggestion]:
    names = dict.fromkeys(key for pools in sections.values() for key in pools)
    theirs = [key.rpartition(".") for key in dict(_node_pools(_slot(master), ""))]
    for key in names:
        parent, _, own = key.rpartition(".")
        siblings = [name for above, _, name in theirs if above == parent]
        near = next((other for other in siblings if is_near(own, other)), "")
        where = f"{parent}.{near}".lstrip(".")
        if near and own not in siblings and where not in names:
            values = next(pools[key] for pools in sections.values() if key in pools)
            pool = (
                {"$const": values[0]}
                if len(values) == 1
                else {"$choice": [*map(as_it_stands, values)]}
            )
            yield Suggestion(
                kind="mapping",
                text=f"{key} has no counterpart in the master, but {where} is near: "
                "if it is the same field, $to maps it",
                lines=tuple(member_lines(own, {**pool, "$to": near}, 0)),
            )


def _slot(root: documents.Node) -> documents.Node:
    """Return the record of a master: its only mapping, else the whole."""
    nodes = [member.node for member in documents.members_of(root)]
    mappings = [node for node in nodes if isinstance(node, documents.MappingNode)]
    return mappings[0] if len(mappings) == 1 else root
