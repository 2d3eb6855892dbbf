"""Index of a project at one moment, and the memory of the last one that was right.

A hook that finds the index unchanged has nothing to do; so this module imports little.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockgen_watch.digest import digest
from mockgen_watch.git.repository import Index, Repository
from mockgen_watch.storage.memo import Memo, tool_parts
from mockgen_watch.storage.project_folder import (
    SPECS,
    StateFolder,
    find_project,
)

if TYPE_CHECKING:
    from mockgen_watch.storage.folders import StrPath

_MEMO = "hook.json"
_SPEC_ENDINGS = (".yaml", ".yml", ".json", ".txt")


class StagedProject:
    """A project and its index at one moment.

    Attributes:
        root: the project folder.
        repository, state: of the project.
        outputs: the output folder, as far as one can tell without reading the settings.
        index: its specs and outputs.
        is_up_to_date: a whole run has found nothing to do for this very index.
    """

    def __init__(
        self, root: str, repository: Repository, state: StateFolder, outputs: str, index: Index
    ) -> None:
        self.root = root
        self.repository = repository
        self.state = state
        self.outputs = outputs
        self.index = index
        self.is_up_to_date = False

    @property
    def untracked_specs(self) -> tuple[str, ...]:
        """Files that would be specs if Git tracked them."""
        return tuple(
            path
            for path in self.index.untracked
            if path.startswith(f"{SPECS}/") and path.endswith(_SPEC_ENDINGS)
        )


def read_index(start: StrPath) -> StagedProject:
    """Return the index of the project that ``start`` is in.

    Raises:
        UsageError: there is no project, or no Git.
        StorageError: Git fails.
    """
    root = find_project(start)
    repository = Repository.of(root)
    state = StateFolder.of(root)
    memo = Memo(state, _MEMO)
    outputs = memo.outputs
    index = repository.index((SPECS, outputs))
    staged = StagedProject(root, repository, state, outputs, index)
    staged.is_up_to_date = memo.get(_key(index, outputs)) is not None
    return staged


def remember_index(staged: StagedProject, outputs: str) -> None:
    """Note that a whole run had nothing to do for the index of ``staged``."""
    memo = Memo(staged.state, _MEMO)
    # Where the settings name another folder, this index does not have the outputs: next time.
    if outputs == staged.outputs:
        memo.add(_key(staged.index, outputs))
    memo.save(outputs)


def _key(index: Index, outputs: str) -> str:
    """Return a digest of the index and of what makes outputs: methods, vocabularies."""
    tool = json.dumps([*tool_parts(), outputs]).encode()
    return digest(tool + b"\0" + index.staged_text)
