"""What tests use: a check for authors of plugins, and a pytest fixture in ``pytest_plugin``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockgen_watch.testing.rules import check_rule

__all__ = ["check_rule"]


def __getattr__(name: str) -> object:
    if name == "check_rule":
        from mockgen_watch.testing.rules import check_rule

        return check_rule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
