"""Limits: how much a file may hold before it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final


MAX_BYTES: Final = 5_000_000
"""Size of a file; a caller may ask for another."""

MAX_DEPTH: Final = 100
"""Mappings and sequences inside each other."""

MAX_NODES: Final = 300_000
"""Keys and values in a file; each takes some 250 bytes when read."""

MAX_ALIASED_NODES: Final = 100_000
"""Values that the aliases of a YAML file stand for, together."""
