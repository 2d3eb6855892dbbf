"""Takes an output that somebody edited; gives the spec that makes it so, with proof, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.digest import canonical, digest
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.executors.serial import Serial
from mockgen_watch.lock.model import Lockfile
from mockgen_watch.lock.paths import below, is_labels
from mockgen_watch.migrations.adoption import graft_of, sayings
from mockgen_watch.migrations.graft import GraftError, grafted
from mockgen_watch.plan.twins import NEGATIVE
from mockgen_watch.rules.places import MISSING, Missing, value_at
from mockgen_watch.scenarios.labels import INSIDE
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.spec.parse import parse
from mockgen_watch.storage.outputs import read_outputs
from mockgen_watch.storage.replacement import (
    Replacement,
)
from mockgen_watch.workflow.adopting.adoption import AdoptedValue, Adoption
from mockgen_watch.workflow.adopting.adoption_home import home_of, location_of
from mockgen_watch.workflow.adopting.adoption_proof import (
    difference,
    other_changes,
    same_output,
    with_spec,
)
from mockgen_watch.workflow.adopting.edited import CannotAdoptError, read_edited, since, with_put
from mockgen_watch.workflow.changes.cells import ABSENT, changed_cells
from mockgen_watch.workflow.explaining.pointers import locate_record, split_pointer
from mockgen_watch.workflow.generate import no_progress
from mockgen_watch.workflow.git.committed import committed_outputs
from mockgen_watch.workflow.produce import output_files
from mockgen_watch.workflow.targets import find_output

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockgen_watch.migrations.adoption import Saying
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.rules.places import Place
    from mockgen_watch.spec.document import Json
    from mockgen_watch.workflow.adopting.edited import Edited
    from mockgen_watch.workflow.changes.cells import Absent
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.targets import Target

_BOM = b"\xef\xbb\xbf"


def plan_adoption(project: OpenProject, path: str, pointer: str | None = None) -> Adoption:
    """Return what the spec has to say so that it makes the output as it was edited.

    Args:
        project: as it was opened.
        path: of the output, from the project or the output folder on.
        pointer: of the one value, or of all below it, that is meant; None: all of the file.

    Raises:
        FindingsError: the edit cannot be adopted, or a suite has errors.
        UsageError: there is no such output, or no such value in it.
        StorageError: a file cannot be read.
    """
    target = find_output(project, path)
    try:
        return _Run(project, path, target).plan(pointer)
    except CannotAdoptError as error:
        raise FindingsError([_refusal(path, str(error))]) from error


class _Run:
    """One output that was edited."""

    def __init__(self, project: OpenProject, path: str, target: Target) -> None:
        self.project = project
        self.path = path
        self.target = target
        self.tree = read_outputs(project.output_root())
        self.spec = target.plan.location.path

    def plan(self, pointer: str | None) -> Adoption:
        plan = self.target.plan
        self._check_kind(plan)
        edited = read_edited(self.target, self.tree)
        if pointer is None:
            edited = self._as_of_now(edited)
        whole = edited.changed()
        changed = whole if pointer is None else self._only(edited, pointer)
        if not changed:
            raise CannotAdoptError("no value in it differs from what the spec makes")
        if any(INSIDE in record for pair in changed.values() for record in _labelled(pair)):
            raise CannotAdoptError("what is told of a record follows from the record")
        meant = list(edited.made)
        for index, (_, record) in changed.items():
            meant[index] = record
        said, text, after = self._proved(edited, changed, meant)
        left = _count(whole) - _count(changed)
        replacements, layouts = self._replacements(edited, text, after, is_whole=not left)
        return Adoption(
            output=self.path,
            spec=self.spec,
            old=self.project.snapshot.load(self.spec),
            new=text,
            values=tuple(self._values(said, changed, text)),
            others=tuple(other_changes(self.project, after, plan)),
            left=left,
            replacements=replacements,
            layouts=layouts,
        )

    def _check_kind(self, plan: OutputPlan) -> None:
        if is_labels(self.path):
            raise CannotAdoptError("labels tell what records show; edit the records")
        if plan.mix:
            names = ", ".join(part.scenario for part in plan.mix)
            raise CannotAdoptError(f"its records are those of {names}; edit them there")
        if plan.scenario == NEGATIVE and plan.records.rules:
            raise CannotAdoptError(
                "each of its records is the twin of one of positive, but for the fault that its "
                "label tells; edit it there"
            )

    def _as_of_now(self, edited: Edited) -> Edited:
        """Return the edit apart from what follows from an edit of the spec since."""
        plan = edited.plan
        lock = self.tree.locks.get(plan.suite)
        entry = None
        if isinstance(lock, Lockfile):
            entry = lock.outputs.get(f"{plan.model}/{plan.scenario}")
        if entry is not None and entry.key == plan.key:
            return edited
        known = {} if entry is None else {below(plan.suite, p): d for p, d in entry.files.items()}
        former = committed_outputs(self.project, edited.files, known)
        if len(former) < len(edited.files):
            raise CannotAdoptError(
                "the spec was changed since it was made, and it is not committed as it was then; "
                f"name the values, as in {self.path}#/0/FIELD"
            )
        return since(edited, former)

    def _only(self, edited: Edited, pointer: str) -> dict[int, tuple[Json, Json]]:
        """Return the changed record that ``pointer`` leads to, with nothing else changed in it."""
        index, segments = locate_record(edited.plan, self.target.number, split_pointer(pointer))
        made, found = edited.made[index], edited.found[index]
        place, value = _at(found, segments)
        if isinstance(value, Missing) and value_at(made, place) is MISSING:
            raise UsageError(f"record {index} has no {pointer_of(segments)}")
        meant = with_put(made, place, value)
        return {} if canonical(made) == canonical(meant) else {index: (made, meant)}

    def _proved(
        self, edited: Edited, changed: Mapping[int, tuple[Json, Json]], meant: Sequence[Json]
    ) -> tuple[tuple[Saying, ...], bytes, OpenProject]:
        """Return what is to be said, the new spec, and the project with it."""
        old = self.project.snapshot.load(self.spec)
        document = parse(self.spec, old)
        reason = ""
        for said in sayings(home_of(document, edited.plan), changed, edited.plan.count):
            try:
                text = grafted(document, graft_of(said)).encode("utf-8", "surrogatepass")
            except GraftError as error:
                reason = reason or str(error)
                continue
            new = (_BOM if old.startswith(_BOM) else b"") + text
            after = with_spec(self.project, self.spec, new)
            why = difference(after, edited.plan, meant)
            if not why:
                return said, new, after
            # The last way is the plainest, and so is what speaks against it.
            reason = why
        raise CannotAdoptError(reason)

    def _replacements(
        self, edited: Edited, spec: bytes, after: OpenProject, *, is_whole: bool
    ) -> tuple[tuple[Replacement, ...], tuple[str, ...]]:
        snapshot = self.project.snapshot
        path = snapshot.files[self.spec].real_path
        written = [Replacement(path=path, old=digest(snapshot.load(self.spec)), data=spec)]
        layouts = []
        plan = same_output(after, edited.plan)
        if is_whole:
            for name, chunks in output_files(plan, edited.files, Serial(), no_progress):
                data = b"".join(chunks)
                if name in edited.files and data != edited.files[name]:
                    named = self.tree.root.named(name)
                    was = digest(edited.files[name])
                    written.append(Replacement(path=named, old=was, data=data))
                    layouts.append(named)
        return tuple(written), tuple(layouts)

    def _values(
        self, said: Iterable[Saying], changed: Mapping[int, tuple[Json, Json]], spec: bytes
    ) -> Iterable[AdoptedValue]:
        document = parse(self.spec, spec)
        for saying in said:
            made, meant = changed[min(changed) if saying.record is None else saying.record]
            yield AdoptedValue(
                record=saying.record,
                pointer=pointer_of(saying.place),
                before=_seen(value_at(made, saying.place)),
                after=_seen(value_at(meant, saying.place)),
                location=location_of(document, saying.keys),
            )


def _refusal(path: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="MG512",
        message=f"The edit cannot be adopted: {reason}",
        location=Location(path=path.removeprefix("./")),
        hint="mockgen-watch generate --force takes it back, with a backup",
    )


def _labelled(pair: tuple[Json, Json]) -> list[dict[str, Json]]:
    """Return the label of each record of a pair, where the two differ in it."""
    labels = [record.get(INSIDE) if isinstance(record, dict) else None for record in pair]
    return [{INSIDE: None}] if canonical(labels[0]) != canonical(labels[1]) else []


def _count(changed: Mapping[int, tuple[Json, Json]]) -> int:
    return sum(1 for pair in changed.values() for _ in changed_cells(pair[:1], pair[1:]))


def _seen(value: Json | Missing) -> Json | Absent:
    return ABSENT if isinstance(value, Missing) else value


def _at(record: Json, segments: Iterable[str]) -> tuple[Place, Json | Missing]:
    """Return the place that ``segments`` lead to, and what stands there."""
    place: list[str | int] = []
    here: Json | Missing = record
    for segment in segments:
        is_index = isinstance(here, list) and segment.isdigit()
        place.append(int(segment) if is_index else segment)
        here = MISSING if isinstance(here, Missing) else value_at(here, tuple(place[-1:]))
    return tuple(place), here
