"""Takes nothing; gives what tests use: a pytest fixture, and checks for authors of plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.testing.rules import check_rule

if TYPE_CHECKING:
    from mockgen_watch.testing.rules import check_rule

__all__ = ["check_rule"]


def __getattr__(name: str) -> object:
    """Load the checks when they are asked for: pytest imports this package in every run."""
    if name == "check_rule":
        return check_rule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
