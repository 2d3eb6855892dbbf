"""Takes a function; gives a process that runs it with all that is in memory here."""

from __future__ import annotations

import multiprocessing
import warnings
from typing import TYPE_CHECKING

from mockgen_watch.errors import MockgenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess
    from typing import Final

CHUNK: Final = 16_384
"""Records that one worker makes before the next one's turn."""


class WorkerFailedError(MockgenError):
    """A worker process ended before its work was done: a defect, or somebody killed it."""

    @classmethod
    def of(cls, process: BaseProcess) -> WorkerFailedError:
        """Return the error that tells of ``process``, which has ended."""
        code = process.exitcode
        return cls(f"a worker process ended with code {code} before it was done")


def forked(function: Callable[..., None], *arguments: object) -> BaseProcess:
    """Return a fork of this process, not yet started, that calls ``function`` and ends."""
    context = multiprocessing.get_context("fork")
    return context.Process(target=function, args=arguments, daemon=True)


def launch(process: BaseProcess) -> None:
    """Start a fork."""
    with warnings.catch_warnings():
        # Python warns of forks beside threads, whose locks may be held. What a worker does takes
        # none: it computes, and writes to files, pipes and memory of its own.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
