"""Slips: what can be made, but is seldom meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mockgen_watch.diagnostics import Severity
from mockgen_watch.spec import document as documents
from mockgen_watch.spec import generators
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.model import OriginKind, Transform
from mockgen_watch.spec.transforms import transformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mockgen_watch.spec.model import KeyPath, Leaf

_RANGE_KEYS: Final = frozenset({"min", "max", "from", "to", "distribution", "start"})
_TEXT_OF: Final = {
    "pattern": r".*[\[\\{].*",
    "template": r".*\{.+\}.*",
    "ref": r"[A-Z]\w*(\.\w+)+",
    "cel": r".*\b(record|this)\.\w.*",
}
"""What the text of a directive looks like; a field of this name seldom has such text."""


def may_lack_dollar(keys: Sequence[str]) -> bool:
    """Return whether the keys of an object are those of a directive without their ``$``."""
    return bool(keys) and keys[0] in _BARE_WORDS and _BARE_MODIFIERS.issuperset(keys[1:])


def warn_of_lost_dollar(data: Sequence[reader.Entry]) -> None:
    """Warn of an object that looks like a directive and its modifiers, but for their ``$``."""
    if may_lack_dollar([item.key for item in data]) and _looks_directed(data[0]):
        key = data[0].key
        hint = f"did you mean ${key}? If it is data, put it under $const"
        data[0].key_warn("MG201", f'"{key}" is read as a field of the record', hint)


_BARE_WORDS: Final = frozenset(
    {"integer", "number", "date", "datetime", "time", "weighted", "sequence", *_TEXT_OF}
)
_BARE_MODIFIERS: Final = frozenset(name[1:] for name in reader.MODIFIER_DIRECTIVES)


def _looks_directed(entry: reader.Entry) -> bool:
    """Return whether an entry looks like what the directive of its name takes."""
    if entry.key in _TEXT_OF:
        return re.fullmatch(_TEXT_OF[entry.key], entry.text or "", re.DOTALL) is not None
    members = entry.members()
    if entry.key == "weighted":
        return len(members) > 1 and all(member.number is not None for member in members)
    if entry.key == "sequence":
        return any(member.key == "start" for member in members)
    ends = entry.short_form("from", "to").values()
    if ends:
        is_number = entry.key in {"integer", "number"}
        return is_number or all(re.match(r"[0-9]", end.text or "") for end in ends)
    return any(member.key in _RANGE_KEYS for member in members)


def note_list(entry: reader.Entry, context: reader.ShapeContext) -> None:
    """Remember a list of plain values of a master that may have been pasted from a payload."""
    is_pasted = len(entry.items()) == 1 or entry.file.endswith(".json")
    if is_pasted and context.kind is OriginKind.MASTER:
        entry.build.pasted_lists.append(entry)


def tell_of_lists(build: reader.Build) -> None:
    """Report the lists of a file that may have been pasted, at the first of them.

    A file with more lists than plain values has them on purpose, as pools.
    """
    root = build.document.root
    if not build.pasted_lists or len(build.pasted_lists) > (_plain_values(root) if root else 0):
        return
    first = build.pasted_lists[0]
    more = len(build.pasted_lists) - 1
    others = f"; {more} more {'list' if more == 1 else 'lists'} in this file" if more else ""
    message = f'the list "{first.key}" is a pool: a record gets one of its values{others}'
    hint = "write {$const: […]} if the list itself is the value"
    build.diagnostics.error("MG229", first.location, message, hint, severity=Severity.NOTE)


def _plain_values(node: documents.Node) -> int:
    """Return how many plain values are in the mappings below ``node``, those of lists aside."""
    if isinstance(node, documents.MappingNode):
        return sum(_plain_values(member.node) for member in node.members)
    if isinstance(node, documents.SequenceNode):
        objects = (item for item in node.items if isinstance(item, documents.MappingNode))
        return sum(map(_plain_values, objects))
    return 1


def warn_of_emptied_text(
    leaf: Leaf, build: reader.Build, find: Callable[[KeyPath], Leaf | None]
) -> None:
    """Warn where ``$transform`` leaves nothing of a value that ``leaf`` is made of.

    ``find`` returns the leaf at a path of the record, None where it is not known.
    """
    transforms = leaf.modifiers.transforms
    if not {Transform.SLUG, Transform.ASCII}.intersection(transforms):
        return
    sources: list[Leaf | None] = [leaf]
    if isinstance(leaf.generator, generators.Template):
        sources = [find(part.path) for part in leaf.generator.parts if part.path]
    for text in (text for source in sources if source for text in _texts(source)):
        if text and not transformed(text, transforms):
            message = f'{" and ".join(transforms)} leaves nothing of "{text}"'
            hint = "give such values a spelling of their own, as a second field of $rows"
            build.diagnostics.warn("MG230", leaf.origin.location, message, hint)
            return


def _texts(leaf: Leaf) -> Iterator[str]:
    if isinstance(leaf.generator, generators.Pool):
        for entry in leaf.generator.entries:
            if isinstance(entry.value, str):
                yield entry.value
