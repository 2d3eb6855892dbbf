"""Takes a project and the index or a commit of Git; gives both specs and outputs as they are there.

Nothing of the work tree is read. What Git holds is decided upon by the same functions as files.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, has_errors
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, StorageError, UsageError
from mockgen_watch.git.blobs import BlobDigests, StoredOutputs, stored_outputs, stored_specs
from mockgen_watch.git.repository import LINK, Repository
from mockgen_watch.lock.model import Action, Reason
from mockgen_watch.plan.model import METHODS
from mockgen_watch.storage.memo import CONTRACT, DEFAULT_OUTPUTS
from mockgen_watch.storage.package_data import vocabulary_stamps
from mockgen_watch.storage.project_folder import SPECS, StateFolder, find_project
from mockgen_watch.workflow.check import MadeDigests, check_suite
from mockgen_watch.workflow.generate import Renderer, decide
from mockgen_watch.workflow.project import project_of
from mockgen_watch.workflow.results import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from mockgen_watch.executors.base import Executor
    from mockgen_watch.git.repository import Entry, Index
    from mockgen_watch.lock.model import FileAction, SuiteAction
    from mockgen_watch.storage.folders import StrPath
    from mockgen_watch.workflow.check import KnownDigests
    from mockgen_watch.workflow.generate import Decision
    from mockgen_watch.workflow.project import OpenProject


class Stored(Struct, frozen=True, kw_only=True):
    """A project as Git holds it.

    Attributes:
        project: its specs; the root is that of the work tree.
        outputs: its outputs.
    """

    project: OpenProject
    outputs: StoredOutputs


class Store(Struct, frozen=True, kw_only=True):
    """Where a project's past and its index are read from.

    Attributes:
        root: the project folder.
        repository: the one that it is in.
        state: where digests of blobs are remembered.
        profile: of the project's settings.
    """

    root: str
    repository: Repository
    state: StateFolder
    profile: str | None = None


def open_stored(
    store: Store,
    entries_of: Callable[[Iterable[str]], Iterable[Entry]],
    digests: BlobDigests,
    folder: str = DEFAULT_OUTPUTS,
) -> Stored:
    """Return specs and outputs among the entries that ``entries_of`` gives for folders.

    ``folder`` is where the outputs are, as far as one can tell before the settings are read.

    Raises:
        UsageError: there is no such profile.
        StorageError: Git fails.
    """
    entries = _with_links(tuple(entries_of((SPECS, folder))), entries_of)
    project = _project(store, entries)
    outputs = project.settings.outputs.strip("/")
    if outputs != folder:
        entries = tuple(entries_of((outputs,)))
    held = stored_outputs(store.repository, entries, outputs, digests)
    return Stored(project=project, outputs=held)


def open_stored_specs(
    store: Store, entries_of: Callable[[Iterable[str]], Iterable[Entry]]
) -> OpenProject:
    """Return the project whose specs are among the entries; its outputs are not looked at.

    Raises:
        UsageError: there is no such profile.
        StorageError: Git fails.
    """
    return _project(store, _with_links(tuple(entries_of((SPECS,))), entries_of))


def _with_links(
    entries: tuple[Entry, ...], entries_of: Callable[[Iterable[str]], Iterable[Entry]]
) -> tuple[Entry, ...]:
    if any(entry.mode == LINK and entry.path.startswith(f"{SPECS}/") for entry in entries):
        # A link may lead anywhere in the project.
        return tuple(entries_of((".",)))
    return entries


def _project(store: Store, entries: tuple[Entry, ...]) -> OpenProject:
    specs = stored_specs(store.repository, store.root, entries, SPECS)
    return project_of(store.root, store.state, specs, store.profile)


def open_staged(look: Look, profile: str | None) -> Stored:
    """Return the project whose specs and outputs are those of the index.

    Raises:
        FindingsError: the index has conflicts.
        UsageError: there is no such profile.
        StorageError: Git fails.
    """
    store = Store(root=look.root, repository=look.repository, state=look.state, profile=profile)
    digests = BlobDigests(look.repository, look.state)

    def entries_of(folders: Iterable[str]) -> tuple[Entry, ...]:
        folders = tuple(folders)
        index = look.index
        if folders != (SPECS, look.outputs):
            index = look.repository.index(folders)
        if index.unmerged:
            raise FindingsError([_in_conflict(path) for path in index.unmerged])
        return index.entries

    stored = open_stored(store, entries_of, digests, look.outputs)
    digests.save()
    return stored


def _in_conflict(path: str) -> Diagnostic:
    return Diagnostic(
        code="MG511",
        message="A merge left this file in conflict",
        location=Location(path=path),
        hint="settle the specs first, then run mockgen-watch generate and git add",
    )


_MEMO = "hook.json"
_ENDINGS = (".yaml", ".yml", ".json", ".txt")


class Look(Struct, frozen=True, kw_only=True):
    """The index at one moment.

    Attributes:
        root: the project folder.
        repository, state: of the project.
        outputs: the output folder, as far as one can tell without reading the settings.
        index: what Git says.
        is_known: a whole run has found nothing to do for just this index.
    """

    root: str
    repository: Repository
    state: StateFolder
    outputs: str
    index: Index
    is_known: bool

    @property
    def ignored_specs(self) -> tuple[str, ...]:
        """Files that would be specs if Git knew them."""
        return tuple(
            path
            for path in self.index.untracked
            if path.startswith(f"{SPECS}/") and path.endswith(_ENDINGS)
        )


def look_at_index(start: StrPath) -> Look:
    """Return the index of the project that ``start`` is in.

    Raises:
        UsageError: there is no project, or no Git.
        StorageError: Git fails.
    """
    root = find_project(start)
    repository = Repository.of(root)
    state = StateFolder.of(root)
    outputs, known = _memo(state)
    index = repository.index((SPECS, outputs))
    return Look(
        root=root,
        repository=repository,
        state=state,
        outputs=outputs,
        index=index,
        is_known=bool(known) and known == _key(index, outputs),
    )


def remember_index(look: Look, outputs: str) -> None:
    """Note that a whole run had nothing to do for the index of ``look``."""
    # Where the settings name another folder, this index does not tell of the outputs: next time.
    known = _key(look.index, outputs) if outputs == look.outputs else ""
    try:
        data = json.dumps({"outputs": outputs, "known": known}).encode()
        look.state.write(_MEMO, data, is_durable=False)
    except StorageError:
        return


def _key(index: Index, outputs: str) -> str:
    """Return what stands for the index, the contract, the methods and the shipped vocabularies."""
    tool = json.dumps([CONTRACT, METHODS, outputs, vocabulary_stamps()]).encode()
    return hashlib.sha256(tool + b"\0" + index.staged_text).hexdigest()


def _memo(state: StateFolder) -> tuple[str, str]:
    """Return the output folder and the key of the index that was last found right."""
    try:
        # Whatever is wrong with it, a memo is only a memo; it is looked at here, hence Any.
        data: Any = json.loads(state.read(_MEMO) or b"{}")
        return str(data.get("outputs", DEFAULT_OUTPUTS)), str(data.get("known", ""))
    except (StorageError, ValueError, AttributeError):
        return DEFAULT_OUTPUTS, ""


def validate_stored(stored: Stored) -> tuple[Diagnostic, ...]:
    """Return what is wrong with specs as Git holds them; outputs are not looked at.

    Raises:
        FindingsError: the project file is wrong, or two outputs would have one path.
    """
    decision = decide(stored.project, Request(trust_locks=False), stored.outputs)
    found = dict.fromkeys((*stored.project.diagnostics, *decision.found()))
    return in_order(found)


def verify_stored(stored: Stored) -> tuple[Diagnostic, ...]:
    """Return what is wrong with specs and outputs as Git holds them.

    Raises:
        FindingsError: the project file is wrong, or two outputs would have one path.
    """
    decision = decide(stored.project, Request(trust_locks=False), stored.outputs)
    renderer = Renderer(decision.suites, decision.selection)
    found = dict.fromkeys(_stale(stored, decision, MadeDigests(renderer)))
    return in_order(found)


def find_stale_outputs(
    stored: Stored, executor: Executor, known: KnownDigests
) -> tuple[Diagnostic, ...]:
    """Return what keeps the outputs from being what the specs beside them make.

    Bytes are made again, but for those that ``known`` tells; what is made is added to it.

    Raises:
        FindingsError: the project file is wrong, or two outputs would have one path.
    """
    decision = decide(stored.project, Request(trust_locks=False), stored.outputs)
    renderer = Renderer(decision.suites, decision.selection, executor=executor)
    found = dict.fromkeys(_stale(stored, decision, MadeDigests(renderer, known)))
    return in_order(item for item in found if has_errors((item,)))


def _stale(stored: Stored, decision: Decision, made: MadeDigests) -> Iterator[Diagnostic]:
    yield from decision.diagnostics
    label = stored.project.output_root().label
    for suite in decision.reconciliation.suites:
        yield from check_suite(_doubted(suite), decision, label, made)
    yield from decision.found()


def in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return ``found`` in the order of report."""
    return tuple(sorted(found, key=lambda item: item.sort_key))


def _doubted(suite: SuiteAction) -> SuiteAction:
    """Return ``suite`` with nothing believed of its lockfile: all bytes are to be made again."""

    def doubt(file: FileAction) -> FileAction:
        if file.action is not Action.KEEP:
            return file
        reason = Reason.CHANGED
        return replace(file, action=Action.UPDATE, reason=reason, must_produce=True)

    outputs = (replace(output, files=tuple(map(doubt, output.files))) for output in suite.outputs)
    return replace(suite, outputs=tuple(outputs))


_PLACES = ("", "HEAD")
"""Where they are looked for: in the index, then in the last commit."""


def committed_outputs(
    project: OpenProject, paths: Iterable[str], known: Mapping[str, str]
) -> dict[str, bytes]:
    """Return path → bytes of those outputs that Git holds with the digest that is ``known``.

    Paths are relative to the output folder.

    Raises:
        StorageError: Git fails.
    """
    try:
        repository = Repository.of(project.root)
    except UsageError:
        return {}
    label = project.output_root().label
    found = {}
    for path in paths:
        for place in _PLACES:
            name = f"{place}:{repository.prefix}{label}/{path}"
            code, data = repository.ask(["show", "--no-textconv", name], is_silent=True)
            if not code and digest(data) == known.get(path):
                found[path] = data
                break
    return found
