"""Takes the pools of an old file; gives suggestions for what its format could not say.

Nothing here is ever done unasked: a suggestion is text, with the lines to write.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mockgen_watch.digest import canonical
from mockgen_watch.masters.similarity import is_near
from mockgen_watch.migrations.likely_rows import likely_rows
from mockgen_watch.migrations.likely_rules import likely_rules
from mockgen_watch.migrations.shapes import OldArray, OldLeaf, OldObject
from mockgen_watch.migrations.shared_pools import shared_pools
from mockgen_watch.migrations.suggestion import ModelPools, Suggestion
from mockgen_watch.migrations.yaml_emit import member_lines
from mockgen_watch.spec.document import MappingNode, SequenceNode, plain_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mockgen_watch.migrations.shapes import OldFile, OldValue
    from mockgen_watch.migrations.suffixes import SuffixFile
    from mockgen_watch.migrations.suggestion import Pools, Values
    from mockgen_watch.spec.document import Document, Node


def pools_of_oldest(old: OldFile, model: str) -> tuple[ModelPools, ...]:
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
    models: Sequence[ModelPools], master: Document | None = None, *, is_oldest: bool
) -> tuple[Suggestion, ...]:
    """Return what the old format could not say of ``models``, and of their ``master``.

    In the oldest format (``is_oldest``) lists of one length belong together as it is.
    """
    sections = {name: pools for one in models for name, pools in one.sections.items()}
    return (
        *_equal(sections),
        *likely_rules(models),
        *(() if is_oldest else likely_rows(sections)),
        *shared_pools(models),
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
            values = next(pools[key] for pools in sections.values() if key in pools)
            pool = {"$const": values[0]} if len(values) == 1 else {"$choice": list(values)}
            where = f"{parent}.{near}".lstrip(".")
            yield Suggestion(
                kind="mapping",
                text=f"{key} has no counterpart in the master, but {where} is near: "
                "if it is the same field, $to maps it",
                lines=tuple(member_lines(own, {**pool, "$to": near}, 0)),
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
