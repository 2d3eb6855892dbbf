"""Specs: the text of a project's files, and the typed values that it stands for."""

from __future__ import annotations

SPECS = "specs"
"""The folder of all specs, at the top of a project."""

CONTRACT = 2
"""The seed contract: how a value is drawn at its address."""

MAX_BYTES = 5_000_000
"""Size of a spec file; a larger one is refused unread."""
