"""Takes a file that Git merges; gives, with few imports, what an earlier call found out of it.

Git calls the driver once for each file, and a suite is merged as a whole. Calls of one merge meet
the same index file, which Git replaces when it is done.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.digest import digest
from mockgen_watch.errors import StorageError
from mockgen_watch.storage.git.merging import Sides, merge_mark
from mockgen_watch.storage.git.repository import Repository
from mockgen_watch.storage.project_folder import SPECS, git_folder_of
from mockgen_watch.storage.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

TEXT = "text"
"""Stands for a blob where a file is no output, and is to be merged as text."""

_NAME = "merge.json"


class MergeMemo(Struct, kw_only=True):
    """What is known of the merge that goes on.

    Attributes:
        mark: what tells this merge from another.
        sides: what is merged; None as long as nobody had to look.
        files: path and versions, as one text → the blob that it becomes; "" where it stays in
            conflict, ``TEXT`` where it is no output.
        given: path → the blob that Git was given for it.
        told: what a person has been told.
    """

    mark: str
    sides: Sides | None = None
    files: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def tell_once(self, text: str) -> bool:
        """Tell whether ``text`` is new; from now on it is not."""
        is_new = text not in self.told
        if is_new:
            self.told.append(text)
        return is_new


class Question(Struct, frozen=True, kw_only=True):
    """What Git asks a merge driver.

    Attributes:
        root: the project folder.
        repository, state: of the project.
        path: of the file, from the top of the work tree on.
        blobs: its versions: base, ours, theirs; an empty base is none.
        memo: of the merge that goes on.
    """

    root: str
    repository: Repository
    state: StateFolder
    path: str
    blobs: tuple[str, ...]
    memo: MergeMemo

    @property
    def key(self) -> str:
        """What stands for the file and its versions."""
        return versions_key(self.path, self.blobs)

    @property
    def is_text(self) -> bool:
        """Tell whether the file is no output, and is merged as any text is."""
        return self.memo.files.get(self.key) == TEXT

    @property
    def is_settled(self) -> bool:
        """Tell whether an earlier call has found the answer."""
        return self.key in self.memo.files


def hear_question(work_tree: Path, path: str, files: Sequence[Path]) -> Question | None:
    """Return what Git asks; None where ``path`` is below no project.

    Args:
        work_tree: its top.
        path: of the file that is merged, from there on.
        files: where its versions are: base, ours, theirs.

    Raises:
        StorageError: Git fails.
    """
    root = _project_of(work_tree, path)
    if root is None:
        return None
    repository = Repository.of(root)
    state = StateFolder.of(root)
    blobs = repository.read(["hash-object", "-w", "--no-filters", "--", *map(str, files)])
    return Question(
        root=root,
        repository=repository,
        state=state,
        path=path,
        blobs=tuple(blobs.decode().split()),
        memo=load_memo(repository, state),
    )


def merge_as_text(question: Question, files: Sequence[Path]) -> bool:
    """Let Git merge ``files`` (base, ours, theirs) into ours; tell whether no conflict is left.

    Raises:
        StorageError: Git is not there.
    """
    base, ours, theirs = map(str, files)
    labels = [word for name in ("ours", "base", "theirs") for word in ("-L", name)]
    return not question.repository.ask(["merge-file", *labels, ours, base, theirs])[0]


def answer(question: Question, told: Sequence[str]) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the bytes of the file, None where it stays in conflict, and what is new to tell.

    Raises:
        StorageError: Git fails.
    """
    memo = question.memo
    blob = memo.files[question.key]
    memo.given[question.path] = blob
    news = tuple(line for line in told if memo.tell_once(line))
    save_memo(question.state, memo)
    return (question.repository.read(["cat-file", "blob", blob]) if blob else None), news


def versions_key(path: str, blobs: Sequence[str]) -> str:
    """Return what stands for the three versions of a file."""
    return digest(json.dumps([path, *blobs]).encode())


def load_memo(repository: Repository, state: StateFolder) -> MergeMemo:
    """Return what earlier calls of this merge left."""
    mark = merge_mark(repository)
    try:
        # A memo is only a memo: whatever is wrong with it, it is made anew, hence Any.
        data: Any = json.loads(state.read(_NAME) or b"{}")
        if data.get("mark") != mark:
            return MergeMemo(mark=mark)
        sides = None if data["sides"] is None else Sides(**data["sides"])
        rest = {name: data[name] for name in ("files", "given", "told")}
        return MergeMemo(mark=mark, sides=sides, **rest)
    except (StorageError, ValueError, AttributeError, KeyError, TypeError):
        return MergeMemo(mark=mark)


def save_memo(state: StateFolder, memo: MergeMemo) -> None:
    """Leave ``memo`` to the next calls; where that cannot be, they find it all out again."""
    data = {
        "mark": memo.mark,
        "sides": None if memo.sides is None else memo.sides.to_dict(),
        "files": memo.files,
        "given": memo.given,
        "told": memo.told,
    }
    try:
        state.write(_NAME, json.dumps(data).encode(), is_durable=False)
    except StorageError:
        return


def _project_of(work_tree: Path, path: str) -> str | None:
    """Return the project that the file at ``path`` of ``work_tree`` is an output of."""
    folder = (work_tree / path).parent
    while folder != work_tree.parent:
        if (folder / SPECS).is_dir():
            return str(folder)
        if folder != work_tree and git_folder_of(folder) is not None:
            return None
        folder = folder.parent
    return None
