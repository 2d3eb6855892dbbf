"""Takes a project and a commit; gives in which records and fields its outputs differ from then."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import canonical
from mockgen_watch.git.blobs import BlobDigests
from mockgen_watch.git.repository import Repository
from mockgen_watch.git.stored import Store, open_stored
from mockgen_watch.lock.lockfile import Lockfile
from mockgen_watch.lock.paths import LOCK_NAME, below
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.spec.model import Leaf
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.outputs import read_output, read_outputs
from mockgen_watch.workflow.changes import (
    CannotDecodeError,
    CellChange,
    changed_cells,
    decode_records,
)
from mockgen_watch.workflow.origins import find_leaf, pool_odds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from mockgen_watch.git.repository import Entry
    from mockgen_watch.git.stored import Stored
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.spec.document import Json
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.workflow.origins import Odds
    from mockgen_watch.workflow.project import OpenProject


FORMS = {"json": "json", "ndjson": "ndjson", "csv": "csv", "yaml": "yaml"}
"""The format of an output by what its name ends with."""

_DELIMITERS = ",;\t|"


class FieldDifference(Struct, frozen=True, kw_only=True):
    """One field of one file.

    Attributes:
        field: in words, ``ClaimDetails[].proc_cd``.
        records: in how many records it differs.
        added, removed: how many values its pool has more, and how many of the old ones are gone.
    """

    field: str
    records: int
    added: int = 0
    removed: int = 0


class FileDifference(Struct, frozen=True, kw_only=True):
    """One output that differs.

    Attributes:
        path: relative to the project.
        before, after: how many records it had and has; None where there is no file, or none that
            can be read.
        is_readable: both sides are records, as far as they are there.
        fields: the most changed first; empty for a file that came, went or cannot be read.
        cells: every value that differs, in order.
    """

    path: str
    before: int | None
    after: int | None
    is_readable: bool = True
    fields: tuple[FieldDifference, ...] = ()
    cells: tuple[CellChange, ...] = ()


def diff_outputs(project: OpenProject, revision: str) -> tuple[FileDifference, ...]:
    """Return every output of the work tree that tells something else than in ``revision``.

    The order of keys and of records, and the layout of a file, tell nothing.

    Raises:
        UsageError: there is no Git.
        StorageError: there is no such revision, or an output cannot be read.
    """
    repository = Repository.of(project.root)
    digests = BlobDigests(repository, project.state)
    store = Store(root=project.root, repository=repository, state=project.state)

    def entries_of(folders: Iterable[str]) -> tuple[Entry, ...]:
        return repository.tree(revision, folders)

    stored = open_stored(store, entries_of, digests, project.settings.outputs.strip("/"))
    tree = read_outputs(project.output_root())
    pools = (_Pools(stored.project), _Pools(project))
    return tuple(_Comparison(repository, stored, tree, pools).run())


def records_of(path: str, data: bytes) -> list[Json]:
    """Return the records of the output ``path``, whose name tells its format.

    Raises:
        CannotDecodeError: they cannot be read.
    """
    form = FORMS.get(path.rpartition(".")[2])
    if form is None:
        raise CannotDecodeError("no format of outputs has such a name")
    head = data.partition(b"\n")[0].decode("utf-8", "replace") if form == "csv" else ""
    delimiter = max(_DELIMITERS, key=head.count)
    return decode_records(form, data, delimiter=delimiter)


def differing_cells(before: Sequence[Json], after: Sequence[Json]) -> list[CellChange]:
    """Return the values that differ; records that merely stand elsewhere tell nothing."""
    cells = list(changed_cells(before, after))
    if cells and Counter(map(canonical, before)) == Counter(map(canonical, after)):
        return []
    return cells


class _Comparison:
    """Both sides of a comparison."""

    def __init__(
        self,
        repository: Repository,
        stored: Stored,
        tree: OutputTree,
        pools: tuple[_Pools, _Pools],
    ) -> None:
        self.repository = repository
        self.stored = stored
        self.tree = tree
        self.pools = pools

    def run(self) -> Iterator[FileDifference]:
        owned = {
            below(suite, path)
            for suite, lock in self.tree.locks.items()
            if isinstance(lock, Lockfile)
            for path in lock.files()
        }
        old = self.stored.outputs.disk
        paths = sorted(owned | set(old))
        new, _ = self.tree.digests(path for path in paths if path in self.tree.stamps)
        moved = [path for path in paths if old.get(path) != new.get(path) and _is_output(path)]
        there = [path for path in moved if path in old]
        ids = [self.stored.outputs.blobs[path] for path in there]
        before = dict(zip(there, self.repository.blobs(ids), strict=True))
        for path in moved:
            after = read_output(self.tree, path) if path in new else None
            difference = self.file(path, before.get(path), after)
            if difference is not None:
                yield difference

    def file(self, path: str, old: bytes | None, new: bytes | None) -> FileDifference | None:
        before, after = _records(path, old), _records(path, new)
        named = self.tree.root.named(path)
        counts = (
            None if before is None else len(before),
            None if after is None else len(after),
        )
        if before is None or after is None:
            is_readable = (before is None) == (old is None) and (after is None) == (new is None)
            return FileDifference(
                path=named, before=counts[0], after=counts[1], is_readable=is_readable
            )
        cells = differing_cells(before, after)
        if not cells:
            return None
        return FileDifference(
            path=named,
            before=counts[0],
            after=counts[1],
            fields=tuple(self.fields(path, cells)),
            cells=tuple(cells),
        )

    def fields(self, path: str, cells: list[CellChange]) -> Iterator[FieldDifference]:
        groups: dict[str, list[CellChange]] = {}
        for cell in cells:
            groups.setdefault(cell.field, []).append(cell)
        for field, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
            old, new = (side.values(path, group[0]) for side in self.pools)
            # A pool that came, or went, is another way to choose and no count of values.
            has_both = bool(old) and bool(new)
            yield FieldDifference(
                field=field,
                records=len({cell.record for cell in group}),
                added=len(new - old) if has_both else 0,
                removed=len(old - new) if has_both else 0,
            )


class _Pools:
    """The pools of a project's outputs, by path and field."""

    def __init__(self, project: OpenProject) -> None:
        self.plans: dict[str, OutputPlan] = {}
        if project.has_failed:
            return
        for suite in project.suites.files:
            for plan in project.suites.plans(suite) or ():
                self.plans[below(suite, f"{plan.model}/{plan.scenario}")] = plan

    def values(self, path: str, cell: CellChange) -> set[bytes]:
        """Return the values that the field of ``cell`` may have; none where it has no pool."""
        plan = self.plans.get(path.rpartition(".")[0]) or self.plans.get(path.rpartition("/")[0])
        if plan is None:
            return set()
        segments = tuple(str(part) for part in cell.path)
        if plan.output.format == "csv":
            segments = tuple(segments[0].replace("[", ".").replace("]", "").split("."))
        parts = [part.records for part in plan.mix] or [plan.records]
        return {canonical(odds.value) for part in parts for odds in _odds(part, segments)}


def _odds(plan: RecordPlan, segments: tuple[str, ...]) -> Iterator[Odds]:
    """Yield the values of the pools at one place: of a good record, and of a faulty one."""
    for shape in (plan.shape, plan.faulty):
        leaf = None if shape is None else find_leaf(shape, segments)
        if isinstance(leaf, Leaf):
            yield from pool_odds(leaf.generator)


def _is_output(path: str) -> bool:
    return path.rpartition("/")[2] != LOCK_NAME


def _records(path: str, data: bytes | None) -> list[Json] | None:
    try:
        return None if data is None else records_of(path, data)
    except CannotDecodeError:
        return None


def text_of(path: Path) -> bytes:
    """Return a line for each value of each record, keys sorted; other files as they are.

    Raises:
        StorageError: the file cannot be read.
    """
    with naming(str(path)):
        data = path.read_bytes()
    try:
        records = records_of(path.name, data)
    except CannotDecodeError:
        return data
    lines = []
    for index, record in enumerate(records):
        for place, value in _leaves((), record):
            lines.append(b"record %d %s: %s\n" % (index, place, canonical(value)))
    return b"".join(lines)


def _leaves(path: tuple[str | int, ...], value: Json) -> Iterator[tuple[bytes, Json]]:
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _leaves((*path, key), value[key])
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves((*path, index), item)
    else:
        yield pointer_of(path).encode("utf-8", "surrogatepass"), value
