"""Takes a model and one of its scenarios; gives the scenario whose records are the twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from mockgen_watch.spec.model import Model, Scenario

POSITIVE = "positive"
NEGATIVE = "negative"


def twin_of(model: Model, scenario: Scenario) -> Scenario:
    """Return the scenario that says what the records of ``scenario`` are like but for faults.

    Itself, unless it is ``negative`` and the model has rules: then it is ``positive``, or the
    model alone where there is no such scenario.
    """
    if scenario.name != NEGATIVE or not model.rules:
        return scenario
    for known in model.scenarios:
        if known.name == POSITIVE and not known.mix:
            return known
    return replace(scenario, name=POSITIVE, overlay=None, stated=())
