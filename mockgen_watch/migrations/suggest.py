"""Takes the pools of an old file; gives suggestions for what its format could not say.

Nothing here is ever done unasked: a suggestion is text, with the lines to write.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Final, TypeAlias

from mockgen_watch.dataclass import dataclass
from mockgen_watch.digest import canonical
from mockgen_watch.masters.similarity import is_near
from mockgen_watch.migrations.shapes import OldArray, OldLeaf, OldObject
from mockgen_watch.regex import regex
from mockgen_watch.spec.build.sections import split_suffix
from mockgen_watch.spec.document import MappingNode, SequenceNode, plain_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.migrations.shapes import OldFile, OldValue
    from mockgen_watch.migrations.suffixes import SuffixFile
    from mockgen_watch.spec.document import Document, Json, Node

Values: TypeAlias = "tuple[Json, ...]"
Pools: TypeAlias = Mapping[str, Values]
"""Dotted name of a field → the values that its section lists."""

_DATE: Final = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "%Y-%m-%d"),
    (re.compile(r"\d{2}/\d{2}/\d{4}"), "%m/%d/%Y"),
    (re.compile(r"\d{2}-\d{2}-\d{4}"), "%d-%m-%Y"),
)
_MAIL: Final = regex(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PLACES: Final = frozenset({"city", "state", "zip_code", "zip", "country", "street_address"})
_RUN: Final = regex(r"([A-Z]+)|([a-z]+)|([0-9]+)|([^A-Za-z0-9])")
_ENOUGH: Final = 3
"""From so many values on a likeness is no accident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a person may want to do.

    Attributes:
        kind: ``equal``, ``rule``, ``rows``, ``mapping`` or ``vocab``.
        text: one sentence.
        lines: YAML that says it.
    """

    kind: str
    text: str
    lines: tuple[str, ...] = ()


def pools_of_oldest(old: OldFile) -> dict[str, Pools]:
    """Return section → its pools."""
    return {
        section.name or "the file": dict(_old_pools(OldObject(members=section.fields), ""))
        for section in old.sections
    }


def pools_of_suffixes(old: SuffixFile) -> dict[str, Pools]:
    """Return section → its pools, models and suffix sections alike."""
    found: dict[str, Pools] = {}
    for group in old.groups:
        for member in (group.own, *group.scenarios.values()):
            if member is not None:
                found[member.key] = dict(_node_pools(member.node, ""))
    return found


def suggestions_for(
    sections: Mapping[str, Pools], master: Document | None = None, *, is_oldest: bool
) -> tuple[Suggestion, ...]:
    """Return what the old format could not say of ``sections``, and of their ``master``.

    In the oldest format (``is_oldest``) lists of one length belong together as it is.
    """
    return (
        *_equal(sections),
        *_rules(sections),
        *(() if is_oldest else _rows(sections)),
        *_shared(sections),
        *(_mappings(sections, master) if master is not None else ()),
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


def _node_pools(node: Node, path: str) -> Iterator[tuple[str, Values]]:
    if isinstance(node, MappingNode):
        for member in node.members:
            yield from _node_pools(member.node, f"{path}.{member.key}".lstrip("."))
    elif isinstance(node, SequenceNode):
        if any(isinstance(item, MappingNode) for item in node.items):
            for item in node.items:
                yield from _node_pools(item, path)
        else:
            yield path, tuple(map(plain_data, node.items))
    else:
        yield path, (plain_data(node),)


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


def _rules(sections: Mapping[str, Pools]) -> Iterator[Suggestion]:
    every: dict[str, list[Json]] = {}
    for name, pools in sections.items():
        if split_suffix(name)[1] != "negative":
            for key, values in pools.items():
                every.setdefault(key, []).extend(values)
    for key, found in every.items():
        texts = {value for value in found if isinstance(value, str)}
        # A rule has no way into the elements of an array.
        if "." in key or not texts or len(texts) < len({canonical(value) for value in found}):
            continue
        rule = _rule(texts)
        if rule is not None:
            what, body = rule
            line = f"{_slug(key)}: {{field: {key}, {body}}}"
            yield Suggestion(
                kind="rule",
                text=f"every {key} is {what}: a likely rule",
                lines=("$rules:", f"  {line}"),
            )


def _rule(texts: set[str]) -> tuple[str, str] | None:
    for pattern, form in _DATE:
        if all(pattern.fullmatch(text) for text in texts):
            return f"a date ({form})", f'schema: {{pattern: "^{_escaped(pattern.pattern)}$"}}'
    if all(_MAIL.fullmatch(text) for text in texts):
        return "an e-mail address", 'schema: {pattern: "^[^@ ]+@[^@ ]+[.][^@ .]+$"}'
    shapes = {_shape(text) for text in texts}
    if len(shapes) == 1 and len(texts) >= _ENOUGH:
        (shape,) = shapes
        if "0-9" in shape or "A-Z]{" in shape:
            return "a code of one shape", f'schema: {{pattern: "^{_escaped(shape)}$"}}'
    return None


def _escaped(pattern: str) -> str:
    return pattern.replace("\\", "\\\\").replace('"', '\\"')


def _shape(text: str) -> str:
    """Return a regular expression of the kinds and numbers of characters in ``text``."""
    parts = []
    for upper, lower, digits, other in _RUN.findall(text):
        run = upper or lower or digits or other
        kind = "[A-Z]" if upper else "[a-z]" if lower else "[0-9]" if digits else re.escape(other)
        parts.append(f"{kind}{{{len(run)}}}" if len(run) > 1 else kind)
    return "".join(parts)


def _slug(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-").lower() or "rule"


def _rows(sections: Mapping[str, Pools]) -> Iterator[Suggestion]:
    told: set[tuple[str, ...]] = set()
    for name, pools in sections.items():
        groups: list[set[str]] = []
        for left, right in combinations(pools, 2):
            if _go_together(left, right, pools):
                joined = [group for group in groups if {left, right} & group]
                groups = [group for group in groups if group not in joined]
                groups.append({left, right}.union(*joined))
        for group in groups:
            fields = tuple(key for key in pools if key in group)
            if fields in told:
                continue
            told.add(fields)
            first = ", ".join(f"{key}: {_shown(pools[key][0])}" for key in fields)
            yield Suggestion(
                kind="rows",
                text=f"{', '.join(fields)} seem to move together in {name}; "
                "rows keep the n-th values in one record",
                lines=("$rows:", f"  - {{{first}}}"),
            )


def _shown(value: Json) -> str:
    return canonical(value).decode("utf-8", "backslashreplace")


def _go_together(left: str, right: str, pools: Pools) -> bool:
    """Tell whether the n-th values of two lists of one length belong to each other."""
    ours, theirs = pools[left], pools[right]
    if len(ours) != len(theirs) or len(ours) < _ENOUGH - 1 or "." in left + right:
        return False
    if {left.casefold(), right.casefold()} <= _PLACES:
        return True
    pairs = list(zip(ours, theirs, strict=True))
    return len(set(map(canonical, ours))) > 1 and all(_share_a_word(a, b) for a, b in pairs)


def _share_a_word(left: Json, right: Json) -> bool:
    if not isinstance(left, str) or not isinstance(right, str):
        return False
    words = [set(re.findall(r"[a-z]{3,}", text.casefold())) for text in (left, right)]
    return bool(words[0] & words[1])


def _shared(sections: Mapping[str, Pools]) -> Iterator[Suggestion]:
    models: dict[bytes, dict[str, str]] = {}
    values_of: dict[bytes, tuple[str, Values]] = {}
    for name, pools in sections.items():
        model = split_suffix(name)[0]
        for key, values in pools.items():
            if len(values) >= _ENOUGH:
                identity = b",".join(sorted(map(canonical, values)))
                models.setdefault(identity, {})[model] = key
                values_of.setdefault(identity, (key, values))
    for identity, users in models.items():
        if len(users) > 1:
            key, values = values_of[identity]
            name = _slug(key).replace("-", "_")
            yield Suggestion(
                kind="vocab",
                text=f"{', '.join(users)} share a pool of {len(values)} values ({key}); "
                f"specs/_vocab/{name}.yaml could hold it once",
                lines=(f"{key}: {{$vocab: {name}}}",),
            )


def _mappings(sections: Mapping[str, Pools], master: Document) -> Iterator[Suggestion]:
    names = Counter(key for pools in sections.values() for key in pools)
    theirs = dict(_node_pools(_slot(master), "")) if master.root is not None else {}
    for key in names:
        parent, _, own = key.rpartition(".")
        siblings = [
            other.rpartition(".")[2] for other in theirs if other.rpartition(".")[0] == parent
        ]
        if own in siblings:
            continue
        near = next((other for other in siblings if is_near(own, other)), "")
        if near and f"{parent}.{near}".lstrip(".") not in names:
            yield Suggestion(
                kind="mapping",
                text=f"{key} has no counterpart in the master, but {near} is near",
                lines=(f"{own}: {{$choice: […], $to: {near}}}",),
            )


def _slot(master: Document) -> Node:
    root = master.root
    members: Sequence[Node] = (
        [member.node for member in root.members if isinstance(member.node, MappingNode)]
        if isinstance(root, MappingNode)
        else []
    )
    assert root is not None  # noqa: S101 - the caller has looked
    return members[0] if len(members) == 1 else root
