"""Takes trees of specs and outputs; gives whether this very program has found them right before."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mockgen_watch.storage.state import StateFolder

_NAME = "verified.json"
_MOST = 20_000


class VerifiedTrees:
    """Pairs of trees that were found right; remembered in the state folder."""

    def __init__(self, state: StateFolder, outputs: str, *, is_trusted: bool = True) -> None:
        """Remember in ``state`` what belongs to the output folder ``outputs``."""
        self._state = state
        self._mark = f"{outputs} {_program()}"
        known = _load(state, self._mark)
        self._known = dict.fromkeys(known)
        self._trusted = set(known) if is_trusted else set()

    def __contains__(self, trees: Sequence[str]) -> bool:
        """Tell whether ``trees`` are known to be right."""
        return " ".join(trees) in self._trusted

    def add(self, trees: Sequence[str]) -> None:
        """Note that ``trees`` are right."""
        name = " ".join(trees)
        self._known[name] = None
        self._trusted.add(name)

    def save(self) -> None:
        """Remember; where that cannot be, it costs only time."""
        data = {"mark": self._mark, "trees": list(self._known)[-_MOST:]}
        try:
            self._state.write(_NAME, json.dumps(data).encode(), is_durable=False)
        except StorageError:
            return


def _load(state: StateFolder, mark: str) -> list[str]:
    try:
        # Whatever is wrong with it, a memory is only a memory; it is looked at here, hence Any.
        data: Any = json.loads(state.read(_NAME) or b"{}")
        return list(map(str, data["trees"])) if data["mark"] == mark else []
    except (StorageError, ValueError, KeyError, TypeError):
        return []


@cache
def _program() -> str:
    """Return what stands for the program: another one may make other outputs."""
    top = Path(__file__).parents[1]
    stamps = []
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            status = os.stat(os.path.join(folder, name))
            stamps.append((folder[len(str(top)) :], name, status.st_size, status.st_mtime_ns))
    return hashlib.sha256(repr(stamps).encode()).hexdigest()
