"""Command line: one module for each command, and the frame around them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended, as a shell sees it."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    UNEXPECTED = 3
    INTERRUPTED = 130
