"""Takes a project in a work tree of Git; gives what its index, its commits and its blobs hold.

Git itself is asked, so that its formats stay its own. A hook is started with variables that point
at one repository (``GIT_DIR``); they are left out here, because the project's own is meant, as
everywhere in this program. The one that counts is ``GIT_INDEX_FILE``: ``git commit -a`` and
``git commit PATH`` are decided from an index that is not the usual one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.folders import path_below
from mockgen_watch.storage.project_folder import find_work_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.storage.folders import StrPath


FILE = "100644"
"""The mode of a file that is not executable."""

LINK = "120000"
"""The mode of a symbolic link; its blob is the path that it leads to."""

_FILES = frozenset({FILE, "100755"})
_NOT_OURS = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_COMMON_DIR"})
_INDEX = "GIT_INDEX_FILE"
_UNMERGED = b"M "
_UNTRACKED = b"? "


class Entry(Struct, frozen=True, kw_only=True):
    """One path of the index or of a commit.

    Attributes:
        path: relative to the project.
        mode: as Git writes it.
        blob: the id of its bytes.
    """

    path: str
    mode: str
    blob: str

    @property
    def is_file(self) -> bool:
        """Return whether it is a regular file."""
        return self.mode in _FILES


class Index(Struct, frozen=True, kw_only=True):
    """What would be committed, and what lies beside it. Paths are relative to the project.

    Attributes:
        text: what Git said, for telling whether it says the same again.
        prefix: the project's folder in the work tree, with a final slash.
    """

    text: bytes
    prefix: str

    @property
    def staged_text(self) -> bytes:
        """What Git said of all but untracked files."""
        return b"\0".join(line for line in self.text.split(b"\0") if line[:2] != _UNTRACKED)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The files, sorted by path; those that a merge left in conflict are not among them."""
        found = []
        for line in self.text.split(b"\0"):
            if line and line[:2] not in {_UNTRACKED, _UNMERGED}:
                about, _, path = line[2:].partition(b"\t")
                mode, blob, _ = about.decode().split(" ")
                found.append(Entry(path=self._path(path), mode=mode, blob=blob))
        return tuple(found)

    @property
    def unmerged(self) -> tuple[str, ...]:
        """Paths in conflict."""
        lines = [line for line in self.text.split(b"\0") if line[:2] == _UNMERGED]
        return tuple(dict.fromkeys(self._path(line.partition(b"\t")[2]) for line in lines))

    @property
    def untracked(self) -> tuple[str, ...]:
        """Files that are neither in the index nor ignored."""
        lines = self.text.split(b"\0")
        return tuple(self._path(line[2:]) for line in lines if line[:2] == _UNTRACKED)

    def _path(self, name: bytes) -> str:
        return name.decode("utf-8", "surrogateescape").removeprefix(self.prefix)


class Repository:
    """A work tree and the project in it.

    Attributes:
        work_tree: the top of the work tree.
        prefix: the project's folder below it, with a final slash; ``""`` for the top.
    """

    def __init__(self, work_tree: str, prefix: str) -> None:
        """Speak of the project at ``prefix`` of ``work_tree``."""
        self.work_tree = work_tree
        self.prefix = prefix

    @classmethod
    def of(cls, project: StrPath) -> Repository:
        """Return the one that ``project`` is in.

        Raises:
            UsageError: there is none.
        """
        found = find_work_tree(project)
        if found is None:
            raise UsageError(f"{project} is in no work tree of Git; git init makes one")
        inner = path_below(found[0], os.path.realpath(project))
        return cls(found[0], "" if inner == "." else f"{inner}/")

    def index(self, folders: Iterable[str]) -> Index:
        """Return what the index has below ``folders`` of the project.

        Raises:
            StorageError: Git is not there, or fails.
        """
        words = ["ls-files", "-z", "-s", "-t", "-o", "--exclude-standard", "--"]
        text = self.read([*words, *(self.prefix + folder for folder in folders)])
        return Index(text=text, prefix=self.prefix)

    def tree(self, commit: str, folders: Iterable[str]) -> tuple[Entry, ...]:
        """Return what ``commit`` has below ``folders`` of the project.

        Raises:
            StorageError: Git fails, as when there is no such commit.
        """
        words = ["ls-tree", "-r", "-z", "--full-tree", commit, "--"]
        text = self.read([*words, *(self.prefix + folder for folder in folders)])
        entries = []
        for line in _lines(text):
            about, _, path = line.partition("\t")
            mode, _, blob = about.split(" ")
            entries.append(Entry(path=self._inner(path), mode=mode, blob=blob))
        return tuple(entries)

    def read(self, words: Iterable[str], data: bytes | None = None) -> bytes:
        """Return what ``git`` writes when called with ``words``; ``data`` is its stdin.

        Raises:
            StorageError: Git is not there, or fails; it has told why on stderr.
        """
        words = tuple(words)
        code, text = self.ask(words, data)
        if code:
            raise StorageError("git", f"git {words[0]} failed with exit code {code}")
        return text

    def ask(
        self,
        words: Iterable[str],
        data: bytes | None = None,
        variables: Mapping[str, str] | None = None,
        *,
        is_silent: bool = False,
    ) -> tuple[int, bytes]:
        """Return the exit code of ``git`` called with ``words``, and what it writes.

        ``data`` is its stdin; ``variables`` are added to its environment. What it says on stderr
        is for people, unless ``is_silent``.

        Raises:
            StorageError: Git is not there.
        """
        command = ["git", "-C", self.work_tree, *words]
        environment = {**self.environment(), **(variables or {})}
        with naming("git"):
            if data is None and not is_silent and sys.platform != "win32":
                return _spawn(command, environment)
            return _call(command, environment, data, is_silent=is_silent)

    def blobs(self, ids: Iterable[str]) -> Iterator[bytes]:
        """Give the bytes of each blob, in the order of ``ids``.

        Raises:
            StorageError: one is missing, or Git fails.
        """
        wanted = list(ids)
        if not wanted:
            return
        command = ["git", "-C", self.work_tree, "cat-file", "--batch"]
        with (
            naming("git"),
            subprocess.Popen(  # noqa: S603 - the words are ours, and no shell reads them
                command, env=self.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as git,
        ):
            if git.stdin is None or git.stdout is None:
                raise AssertionError("both pipes were asked for")
            for blob in wanted:
                # One at a time: two full pipes would wait for each other.
                git.stdin.write(f"{blob}\n".encode())
                git.stdin.flush()
                head = git.stdout.readline().split()
                if len(head) != 3:  # noqa: PLR2004 - id, kind and size
                    raise StorageError("git", f"there is no blob {blob}")
                yield git.stdout.read(int(head[2]))
                git.stdout.read(1)

    def keep_blob(self, data: bytes) -> str:
        """Put ``data`` among Git's objects, where nothing points at it yet; return its id.

        Raises:
            StorageError: Git fails.
        """
        return self.read(["hash-object", "-w", "-t", "blob", "--stdin"], data).decode().strip()

    def environment(self) -> Mapping[str, str]:
        """Return the variables that Git is called with."""
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
        kept["GIT_OPTIONAL_LOCKS"] = "0"
        return kept

    def shown_path(self, path: str) -> str:
        """Return a path of the project as a person may type it where Git was called."""
        start = os.environ.get("GIT_PREFIX")
        base = os.getcwd() if start is None else os.path.join(self.work_tree, start)
        return os.path.relpath(os.path.join(self.work_tree, self.prefix + path), base)

    def _inner(self, path: str) -> str:
        return path.removeprefix(self.prefix)


def index_name() -> str:
    """Return the name of the index file that Git's caller chose; ``""`` for the usual one."""
    return os.path.basename(os.environ.get(_INDEX, ""))


def _lines(text: bytes) -> Iterator[str]:
    return (line.decode("utf-8", "surrogateescape") for line in text.split(b"\0") if line)


def _call(
    command: list[str], environment: Mapping[str, str], data: bytes | None, *, is_silent: bool
) -> tuple[int, bytes]:
    """Run ``command`` and return its exit code and stdout."""
    done = subprocess.run(  # noqa: S603 - as above
        command,
        env=environment,
        input=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if is_silent else None,
        check=False,
    )
    return done.returncode, done.stdout


if sys.platform != "win32":

    def _spawn(command: list[str], environment: Mapping[str, str]) -> tuple[int, bytes]:
        """Do the same without the import of ``subprocess``."""
        reading, writing = os.pipe()
        try:
            actions = [(os.POSIX_SPAWN_DUP2, writing, 1)]
            process = os.posix_spawnp(command[0], command, environment, file_actions=actions)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        with open(reading, "rb") as file:
            text = file.read()
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), text
