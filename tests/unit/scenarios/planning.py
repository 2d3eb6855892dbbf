"""Takes the text of a user_input; gives the plans of its outputs, without files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.plan.model import OutputPlan


def plans_of(spec: str, master: str | None = None) -> dict[str, OutputPlan]:
    """Return the plans by scenario; models are told apart where there are several."""
    plans, _ = select_plans(Specs.of(spec, master)._project, Request())
    several = len({plan.model for plan in plans}) > 1
    return {f"{plan.model}/{plan.scenario}" if several else plan.scenario: plan for plan in plans}


def refusals(spec: str) -> list[Diagnostic]:
    """Return the errors of a spec that has some."""
    with pytest.raises(FindingsError) as caught:
        plans_of(spec)
    return [found for found in caught.value.diagnostics if found.severity == "error"]
