"""Memo: what an earlier run found right, so that the next one need not look again.

A key stands for all that decides whether something is right: the stamps of a project, its index
in Git, the trees of a commit. A memo keeps keys in one file of the state folder. It is only a
memory: where the file is lost or cannot be read, everything is looked at again.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from mockgen_watch.errors import StorageError
from mockgen_watch.plan import CONTRACT, METHODS
from mockgen_watch.storage.package_data import vocabulary_stamps
from mockgen_watch.storage.project_folder import DEFAULT_OUTPUTS, StateFolder


class Memo:
    """Keys that were found right, each with a number.

    Attributes:
        outputs: the output folder of the run that saved them; the usual one without such a run.
    """

    def __init__(self, state: StateFolder, name: str, limit: int = 1) -> None:
        self._state = state
        self._name = name
        self._limit = limit
        self.outputs = DEFAULT_OUTPUTS
        self._numbers: dict[str, int] = {}
        # Nothing in the file can be relied on, hence Any.
        with contextlib.suppress(StorageError, ValueError, TypeError, KeyError, RecursionError):
            data: Any = json.loads(state.read(name) or b"")
            outputs, numbers = str(data["outputs"]), dict(data["right"])
            self._numbers = {str(key): int(number) for key, number in numbers.items()}
            self.outputs = outputs

    def get(self, key: str) -> int | None:
        """Return the number of ``key``; None when it was not found right."""
        return self._numbers.get(key)

    def add(self, key: str, number: int = 0) -> None:
        """Note that what ``key`` stands for is right."""
        self._numbers.pop(key, None)
        self._numbers[key] = number

    def save(self, outputs: str) -> None:
        """Keep the keys for the next run, which may ask first where the outputs are."""
        last = dict(list(self._numbers.items())[-self._limit :])
        data = {"outputs": outputs, "right": last}
        with contextlib.suppress(StorageError):
            self._state.write(self._name, json.dumps(data).encode(), is_durable=False)


def tool_parts() -> list[object]:
    """Return what of the program itself decides the bytes of outputs, as a part of keys."""
    return [CONTRACT, METHODS, vocabulary_stamps()]
