"""Plan: what each output is made from, its key, and what an edit affects.

Here stands by which rules values follow from specs, as lockfiles and memories of runs hold it.
Outputs that were made under another contract or by other methods are made again.
"""

from __future__ import annotations

from typing import Final

CONTRACT: Final = 1
"""The seed contract: how a value is drawn at its address."""

FORM: Final = 1
"""Raised when the same plan gets another canonical form."""

DESIGN: Final = 1
"""Raised when the first records of the same plan cover what they cover otherwise."""

PROMISES: Final = 4
"""Raised when rules and exclusions make other records of the same plan."""

METHODS: Final = f"{FORM}.{DESIGN}.{PROMISES}"
"""All of them, as a lockfile holds them."""
