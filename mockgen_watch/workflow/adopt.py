"""Adoption: changes of a spec that make its output as somebody edited it.

The change is proved before it is written: the new spec must make the records as they were edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Diagnostic, Location, has_errors
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, MockgenError, UsageError
from mockgen_watch.executors import Serial
from mockgen_watch.formats import csv
from mockgen_watch.lock.lockfile import Lockfile
from mockgen_watch.lock.paths import below, is_labels, split_path
from mockgen_watch.migrations.graft import (
    GraftError,
    ScenarioNode,
    Statement,
    apply_graft,
    build_graft,
    propose,
)
from mockgen_watch.rules.values import MISSING, Missing, Place, value_at
from mockgen_watch.scenarios.labels import INSIDE
from mockgen_watch.spec.build.user_input import earlier_sections
from mockgen_watch.spec.document import Document, Json, MappingNode, Node, pointer_of
from mockgen_watch.spec.model import Layout, Promise
from mockgen_watch.spec.parse import parse
from mockgen_watch.storage.multi import Replacement
from mockgen_watch.storage.outputs import OutputTree, read_outputs
from mockgen_watch.workflow.changes import CannotDecodeError, changed_cells, decode_records
from mockgen_watch.workflow.generate import no_progress
from mockgen_watch.workflow.origins import locate_record, locate_value, split_pointer
from mockgen_watch.workflow.produce import Production, output_files, prepare_production, suffix_of
from mockgen_watch.workflow.project import OpenProject, project_of
from mockgen_watch.workflow.targets import Target, find_output, plan_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    CommittedOutputs: TypeAlias = Callable[
        [OpenProject, Iterable[str], Mapping[str, str]], Mapping[str, bytes]
    ]
    """From paths of outputs and their digests to the bytes of those that a commit has so."""

    Changed: TypeAlias = Mapping[int, tuple[Json, Json]]

    from mockgen_watch.plan.model import OutputPlan

    """Index → a record as the spec makes it, and as it was edited."""

_BOM = b"\xef\xbb\xbf"


class CannotAdoptError(MockgenError):
    """An edit that no spec can make; the message says why."""


class AdoptedValue(Struct, frozen=True, kw_only=True):
    """A value that the spec states from now on at ``location``.

    ``record`` is the index of the record; None: all records of the scenario.
    """

    record: int | None
    pointer: str
    before: Json | Missing
    after: Json | Missing
    location: Location


class Adoption(Struct, frozen=True, kw_only=True):
    """What becomes of a spec, and of the output that was edited.

    Attributes:
        old, new: the bytes of the spec.
        values: what it states from now on.
        others: further outputs that change with it, by suite, model and scenario.
        left: how many edited values of these files are not adopted.
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


def plan_adoption(
    project: OpenProject, path: str, pointer: str | None = None, *, committed: CommittedOutputs
) -> Adoption:
    """Return how the spec has to change so that it makes the output as it was edited.

    ``path`` is that of the output, from the project or the output folder on. ``pointer`` leads to
    what is meant, with all below it; None: all of the file. ``committed`` finds what outputs were
    before the edit.

    Raises:
        FindingsError: the edit cannot be adopted, or a suite has errors.
        UsageError: there is no such output, or no such value in it.
        StorageError: a file cannot be read.
    """
    target = find_output(project, path)
    try:
        _check_kind(target.plan, path)
        return _Adopter(project, path, target).adoption(pointer, committed)
    except CannotAdoptError as error:
        refusal = Diagnostic(
            code="MG512",
            message=f"The edit cannot be adopted: {error}",
            location=Location(path=path.removeprefix("./")),
            hint="to discard the edit, run mockgen-watch generate --force (it makes a backup)",
        )
        raise FindingsError([refusal]) from error


def _check_kind(plan: OutputPlan, path: str) -> None:
    if is_labels(path):
        raise CannotAdoptError("labels describe records; edit the records instead")
    if plan.mix:
        names = ", ".join(part.scenario for part in plan.mix)
        raise CannotAdoptError(f"its records come from {names}; edit them there")
    if plan.records.promise is Promise.BROKEN and plan.records.rules:
        raise CannotAdoptError(
            f"its records are twins of {plan.records.twin}, each with a fault; edit them there"
        )


class _Adopter:
    def __init__(self, project: OpenProject, path: str, target: Target) -> None:
        self.project = project
        self.path = path
        self.target = target
        self.tree = read_outputs(project.output_root())
        self.spec = target.plan.location.path
        self.old = project.snapshot.load(self.spec)

    def adoption(self, pointer: str | None, committed: CommittedOutputs) -> Adoption:
        edited = read_edited(self.target, self.tree)
        if pointer is None:
            edited = self._without_changes_of_spec(edited, committed)
        whole = edited.changed()
        changed = whole if pointer is None else self._only(edited, pointer)
        if not changed:
            raise CannotAdoptError("no value differs from what the spec produces")
        if any(map(_is_label_edited, changed.values())):
            raise CannotAdoptError("a label follows from its record; edit the record instead")
        statements, new, after = self._prove(edited, changed)
        left = _count(whole) - _count(changed)
        files = {} if left else self._layouts(edited, after)
        path = self.project.snapshot.files[self.spec].real_path
        written = [Replacement(path=path, old=digest(self.old), data=new), *files.values()]
        return Adoption(
            output=self.path,
            spec=self.spec,
            old=self.old,
            new=new,
            values=tuple(_values(statements, changed, parse(self.spec, new))),
            others=tuple(_other_changes(self.project, after, edited.plan)),
            left=left,
            replacements=tuple(written),
            layouts=tuple(files),
        )

    def _without_changes_of_spec(self, edited: Edited, committed: CommittedOutputs) -> Edited:
        """Return the edit without what follows from a change of the spec since."""
        plan = edited.plan
        lock = self.tree.locks.get(plan.suite)
        known: dict[str, str] = {}
        name = f"{plan.model}/{plan.scenario}"
        if isinstance(lock, Lockfile) and name in lock.outputs:
            entry = lock.outputs[name]
            if entry.key == plan.key:
                return edited
            known = {below(plan.suite, path): found for path, found in entry.files.items()}
        before = committed(self.project, edited.files, known)
        if len(before) < len(edited.files):
            raise CannotAdoptError(
                "the spec changed after this output was generated and was not committed; "
                f"name the values, as in {self.path}#/0/FIELD"
            )
        return _edited_since(edited, before)

    def _only(self, edited: Edited, pointer: str) -> Changed:
        """Return the changed record that ``pointer`` leads to, with nothing else changed in it."""
        index, segments = locate_record(edited.plan, self.target.number, split_pointer(pointer))
        made, found = edited.made[index], edited.found[index]
        place, value = locate_value(found, segments)
        if isinstance(value, Missing) and value_at(made, place) is MISSING:
            raise UsageError(f"record {index} has no {pointer_of(segments)}")
        wanted = _with_value(made, place, value)
        return {} if canonical(made) == canonical(wanted) else {index: (made, wanted)}

    def _prove(
        self, edited: Edited, changed: Changed
    ) -> tuple[tuple[Statement, ...], bytes, OpenProject]:
        """Return what is to be stated, the new spec, and the project with it."""
        wanted: list[Json] = list(edited.made)
        for index, (_, record) in changed.items():
            wanted[index] = record
        document = parse(self.spec, self.old)
        if earlier_sections(document.root):
            raise CannotAdoptError(f"run mockgen-watch migrate {self.spec} first")
        bom = _BOM if self.old.startswith(_BOM) else b""
        node = _scenario_node(document, edited.plan)
        reason = ""
        for statements in propose(node, changed, edited.plan.count):
            try:
                text = apply_graft(document, build_graft(statements))
            except GraftError as error:
                reason = reason or str(error)
                continue
            new = bom + text.encode("utf-8", "surrogatepass")
            snapshot = self.project.snapshot.replaced(self.spec, new)
            project = self.project
            after = project_of(project.root, project.state, snapshot, project.profile)
            difference = _difference(after, edited.plan, wanted)
            if not difference:
                return statements, new, after
            # The last way is the plainest, and so is the reason against it.
            reason = difference
        raise CannotAdoptError(reason)

    def _layouts(self, edited: Edited, after: OpenProject) -> dict[str, Replacement]:
        """Return path → the replacement of each file that the new spec lays out otherwise."""
        found = {}
        production = prepare_production(_same_output(after, edited.plan))
        for name, chunks in output_files(production, edited.files, Serial(), no_progress):
            data = b"".join(chunks)
            if name in edited.files and data != edited.files[name]:
                path = self.tree.root.named(name)
                found[path] = Replacement(path=path, old=digest(edited.files[name]), data=data)
        return found


def _scenario_node(document: Document, plan: OutputPlan) -> ScenarioNode:
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


def _same_output(project: OpenProject, plan: OutputPlan) -> OutputPlan:
    """Return the plan that ``project`` has of the same output.

    Raises:
        CannotAdoptError: it has none, or the suite has errors; the message says which.
    """
    for other in project.suites.plans(plan.suite) or ():
        if plan_name(other) == plan_name(plan):
            return other
    found = [item for item in project.suites.found() if has_errors((item,))]
    raise CannotAdoptError(
        found[0].message if found else "the new spec would not produce this output"
    )


def _difference(project: OpenProject, plan: OutputPlan, wanted: Sequence[Json]) -> str:
    """Return why the spec of ``project`` does not make the records ``wanted``, or ""."""
    try:
        production = prepare_production(_same_output(project, plan))
    except CannotAdoptError as error:
        return str(error)
    except FindingsError as error:
        return error.diagnostics[0].message
    if production.plan.count != plan.count:
        return "the number of records would change"
    for index, record in enumerate(wanted):
        if canonical(production.record_at(index)) != canonical(record):
            return f"record {index} would differ from the edit"
    return ""


def _other_changes(before: OpenProject, after: OpenProject, plan: OutputPlan) -> Iterator[str]:
    """Yield the other outputs that are another one afterwards."""
    for suite in before.suites.files:
        keys = {plan_name(one): one.key for one in after.suites.plans(suite) or ()}
        for one in before.suites.plans(suite) or ():
            name = plan_name(one)
            if keys.get(name) != one.key and name != plan_name(plan):
                yield name


def _values(
    statements: Iterable[Statement], changed: Changed, document: Document
) -> Iterator[AdoptedValue]:
    for statement in statements:
        index = min(changed) if statement.record is None else statement.record
        made, wanted = changed[index]
        yield AdoptedValue(
            record=statement.record,
            pointer=pointer_of(statement.place),
            before=value_at(made, statement.place),
            after=value_at(wanted, statement.place),
            location=_location_of(document, statement.keys),
        )


def _location_of(document: Document, keys: Iterable[str]) -> Location:
    """Return the place of the last of ``keys`` that can be found."""
    node: Node | None = document.root
    place = Location(path=document.path)
    for key in keys:
        members = node.members if isinstance(node, MappingNode) else ()
        member = next((member for member in members if member.key == key), None)
        if member is None:
            break
        place, node = document.locate(member.mark), member.node
    return place


def _is_label_edited(pair: tuple[Json, Json]) -> bool:
    before, after = (record.get(INSIDE) if isinstance(record, dict) else None for record in pair)
    return canonical(before) != canonical(after)


def _count(changed: Changed) -> int:
    return sum(1 for pair in changed.values() for _ in changed_cells(pair[:1], pair[1:]))


def _with_value(record: Json, place: Place, value: Json | Missing) -> Json:
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
            raise CannotAdoptError(f"the array has no element {key}")
        inner = record[index] if index < len(record) else None
        return [*record[:index], _with_value(inner, rest, value), *record[index + 1 :]]
    if record is not None and not isinstance(record, dict):
        raise CannotAdoptError(f"a plain value cannot have a key {key!r}")
    name, members = str(key), record or {}
    if isinstance(value, Missing) and not rest:
        return {other: item for other, item in members.items() if other != name}
    return {**members, name: _with_value(members.get(name), rest, value)}


# Edited files -----------------------------------------------------------------------------------


class Edited(Struct, frozen=True, kw_only=True):
    """An output that was edited.

    Attributes:
        made: its records as the spec makes them, all of them.
        found: index → the record as it is in a file.
        files: path → bytes of the files that were read.
    """

    production: Production
    made: tuple[dict[str, Json], ...]
    found: Mapping[int, Json]
    files: Mapping[str, bytes]

    @property
    def plan(self) -> OutputPlan:
        return self.production.plan

    def changed(self) -> Changed:
        """Return the records that differ."""
        return {
            index: (self.made[index], record)
            for index, record in self.found.items()
            if canonical(self.made[index]) != canonical(record)
        }

    def read(self, data: bytes, first: int) -> tuple[list[Json], int]:
        """Return the records of the file that begins with ``first``, and how many are made.

        Raises:
            CannotAdoptError: ``data`` cannot be read as records.
        """
        is_whole = self.plan.output.layout is Layout.MULTIPLE
        made = self.made if is_whole else self.made[first : first + 1]
        form, writer = self.plan.output.format, self.production.writer
        try:
            if isinstance(writer, csv.CsvWriter):
                records = _rows(data, writer, made)
            else:
                records = decode_records(form, data)
        except (CannotDecodeError, ValueError) as error:
            raise CannotAdoptError(f"it cannot be read as {form}: {error}") from error
        return records, len(made)


def read_edited(target: Target, tree: OutputTree) -> Edited:
    """Return the content of the files of an output: of one of them, where one is meant.

    Raises:
        CannotAdoptError: a file is missing, cannot be read as records, or has more or fewer.
        FindingsError: the records cannot be made.
    """
    plan = target.plan
    production = prepare_production(plan)
    count = 1 if plan.output.layout is Layout.SINGLE else plan.count
    made = tuple(production.record_at(index) for index in range(count))
    files: dict[str, bytes] = {}
    found: dict[int, Json] = {}
    edited = Edited(production=production, made=made, found=found, files=files)
    for path, first in _files(plan, target.number):
        if path not in tree.stamps:
            raise CannotAdoptError(f"{tree.root.named(path)} does not exist")
        files[path] = tree.root.read(path)
        records, made_count = edited.read(files[path], first)
        if len(records) != made_count:
            directive = "$each" if plan.records.family is not None else "$count"
            raise CannotAdoptError(
                f"it has {len(records)} records, but the spec produces {made_count}; "
                f"change {directive} instead"
            )
        found.update(enumerate(records, first))
    return edited


def _edited_since(edited: Edited, before: Mapping[str, bytes]) -> Edited:
    """Return ``edited`` as if it had been made by the spec of today, and edited then.

    ``before``: path → the bytes that were edited. What differs from those is the edit; all else
    is what the spec makes by now.

    Raises:
        CannotAdoptError: they cannot be read, or have more or fewer records.
    """
    found = dict(edited.found)
    for path, first in _files(edited.plan, None):
        if path not in before:
            continue
        records, made_count = edited.read(before[path], first)
        if len(records) != made_count:
            raise CannotAdoptError(f"it had {len(records)} records before it was edited")
        for index, record in enumerate(records, first):
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
            elif key in before and key in made:
                merged[key] = _with_edit(before[key], after[key], made[key])
            elif key not in before or canonical(before[key]) != canonical(after[key]):
                merged[key] = after[key]
        return merged
    lists = [side for side in (before, after, made) if isinstance(side, list)]
    if len(lists) == len((before, after, made)) and len(set(map(len, lists))) == 1:
        return [_with_edit(*elements) for elements in zip(*lists, strict=True)]
    return after


def _files(plan: OutputPlan, number: int | None) -> Iterator[tuple[str, int]]:
    """Yield the path of each file, and the index of its first record."""
    stem, suffix = plan_name(plan), suffix_of(plan)
    if plan.output.layout is not Layout.SPLIT:
        yield f"{stem}.{suffix}", 0
        return
    for one in range(1, plan.count + 1) if number is None else (number,):
        if not 1 <= one <= plan.count:
            raise CannotAdoptError(f"there is no record {one}; the output has {plan.count}")
        yield split_path(stem, one, suffix), one - 1


def _rows(data: bytes, writer: csv.CsvWriter, made: Sequence[dict[str, Json]]) -> list[Json]:
    """Return the records in CSV: those that are made, with the cells that differ."""
    header, *rows = csv.raw_rows(data.decode(), writer.style.delimiter) or [[]]
    known = csv.column_names(writer.columns.paths())
    names = [csv.plain_text(cell) for cell in header]
    gone = [name for name in known if name not in names]
    if gone:
        raise CannotAdoptError(f"the column {gone[0]} is missing, but every record has it")
    paths = [known.get(name) or csv.path_of_name(name) for name in names]
    if len(rows) != len(made):
        return [None] * len(rows)
    records: list[Json] = []
    for number, (row, record) in enumerate(zip(rows, made, strict=True)):
        if len(row) != len(names):
            raise CannotAdoptError(
                f"row {number} has {len(row)} cells, but there are {len(names)} columns"
            )
        cells = csv.row_cells(writer.columns, record, writer.style)
        made_cells = dict(zip(writer.columns.paths(), map(bytes.decode, cells), strict=True))
        edited: Json = record
        for path, cell in zip(paths, row, strict=True):
            if cell != made_cells.get(path, ""):
                before = value_at(edited, path)
                old = None if isinstance(before, Missing) else before
                edited = _with_value(edited, path, csv.cell_value(cell, old, writer.style))
        records.append(edited)
    return records
