"""Repository: the Git work tree that a project is in, its index, its commits and its blobs.

A hook that finds the index as a whole run left it has nothing to do, and ends after
``StagedProject``; so this module imports little.

Git itself is asked, so that its formats stay its own. Git starts a hook with variables that point
at one repository (``GIT_DIR``); they are left out here, because the project's own is meant, as
everywhere in this program. The one that counts is ``GIT_INDEX_FILE``: ``git commit -a`` and
``git commit PATH`` are decided from an index that is not the usual one.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

from mockgen_watch.digest import digest
from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.spec import SPECS
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.package_data import tool_parts
from mockgen_watch.storage.project_folder import StateFolder, find_project, find_work_tree
from mockgen_watch.storage.stat_cache import Memo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.storage.containment import StrPath


DRIVER = "merge.mockgen.driver"
"""The setting that Git calls the merge driver by."""

FILE = "100644"
"""The mode of a file that is not executable."""

LINK = "120000"
"""The mode of a symbolic link; its blob is the path that it leads to."""

_FILES = frozenset({FILE, "100755"})
_OTHER_REPOSITORY = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_COMMON_DIR"})
_UNMERGED = b"M "
_UNTRACKED = b"? "
_MEMO = "hook.json"
_SPEC_ENDINGS = (".yaml", ".yml", ".json", ".txt")


class Entry:
    """One path of the index or of a commit, relative to the project, and the id of its bytes."""

    def __init__(self, path: str, mode: str, blob: str) -> None:
        self.path = path
        self.mode = mode
        self.blob = blob

    @property
    def is_file(self) -> bool:
        return self.mode in _FILES


class Index:
    """What would be committed, and what is beside it. Paths are relative to the project.

    Attributes:
        text: the output of ``git ls-files``.
        prefix: the project's folder in the work tree, with a final slash.
    """

    def __init__(self, text: bytes, prefix: str) -> None:
        self.text = text
        self.prefix = prefix

    @property
    def staged_text(self) -> bytes:
        """The lines of ``text`` but those of untracked files."""
        return b"\0".join(line for line in self.text.split(b"\0") if line[:2] != _UNTRACKED)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The files, sorted by path, but those that a merge left in conflict."""
        found = []
        for tag, line in self._lines():
            if tag not in {_UNTRACKED, _UNMERGED}:
                about, _, path = line.partition(b"\t")
                mode, blob, _ = about.decode().split(" ")
                found.append(Entry(path=self._path(path), mode=mode, blob=blob))
        return tuple(found)

    @property
    def unmerged(self) -> tuple[str, ...]:
        """Paths in conflict."""
        lines = [line for tag, line in self._lines() if tag == _UNMERGED]
        return tuple(dict.fromkeys(self._path(line.partition(b"\t")[2]) for line in lines))

    @property
    def untracked(self) -> tuple[str, ...]:
        """Files that are neither in the index nor ignored."""
        return tuple(self._path(line) for tag, line in self._lines() if tag == _UNTRACKED)

    def _lines(self) -> list[tuple[bytes, bytes]]:
        return [(line[:2], line[2:]) for line in self.text.split(b"\0") if line]

    def _path(self, name: bytes) -> str:
        return _decode(name).removeprefix(self.prefix)


class Repository:
    """A work tree and the project in it.

    ``prefix`` is the project's folder below the top, with a final slash; ``""`` for the top. What
    asks Git raises StorageError where Git is missing or fails.
    """

    def __init__(self, work_tree: str, prefix: str) -> None:
        self.work_tree = work_tree
        self.prefix = prefix

    @classmethod
    def of(cls, project: StrPath) -> Repository:
        """Return the repository that ``project`` is in.

        Raises:
            UsageError: there is none.
        """
        found = find_work_tree(project)
        if found is None:
            raise UsageError(f"{project} is not in a Git work tree; create one with git init")
        inner = os.path.relpath(os.path.realpath(project), found[0]).replace(os.sep, "/")
        return cls(found[0], "" if inner == "." else f"{inner}/")

    def index(self, folders: Iterable[str]) -> Index:
        """Return what the index has below ``folders`` of the project."""
        words = ["ls-files", "-z", "-s", "-t", "-o", "--exclude-standard", "--"]
        text = self.read([*words, *(self.prefix + folder for folder in folders)])
        return Index(text=text, prefix=self.prefix)

    def tree(self, commit: str, folders: Iterable[str]) -> tuple[Entry, ...]:
        """Return what ``commit`` has below ``folders`` of the project."""
        words = ["ls-tree", "-r", "-z", "--full-tree", commit, "--"]
        text = self.read([*words, *(self.prefix + folder for folder in folders)])
        entries = []
        for line in _decode(text).split("\0")[:-1]:
            about, _, path = line.partition("\t")
            mode, _, blob = about.split(" ")
            entries.append(Entry(path=path.removeprefix(self.prefix), mode=mode, blob=blob))
        return tuple(entries)

    def read(self, words: Iterable[str], data: bytes | None = None) -> bytes:
        """Return the output of ``git`` called with ``words`` and ``data`` as stdin.

        Where Git fails, its stderr has said why.
        """
        words = tuple(words)
        code, text = self.ask(words, data)
        if code:
            raise StorageError("git", f"git {words[0]} failed with exit code {code}")
        return text

    def read_text(self, words: Iterable[str], data: bytes | None = None) -> str:
        """Return the same as text, without blanks and line ends around it."""
        return self.read(words, data).decode().strip()

    def ask(
        self,
        words: Iterable[str],
        data: bytes | None = None,
        variables: Mapping[str, str] | None = None,
        *,
        is_silent: bool = False,
    ) -> tuple[int, bytes]:
        """Return the exit code and the output of ``git`` called with ``words``.

        ``data`` is its stdin; its stderr, which is for people, is shown unless ``is_silent``.
        """
        command = ["git", "-C", self.work_tree, *words]
        with naming("git"):
            done = subprocess.run(  # noqa: S603 - the words are ours, and no shell reads them
                command,
                env={**_environment(), **(variables or {})},
                input=data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if is_silent else None,
                check=False,
            )
        return done.returncode, done.stdout

    def blobs(self, ids: Iterable[str]) -> Iterator[bytes]:
        """Yield the bytes of each blob, in the order of ``ids``."""
        wanted = list(ids)
        if not wanted:
            return
        command = ["git", "-C", self.work_tree, "cat-file", "--batch"]
        with (
            naming("git"),
            subprocess.Popen(  # noqa: S603 - as above
                command, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as git,
        ):
            if git.stdin is None or git.stdout is None:
                raise AssertionError("both pipes were asked for")
            for blob in wanted:
                # One at a time: two full pipes would wait for each other.
                git.stdin.write(f"{blob}\n".encode())
                git.stdin.flush()
                size = git.stdout.readline().rpartition(b" ")[2].strip()
                if not size.isdigit():
                    raise StorageError("git", f"there is no blob {blob}")
                yield git.stdout.read(int(size))
                git.stdout.read(1)

    def keep_blob(self, data: bytes) -> str:
        """Put ``data`` among Git's objects, where nothing points at it yet; return its id."""
        return self.read_text(["hash-object", "-w", "-t", "blob", "--stdin"], data)

    def empty_blob(self) -> str:
        """Return the id of an empty file."""
        return self.read_text(["hash-object", "-t", "blob", "--stdin"], b"")

    def shown_path(self, path: str) -> str:
        """Return a path of the project as a person may type it where Git was called."""
        start = os.environ.get("GIT_PREFIX")
        base = os.getcwd() if start is None else os.path.join(self.work_tree, start)
        return os.path.relpath(os.path.join(self.work_tree, self.prefix + path), base)


def index_file() -> str:
    """Return the path of the index file that Git's caller chose; ``""`` for the usual one."""
    return os.environ.get("GIT_INDEX_FILE", "")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OTHER_REPOSITORY}
    return {**kept, "GIT_OPTIONAL_LOCKS": "0"}


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


class StagedProject:
    """A project and its index at one moment.

    Attributes:
        outputs: the output folder, as far as one can tell without reading the settings.
        index: its specs and outputs.
        is_up_to_date: a whole run has found nothing to do for this very index.
    """

    def __init__(self, start: StrPath) -> None:
        """Read the index of the project that ``start`` is in.

        Raises:
            UsageError: there is no project, or no Git.
            StorageError: Git fails.
        """
        self.root = find_project(start)
        self.repository = Repository.of(self.root)
        self.state = StateFolder.of(self.root)
        self._memo = Memo(self.state, _MEMO)
        self.outputs = self._memo.outputs
        self.index = self.repository.index((SPECS, self.outputs))
        self.is_up_to_date = self._memo.get(self._key()) is not None

    @property
    def untracked_specs(self) -> tuple[str, ...]:
        """Files that would be specs if Git tracked them."""
        return tuple(
            path
            for path in self.index.untracked
            if path.startswith(f"{SPECS}/") and path.endswith(_SPEC_ENDINGS)
        )

    def remember(self, outputs: str) -> None:
        """Note that a whole run had nothing to do for this index."""
        # Where the settings name another folder, this index does not have the outputs: next time.
        if outputs == self.outputs:
            self._memo.add(self._key())
        self._memo.save(outputs)

    def _key(self) -> str:
        tool = json.dumps([*tool_parts(), self.outputs]).encode()
        return digest(tool + b"\0" + self.index.staged_text)
