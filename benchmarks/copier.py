"""Takes two folders; copies a file from one to the other when it is saved, and does nothing else.

What a save costs when nothing is parsed, generated or proved: the yardstick of ``daemon``.
"""

from __future__ import annotations

import shutil
import sys
import threading
from pathlib import Path

from watchdog.events import FileClosedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer


class Copier(FileSystemEventHandler):
    """Copies what is closed after a write."""

    def on_closed(self, event: FileSystemEvent) -> None:
        """Copy the file of ``event``."""
        shutil.copy(event.src_path, sys.argv[2])


if __name__ == "__main__":
    observer = Observer()
    observer.schedule(Copier(), str(Path(sys.argv[1])), event_filter=[FileClosedEvent])
    observer.start()
    print("ready", flush=True)
    threading.Event().wait()
