"""Takes nothing; gives the error of a rule that cannot be compiled."""

from __future__ import annotations

from mockgen_watch.errors import MockgenError


class RuleError(MockgenError):
    """A rule cannot be compiled; the message says why."""
