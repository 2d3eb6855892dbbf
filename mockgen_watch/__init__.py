"""Deterministic JSON fixtures from readable specs, kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockgen_watch.api import Records, Specs

__all__ = ["Records", "Specs", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name in {"Records", "Specs"}:
        from mockgen_watch import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
