"""Takes calls from any thread and from signals; wakes the one thread that waits.

A ``threading.Event`` would not do: its ``set`` takes a lock, and a signal handler that runs while
the main thread holds that lock would wait for itself.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from typing import Protocol


class Bell(Protocol):
    """What the daemon waits by."""

    def ring(self) -> None:
        """End the wait."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when it is rung, or after ``seconds``."""
        ...

    def is_rung(self) -> bool:
        """Tell whether the next wait ends at once."""
        ...

    def pause(self, seconds: float) -> None:
        """Return after ``seconds``, however often it is rung."""
        ...

    def close(self) -> None:
        """Be used no more."""
        ...


class Waker:
    """A bell that can be rung from anywhere."""

    def __init__(self) -> None:
        """Open both its ends."""
        self._receive, self._send = socket.socketpair()
        self._receive.settimeout(0)
        self._send.settimeout(0)
        self._is_rung = False

    def ring(self) -> None:
        """End the wait, or the next one. Never raises and never blocks."""
        if not self._is_rung:
            self._is_rung = True
            # Full means that it is rung already; closed, that nobody waits any more.
            with contextlib.suppress(OSError):
                self._send.send(b"\0")

    def wait(self, seconds: float) -> None:
        """Return when it is rung, or after ``seconds``."""
        with contextlib.suppress(OSError):
            select.select([self._receive], [], [], max(0.0, seconds))
        # Before the reading: what rings from here on finds it unrung and writes anew.
        self._is_rung = False
        with contextlib.suppress(OSError):
            while self._receive.recv(4096):
                pass

    def is_rung(self) -> bool:
        """Tell whether the next wait ends at once."""
        return self._is_rung

    def pause(self, seconds: float) -> None:
        """Return after ``seconds``; what rang meanwhile ends the next wait."""
        time.sleep(seconds)

    def close(self) -> None:
        """Give both ends back."""
        self._receive.close()
        self._send.close()
