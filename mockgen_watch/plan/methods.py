"""Takes nothing; gives the numbers of the ways in which this release makes records of a plan.

A seed contract fixes every value by its address. What these numbers stand for is above that: which
records a scenario is made of. They are part of each output's key, and a lockfile holds them, so
that outputs that an earlier release made in another way are made again, though no input moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final


FORM: Final = 1
"""Raised when the same plan gets another canonical form."""

DESIGN: Final = 1
"""Raised when the first records of the same plan cover what they cover otherwise."""

PROMISES: Final = 3
"""Raised when rules and exclusions make other records of the same plan."""

METHODS: Final = f"{FORM}.{DESIGN}.{PROMISES}"
"""All of them, as a lockfile holds them."""
