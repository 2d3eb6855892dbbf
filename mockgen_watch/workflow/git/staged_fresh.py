"""Takes a project folder; tells, with few imports, whether its index was found right before.

Most commits touch neither specs nor outputs. What Git says of the index below those two folders is
compared with what it said when a whole run last found nothing to do.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import StorageError
from mockgen_watch.plan.methods import METHODS
from mockgen_watch.storage.git.repository import Repository
from mockgen_watch.storage.project_folder import SPECS, find_project
from mockgen_watch.storage.state import StateFolder
from mockgen_watch.storage.unmoved import CONTRACT, DEFAULT_OUTPUTS
from mockgen_watch.storage.vocabularies import vocabulary_stamps

if TYPE_CHECKING:
    from typing import Any

    from mockgen_watch.storage.folders import StrPath
    from mockgen_watch.storage.git.repository import Index

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
