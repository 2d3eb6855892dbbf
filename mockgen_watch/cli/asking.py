"""Takes the options of a command that speaks to the daemon; gives what the daemon answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.storage.git import find_project
from mockgen_watch.storage.state import StateFolder

if TYPE_CHECKING:
    import argparse


def state_of(options: argparse.Namespace) -> StateFolder:
    """Return the state folder of the project that the options mean.

    Raises:
        UsageError: there is none.
    """
    return StateFolder.of(find_project(options.directory))
