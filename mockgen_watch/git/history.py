"""History of a project: how its outputs differ from a commit, and who last touched a line."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.canonical import canonical
from mockgen_watch.errors import StorageError
from mockgen_watch.git.repository import Repository
from mockgen_watch.git.stored import Store, open_stored
from mockgen_watch.lock.lockfile import Lockfile
from mockgen_watch.lock.paths import LOCK_NAME, below
from mockgen_watch.spec.document import Json, pointer_of
from mockgen_watch.spec.model import Leaf
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.outputs import OutputTree, read_outputs
from mockgen_watch.storage.project_folder import find_work_tree
from mockgen_watch.workflow.changes import (
    CannotDecodeError,
    CellChange,
    changed_cells,
    changes_by_field,
    decode_records,
    path_in_record,
)
from mockgen_watch.workflow.origins import find_leaf, pool_odds
from mockgen_watch.workflow.sources import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.why import Explanation


_FORMATS = frozenset({"json", "ndjson", "csv", "yaml"})
"""The formats of outputs, which are also the endings of their names."""

_DELIMITERS = ",;\t|"


class FieldDifference(Struct, frozen=True, kw_only=True):
    """One field of one file, ``ClaimDetails[].proc_cd``, and in how many records it differs.

    ``added`` and ``removed`` count the values that its pool has more, and those that are gone.
    """

    field: str
    records: int
    added: int = 0
    removed: int = 0


class FileDifference(Struct, frozen=True, kw_only=True):
    """One output that differs; its path is relative to the project.

    Attributes:
        before, after: how many records it had and has; None where there is no file, or none that
            can be read.
        is_readable: both sides are records, as far as they exist.
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
    """Return every output of the work tree whose records differ from those in ``revision``.

    The order of keys and of records, and the layout of a file, make no difference.

    Raises:
        UsageError: there is no Git.
        StorageError: there is no such revision, or an output cannot be read.
    """
    repository = Repository.of(project.root)
    store = Store(project.root, repository, project.state)
    read = functools.partial(repository.tree, revision)
    stored = open_stored(store, read, project.settings.outputs.strip("/"))
    tree = read_outputs(project.output_root())
    old = stored.outputs.disk
    owned = {
        below(suite, path)
        for suite, lock in tree.locks.items()
        if isinstance(lock, Lockfile)
        for path in lock.files()
    }
    paths = sorted(owned | set(old))
    new, _ = tree.digests(path for path in paths if path in tree.stamps)
    changed = [
        path
        for path in paths
        if old.get(path) != new.get(path) and path.rpartition("/")[2] != LOCK_NAME
    ]
    committed = [path for path in changed if path in old]
    blobs = repository.blobs(stored.blobs[path] for path in committed)
    before = dict(zip(committed, blobs, strict=True))
    pools = (_Pools(stored.project), _Pools(project))
    found = (
        _compare(tree, path, before.get(path), tree.root.read(path) if path in new else None, pools)
        for path in changed
    )
    return tuple(difference for difference in found if difference is not None)


def records_of(path: str, data: bytes) -> list[Json]:
    """Return the records of the output ``path``, whose name shows its format.

    Raises:
        CannotDecodeError: they cannot be read.
    """
    form = path.rpartition(".")[2]
    if form not in _FORMATS:
        raise CannotDecodeError("no output format has this extension")
    head = data.partition(b"\n")[0].decode("utf-8", "replace") if form == "csv" else ""
    delimiter = max(_DELIMITERS, key=head.count)
    return decode_records(form, data, delimiter=delimiter)


def differing_cells(before: Sequence[Json], after: Sequence[Json]) -> list[CellChange]:
    """Return the values that differ; none where the records are in another order only."""
    cells = list(changed_cells(before, after))
    if cells and Counter(map(canonical, before)) == Counter(map(canonical, after)):
        return []
    return cells


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
    return b"".join(
        b"record %d %s: %s\n" % (index, place, canonical(value))
        for index, record in enumerate(records)
        for place, value in _leaves((), record)
    )


def _compare(
    tree: OutputTree,
    path: str,
    old: bytes | None,
    new: bytes | None,
    pools: tuple[_Pools, _Pools],
) -> FileDifference | None:
    """Return the difference of one file; None where its records are the same."""
    before, after = _records(path, old), _records(path, new)
    cells: list[CellChange] = []
    if before is not None and after is not None:
        cells = differing_cells(before, after)
        if not cells:
            return None
    return FileDifference(
        path=tree.root.named(path),
        before=None if before is None else len(before),
        after=None if after is None else len(after),
        is_readable=(before is None) == (old is None) and (after is None) == (new is None),
        fields=tuple(_fields(path, cells, pools)),
        cells=tuple(cells),
    )


def _records(path: str, data: bytes | None) -> list[Json] | None:
    try:
        return None if data is None else records_of(path, data)
    except CannotDecodeError:
        return None


def _fields(
    path: str, cells: list[CellChange], pools: tuple[_Pools, _Pools]
) -> Iterator[FieldDifference]:
    for field, group in changes_by_field(cells):
        old, new = (side.values(path, group[0]) for side in pools)
        # A field that gained or lost its pool is drawn in another way: values are not counted.
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
        segments = path_in_record(cell, plan)
        records = [one.records for one in plan.mix] or [plan.records]
        # Of a good record, and of a faulty one.
        shapes = [shape for one in records for shape in (one.shape, one.faulty) if shape]
        leaves = [find_leaf(shape, segments) for shape in shapes]
        generators = [leaf.generator for leaf in leaves if isinstance(leaf, Leaf)]
        return {canonical(odds.value) for one in generators for odds in pool_odds(one)}


def _leaves(path: tuple[str | int, ...], value: Json) -> Iterator[tuple[bytes, Json]]:
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _leaves((*path, key), value[key])
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves((*path, index), item)
    else:
        yield pointer_of(path).encode("utf-8", "surrogatepass"), value


class Blame(Struct, frozen=True, kw_only=True):
    """Who last touched a line; empty for a line that no commit has yet.

    ``date`` is that of the author, in ISO 8601; ``subject`` is the first line of the message.
    """

    commit: str = ""
    author: str = ""
    date: str = ""
    subject: str = ""


def last_touched(project: OpenProject, why: Explanation) -> Blame | None:
    """Return who last touched the line that states a value; None without Git.

    Where the value that was drawn has a line of its own, in the same file, that line counts.
    """
    place = why.choice.origin.location
    if find_work_tree(project.root) is None or place.path.startswith(SHIPPED):
        return None
    drawn = (
        odds.location.line
        for odds in why.choice.odds
        if why.is_present and odds.value == why.value and odds.location.path == place.path
    )
    line = next(drawn, place.line)
    try:
        return blame_lines(Repository.of(project.root), place.path, (line,)).get(line)
    except StorageError:
        # There is a work tree of Git, but no git command.
        return None


def blame_lines(repository: Repository, path: str, lines: Iterable[int]) -> dict[int, Blame]:
    """Return line, counted from 1, → the commit that last touched it.

    ``path`` is relative to the project.

    Raises:
        StorageError: Git is missing.
    """
    wanted = sorted(set(lines))
    ranges = [word for line in wanted for word in ("-L", f"{line},{line}")]
    words = ["blame", "--line-porcelain", *ranges, "--", f"{repository.prefix}{path}"]
    code, text = repository.ask(words, is_silent=True)
    if code:
        # Git does not track the file.
        return dict.fromkeys(wanted, Blame())
    found = {}
    about: dict[str, str] = {}
    for line in text.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(" ")
        if line.startswith("\t"):
            # The line itself comes after all that is said about it.
            commit, numbers = next(iter(about.items()))
            found[int(numbers.split(" ")[1])] = _blame(commit, about)
            about = {}
        else:
            about[key] = value
    return found


def _blame(commit: str, about: dict[str, str]) -> Blame:
    if not commit.strip("0"):
        return Blame()
    zone = dt.datetime.strptime(about["author-tz"], "%z").tzinfo
    return Blame(
        commit=commit,
        author=about["author"],
        date=dt.datetime.fromtimestamp(int(about["author-time"]), zone).isoformat(),
        subject=about.get("summary", ""),
    )
