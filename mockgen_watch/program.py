"""Takes the command line of this process; gives its exit code."""

from __future__ import annotations

import gc

from mockgen_watch.bytecode import collect, install


def run() -> int:
    """Carry out the command line and return the exit code.

    Raises:
        SystemExit: see ``cli.main``.
    """
    # Trees of many small values that live to the end: looking for circles in them is lost time.
    gc.set_threshold(100_000)
    modules = install()
    # Only now, so that it is read as all others are.
    from mockgen_watch.cli.main import run as run_command  # noqa: PLC0415

    try:
        return run_command()
    finally:
        collect(modules)
