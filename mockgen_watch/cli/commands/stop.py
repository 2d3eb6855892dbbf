"""Takes the options of ``stop``; ends the project's daemon and returns when it has ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.options import state_of
from mockgen_watch.errors import LockedError
from mockgen_watch.storage.project_lock import DAEMON, ProjectLock
from mockgen_watch.watch.requests import STOP, NotRunningError, ask

if TYPE_CHECKING:
    import argparse

EXAMPLES = """examples:
  mockgen-watch stop

The daemon finishes the file in hand. Where none runs there is nothing to do, and the exit code
is 0.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "--timeout", metavar="S", type=float, default=30.0, help="seconds to wait (default: 30)"
    )


def run(options: argparse.Namespace) -> int:
    """Carry ``stop`` out."""
    state = state_of(options)
    end = time.monotonic() + options.timeout
    try:
        ask(state, STOP, timeout=options.timeout)
        # The daemon holds its lock to the end.
        lock = ProjectLock(state, DAEMON, timeout=max(0.0, end - time.monotonic()))
        lock.acquire()
        lock.release()
        said = "stopped"
    except NotRunningError:
        said = "no daemon runs"
    except LockedError as error:
        raise LockedError(f"{error}; it did not end within {options.timeout:g} s") from error
    if not options.quiet:
        print(said)
    return ExitCode.DONE
