"""Exceptions that this package raises on purpose.

Apart from the diagnostics that one of them carries: commands that end early import no value types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.diagnostics import Diagnostic


class MockgenError(Exception):
    """Base of every exception that this package raises on purpose."""


class UsageError(MockgenError):
    """The command line or an API call asks for something that cannot be."""


class FindingsError(MockgenError):
    """Diagnostics of severity error stop the work.

    Attributes:
        diagnostics: all that were found, in source order, warnings included.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        errors = sum(found.severity.value == "error" for found in self.diagnostics)
        super().__init__("1 error" if errors == 1 else f"{errors} errors")

    def __reduce__(self) -> tuple[type[FindingsError], tuple[tuple[Diagnostic, ...]]]:
        return type(self), (self.diagnostics,)


class StorageError(MockgenError):
    """A file operation failed.

    Attributes:
        path: the file or folder concerned, as the user would write it.
        errno_name: the symbolic errno, such as ``ENOSPC``; empty when there is none.
    """

    def __init__(self, path: str, reason: str, errno_name: str = "") -> None:
        self.path = path
        self.errno_name = errno_name
        label = f" [{errno_name}]" if errno_name else ""
        super().__init__(f"{path}: {reason}{label}")


class LockedError(MockgenError):
    """Another process of this project holds the lock that this one needs."""
