"""Takes nothing; gives the types of the merge: the resolved master, and the merged record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.spec.model import ConflictPolicy, MergePolicy, ObjectShape

KeyPath = tuple[str, ...]
"""Names of keys from the top of an object down to a field; arrays on the way are left out."""


class ResolvedMaster(Struct, frozen=True, kw_only=True):
    """A master whose ``$extends`` chain has been merged.

    Attributes:
        path: the master file that was asked for.
        files: the chain, that file first and the one that extends nothing last.
        shape: the whole master. Below the slot the addresses are relative to the slot, as those
            of a model are; elsewhere they begin with ``OUTSIDE``. Paths in templates go from the
            top of the whole.
        slot: where the record goes; ``()``: it meets the whole master.
        policies: of the whole chain, the nearer file's where two speak of one path.
        on_conflict: what the nearest file that says so wants.
    """

    path: str
    files: tuple[str, ...]
    shape: ObjectShape
    slot: KeyPath
    policies: tuple[MergePolicy, ...]
    on_conflict: ConflictPolicy


class MergedRecord(Struct, frozen=True, kw_only=True):
    """A record over its master.

    Attributes:
        shape: all that is written.
        slot: where in ``shape`` the record stands.
        moves: where each field with ``$to`` stood in the record, and where it is below the slot.
        diagnostics: what could not be merged, and what might be meant.
    """

    shape: ObjectShape
    slot: KeyPath
    moves: tuple[tuple[KeyPath, KeyPath], ...]
    diagnostics: tuple[Diagnostic, ...]


OUTSIDE = "$master"
"""The first segment of the address of a leaf outside the slot; no field has this name."""
