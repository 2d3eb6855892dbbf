"""Takes nothing; gives a text that changes when the code that makes plans does."""

from __future__ import annotations

import os
from functools import lru_cache

from mockgen_watch.digest import digest
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final


_PACKAGES: Final = ("masters", "plan", "spec", "workflow")
"""What plans are made by. Rules, promises and formats may object to one, and do not change it; an
update, which could let them object to more, brings new files in every package."""


@lru_cache(maxsize=1)
def code_stamp() -> str:
    """Return that of this package, as it was when it was first asked for; it takes 0.5 ms.

    It is ``""`` where the modules are no files that can be looked at.
    """
    try:
        return stamp_of(os.path.dirname(os.path.dirname(__file__)))
    except OSError:
        return ""


def stamp_of(top: str) -> str:
    """Return a digest of the stamps of the modules below ``top`` that make plans."""
    stamps = [stamp for name in _PACKAGES for stamp in _stamps(os.path.join(top, name))]
    return digest(repr(sorted(stamps)).encode())


def _stamps(folder: str) -> Iterator[tuple[str, int, int]]:
    """Yield path, size and time of change (nanoseconds) of each module in ``folder`` and below."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _stamps(entry.path)
