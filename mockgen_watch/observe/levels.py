"""Takes nothing; gives how much a log line weighs, and the forms that lines have."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Literal, TypeAlias


LogFormat: TypeAlias = "Literal['console', 'json']"
"""Lines for people, or JSON lines for programs."""


class Level(IntEnum):
    """How much a line weighs; the numbers are those of Python's logging."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
