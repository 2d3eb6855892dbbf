"""Takes nothing; gives what the package needs of ``typing`` while it runs, at no cost.

Importing ``typing``, and making a class of each protocol, took a twentieth of a small run. With
annotations that nobody evaluates, four names are left that have to be there. Type checkers see
those of ``typing`` itself.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Protocol, cast, overload
else:

    class Protocol:
        """A class that only says what others have; not to be asked by ``isinstance``."""

    def cast(_kind: object, value: object) -> object:
        """Return ``value`` as it is."""
        return value

    def overload(function: object) -> object:
        """Return ``function`` as it is; the last definition of its name counts."""
        return function


__all__ = ["TYPE_CHECKING", "Protocol", "cast", "overload"]
