"""Takes a project and a request; gives what would change, down to record and field, and why."""

from __future__ import annotations

import csv
import io
import itertools
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import canonical, digest
from mockgen_watch.errors import UsageError
from mockgen_watch.lock.model import Action
from mockgen_watch.lock.paths import below, is_labels
from mockgen_watch.lock.reconcile import describe
from mockgen_watch.rules.values import MISSING, Missing
from mockgen_watch.spec.document import plain_data, pointer_of
from mockgen_watch.spec.model import Layout
from mockgen_watch.spec.parse import parse
from mockgen_watch.storage.outputs import read_output, read_outputs
from mockgen_watch.workflow.generate import (
    Renderer,
    begin_nothing,
    decide,
    file_result,
    record_counts,
)
from mockgen_watch.workflow.origins import find_shape, find_statement
from mockgen_watch.workflow.produce import prepare_production, slow_fields
from mockgen_watch.workflow.targets import select_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mockgen_watch.diagnostics import Diagnostic, Location
    from mockgen_watch.formats.fragments import SlowField
    from mockgen_watch.lock.model import FileAction, OutputAction
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.spec.document import Json
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.workflow.generate import Decision
    from mockgen_watch.workflow.produce import Advance
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.results import FileResult, Request


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


Segments = tuple[str | int, ...]


class CellChange(Struct, frozen=True, kw_only=True):
    """One leaf of one record that differs.

    Attributes:
        record: index of the record, from 0.
        path: keys and indexes down to the leaf.
        before, after: its values; ``MISSING`` where it is not there.
    """

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
    if (isinstance(old, Missing) and _is_empty(new)) or (
        isinstance(new, Missing) and _is_empty(old)
    ):
        # The empty object or array itself came or went.
        yield path, old, new
    elif isinstance(old, dict) and isinstance(new, dict | Missing):
        yield from _in_objects(path, old, {} if isinstance(new, Missing) else new)
    elif isinstance(new, dict) and isinstance(old, Missing):
        yield from _in_objects(path, {}, new)
    elif isinstance(old, list) and isinstance(new, list | Missing):
        yield from _in_arrays(path, old, [] if isinstance(new, Missing) else new)
    elif isinstance(new, list) and isinstance(old, Missing):
        yield from _in_arrays(path, [], new)
    elif isinstance(old, Missing) or isinstance(new, Missing) or canonical(old) != canonical(new):
        yield path, old, new


def _is_empty(value: Json | Missing) -> bool:
    return isinstance(value, dict | list) and not value


def _in_objects(
    path: Segments, old: dict[str, Json], new: dict[str, Json]
) -> Iterator[tuple[Segments, Json | Missing, Json | Missing]]:
    for key in dict.fromkeys([*old, *new]):
        yield from _differences((*path, key), old.get(key, MISSING), new.get(key, MISSING))


def _in_arrays(
    path: Segments, old: list[Json], new: list[Json]
) -> Iterator[tuple[Segments, Json | Missing, Json | Missing]]:
    for place, (was, now) in enumerate(itertools.zip_longest(old, new, fillvalue=MISSING)):
        yield from _differences((*path, place), was, now)


class FieldChange(Struct, frozen=True, kw_only=True):
    """What happens to one field of one file.

    Attributes:
        field: in words, ``ClaimDetails[].proc_cd``.
        cells: how many leaves of it differ.
        records: in how many records.
        first: one of the changes, the first.
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
        file: its path, action and reason.
        records_changed: how many records differ; all of them in a new file.
        fields: what differs, the most changed field first; empty for files that are created,
            removed or cannot be read.
        cells: every change, in order.
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
        decision: that all of this follows from.
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
    begin: Callable[[int], Advance] = begin_nothing,
    with_new: bool = False,
) -> ChangePlan:
    """Return what ``generate`` would change. Nothing is written.

    ``with_new``: the bytes of new files are made too, so that their digests are known.

    Raises:
        FindingsError, UsageError, StorageError: as ``generate`` does.
    """
    tree = read_outputs(project.output_root())
    decision = decide(project, request, tree)
    advance = begin(decision.count_records())
    renderer = Renderer(decision.suites, decision.selection, advance=advance)
    planned: dict[str, PlannedFile] = {}
    found = dict.fromkeys(decision.diagnostics)
    digests: dict[str, str] = {}
    kept = 0
    for suite in decision.reconciliation.suites:
        for output in suite.outputs:
            made = _made(output, renderer, with_new=with_new)
            digests.update({tree.root.named(path): digest(data) for path, data in made.items()})
            for file in _plan_output(output, decision, tree, made):
                kept += file.file.action is Action.KEEP
                planned[file.file.path] = file
    records = record_counts(decision.reconciliation)
    for action in decision.reconciliation.files():
        if action.action is Action.REFUSE:
            found.update(dict.fromkeys(describe(action, tree.root.label)))
        result = file_result(action, action.action, records, tree.root)
        planned.setdefault(result.path, PlannedFile(file=result, records_changed=0))
    tree.cache.save()
    found.update(dict.fromkeys(decision.found()))
    return ChangePlan(
        files=tuple(
            file for _, file in sorted(planned.items()) if file.file.action is not Action.KEEP
        ),
        kept=kept,
        diagnostics=tuple(sorted(found, key=lambda item: item.sort_key)),
        failed_suites=decision.failed_suites,
        decision=decision,
        digests=digests,
    )


def _made(output: OutputAction, renderer: Renderer, *, with_new: bool) -> dict[str, bytes]:
    """Return path → new bytes, where there are old ones to compare them with or ``with_new``."""
    needed = [
        file for file in output.files if file.must_produce and (with_new or file.found is not None)
    ]
    return {path: b"".join(chunks) for path, chunks in renderer.files(output)} if needed else {}


def _plan_output(
    output: OutputAction, decision: Decision, tree: OutputTree, made: Mapping[str, bytes]
) -> Iterator[PlannedFile]:
    records = record_counts(decision.reconciliation)
    for file in output.files:
        new = made.get(file.path)
        if new is None or file.found is None:
            result = file_result(file, file.action, records, tree.root)
            changed = result.records if file.action is Action.CREATE else 0
            yield PlannedFile(file=result, records_changed=changed)
            continue
        old = read_output(tree, file.path)
        action = Action.KEEP if old == new else file.action
        result = file_result(file, action, records, tree.root)
        plan = _plan_of(output, decision)
        yield _compare(result, plan, file, (old, new))


def _plan_of(output: OutputAction, decision: Decision) -> OutputPlan:
    wanted = output.output
    for plan in decision.plans(wanted.suite):
        if (plan.model, plan.scenario) == (wanted.model, wanted.scenario):
            return plan
    raise UsageError(f"{wanted.suite} has no output {wanted.name}")


def _compare(
    result: FileResult, plan: OutputPlan, file: FileAction, data: tuple[bytes, bytes]
) -> PlannedFile:
    options = dict(plan.output.options)
    delimiter = str(options.get("delimiter", ","))
    try:
        form = "ndjson" if is_labels(file.path) else plan.output.format
        old, new = (decode_records(form, side, delimiter=delimiter) for side in data)
    except CannotDecodeError:
        # Another format than before, or an edit that broke the file: all of it changes.
        return PlannedFile(file=result, records_changed=result.records)
    cells = tuple(changed_cells(old, new))
    number = _first_record(plan, file)
    return PlannedFile(
        file=result,
        records_changed=len({cell.record for cell in cells}),
        fields=tuple(_by_field(cells, plan, number)),
        cells=tuple(_moved(cell, number) for cell in cells),
    )


def _first_record(plan: OutputPlan, file: FileAction) -> int:
    """Return the index of the first record of a file: not 0 in a split output."""
    if plan.output.layout is not Layout.SPLIT or is_labels(file.path):
        return 0
    return int(file.path.rpartition("/")[2].partition(".")[0]) - 1


def _moved(cell: CellChange, by: int) -> CellChange:
    if not by:
        return cell
    return CellChange(record=cell.record + by, path=cell.path, before=cell.before, after=cell.after)


def _by_field(cells: tuple[CellChange, ...], plan: OutputPlan, first: int) -> Iterator[FieldChange]:
    groups: dict[str, list[CellChange]] = {}
    for cell in cells:
        groups.setdefault(cell.field, []).append(cell)
    for field, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        yield FieldChange(
            field=field,
            cells=len(group),
            records=len({cell.record for cell in group}),
            first=group[0],
            location=_location(group[0], group[0].record + first, plan),
        )


def _location(cell: CellChange, record: int, plan: OutputPlan) -> Location | None:
    segments = tuple(str(part) for part in cell.path)
    if plan.output.format == "csv":
        segments = tuple(segments[0].replace("[", ".").replace("]", "").split("."))
    statement = find_statement(plan.records, record, segments)
    if statement is not None:
        return statement.location
    try:
        return find_shape(plan.records, segments).shape.origin.location
    except UsageError:
        return None


def slow_outputs(project: OpenProject, request: Request) -> dict[str, tuple[SlowField, ...]]:
    """Return output → its fields that take a Python loop a record; none for most outputs.

    Raises:
        FindingsError, UsageError: as ``generate`` does.
    """
    plans, _ = select_plans(project, request)
    slow = {
        below(plan.suite, f"{plan.model}/{plan.scenario}"): slow_fields(prepare_production(plan))
        for plan in plans
    }
    return {name: fields for name, fields in slow.items() if fields}
