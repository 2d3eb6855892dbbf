"""Takes an output that somebody edited; gives the spec that makes it so, with proof, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, has_errors
from mockgen_watch.digest import canonical, digest
from mockgen_watch.errors import FindingsError, MockgenError, UsageError
from mockgen_watch.executors.base import Serial
from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.csv import (
    CsvWriter,
    cell_value,
    column_name,
    path_of_name,
    plain_text,
    raw_rows,
    row_cells,
)
from mockgen_watch.lock.lockfile import Lockfile
from mockgen_watch.lock.paths import below, is_labels, split_path
from mockgen_watch.migrations.graft import GraftError, ScenarioNode, graft_of, grafted, propose
from mockgen_watch.plan.overlay import NEGATIVE
from mockgen_watch.rules.values import MISSING, Missing, value_at
from mockgen_watch.scenarios.labels import INSIDE
from mockgen_watch.spec.document import MappingNode, pointer_of
from mockgen_watch.spec.model import Layout
from mockgen_watch.spec.parse import parse
from mockgen_watch.storage.containment import OutputRoot
from mockgen_watch.storage.multi import (
    PROJECT_LABEL,
    Replaced,
    Replacement,
    finish_replacement,
    replace_all,
)
from mockgen_watch.storage.outputs import read_output, read_outputs
from mockgen_watch.storage.project_lock import WRITER, ProjectLock
from mockgen_watch.workflow.changes import ABSENT, CannotDecodeError, changed_cells, decode_records
from mockgen_watch.workflow.generate import LOCK_WAIT, no_progress
from mockgen_watch.workflow.origins import locate_record, split_pointer
from mockgen_watch.workflow.produce import output_files, prepare_production
from mockgen_watch.workflow.project import project_of
from mockgen_watch.workflow.targets import find_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from mockgen_watch.migrations.graft import Statement
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.rules.values import Place
    from mockgen_watch.spec.document import Document, Json, Node
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.workflow.changes import Absent
    from mockgen_watch.workflow.produce import Production
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.targets import Target

    CommittedOutputs: TypeAlias = Callable[
        [OpenProject, Iterable[str], Mapping[str, str]], Mapping[str, bytes]
    ]
    """From paths of outputs and their digests to the bytes of those that a commit has so."""


class CannotAdoptError(MockgenError):
    """An edit that no spec can say; the message says why."""


class Edited(Struct, frozen=True, kw_only=True):
    """An output that was edited.

    Attributes:
        plan: of the output.
        made: its records as the spec makes them, all of them.
        found: index → the record as it stands in a file.
        files: path → bytes of the files that were read.
    """

    plan: OutputPlan
    made: tuple[Json, ...]
    found: Mapping[int, Json]
    files: Mapping[str, bytes]

    def changed(self) -> dict[int, tuple[Json, Json]]:
        """Return index → record as made and as it stands, for those that differ."""
        return {
            index: (self.made[index], record)
            for index, record in self.found.items()
            if canonical(self.made[index]) != canonical(record)
        }


def read_edited(target: Target, tree: OutputTree) -> Edited:
    """Return what stands in the files of an output: of one of them, where one is meant.

    Raises:
        CannotAdoptError: a file is missing, cannot be read as records, or has more or fewer.
        FindingsError: the records cannot be made.
    """
    plan = target.plan
    production = prepare_production(plan)
    made: tuple[Json, ...] = tuple(production.record_at(index) for index in range(_records(plan)))
    files: dict[str, bytes] = {}
    found: dict[int, Json] = {}
    for path, first in _files(plan, target.number):
        if path not in tree.stamps:
            raise CannotAdoptError(f"{tree.root.named(path)} is not there")
        files[path] = read_output(tree, path)
        is_whole = plan.output.layout is Layout.MULTIPLE
        expected = made if is_whole else made[first : first + 1]
        records = _records_in(files[path], production, expected)
        if len(records) != len(expected):
            raise CannotAdoptError(
                f"it has {len(records)} records and the spec makes {len(expected)}: "
                "how many there are is said by $count"
            )
        found.update({first + number: record for number, record in enumerate(records)})
    return Edited(plan=plan, made=made, found=found, files=files)


def since(edited: Edited, former: Mapping[str, bytes]) -> Edited:
    """Return ``edited`` as if it had been made by the spec of today, and edited then.

    ``former``: path → the bytes that were edited. What differs from those is the edit; all else
    is what the spec makes by now.

    Raises:
        CannotAdoptError: they cannot be read, or have more or fewer records.
    """
    production = prepare_production(edited.plan)
    found = dict(edited.found)
    for path, first in _files(edited.plan, None):
        if path not in former:
            continue
        is_whole = edited.plan.output.layout is Layout.MULTIPLE
        expected = edited.made if is_whole else edited.made[first : first + 1]
        records = _records_in(former[path], production, expected)
        if len(records) != len(expected):
            raise CannotAdoptError(f"it had {len(records)} records before it was edited")
        for number, record in enumerate(records):
            index = first + number
            found[index] = _with_edit(record, edited.found[index], edited.made[index])
    return replace(edited, found=found)


def _with_edit(before: Json, after: Json, made: Json) -> Json:
    """Return ``made`` with what differs between ``before`` and ``after``."""
    if canonical(before) == canonical(after):
        return made
    if isinstance(before, dict) and isinstance(after, dict) and isinstance(made, dict):
        merged = dict(made)
        for key in [*before, *after]:
            if key not in after:
                merged.pop(key, None)
            elif key not in before or key not in made:
                if key not in before or canonical(before[key]) != canonical(after[key]):
                    merged[key] = after[key]
            else:
                merged[key] = _with_edit(before[key], after[key], made[key])
        return merged
    sides = (before, after, made)
    if all(isinstance(side, list) for side in sides):
        lists = [side for side in sides if isinstance(side, list)]
        if len({len(side) for side in lists}) == 1:
            return [_with_edit(*elements) for elements in zip(*lists, strict=True)]
    return after


def _records(plan: OutputPlan) -> int:
    return 1 if plan.output.layout is Layout.SINGLE else plan.count


def _files(plan: OutputPlan, number: int | None) -> Iterator[tuple[str, int]]:
    """Yield the path of each file, and the index of its first record."""
    stem = below(plan.suite, f"{plan.model}/{plan.scenario}")
    suffix = BUILTIN[plan.output.format].suffix.removeprefix(".")
    if plan.output.layout is not Layout.SPLIT:
        yield f"{stem}.{suffix}", 0
        return
    for one in range(1, plan.count + 1) if number is None else (number,):
        if not 1 <= one <= plan.count:
            raise CannotAdoptError(f"there are {plan.count} records, and none is {one}")
        yield split_path(stem, one, suffix), one - 1


def _records_in(data: bytes, production: Production, made: tuple[Json, ...]) -> list[Json]:
    form = production.plan.output.format
    try:
        if isinstance(production.writer, CsvWriter):
            return _rows(data, production.writer, made)
        return decode_records(form, data)
    except (CannotDecodeError, ValueError) as error:
        raise CannotAdoptError(f"it cannot be read as {form}: {error}") from error


def _rows(data: bytes, writer: CsvWriter, made: tuple[Json, ...]) -> list[Json]:
    """Return the records in CSV: those that are made, with the cells that differ."""
    header, *rows = raw_rows(data.decode(), writer.style.delimiter) or [[]]
    known = {column_name(path): path for path in writer.columns.paths()}
    names = [plain_text(cell) for cell in header]
    gone = [name for name in known if name not in names]
    if gone:
        raise CannotAdoptError(f"the column {gone[0]} is gone, and all records have it")
    paths = [known.get(name) or path_of_name(name) for name in names]
    if len(rows) != len(made):
        return [None] * len(rows)
    records: list[Json] = []
    for number, (row, record) in enumerate(zip(rows, made, strict=True)):
        if len(row) != len(names):
            raise CannotAdoptError(f"row {number} has {len(row)} cells, and there are {len(names)}")
        assert isinstance(record, dict)  # noqa: S101 - as all records are
        cells = row_cells(writer.columns, record, writer.style)
        was = dict(zip(writer.columns.paths(), (cell.decode() for cell in cells), strict=True))
        for path, cell in zip(paths, row, strict=True):
            if cell != was.get(path, ""):
                before = value_at(record, path)
                old = None if isinstance(before, Missing) else before
                record = with_put(record, path, cell_value(cell, old, writer.style))  # noqa: PLW2901
        records.append(record)
    return records


def with_put(record: Json, place: Place, value: Json | Missing) -> Json:
    """Return ``record`` with ``value`` at ``place``, or without one; objects on the way are made.

    Raises:
        CannotAdoptError: an element on the way is not there.
    """
    if not place:
        return None if isinstance(value, Missing) else value
    key, rest = place[0], place[1:]
    if isinstance(record, list):
        index = int(key) if str(key).isdigit() else len(record) + 1
        if index > len(record) or (isinstance(value, Missing) and not rest):
            raise CannotAdoptError(f"an array has no element {key}")
        inner = record[index] if index < len(record) else None
        return [*record[:index], with_put(inner, rest, value), *record[index + 1 :]]
    if record is not None and not isinstance(record, dict):
        raise CannotAdoptError(f"a value has nothing below it, and so no {key!r}")
    name, members = str(key), record or {}
    if isinstance(value, Missing) and not rest:
        return {other: item for other, item in members.items() if other != name}
    return {**members, name: with_put(members.get(name), rest, value)}


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


def home_of(document: Document, plan: OutputPlan) -> ScenarioNode:
    """Return where the scenario of ``plan`` stands."""
    keys = split_pointer(plan.location.pointer)
    node: Node | None = document.root
    for key in keys:
        node = node.get(key) if isinstance(node, MappingNode) else None
    records = plan.records

    def field_of(place: Place) -> tuple[str, ...] | None:
        path = tuple(key for key in place if isinstance(key, str))
        size = len(records.slot)
        if len(path) < len(place) or path[:size] != records.slot or len(path) == size:
            return None
        field = path[size:]
        for source, goal in records.moves:
            if field[: len(goal)] == goal:
                field = (*source, *field[len(goal) :])
                break
        return field if records.path_of(field) == path else None

    is_model = len(keys) == 1 and keys[0] == plan.model
    return ScenarioNode(keys=keys, node=node, is_model=is_model, field_of=field_of)


def location_of(document: Document, keys: Iterable[str]) -> Location:
    """Return where the last of ``keys`` stands that can be found."""
    node: Node | None = document.root
    place = Location(path=document.path)
    for key in keys:
        if not isinstance(node, MappingNode):
            break
        member = next((member for member in node.members if member.key == key), None)
        if member is None:
            break
        place, node = document.locate(member.mark), member.node
    return place


def with_spec(project: OpenProject, path: str, data: bytes) -> OpenProject:
    """Return ``project`` as it would be with ``data`` in the spec file ``path``."""
    snapshot = project.snapshot.replaced(path, data)
    return project_of(project.root, project.state, snapshot, project.profile)


def same_output(project: OpenProject, plan: OutputPlan) -> OutputPlan:
    """Return the plan that ``project`` has of the same output.

    Raises:
        CannotAdoptError: it has none, or the suite has errors; the message says which.
    """
    for other in project.suites.plans(plan.suite) or ():
        if (other.model, other.scenario) == (plan.model, plan.scenario):
            return other
    found = [item for item in project.suites.found() if has_errors((item,))]
    raise CannotAdoptError(found[0].message if found else "the output would be gone")


def difference(project: OpenProject, plan: OutputPlan, meant: Sequence[Json]) -> str:
    """Return why the spec of ``project`` does not make the records that are ``meant``, or ""."""
    try:
        production = prepare_production(same_output(project, plan))
    except CannotAdoptError as error:
        return str(error)
    except FindingsError as error:
        return error.diagnostics[0].message
    if production.plan.count != plan.count:
        return "there would be more or fewer records"
    for index, record in enumerate(meant):
        if canonical(production.record_at(index)) != canonical(record):
            return f"record {index} would be another one than is meant"
    return ""


def other_changes(before: OpenProject, after: OpenProject, plan: OutputPlan) -> Iterator[str]:
    """Yield the other outputs that are another one afterwards."""
    old, new = before.suites, after.suites
    for suite in old.files:
        keys = {(one.model, one.scenario): one.key for one in new.plans(suite) or ()}
        for one in old.plans(suite) or ():
            name = (one.model, one.scenario)
            if keys.get(name) != one.key and (suite, *name) != (
                plan.suite,
                plan.model,
                plan.scenario,
            ):
                yield below(suite, "/".join(name))


_BOM = b"\xef\xbb\xbf"


def plan_adoption(
    project: OpenProject, path: str, pointer: str | None = None, *, committed: CommittedOutputs
) -> Adoption:
    """Return what the spec has to say so that it makes the output as it was edited.

    Args:
        project: as it was opened.
        path: of the output, from the project or the output folder on.
        pointer: of the one value, or of all below it, that is meant; None: all of the file.
        committed: finds what outputs were before the edit.

    Raises:
        FindingsError: the edit cannot be adopted, or a suite has errors.
        UsageError: there is no such output, or no such value in it.
        StorageError: a file cannot be read.
    """
    target = find_output(project, path)
    try:
        return _Run(project, path, target, committed).plan(pointer)
    except CannotAdoptError as error:
        raise FindingsError([_refusal(path, str(error))]) from error


class _Run:
    """One output that was edited."""

    def __init__(
        self, project: OpenProject, path: str, target: Target, committed: CommittedOutputs
    ) -> None:
        self.project = project
        self.committed = committed
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
        former = self.committed(self.project, edited.files, known)
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
    ) -> tuple[tuple[Statement, ...], bytes, OpenProject]:
        """Return what is to be said, the new spec, and the project with it."""
        old = self.project.snapshot.load(self.spec)
        document = parse(self.spec, old)
        reason = ""
        for said in propose(home_of(document, edited.plan), changed, edited.plan.count):
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
            for name, chunks in output_files(
                prepare_production(plan), edited.files, Serial(), no_progress
            ):
                data = b"".join(chunks)
                if name in edited.files and data != edited.files[name]:
                    named = self.tree.root.named(name)
                    was = digest(edited.files[name])
                    written.append(Replacement(path=named, old=was, data=data))
                    layouts.append(named)
        return tuple(written), tuple(layouts)

    def _values(
        self, said: Iterable[Statement], changed: Mapping[int, tuple[Json, Json]], spec: bytes
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
