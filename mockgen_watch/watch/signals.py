"""Takes a daemon; lets the signals of the system speak to it while it runs."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from mockgen_watch.watch.daemon import Daemon


@contextlib.contextmanager
def handling(daemon: Daemon) -> Iterator[None]:
    """Stop ``daemon`` at SIGTERM and SIGINT, and let it read everything again at SIGHUP.

    A second SIGINT interrupts at once, wherever it is.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        daemon.stop(signal.Signals(number).name)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def read_again(_number: int, _frame: FrameType | None) -> None:
        daemon.reload()

    handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]]
    handlers = {signal.SIGTERM: stop, signal.SIGINT: stop}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = read_again
    former = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
