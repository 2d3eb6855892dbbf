"""Takes nothing; gives what a command line asks of a plan beyond what the specs say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from mockgen_watch.spec.model import Layout, Model, OutputOptions, Scenario


class Selection(Struct, frozen=True, kw_only=True):
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


def _names(names: tuple[str, ...], name: str) -> bool:
    return not names or name.casefold() in {known.casefold() for known in names}
