"""Ending: a daemon stops soon after it is asked to, whatever it is doing.

A batch is asked to end after the file in hand. One that is still at it after ``GRACE`` seconds is
interrupted where it is, and a process that even then does not end is ended by the system after
``LAST``: files are swapped in whole, so that the next run makes right what was begun.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import threading
from typing import TYPE_CHECKING, Final

from mockgen_watch.watch.daemon import InterruptedDaemonError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from mockgen_watch.watch.daemon import Daemon

GRACE: Final = 0.8
"""Seconds for the file in hand."""

LAST: Final = 1.8
"""Seconds until the process is ended, come what may."""

LOOKS: Final = 0.2
"""Seconds between two looks for a request to stop while a batch runs."""


@contextlib.contextmanager
def handling(daemon: Daemon) -> Iterator[None]:
    """Stop ``daemon`` at SIGTERM and SIGINT, and let it read everything again at SIGHUP.

    A second SIGINT interrupts at once, wherever it is. A request to stop is seen while a batch
    runs, too.
    """

    def handle(number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if name == "SIGHUP":
            daemon.reload()
        elif name == "SIGALRM":
            if daemon.is_at_work:
                raise InterruptedDaemonError
        else:
            daemon.stop(name)
            signal.signal(signal.SIGINT, signal.default_int_handler)

    # Windows has neither SIGHUP nor SIGALRM.
    names = {"SIGTERM", "SIGINT", "SIGHUP", "SIGALRM"}
    before = {
        number: signal.signal(number, handle) for number in signal.Signals if number.name in names
    }
    with open(os.devnull, "w") as nowhere:

        def end_soon() -> None:
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, GRACE)
            faulthandler.dump_traceback_later(LAST, exit=True, file=nowhere)

        daemon.on_stop = end_soon
        listener = threading.Thread(target=_listen, args=(daemon,), daemon=True)
        listener.start()
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(daemon: Daemon) -> None:
    """Look for a request to stop, as long as batches run."""
    pause = threading.Event()
    while daemon.batch_runs.wait():
        daemon.take_stop()
        pause.wait(LOOKS)
