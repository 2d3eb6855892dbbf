"""Takes what a format cannot write; gives the finding that tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.errors import FindingsError

if TYPE_CHECKING:
    from mockgen_watch.formats.base import FormatError
    from mockgen_watch.plan.model import OutputPlan


def cannot_write(plan: OutputPlan, error: FormatError) -> FindingsError:
    """Return the diagnostic of a value that a format cannot write."""
    diagnostic = Diagnostic(
        code=error.code,
        message=f"{plan.model}/{plan.scenario}{error}",
        location=plan.location,
        hint="change the value, or choose another format",
    )
    return FindingsError((diagnostic,))
