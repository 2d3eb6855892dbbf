"""Takes paths that a record's author wrote; gives where those fields are written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, did_you_mean
from mockgen_watch.masters.model import OUTSIDE
from mockgen_watch.masters.policies import key_path
from mockgen_watch.masters.trees import change_object, find_shape
from mockgen_watch.spec.generators import Template
from mockgen_watch.spec.model import Leaf, ObjectShape, OriginKind

if TYPE_CHECKING:
    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.masters.moves import Moves
    from mockgen_watch.spec.generators import TemplatePart


def written_path(path: KeyPath, slot: KeyPath, moves: Moves) -> KeyPath:
    """Return where the record's field at ``path`` is, from the top of what is written."""
    return (*slot, *moved_path(path, moves))


def moved_path(path: KeyPath, moves: Moves) -> KeyPath:
    """Return where ``$to`` put the record's field at ``path``; the deepest move decides."""
    keys = key_path(path)
    best: tuple[KeyPath, KeyPath] | None = None
    for source, target in moves:
        if keys[: len(source)] == source and (best is None or len(source) > len(best[0])):
            best = source, target
    return path if best is None else (*best[1], *keys[len(best[0]) :])


def lead_templates(
    shape: ObjectShape, slot: KeyPath, moves: Moves
) -> tuple[ObjectShape, list[Diagnostic]]:
    """Return ``shape`` with the paths in its templates from its top, and those that lead nowhere.

    A path is sought in the slot first and from the top then; for a leaf of the master outside the
    slot, the other way round.
    """
    diagnostics: list[Diagnostic] = []

    def lead(leaf: Leaf) -> Leaf:
        if not isinstance(leaf.generator, Template):
            return leaf
        parts = tuple(_lead_part(shape, leaf, part, slot, moves) for part in leaf.generator.parts)
        for before, after in zip(leaf.generator.parts, parts, strict=True):
            if before.path and not isinstance(find_shape(shape, after.path), Leaf):
                diagnostics.append(_leads_nowhere(shape, leaf, before.path, slot))
        return replace(leaf, generator=Template(parts=parts))

    return change_object(shape, lead), diagnostics


def _lead_part(
    shape: ObjectShape, leaf: Leaf, part: TemplatePart, slot: KeyPath, moves: Moves
) -> TemplatePart:
    if not part.path:
        return part
    from_master = leaf.origin.kind is OriginKind.MASTER
    below = written_path(part.path, slot, () if from_master else moves)
    choices = [below, part.path]
    if from_master and leaf.address[:1] == (OUTSIDE,):
        choices.reverse()
    found = next((path for path in choices if find_shape(shape, path) is not None), choices[0])
    return replace(part, path=found)


def _leads_nowhere(shape: ObjectShape, leaf: Leaf, path: KeyPath, slot: KeyPath) -> Diagnostic:
    name = ".".join(path)
    home = find_shape(shape, (*slot, *path[:-1]))
    known = [member.name for member in home.members] if isinstance(home, ObjectShape) else []
    code, hint = "MG203", ""
    if path[-1] in known:
        code, problem = "MG218", "is an object or an array, not a single value"
    else:
        problem = f'there is no field "{path[-1]}"'
        hint = did_you_mean(path[-1], known)
    message = f"{{{name}}}: {problem}"
    return Diagnostic(code=code, message=message, location=leaf.origin.location, hint=hint)
