"""Changes: what ``generate`` would change, down to record and field, and where that is stated."""

from __future__ import annotations

import csv
import io
import itertools
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.digest import digest
from mockgen_watch.errors import UsageError
from mockgen_watch.lock.model import Action, OutputAction
from mockgen_watch.lock.paths import is_labels
from mockgen_watch.rules.values import MISSING, Missing
from mockgen_watch.spec.document import Json, plain_data, pointer_of
from mockgen_watch.spec.model import Layout
from mockgen_watch.spec.parse import parse
from mockgen_watch.storage.outputs import read_outputs
from mockgen_watch.workflow.generate import (
    Decision,
    Renderer,
    decide,
    file_result,
    record_counts,
)
from mockgen_watch.workflow.origins import find_statement, shape_at
from mockgen_watch.workflow.produce import prepare_production, slow_fields
from mockgen_watch.workflow.targets import plan_name, select_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.diagnostics import Diagnostic, Location
    from mockgen_watch.formats.fragments import SlowField
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.generate import FileResult
    from mockgen_watch.workflow.produce import Advance
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.targets import Request

    Segments = tuple[str | int, ...]


class FieldChange(Struct, frozen=True, kw_only=True):
    """What happens to one field of one file.

    Attributes:
        field: in words, ``ClaimDetails[].proc_cd``.
        cells: how many leaves of it differ, in so many ``records``.
        location: where the field is stated; None when the spec no longer has it.
    """

    field: str
    cells: int
    records: int
    first: CellChange
    location: Location | None


class PlannedFile(Struct, frozen=True, kw_only=True):
    """What happens to one file.

    Attributes:
        records_changed: how many records differ; all of them in a new file.
        fields: what differs, the most changed field first; empty for files that are created,
            removed or cannot be read.
    """

    file: FileResult
    records_changed: int
    fields: tuple[FieldChange, ...] = ()
    cells: tuple[CellChange, ...] = ()


class ChangePlan(Struct, frozen=True, kw_only=True):
    """All that ``generate`` would do.

    Attributes:
        files: those that would not be kept, sorted by path.
        kept: how many would be.
        digests: path → digest of the bytes that it would have, of files whose bytes were made.
    """

    files: tuple[PlannedFile, ...]
    kept: int
    diagnostics: tuple[Diagnostic, ...]
    failed_suites: tuple[str, ...]
    decision: Decision
    digests: Mapping[str, str]


def plan_changes(
    project: OpenProject,
    request: Request,
    *,
    begin: Callable[[int], Advance] | None = None,
    with_new: bool = False,
) -> ChangePlan:
    """Return what ``generate`` would change. Nothing is written.

    ``with_new``: the bytes of new files are made too, so that their digests are known.

    Raises:
        FindingsError, UsageError, StorageError: as ``generate`` does.
    """
    tree = read_outputs(project.output_root())
    decision = decide(project, request, tree)
    renderer = decision.renderer(begin)
    records = record_counts(decision.reconciliation)
    planned: dict[str, PlannedFile] = {}
    digests: dict[str, str] = {}
    for suite in decision.reconciliation.suites:
        for output in suite.outputs:
            made = _new_bytes(output, renderer, with_new=with_new)
            digests.update({tree.root.named(path): digest(data) for path, data in made.items()})
            for file in output.files:
                result = file_result(file, file.action, records, tree.root)
                changed = result.records if file.action is Action.CREATE else 0
                planned[result.path] = PlannedFile(file=result, records_changed=changed)
                if file.path in made and file.found is not None:
                    sides = (tree.root.read(file.path), made[file.path])
                    planned[result.path] = _compared(result, renderer.plan(output), sides)
    kept = sum(change.file.action is Action.KEEP for change in planned.values())
    for action in decision.reconciliation.files():
        result = file_result(action, action.action, records, tree.root)
        planned.setdefault(result.path, PlannedFile(file=result, records_changed=0))
    tree.cache.save()
    moved = [file for _, file in sorted(planned.items()) if file.file.action is not Action.KEEP]
    return ChangePlan(
        files=tuple(moved),
        kept=kept,
        diagnostics=decision.foreseen(tree.root.label),
        failed_suites=decision.failed_suites,
        decision=decision,
        digests=digests,
    )


def _new_bytes(output: OutputAction, renderer: Renderer, *, with_new: bool) -> dict[str, bytes]:
    """Return path → new bytes, where there are old ones to compare them with or ``with_new``."""
    is_needed = any(
        file.must_produce and (with_new or file.found is not None) for file in output.files
    )
    files = renderer.files(output) if is_needed else ()
    return {path: b"".join(chunks) for path, chunks in files}


def _compared(file: FileResult, plan: OutputPlan, sides: tuple[bytes, bytes]) -> PlannedFile:
    """Return what happens to a file that has old and new bytes."""
    if sides[0] == sides[1]:
        file = replace(file, action=Action.KEEP)
    form = "ndjson" if is_labels(file.path) else plan.output.format
    delimiter = str(dict(plan.output.options).get("delimiter", ","))
    try:
        before, after = (decode_records(form, side, delimiter=delimiter) for side in sides)
    except CannotDecodeError:
        # Another format than before, or an edit that broke the file: all of it changes.
        return PlannedFile(file=file, records_changed=file.records)
    first = 0
    if plan.output.layout is Layout.SPLIT and not is_labels(file.path):
        first = int(file.path.rpartition("/")[2].partition(".")[0]) - 1
    cells = tuple(
        replace(cell, record=cell.record + first) for cell in changed_cells(before, after)
    )
    return PlannedFile(
        file=file,
        records_changed=len({cell.record for cell in cells}),
        fields=tuple(_field_changes(cells, plan)),
        cells=cells,
    )


def _field_changes(cells: Iterable[CellChange], plan: OutputPlan) -> Iterator[FieldChange]:
    for field, group in changes_by_field(cells):
        yield FieldChange(
            field=field,
            cells=len(group),
            records=len({cell.record for cell in group}),
            first=group[0],
            location=_location(group[0], plan),
        )


def _location(cell: CellChange, plan: OutputPlan) -> Location | None:
    segments = path_in_record(cell, plan)
    statement = find_statement(plan.records, cell.record, segments)
    if statement is not None:
        return statement.location
    try:
        return shape_at(plan.records, segments).shape.origin.location
    except UsageError:
        return None


def slow_outputs(project: OpenProject, request: Request) -> dict[str, tuple[SlowField, ...]]:
    """Return output → its fields that need a Python loop for each record; none for most outputs.

    Raises:
        FindingsError, UsageError: as ``generate`` does.
    """
    plans, _ = select_plans(project, request)
    sources = project.suites.record_sources
    slow = {plan_name(plan): slow_fields(prepare_production(plan, sources)) for plan in plans}
    return {name: fields for name, fields in slow.items() if fields}


# Cells ------------------------------------------------------------------------------------------


class CannotDecodeError(ValueError):
    """The bytes are not what the format writes; somebody edited them."""


def decode_records(form: str, data: bytes, *, delimiter: str = ",") -> list[Json]:
    """Return the records in ``data``: the elements of its array, its lines or rows, or itself.

    The cells of CSV are text, by the names of their columns; an empty cell without quotes is
    read as ``""``.

    Raises:
        CannotDecodeError: they are not in this format.
    """
    try:
        if form == "ndjson":
            return [_load(line) for line in data.decode().split("\n") if line]
        if form == "csv":
            text = io.StringIO(data.decode(), newline="")
            return [dict(row) for row in csv.DictReader(text, delimiter=delimiter, strict=True)]
        whole = _load(data.decode()) if form == "json" else _load_yaml(data)
    except (ValueError, csv.Error) as error:
        raise CannotDecodeError(str(error)) from error
    return whole if isinstance(whole, list) else [whole]


def _load(text: str) -> Json:
    value: Json = json.loads(text, parse_float=Decimal)
    return value


def _load_yaml(data: bytes) -> Json:
    # An output may be larger than any spec is allowed to be.
    document = parse("output.yaml", data, max_bytes=len(data))
    if document.root is None:
        raise ValueError(str(document.diagnostics[0]) if document.diagnostics else "it is empty")
    return plain_data(document.root)


class CellChange(Struct, frozen=True, kw_only=True):
    """One leaf of the record at an index that differs; ``MISSING`` where it is not there."""

    record: int
    path: Segments
    before: Json | Missing
    after: Json | Missing

    @property
    def pointer(self) -> str:
        """JSON Pointer of the leaf in its record."""
        return pointer_of(self.path)

    @property
    def field(self) -> str:
        """The field in words, whatever the element: ``ClaimDetails[].proc_cd``."""
        text = ""
        for part in self.path:
            text += "[]" if isinstance(part, int) else f".{part}" if text else part
        return text


def changed_cells(before: Sequence[Json], after: Sequence[Json]) -> Iterator[CellChange]:
    """Yield every leaf that differs, record by record; a record more or less is all of its leaves.

    Objects are compared key by key and arrays element by element. The order of keys is no
    difference; 1 and 1.0 are different, as are ``[]`` and nothing.
    """
    for index, (old, new) in enumerate(itertools.zip_longest(before, after, fillvalue=MISSING)):
        for path, was, now in _differences((), old, new):
            yield CellChange(record=index, path=path, before=was, after=now)


def _differences(
    path: Segments, old: Json | Missing, new: Json | Missing
) -> Iterator[tuple[Segments, Json | Missing, Json | Missing]]:
    # What came or went is compared with nothing, leaf by leaf; if empty, it is itself the leaf.
    if isinstance(old, Missing) and isinstance(new, dict | list) and new:
        old = type(new)()
    elif isinstance(new, Missing) and isinstance(old, dict | list) and old:
        new = type(old)()
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _differences((*path, key), old.get(key, MISSING), new.get(key, MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        for place, (was, now) in enumerate(itertools.zip_longest(old, new, fillvalue=MISSING)):
            yield from _differences((*path, place), was, now)
    elif isinstance(old, Missing) or isinstance(new, Missing) or canonical(old) != canonical(new):
        yield path, old, new


def changes_by_field(cells: Iterable[CellChange]) -> list[tuple[str, list[CellChange]]]:
    """Return each field with its changes, the most changed field first."""
    groups: dict[str, list[CellChange]] = {}
    for cell in cells:
        groups.setdefault(cell.field, []).append(cell)
    return sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))


def path_in_record(cell: CellChange, plan: OutputPlan) -> tuple[str, ...]:
    """Return where a cell is in the record; a row of CSV has it under the name of a column."""
    path = tuple(map(str, cell.path))
    if plan.output.format == "csv":
        return tuple(path[0].replace("[", ".").replace("]", "").split("."))
    return path
