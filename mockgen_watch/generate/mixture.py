"""Takes the plan of a mixed scenario; gives, for each record, the part that it is a record of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockgen_watch.generate.address import Address
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.generate.pool import pool_stream, rank_order
from mockgen_watch.generate.records import cell_of_record, record_at

if TYPE_CHECKING:
    from mockgen_watch.generate.cells import Stream
    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.spec.document import Json

ADDRESS = ("$mix",)
"""The address path of the choice; no field has it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mixture:
    """The programs of an output; one, and no stream, when it is not mixed.

    Attributes:
        scenarios: the name of each program's scenario.
        programs: in the order in which ``stream`` counts them.
        stream: draws the program of a record, at the cells of the first program.
    """

    scenarios: tuple[str, ...]
    programs: tuple[Program, ...]
    stream: Stream | None

    def part_of(self, index: int) -> int:
        """Return which program makes record ``index``."""
        if self.stream is None:
            return 0
        return self.stream.at(cell_of_record(self.programs[0], index))

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index``."""
        return record_at(self.programs[self.part_of(index)], index)


def compile_mixture(output: OutputPlan) -> Mixture:
    """Return the programs of ``output``, mixed by weighted rendezvous over the scenarios' names.

    A change of one weight, or a scenario more, moves the fewest records that it can.
    """
    if not output.mix:
        program = compile_program(output.records)
        return Mixture(scenarios=(output.scenario,), programs=(program,), stream=None)
    identities = [part.scenario.encode() for part in output.mix]
    weights = [part.weight for part in output.mix]
    order = rank_order(identities, weights)
    parts = [output.mix[place] for place in order]
    address = Address.of(output.records.seed, output.records.model_id, ADDRESS)
    ranked = [part.scenario.encode() for part in parts]
    return Mixture(
        scenarios=tuple(part.scenario for part in parts),
        programs=tuple(compile_program(part.records) for part in parts),
        stream=pool_stream(address, "value", ranked, [part.weight for part in parts]),
    )
