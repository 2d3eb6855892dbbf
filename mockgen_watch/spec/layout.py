"""Takes nothing; gives how outputs are laid out. Apart, because lockfiles need no more."""

from __future__ import annotations

from enum import StrEnum


class Labels(StrEnum):
    """Where it is told what each record of a model with rules shows."""

    FILE = "file"
    NONE = "none"
    INSIDE = "inside"


class Layout(StrEnum):
    """How records are laid out in files."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    SPLIT = "split"
