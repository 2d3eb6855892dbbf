"""Plan: what each output is made from, its key, and what an edit affects.

It also names the methods by which outputs follow from specs, beside the seed contract, as lockfiles
and memories of runs record them. Outputs that were made by other methods are generated again.
"""

from __future__ import annotations

from typing import Final

FORM: Final = 1
"""Raised when the same plan gets another canonical form."""

DESIGN: Final = 1
"""Raised when the first records of the same plan cover what they cover otherwise."""

PROMISES: Final = 5
"""Raised when rules and exclusions make other records of the same plan."""

METHODS: Final = f"{FORM}.{DESIGN}.{PROMISES}"
"""All of them, as a lockfile holds them."""
