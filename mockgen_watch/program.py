"""Takes the command line of this process; gives its exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from mockgen_watch.bytecode import collect, install


def main() -> int:
    """Carry out the command line as the program that this process is; return the exit code.

    It does not return where nothing is left for the interpreter to do. Taking apart all that was
    imported, module by module, took a thirtieth of a small run.

    Raises:
        SystemExit: see ``cli.main``.
    """
    code = run()
    if _nothing_is_left():
        os._exit(code)
    return code


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


def _nothing_is_left() -> bool:
    """Tell whether the process can end at once, and nobody sees a difference.

    Not while there are threads, or functions for the end (coverage, temporary folders, logging),
    nor under what looks at a program from around it, as a profiler or ``python -i`` does.
    """
    if "threading" in sys.modules or atexit._ncallbacks():  # noqa: SLF001 - there is no other
        return False
    if sys.orig_argv[1:] != sys.argv or sys.flags.inspect or sys.flags.dev_mode:
        return False
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except (AttributeError, OSError, ValueError):
        # Closed, full or gone: the interpreter tells of that in its own way.
        return False
    return True
