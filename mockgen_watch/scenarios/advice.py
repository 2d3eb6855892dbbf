"""Takes the plans of a suite's outputs; gives warnings of what can be generated and says little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.scenarios.overlap import check_overlaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.plan.model import OutputPlan


def check_scenarios(plans: Sequence[OutputPlan]) -> list[Diagnostic]:
    """Return warnings of what the scenarios of a suite do not do, though they can be generated."""
    followers = [
        _follows_twins(plan)
        for plan in plans
        if not plan.mix and plan.coverage.is_asked and plan.coverage != plan.records.coverage
    ]
    return [*followers, *check_overlaps(plans)]


def _follows_twins(plan: OutputPlan) -> Diagnostic:
    return Diagnostic(
        code="MG409",
        severity=Severity.WARNING,
        message=f"$coverage of {plan.model}/{plan.scenario} has no effect",
        location=plan.coverage.location,
        hint="its records are the twins of positive, and follow what positive covers",
    )
