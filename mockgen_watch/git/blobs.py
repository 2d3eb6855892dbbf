"""Takes what Git holds at the paths of specs and outputs; gives spec files and output digests.

The bytes are those of the blobs. A work tree holds other ones where Git converts line ends, which
``.gitattributes`` with ``eol=lf`` prevents.
"""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.digest import digest
from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.git.repository import LINK, Entry
from mockgen_watch.lock.lockfile import read_lockfile
from mockgen_watch.lock.model import Snapshot
from mockgen_watch.lock.paths import LOCK_NAME, suite_of_lock
from mockgen_watch.spec import MAX_BYTES
from mockgen_watch.storage.scan import SUFFIXES
from mockgen_watch.storage.specs import SpecFile, SpecSnapshot
from mockgen_watch.storage.stat_cache import Stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from mockgen_watch.git.repository import Repository
    from mockgen_watch.lock.lockfile import Lockfile
    from mockgen_watch.lock.model import Scope, WantedSuite
    from mockgen_watch.storage.project_folder import StateFolder


_CACHE = "blobs.json"
_MOST_LINKS = 40
_NO_STAMP = Stamp(0, 0, 0, 0, 0)


class StoredOutputs(Struct, frozen=True, kw_only=True):
    """The output folder as Git holds it. Paths are relative to it.

    Attributes:
        disk: path → digest of every file.
        blobs: path → id of its blob.
        obstacles: path → what it is, where it is no regular file.
        locks: suite → its lockfile, or why that cannot be read.
    """

    disk: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, str] = field(default_factory=dict)
    obstacles: dict[str, str] = field(default_factory=dict)
    locks: dict[str, Lockfile | Diagnostic] = field(default_factory=dict)

    def snapshot(
        self,
        wanted: Iterable[WantedSuite],
        *,
        contract: int,
        is_whole_tree: bool = True,
        is_forced: bool = False,
        scope: Scope | None = None,
    ) -> Snapshot:
        """Return what ``reconcile`` needs."""
        return Snapshot(
            wanted=tuple(wanted),
            contract=contract,
            locks=self.locks,
            disk=self.disk,
            obstacles=self.obstacles,
            is_whole_tree=is_whole_tree,
            is_forced=is_forced,
            acting=None if scope is None else scope.acting,
        )


class BlobDigests:
    """The digest of each blob, remembered; an id stands for the same bytes for ever."""

    def __init__(self, repository: Repository, state: StateFolder) -> None:
        """Read the blobs of ``repository``; remember in ``state``."""
        self._repository = repository
        self._state = state
        self._known = _load(state)
        self._used: dict[str, str] = {}

    def of(self, blobs: Iterable[str]) -> Mapping[str, str]:
        """Return id → digest.

        Raises:
            StorageError: a blob is missing.
        """
        wanted = dict.fromkeys(blobs)
        unread = [blob for blob in wanted if blob not in self._known]
        for blob, data in zip(unread, self._repository.blobs(unread), strict=True):
            self._known[blob] = digest(data)
        self._used.update({blob: self._known[blob] for blob in wanted})
        return self._used

    def save(self) -> None:
        """Remember those that were asked for; where that cannot be, it costs only time."""
        if self._used == _load(self._state):
            return
        try:
            self._state.write(_CACHE, json.dumps(self._used).encode(), is_durable=False)
        except StorageError:
            return


def stored_specs(
    repository: Repository, project: str, entries: Iterable[Entry], specs: str
) -> SpecSnapshot:
    """Return the spec files among ``entries``, read as ``read_specs`` reads a folder.

    A symbolic link is followed where it leads to a file or a folder among ``entries``.

    Raises:
        StorageError: a blob is missing.
    """
    entries = tuple(entries)
    links = [entry for entry in entries if entry.mode == LINK]
    targets = zip(links, repository.blobs(link.blob for link in links), strict=True)
    ways = {link.path: _target(link.path, data) for link, data in targets}
    found = {entry.path: entry for entry in entries if entry.is_file}
    problems = []
    for path in ways:
        below = _follow(path, ways, found)
        if below is None and path.startswith(f"{specs}/") and path.endswith(SUFFIXES):
            problems.append(_lost_link(path))
        found.update(below or {})
    files = {
        path: entry.blob
        for path, entry in sorted(found.items())
        if path.startswith(f"{specs}/") and _is_spec(path)
    }
    data = dict(zip(files, repository.blobs(files.values()), strict=True))
    too_large = [path for path, text in data.items() if len(text) > MAX_BYTES]
    problems += [_too_large(path, len(data.pop(path))) for path in too_large]
    return SpecSnapshot(
        project=project,
        files={
            path: SpecFile(path=path, real_path=path, digest=digest(text), stamp=_NO_STAMP)
            for path, text in data.items()
        },
        problems=tuple(problems),
        _bytes=data,
    )


def stored_outputs(
    repository: Repository, entries: Iterable[Entry], folder: str, digests: BlobDigests
) -> StoredOutputs:
    """Return what ``entries`` have below the output folder.

    Raises:
        StorageError: a blob is missing.
    """
    outputs = StoredOutputs()
    top = f"{folder}/"
    for entry in entries:
        if not entry.path.startswith(top):
            continue
        path = entry.path.removeprefix(top)
        if entry.is_file:
            outputs.blobs[path] = entry.blob
        else:
            outputs.obstacles[path] = "a symbolic link" if entry.mode == LINK else "no regular file"
    known = digests.of(outputs.blobs.values())
    outputs.disk.update({path: known[blob] for path, blob in outputs.blobs.items()})
    locks = [path for path in outputs.blobs if path.rpartition("/")[2] == LOCK_NAME]
    texts = repository.blobs(outputs.blobs[path] for path in locks)
    for path, data in zip(locks, texts, strict=True):
        outputs.locks[suite_of_lock(path)] = read_lockfile(data, f"{folder}/{path}")
    return outputs


def _is_spec(path: str) -> bool:
    parts = path.split("/")
    return parts[-1].endswith(SUFFIXES) and not any(part.startswith(".") for part in parts)


def _target(path: str, data: bytes) -> str:
    """Return where a link leads, relative to the project; ``..`` stays where it leads outside."""
    target = data.decode("utf-8", "surrogateescape")
    if target.startswith("/"):
        return ".."
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def _follow(
    path: str, ways: Mapping[str, str], files: Mapping[str, Entry]
) -> dict[str, Entry] | None:
    """Return the files that appear at and below the link ``path``; None when there are none."""
    target = path
    for _ in range(_MOST_LINKS):
        if target not in ways:
            break
        target = ways[target]
    below = {
        path + name.removeprefix(target): entry
        for name, entry in files.items()
        if name == target or name.startswith(f"{target}/")
    }
    return below or None


def _lost_link(path: str) -> Diagnostic:
    return Diagnostic(
        code="MG113",
        message="The file cannot be read: the symbolic link leads to nothing that Git holds here",
        location=Location(path=path),
    )


def _too_large(path: str, size: int) -> Diagnostic:
    return Diagnostic(
        code="MG105",
        message=f"The file is larger than the limit: it has {size} bytes, the limit is {MAX_BYTES}",
        location=Location(path=path),
    )


def _load(state: StateFolder) -> dict[str, str]:
    try:
        # What the cache holds is looked at here, hence Any.
        data: Any = json.loads(state.read(_CACHE) or b"{}")
    except (StorageError, ValueError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {key: value for key, value in data.items() if isinstance(value, str)}


class Commit(Struct, frozen=True, kw_only=True):
    """A commit.

    Attributes:
        id: as Git writes it.
        date: of its author, ISO 8601.
        subject: the first line of its message.
        trees: the ids of the folders that were asked for; "" for one that it has not.
    """

    id: str
    date: str
    subject: str
    trees: tuple[str, ...]


def read_commits(
    repository: Repository, revisions: Sequence[str], folders: Sequence[str]
) -> tuple[Commit, ...]:
    """Return the commits that ``revisions`` mean, oldest first, with the trees of ``folders``.

    A range (``A..B``) means all of its commits, a single revision itself alone.

    Raises:
        UsageError: there is no such revision.
        StorageError: Git fails.
    """
    single = [revision for revision in revisions if ".." not in revision]
    words = ["log", "--reverse", "--topo-order", "-z", "--format=%H%x01%aI%x01%s"]
    if len(single) == len(revisions):
        words.append("--no-walk=unsorted")
    elif single:
        raise UsageError("name ranges (A..B) or single commits, not both")
    code, text = repository.ask([*words, "--end-of-options", *revisions, "--"])
    if code:
        raise UsageError(f"there is no revision {' '.join(revisions)}")
    lines = [line for line in text.decode("utf-8", "replace").split("\0") if line]
    rows = [line.split("\x01", 2) for line in lines]
    trees = iter(_trees(repository, [row[0] for row in rows], folders))
    return tuple(
        Commit(id=row[0], date=row[1], subject=row[2], trees=tuple(next(trees) for _ in folders))
        for row in rows
    )


def _trees(repository: Repository, commits: Sequence[str], folders: Sequence[str]) -> list[str]:
    names = [f"{commit}:{repository.prefix}{folder}" for commit in commits for folder in folders]
    if not names:
        return []
    text = repository.read(["cat-file", "--batch-check=%(objectname)"], "\n".join(names).encode())
    found = [line.split(" ") for line in text.decode().splitlines()]
    if len(found) != len(names):
        raise StorageError("git", "git cat-file did not answer for every commit")
    return [words[0] if len(words) == 1 else "" for words in found]
