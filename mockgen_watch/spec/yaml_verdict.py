"""Takes nothing; gives the form in which the rules for YAML faults say what is wrong."""

from __future__ import annotations

from msgspec import Struct


class Verdict(Struct, frozen=True, kw_only=True):
    """One fault in the words of this project.

    Attributes:
        message: what is wrong.
        start: offset of the first character concerned.
        end: offset behind the last one.
        hint: what to do.
        opened: offset of the bracket that the fault belongs to, or -1.
    """

    message: str
    start: int
    end: int
    hint: str = ""
    opened: int = -1
