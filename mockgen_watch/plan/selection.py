"""Takes nothing; gives what a command line asks of a plan beyond what the specs say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockgen_watch.spec.model import Layout, Model, OutputOptions, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which outputs are wanted, and what is to be otherwise than the specs say.

    Attributes:
        models, scenarios: names, in any case; empty: all of them.
        count: records of each selected output; parents that are not selected keep theirs.
        seed: of everything, parents included.
        format: options of another format than the spec's are dropped with it.
    """

    models: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    count: int | None = None
    seed: int | None = None
    format: str | None = None
    layout: Layout | None = None

    def wants(self, model: Model, scenario: Scenario) -> bool:
        """Tell whether the output of ``scenario`` is wanted."""
        return self.selects(model.name, scenario.name)

    def selects(self, model: str, scenario: str) -> bool:
        """Tell whether the output ``model/scenario`` is wanted."""
        return _names(self.models, model) and _names(self.scenarios, scenario)

    def count_of(self, model: Model, scenario: Scenario) -> int:
        """Return how many records ``scenario`` has in this run."""
        if self.count is None or not self.wants(model, scenario):
            return scenario.count
        return self.count

    def output_of(self, scenario: Scenario) -> OutputOptions:
        """Return how ``scenario`` is written in this run."""
        output = scenario.output
        if self.format is not None and self.format != output.format:
            output = replace(output, format=self.format, options=())
        if self.layout is not None:
            output = replace(output, layout=self.layout)
        return output


def unknown_names(selection: Selection, models: Iterable[Model]) -> tuple[str, ...]:
    """Return what is wrong with the names of ``selection``, seen over the models of all suites."""
    known = list(models)
    model_names = {model.name for model in known}
    scenario_names = {scenario.name for model in known for scenario in model.scenarios}
    return (
        *_unknown("model", selection.models, model_names),
        *_unknown("scenario", selection.scenarios, scenario_names),
    )


def _unknown(what: str, names: tuple[str, ...], known: set[str]) -> Iterator[str]:
    for name in names:
        if not any(_names((name,), other) for other in known):
            hint = did_you_mean(name, known) or f"there is {', '.join(sorted(known))}"
            yield f'there is no {what} "{name}" ({hint})' if known else f"there is no {what}"


def _names(names: tuple[str, ...], name: str) -> bool:
    return not names or name.casefold() in {known.casefold() for known in names}
