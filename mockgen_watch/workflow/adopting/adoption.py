"""Takes what is to become of a spec and of an output that was edited; gives both their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.storage.output_root import OutputRoot
from mockgen_watch.storage.project_lock import WRITER, ProjectLock
from mockgen_watch.storage.replacement import (
    PROJECT_LABEL,
    Replaced,
    Replacement,
    finish_replacement,
    replace_all,
)
from mockgen_watch.workflow.generate import LOCK_WAIT

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.document import Json
    from mockgen_watch.workflow.changes.cells import Absent
    from mockgen_watch.workflow.project import OpenProject


class AdoptedValue(Struct, frozen=True, kw_only=True):
    """A value that the spec says from now on.

    Attributes:
        record: the index of the record; None: all records of the scenario.
        pointer: of the value in the record.
        before, after: as the spec made it, and as it was edited.
        location: where it is said.
    """

    record: int | None
    pointer: str
    before: Json | Absent
    after: Json | Absent
    location: Location


class Adoption(Struct, frozen=True, kw_only=True):
    """What becomes of a spec, and of the output that was edited.

    Attributes:
        output, spec: their paths, as people know them.
        old, new: the bytes of the spec.
        values: what is said from now on.
        others: further outputs that change with it, by suite, model and scenario.
        left: edited values of these files that are not adopted.
        replacements: what is written.
        layouts: of the files of the output those that are written as the spec makes them, because
            their layout is another one, or the spec was changed as well.
    """

    output: str
    spec: str
    old: bytes
    new: bytes
    values: tuple[AdoptedValue, ...]
    others: tuple[str, ...]
    left: int
    replacements: tuple[Replacement, ...]
    layouts: tuple[str, ...]


def carry_out(project: OpenProject, adoption: Adoption) -> Replaced:
    """Write what ``adoption`` says, after a backup, all of it or nothing.

    Raises:
        LockedError: another process writes.
        StorageError: a file was changed meanwhile, or cannot be written.
    """
    root = OutputRoot(base=project.root, inner="", label=PROJECT_LABEL, state=project.state)
    with ProjectLock(project.state, WRITER, holder="mockgen-watch adopt", timeout=LOCK_WAIT):
        finish_replacement(project.state)
        return replace_all(root, adoption.replacements)
