"""Takes nothing; gives how records are laid out in files. Apart, because lockfiles need no more."""

from __future__ import annotations

import enum


class Layout(enum.StrEnum):
    """How records are laid out in files."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    SPLIT = "split"
