"""Takes an output whose files somebody edited; gives its records as made and as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import MockgenError
from mockgen_watch.digest import canonical
from mockgen_watch.formats.csv import CsvWriter
from mockgen_watch.formats.csv_cells import (
    cell_value,
    column_name,
    path_of_name,
    plain_text,
    raw_rows,
    row_cells,
)
from mockgen_watch.formats.registry import BUILTIN
from mockgen_watch.lock.paths import below, split_path
from mockgen_watch.rules.values import Missing, value_at
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.outputs import read_output
from mockgen_watch.workflow.changes.cells import CannotDecodeError, decode_records
from mockgen_watch.workflow.produce import prepare_production

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.rules.values import Place
    from mockgen_watch.spec.document import Json
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.workflow.produce import Production
    from mockgen_watch.workflow.targets import Target


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
