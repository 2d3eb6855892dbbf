"""Resident project: what the daemon remembers of a project between two runs.

That is digests by stamp, lockfiles as they were read, the warnings of suites, and which suites may
not be as they should be. A run looks at these suites alone, with all that it would know in a fresh
process. Where that is not certain, everything is looked at.
"""

from __future__ import annotations

import stat
import time
import traceback
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.errors import FindingsError, MockgenError, StorageError
from mockgen_watch.lock.lockfile import Lockfile
from mockgen_watch.lock.paths import below
from mockgen_watch.plan.model import InputGraph
from mockgen_watch.spec import SPECS
from mockgen_watch.storage.outputs import (
    OutputTree,
    merge_trees,
    read_outputs,
    reread_outputs,
    reread_specs,
)
from mockgen_watch.storage.specs import (
    SPECS_CACHE,
    MovedError,
    SpecFile,
    SpecSnapshot,
    is_spec,
    read_specs,
)
from mockgen_watch.storage.stat_cache import StatCache
from mockgen_watch.workflow.generate import Report, generate
from mockgen_watch.workflow.project import OpenProject, project_of
from mockgen_watch.workflow.sources import (
    USER_INPUT_NAMES,
    absent_paths,
    oddly_named,
    suite_files,
    vocabulary_siblings,
)
from mockgen_watch.workflow.targets import Request
from mockgen_watch.workflow.unread import unread_files

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable, Mapping
    from pathlib import Path

    from mockgen_watch.spec.build.project import Project
    from mockgen_watch.storage.project_folder import OutputRoot, StateFolder
    from mockgen_watch.storage.scan import Scan


class SuiteWarnings:
    """The warnings of all suites, also of those that a run did not read again."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Diagnostic, ...]] = {}

    def update(self, report: Report, is_there: Callable[[str], bool]) -> None:
        """Take over the warnings of the suites that were read; forget suites that are gone.

        A warning belongs to every suite that depends on the file where it is.
        """
        warnings = [one for one in report.diagnostics if one.severity is not Severity.ERROR]
        for suite, files in report.read.items():
            self._found[suite] = tuple(one for one in warnings if one.location.path in files)
        self._found = {
            suite: found for suite, found in self._found.items() if found and is_there(suite)
        }

    def added_to(self, report: Report) -> Report:
        """Return ``report`` with all warnings that hold, each once, in the order of report."""
        every = {*report.diagnostics, *(one for found in self._found.values() for one in found)}
        found = tuple(sorted(every, key=lambda one: one.sort_key))
        return replace(report, diagnostics=found)


MANY = 256
"""Above this number of paths or suites, looking at everything is no slower."""
WRITE_FAILED: Final = "MG510"
"""The code of an output that could not be written, which is retried."""

_NOTHING: Final = Report(files=(), diagnostics=())


class Resident:
    """A project that one process keeps up to date.

    Attributes:
        settings: of the last run that could read them.
        unsettled: suites that may not be as they should be; None: all.
        warnings: those that hold.
        acted: the suites that the last run decided on; None: all.
        general: what was found when the project was last opened, and belongs to no suite.
    """

    def __init__(self, root: Path, state: StateFolder, profile: str | None = None) -> None:
        self.root = root
        self.state = state
        self.profile = profile
        self.settings: Project | None = None
        self.unsettled: set[str] | None = None
        self._stamps = StatCache(state, SPECS_CACHE, is_resident=True)
        self._snapshot: SpecSnapshot | None = None
        self._tree: OutputTree | None = None
        self._newer: tuple[OutputTree, frozenset[str]] | None = None
        self._moved_beside: set[str] = set()
        self._graph = InputGraph()
        self._linked: Mapping[str, object] = {}
        self.warnings = SuiteWarnings()
        self.acted: frozenset[str] | None = None
        self.general: tuple[Diagnostic, ...] = ()

    def forget(self) -> None:
        """Look at everything the next time; digests that stamps prove are kept."""
        self.unsettled = None
        self._snapshot = None

    def changed_at(self, hints: Collection[str]) -> tuple[str, ...]:
        """Look at the files and folders ``hints``; return the specs that changed there.

        None, too, where everything has to be looked at, or what is there cannot be read.
        """
        inside = [path for path in hints if path.startswith(f"{SPECS}/")]
        if self.unsettled is None or self._snapshot is None or not 0 < len(inside) <= MANY:
            return ()
        try:
            return self._read_specs(inside)
        except StorageError:
            self.forget()
            return ()

    @property
    def outputs(self) -> str | None:
        """The output folder, relative to the project; None when it is not known yet."""
        return None if self.settings is None else self.settings.outputs

    def note_scan(self, scan: Scan) -> None:
        """Look at all that ``scan``, which looked at ``outputs``, shows to have moved.

        Raises:
            StorageError: the specs folder cannot be read.
        """
        self._merge()
        known = self._snapshot
        # Where something cannot be read, nothing shows when it can be.
        if known is None or known.problems or scan.linked != self._linked:
            self._read_specs(None)
        elif moved := self._moved_specs(known, scan):
            self._read_specs(moved)
        self._linked = scan.linked
        if self.unsettled is not None:
            self.unsettled = self._with_owners(self.unsettled, scan)

    def affected(self, changed: Iterable[str]) -> frozenset[str]:
        """Return the suites that are there and that the specs ``changed`` decide.

        For a suite that is gone only a scan shows whether all are, as for a while in a checkout.
        """
        return frozenset(suite for suite in self._decided_by(changed) if self._has_spec(suite))

    def run(self, acting: frozenset[str] | None, should_stop: Callable[[], bool]) -> Report:
        """Bring the outputs of the suites ``acting`` up to date; None: all that is unsettled.

        Raises:
            FindingsError, UsageError, LockedError, StorageError: as ``generate`` does.
        """
        is_ahead = acting is not None
        if acting is None and self.unsettled is not None:
            acting = frozenset(self.unsettled)
        self.acted = acting
        before = self.unsettled
        self._moved_beside = set()
        # Whatever is raised leaves everything to be looked at.
        self.unsettled = None
        project = self.open()
        report = generate(
            project,
            Request(acting=acting),
            should_stop=should_stop,
            read=lambda root: self._read_outputs(root, acting),
        )
        # What was read looks for files that no lockfile can name.
        self._update_graph(report.read, report.read)
        self.warnings.update(report, self._has_spec)
        if acting is None:
            self._settle(self._all_suites(), report)
        elif before is not None:
            self._settle(before | acting | self._moved_beside, report)
        if not is_ahead:
            self._merge()
            self._graph.prepare()
        return report

    def open(self) -> OpenProject:
        """Return the project as it was last looked at.

        Raises:
            UsageError: it has no such profile.
            StorageError: it cannot be read.
        """
        snapshot = self._snapshot or read_specs(self.root, SPECS, self._stamps)
        self._snapshot = snapshot
        project = project_of(self.root, self.state, snapshot, self.profile)
        self.settings = project.settings
        self.general = (*project.diagnostics, *project.suites.unreadable)
        return project

    def with_warnings(self, report: Report) -> Report:
        """Return ``report`` with the warnings that hold, also of what it did not look at.

        Raises:
            StorageError: a spec cannot be read.
        """
        report = self.warnings.added_to(report)
        unread = self._unread_files()
        if not unread:
            return report
        every = {*report.diagnostics, *unread}
        return replace(report, diagnostics=tuple(sorted(every, key=lambda one: one.sort_key)))

    def _unread_files(self) -> tuple[Diagnostic, ...]:
        snapshot = self._snapshot
        if snapshot is None or not oddly_named(frozenset(snapshot.files), SPECS):
            return ()
        required = self._graph.requirements.items()
        used = {path for spec, files in required if spec in snapshot.files for path in files}
        return tuple(unread_files(snapshot, used))

    def save(self) -> None:
        """Write digests by stamp for later processes."""
        self._stamps.flush()
        if self._tree is not None:
            self._tree.cache.flush()

    # Specs ------------------------------------------------------------------------------------

    def _read_specs(self, paths: Iterable[str] | None) -> tuple[str, ...]:
        before, after = self._snapshot, None
        asked = None if paths is None else frozenset(paths)
        if before is not None and asked is not None and len(asked) <= MANY:
            after = reread_specs(before, asked, self._stamps)
        if after is None:
            after = read_specs(self.root, SPECS, self._stamps)
        self._snapshot = after
        if before is None or before.problems or after.problems:
            self.unsettled = None
            return ()
        changed = _changed(before.files, after.files)
        if any(path not in after.files for path in changed) and not (self.root / SPECS).is_dir():
            self.forget()
            raise MovedError(SPECS, "it was removed while it was being read")
        if self.unsettled is not None and changed:
            self.unsettled |= self._decided_by(changed)
        return changed

    def _decided_by(self, changed: Iterable[str]) -> set[str]:
        changed = tuple(changed)
        # A second file of the same name makes a vocabulary unusable, and no lockfile names it.
        named = frozenset((*changed, *vocabulary_siblings(changed, SPECS)))
        return {*self._graph.affected_suites(named), *suite_files(changed, SPECS)}

    def _has_spec(self, suite: str) -> bool:
        folder = f"{SPECS}/{suite}/" if suite else f"{SPECS}/"
        files = self._snapshot.files if self._snapshot else {}
        return any(f"{folder}{name}" in files for name in USER_INPUT_NAMES)

    def _moved_specs(self, known: SpecSnapshot, scan: Scan) -> list[str]:
        """Return the specs that are not as they were read, or were so young that it is not sure."""
        files, digest_of = known.files, self._stamps.get
        moved = [path for path in files if path not in scan.specs]
        for path, mark in scan.specs.items():
            file = files.get(path)
            if file is None:
                moved += [path] if is_spec(path) else []
            elif mark[:5] != file.stamp or digest_of(path, file.stamp) is None:
                moved.append(path)
        return moved

    # Outputs ----------------------------------------------------------------------------------

    def _with_owners(self, suites: set[str], scan: Scan) -> set[str] | None:
        """Return ``suites`` and those whose outputs moved; None where one is nobody's."""
        if self._tree is None or self.outputs is None:
            return None
        moved = _moved_outputs(self._tree, scan, f"{self.outputs}/")
        owners = [self._owners(path) for path in moved]
        return suites.union(*owners) if all(owners) else None

    def _owners(self, path: str) -> set[str]:
        """Return the suites in whose folder the output ``path`` is."""
        found = set()
        while path:
            path = path.rpartition("/")[0]
            if self._is_suite(path):
                found.add(path)
        return found

    def _is_suite(self, name: str) -> bool:
        """Return whether a suite of this name is there, or has left outputs."""
        return self._has_spec(name) or (self._tree is not None and name in self._tree.locks)

    def _read_outputs(self, root: OutputRoot, acting: frozenset[str] | None) -> OutputTree:
        self._merge()
        before, tree = self._tree, None
        if before is not None and not before.root.is_same(root):
            before = None
        if before is not None and acting is not None and len(acting) <= MANY:
            tree = reread_outputs(before, acting)
        if before is None or acting is None or tree is None:
            cache = before.cache if before else None
            cache = cache or StatCache(root.state, root.cache_name, is_resident=True)
            tree = read_outputs(root, before, cache)
            if before is not None and acting is not None:
                # Nothing else will ever show that others moved as well.
                self._moved_beside |= self._moved_between(before, tree)
            self._tree = tree
            self._note_inputs(tree, tree.locks)
            return tree
        self._newer = (tree, acting)
        self._note_inputs(tree, acting)
        return tree

    def _merge(self) -> None:
        """Put newer parts into the tree; not at once, as it takes its time."""
        newer, self._newer = self._newer, None
        if newer is None or self._tree is None:
            return
        before, (small, acting) = self._tree, newer
        self._tree = merge_trees(before, small, acting)
        if self.unsettled is not None:
            # Suites in folders of those that were decided on may have moved with them.
            self.unsettled |= self._moved_between(before, self._tree) - acting

    def _moved_between(self, before: OutputTree, now: OutputTree) -> set[str]:
        """Return the suites whose outputs are others ``now``; all, where one is nobody's."""
        were, there = before.stamps, now.stamps
        moved = list(were.keys() - there.keys())
        moved += [path for path, stamp in there.items() if were.get(path) != stamp]
        owners = [self._owners(path) for path in moved]
        return set().union(*owners) if all(owners) else self._all_suites()

    def _note_inputs(self, tree: OutputTree, suites: Iterable[str]) -> None:
        """Note which files ``suites`` were made from, and look for, as far as lockfiles say."""
        existing = self._snapshot.files if self._snapshot else {}
        inputs: dict[str, frozenset[str]] = {}
        kept = set()
        for suite in suites:
            lock = tree.locks.get(suite)
            if isinstance(lock, Lockfile):
                absent = absent_paths(suite, SPECS, lock, existing)
                inputs[suite] = frozenset((*lock.inputs, *(absent or ())))
                if absent is None:
                    # It is not known which file would be taken, so that what was known stays.
                    kept.add(suite)
        self._update_graph(inputs, kept)

    def _update_graph(self, inputs: Mapping[str, frozenset[str]], kept: Container[str]) -> None:
        """Take over which files suites depend on; of suites in ``kept`` old ones stay as well."""
        requirements, names = dict(self._graph.requirements), dict(self._graph.suites)
        for suite, files in inputs.items():
            for path in suite_files(files, SPECS).get(suite, ()):
                before = requirements.get(path, frozenset()) if suite in kept else frozenset()
                requirements[path] = files | before
                names[path] = suite
        if requirements != self._graph.requirements:
            self._graph = InputGraph(requirements, names)

    def _all_suites(self) -> set[str]:
        found = set(self._tree.locks) if self._tree else set()
        files = frozenset(self._snapshot.files) if self._snapshot else frozenset()
        return found.union(suite_files(files, SPECS))

    def _settle(self, decided: set[str] | frozenset[str], report: Report) -> None:
        left = {suite for suite in decided - report.settled if self._is_suite(suite)}
        self.unsettled = left | self._young(decided)

    def _young(self, suites: Iterable[str]) -> set[str]:
        """Return which ``suites`` have files so young that their stamps prove nothing yet."""
        tree = self._newer[0] if self._newer else self._tree
        if tree is None:
            return set()
        found = set()
        for suite in suites:
            lock = tree.locks.get(suite)
            for path in lock.files() if isinstance(lock, Lockfile) else ():
                inner = below(suite, path)
                stamp = tree.stamps.get(inner)
                if stamp is not None and tree.cache.get(inner, stamp) is None:
                    found.add(suite)
        return found


def _changed(before: Mapping[str, SpecFile], after: Mapping[str, SpecFile]) -> tuple[str, ...]:
    changed = [path for path in before if path not in after]
    for path, file in after.items():
        old = before.get(path)
        if old is not file and (old is None or old.digest != file.digest):
            changed.append(path)
    return tuple(sorted(changed))


def _moved_outputs(tree: OutputTree, scan: Scan, start: str) -> set[str]:
    """Return the paths below the output folder at which ``scan`` shows other than ``tree``."""
    known = {**tree.stamps, **dict.fromkeys(tree.obstacles)}
    there = {path.removeprefix(start): mark for path, mark in scan.outputs.items()}
    moved = known.keys() - there.keys()
    for path, mark in there.items():
        stamp = known.get(path, ())
        is_same = mark[:5] == stamp if stamp is not None else not stat.S_ISREG(mark[5])
        if not is_same:
            moved.add(path)
    return moved


class Pass(Struct, frozen=True, kw_only=True):
    """What one look at the project came to.

    Attributes:
        report: its diagnostics are all that is wrong now.
        suites: those that it decided on; None: all.
        error: why it ended early; ``""`` when it did not.
        trace: of a defect of ours.
        must_retry: something could not be read or written; a while later it may be.
        stages: name → seconds.
    """

    report: Report = _NOTHING
    suites: frozenset[str] | None = frozenset()
    error: str = ""
    trace: str = ""
    must_retry: bool = False
    stages: Mapping[str, float] = field(default_factory=dict)


def run_pass(
    project: Resident,
    should_stop: Callable[[], bool],
    *,
    acting: frozenset[str] | None = None,
    scan: Scan | None = None,
) -> Pass:
    """Bring the outputs of the suites ``acting`` up to date; None: all that may not be.

    ``scan`` is looked at first; where it shows that nothing moved, that is all. Whatever is raised
    becomes part of what is returned: the daemon goes on, and retries.
    """
    stages: dict[str, float] = {}
    began = time.perf_counter()
    try:
        if scan is not None:
            project.note_scan(scan)
            stages["read"] = time.perf_counter() - began
            if project.unsettled is not None and not project.unsettled:
                report = replace(_NOTHING, diagnostics=project.general)
                return Pass(report=project.with_warnings(report), stages=stages)
        began = time.perf_counter()
        report = project.with_warnings(project.run(acting, should_stop))
        stages["generate"] = time.perf_counter() - began
    except MovedError:
        return Pass(report=replace(_NOTHING, has_moved=True), stages=stages)
    except FindingsError as error:
        return Pass(report=replace(_NOTHING, diagnostics=error.diagnostics), stages=stages)
    except MockgenError as error:
        project.forget()
        return Pass(error=str(error), must_retry=True, stages=stages)
    except Exception as error:  # noqa: BLE001 - a defect must not end the daemon; it is logged
        return Pass(
            error=f"unexpected {type(error).__name__}: {error}",
            trace=traceback.format_exc(),
            must_retry=True,
            stages=stages,
        )
    return Pass(
        report=report,
        suites=project.acted,
        must_retry=any(found.code == WRITE_FAILED for found in report.diagnostics),
        stages=stages,
    )
