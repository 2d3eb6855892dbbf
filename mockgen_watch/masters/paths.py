"""Takes paths that a record's author wrote; gives where those fields are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, did_you_mean
from mockgen_watch.masters.model import OUTSIDE
from mockgen_watch.masters.policies import key_path
from mockgen_watch.masters.trees import change_object, find_shape, missing_key, walk_leaves
from mockgen_watch.spec.generators import Template
from mockgen_watch.spec.model import ArrayShape, Leaf, OriginKind

if TYPE_CHECKING:
    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.masters.moves import Moves
    from mockgen_watch.spec.generators import TemplatePart
    from mockgen_watch.spec.model import ObjectShape


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

    def lead(leaf: Leaf) -> Leaf:
        if not isinstance(leaf.generator, Template):
            return leaf
        parts = tuple(_lead_part(shape, leaf, part, slot, moves) for part in leaf.generator.parts)
        return replace(leaf, generator=Template(parts=parts))

    led = change_object(shape, lead)
    found = []
    for home, leaf in walk_leaves(led):
        if isinstance(leaf.generator, Template):
            paths = (part.path for part in leaf.generator.parts if part.path)
            problems = (_problem(led, path, leaf, home, slot) for path in paths)
            found += [problem for problem in problems if problem is not None]
    return led, found


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


def _problem(
    shape: ObjectShape, path: KeyPath, leaf: Leaf, home: KeyPath, slot: KeyPath
) -> Diagnostic | None:
    """Return why the template of ``leaf``, which is at ``home``, cannot name ``path``; or None."""
    own = path[len(slot) :] if path[: len(slot)] == slot else path
    missing, known = missing_key(shape, path)
    array = _array_on_the_way(shape, path, home)
    code, hint = "MG218", ""
    if missing:
        code, problem = "MG203", f'there is no field "{missing}"'
        hint = did_you_mean(missing, known)
    elif array:
        problem = f'"{array}" is an array, and which element is not told'
    elif not isinstance(find_shape(shape, path), Leaf):
        problem = "it is an object or an array, not a single value"
    else:
        return None
    message = f"{{{'.'.join(own)}}}: {problem}"
    return Diagnostic(code=code, message=message, location=leaf.origin.location, hint=hint)


def _array_on_the_way(shape: ObjectShape, path: KeyPath, home: KeyPath) -> str:
    """Return the array that ``path`` enters and ``home`` is not in, or ``""``."""
    for depth in range(1, len(path)):
        is_array = isinstance(find_shape(shape, path[:depth]), ArrayShape)
        if is_array and key_path(home)[:depth] != key_path(path[:depth]):
            return path[depth - 1]
    return ""
