"""Takes the environment; gives how large the tests are that could go on for hours."""

from __future__ import annotations

import os

LONG = bool(os.environ.get("MOCKGEN_LONG_TESTS"))
"""Whether every test takes its full size, as ``make test-long`` asks for."""


def sized(usual: int, long: int) -> int:
    """Return the size of this run: ``usual``, which a check has to be too, or ``long``."""
    return long if LONG else usual
