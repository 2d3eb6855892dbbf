"""Takes the number of a process; gives the processor time that it has taken. Linux alone."""

from __future__ import annotations

import os
import time
from pathlib import Path

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_LOOK = 0.05
_QUIET_LOOKS = 3


def cpu_ms(process: int) -> float:
    """Return milliseconds, user and system, of all threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_MS


def wait_until_idle(process: int) -> None:
    """Return when the process has taken no time for a while."""
    quiet, before = 0, cpu_ms(process)
    while quiet < _QUIET_LOOKS:
        time.sleep(_LOOK)
        now = cpu_ms(process)
        quiet, before = (quiet + 1 if now == before else 0), now
