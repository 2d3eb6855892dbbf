"""Takes the plans of a suite's outputs; gives warnings of what can be generated and says little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.scenarios.overlap import check_overlaps
from mockgen_watch.spec.model import Coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.plan.model import OutputPlan


def check_scenarios(plans: Sequence[OutputPlan]) -> list[Diagnostic]:
    """Return warnings of what the scenarios of a suite do not do, though they can be generated."""
    idle = [_no_coverage(plan) for plan in plans if plan.coverage is not Coverage.NONE]
    return [*idle, *check_overlaps(plans)]


def _no_coverage(plan: OutputPlan) -> Diagnostic:
    return Diagnostic(
        code="MG405",
        severity=Severity.WARNING,
        message=f"$coverage: {plan.coverage} of {plan.model} has no effect yet",
        location=plan.location,
        hint="records are drawn as without it",
    )
