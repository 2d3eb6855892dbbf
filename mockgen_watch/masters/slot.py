"""Takes a master's shape; gives the slot that the record goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, did_you_mean
from mockgen_watch.masters.trees import find_shape
from mockgen_watch.spec.model import ObjectShape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.spec.model import MasterFile


def find_slot(shape: ObjectShape, chain: Sequence[MasterFile]) -> KeyPath | Diagnostic:
    """Return the slot of a merged master, or why it is not clear.

    The nearest file of ``chain`` that names a slot decides; without one it is the only top-level
    key whose value is a mapping.
    """
    naming = next((file for file in chain if file.slot is not None), None)
    objects = [member.name for member in shape.members if isinstance(member.shape, ObjectShape)]
    if naming is not None and naming.slot is not None:
        return _named_slot(shape, naming, naming.slot, objects)
    if len(objects) == 1:
        return (objects[0],)
    if objects:
        listed = ", ".join(f'"{name}"' for name in objects)
        message = f"the record could go to {listed}"
        hint = f"say which with $slot, such as $slot: {objects[0]}"
    else:
        message = "no top-level key of the master holds a mapping that the record could go to"
        hint = 'say $slot: "" if the master as a whole is the record'
    return Diagnostic(code="MG303", message=message, location=chain[0].slot_location, hint=hint)


def _named_slot(
    shape: ObjectShape, file: MasterFile, slot: KeyPath, objects: list[str]
) -> KeyPath | Diagnostic:
    place = find_shape(shape, slot)
    if isinstance(place, ObjectShape):
        return slot
    name = ".".join(slot)
    if place is None:
        message = f'$slot names "{name}", which the master does not have'
        hint = did_you_mean(name, objects) or _listed(objects)
    else:
        message, hint = f'$slot names "{name}", which is no mapping', _listed(objects)
    return Diagnostic(code="MG303", message=message, location=file.slot_location, hint=hint)


def _listed(names: list[str]) -> str:
    return f"one of {', '.join(names)}" if names else ""
