"""Stored project: its specs and outputs as the index or a commit has them.

The bytes are those of the blobs, and nothing of the work tree is read. A work tree holds other
bytes where Git converts line ends, which ``.gitattributes`` with ``eol=lf`` prevents.
"""

from __future__ import annotations

import contextlib
import posixpath
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.digest import digest, is_legacy, renew
from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.git.repository import LINK, Entry, Repository
from mockgen_watch.lock.lockfile import Lockfile, read_lockfile, with_digests
from mockgen_watch.lock.model import Snapshot
from mockgen_watch.lock.paths import LOCK_NAME, below, spec_folder, suite_of_lock
from mockgen_watch.spec import CONTRACT, MAX_BYTES, SPECS
from mockgen_watch.storage.specs import SpecFile, SpecSnapshot, is_spec
from mockgen_watch.storage.stat_cache import Stamp
from mockgen_watch.workflow.project import OpenProject, project_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mockgen_watch.storage.project_folder import StateFolder

ReadEntries: TypeAlias = "Callable[[Sequence[str]], Sequence[Entry]]"
"""From folders of the project to what the index or a commit has below them."""

_CACHE = "blobs-2.json"
_MAX_LINKS = 40
_NO_STAMP = Stamp(0, 0, 0, 0, 0)


class Store:
    """Where the index and the commits of a project are read from.

    It remembers the digest of each blob: an id means the same bytes for ever.
    """

    def __init__(
        self, root: str, repository: Repository, state: StateFolder, profile: str | None = None
    ) -> None:
        self.root = root
        self.repository = repository
        self.state = state
        self.profile = profile
        self._saved: dict[str, str] = {}
        with contextlib.suppress(StorageError, ValueError, msgspec.MsgspecError):
            self._saved = msgspec.json.decode(state.read(_CACHE) or b"{}", type=dict[str, str])
        self._digests = dict(self._saved)
        self._used: dict[str, str] = {}

    def digests(self, blobs: Iterable[str]) -> Mapping[str, str]:
        """Return id → digest, also for blobs of earlier calls.

        Raises:
            StorageError: a blob is missing.
        """
        wanted = dict.fromkeys(blobs)
        unread = [blob for blob in wanted if blob not in self._digests]
        for blob, data in zip(unread, self.repository.blobs(unread), strict=True):
            self._digests[blob] = digest(data)
        self._used.update({blob: self._digests[blob] for blob in wanted})
        return self._used

    def save(self) -> None:
        """Remember the digests that were asked for; a failure costs only time."""
        if self._used != self._saved:
            with contextlib.suppress(StorageError):
                self.state.write(_CACHE, msgspec.json.encode(self._used), is_durable=False)


class Stored(Struct, frozen=True, kw_only=True):
    """A project as Git holds it; its root is that of the work tree.

    Attributes:
        outputs: every file of the output folder, while nothing is wanted yet.
        blobs: path in the output folder → id of each file.
        has_links: symbolic links are among its specs and outputs.
    """

    project: OpenProject
    outputs: Snapshot
    blobs: Mapping[str, str]
    has_links: bool


def open_stored(store: Store, read: ReadEntries, folder: str) -> Stored:
    """Return specs and outputs among the entries that ``read`` gives.

    ``folder`` is where the outputs are, as far as one can tell before the settings are read.

    Raises:
        UsageError: there is no such profile.
        StorageError: Git fails.
    """
    entries, project = _open(store, read, (SPECS, folder))
    has_links = any(entry.mode == LINK for entry in entries)
    outputs = project.settings.outputs.strip("/")
    if outputs != folder:
        entries = read((outputs,))
        has_links = has_links or any(entry.mode == LINK for entry in entries)
    blobs, found = _outputs(store, entries, outputs)
    return Stored(project=project, outputs=found, blobs=blobs, has_links=has_links)


def open_stored_specs(store: Store, read: ReadEntries) -> OpenProject:
    """Return the project whose specs are among the entries; its outputs are not read.

    Raises:
        UsageError: there is no such profile.
        StorageError: Git fails.
    """
    return _open(store, read, (SPECS,))[1]


def _open(
    store: Store, read: ReadEntries, folders: Sequence[str]
) -> tuple[Sequence[Entry], OpenProject]:
    entries = read(folders)
    if any(entry.mode == LINK and entry.path.startswith(f"{SPECS}/") for entry in entries):
        # A link may lead anywhere in the project.
        entries = read((".",))
    specs = _specs(store.repository, store.root, entries)
    return entries, project_of(store.root, store.state, specs, store.profile)


def _specs(repository: Repository, project: str, entries: Iterable[Entry]) -> SpecSnapshot:
    """Return the spec files among ``entries``, read as ``read_specs`` reads a folder.

    A symbolic link is followed where it leads to a file or a folder among ``entries``.
    """
    found = {}
    links = []
    for entry in entries:
        if entry.is_file:
            found[entry.path] = entry
        elif entry.mode == LINK:
            links.append(entry)
    blobs = repository.blobs(link.blob for link in links)
    targets = {link.path: _target(link.path, data) for link, data in zip(links, blobs, strict=True)}
    problems = []
    for path in targets:
        linked = _follow(path, targets, found)
        if not linked and path.startswith(f"{SPECS}/") and is_spec(path):
            message = "The file cannot be read: the target of the symbolic link is not in Git"
            problems.append(_problem("MG113", path, message))
        found.update(linked)
    paths = [path for path in sorted(found) if path.startswith(f"{SPECS}/") and _is_spec(path)]
    data = dict(zip(paths, repository.blobs(found[path].blob for path in paths), strict=True))
    for path in [path for path in paths if len(data[path]) > MAX_BYTES]:
        size = len(data.pop(path))
        message = f"it has {size} bytes; the limit is {MAX_BYTES}"
        problems.append(_problem("MG105", path, f"The file is larger than the limit: {message}"))
    return SpecSnapshot(
        project=project,
        files={
            path: SpecFile(path=path, real_path=path, digest=digest(text), stamp=_NO_STAMP)
            for path, text in data.items()
        },
        problems=tuple(problems),
        _bytes=data,
    )


def _problem(code: str, path: str, message: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, location=Location(path=path))


def _is_spec(path: str) -> bool:
    return is_spec(path) and not any(part.startswith(".") for part in path.split("/"))


def _target(path: str, data: bytes) -> str:
    """Return where a link leads, relative to the project; it stays ``..`` outside of it."""
    target = data.decode("utf-8", "surrogateescape")
    if target.startswith("/"):
        return ".."
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def _follow(path: str, targets: Mapping[str, str], files: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the files that appear at and below the link ``path``."""
    target = path
    for _ in range(_MAX_LINKS):
        if target not in targets:
            break
        target = targets[target]
    return {
        path + name.removeprefix(target): entry
        for name, entry in files.items()
        if name == target or name.startswith(f"{target}/")
    }


def _outputs(
    store: Store, entries: Sequence[Entry], folder: str
) -> tuple[dict[str, str], Snapshot]:
    """Return the blob of each file in ``folder``, and what there is to decide on."""
    blobs, obstacles = {}, {}
    for entry in entries:
        if not entry.path.startswith(f"{folder}/"):
            continue
        path = entry.path.removeprefix(f"{folder}/")
        if entry.is_file:
            blobs[path] = entry.blob
        else:
            obstacles[path] = (
                "a symbolic link" if entry.mode == LINK else "something that is not a regular file"
            )
    found = store.digests(blobs.values())
    return blobs, Snapshot(
        wanted=(),
        contract=CONTRACT,
        locks=read_locks(store.repository, blobs, folder),
        disk={path: found[blob] for path, blob in blobs.items()},
        obstacles=obstacles,
    )


def read_locks(
    repository: Repository, blobs: Mapping[str, str], folder: str
) -> dict[str, Lockfile | Diagnostic]:
    """Return suite → its lockfile among ``blobs``, or why that cannot be read.

    ``blobs``: path below the output folder ``folder`` → id of each file. Files that a lockfile
    names by SHA-256 get the digest that they have now, where their bytes are the same.

    Raises:
        StorageError: a blob is missing.
    """
    paths = [path for path in blobs if path.rpartition("/")[2] == LOCK_NAME]
    texts = repository.blobs(blobs[path] for path in paths)
    found: dict[str, Lockfile | Diagnostic] = {}
    for path, data in zip(paths, texts, strict=True):
        suite = suite_of_lock(path)
        lock = read_lockfile(data, f"{folder}/{path}", spec_folder(suite))
        if isinstance(lock, Lockfile) and lock.is_legacy:
            legacy = {
                path: old
                for path, old in lock.files().items()
                if is_legacy(old) and below(suite, path) in blobs
            }
            legacy_texts = repository.blobs(blobs[below(suite, path)] for path in legacy)
            pairs = zip(legacy.items(), legacy_texts, strict=True)
            new = {path: renew(old, (text,)) for (path, old), text in pairs}
            lock = with_digests(lock, files=new)
        found[suite] = lock
    return found


def committed_outputs(
    project: OpenProject, paths: Iterable[str], digests: Mapping[str, str]
) -> dict[str, bytes]:
    """Return path → bytes of those outputs that the index or HEAD has with the given digests.

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
        for revision in ("", "HEAD"):
            name = f"{revision}:{repository.prefix}{label}/{path}"
            code, data = repository.ask(["show", "--no-textconv", name], is_silent=True)
            if not code and digest(data) == digests.get(path):
                found[path] = data
                break
    return found
