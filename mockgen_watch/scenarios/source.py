"""Takes the plan of an output; gives its records and cases, each as its scenario promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Related, Severity
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import Address
from mockgen_watch.generate.chunks import cells_of_records, release
from mockgen_watch.generate.pool import pool_stream, rank_order
from mockgen_watch.generate.records import cell_of_record
from mockgen_watch.scenarios.part import free_part
from mockgen_watch.scenarios.shares import Share, below

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.generate.cells import IntArray, Stream
    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.scenarios.cases import Case, Told
    from mockgen_watch.scenarios.part import Part
    from mockgen_watch.spec.document import Json


MIX_ADDRESS = ("$mix",)
"""The address path of the choice among the parts of a mix; no field has it."""


class Source(Struct, frozen=True, kw_only=True, eq=False):
    """The records of an output.

    Attributes:
        scenarios: the name of each part's scenario.
        parts: one, and no stream, when the output is not mixed; else as ``stream`` counts them.
        stream: draws the part of a record, at the cells of the first part's program.
    """

    scenarios: tuple[str, ...]
    parts: tuple[Part, ...]
    stream: Stream | None

    @property
    def programs(self) -> tuple[Program, ...]:
        """The program of each part; records may differ from it where rules are kept or broken."""
        return tuple(part.program for part in self.parts)

    @property
    def is_promised(self) -> bool:
        """Tell whether rules or exclusions say something of any record."""
        return any(part.is_promised for part in self.parts)

    @property
    def has_faults(self) -> bool:
        """Tell whether what some records show is known only once they are made."""
        return any(part.has_faults for part in self.parts)

    @property
    def is_plain(self) -> bool:
        """Tell whether one program alone makes every record but those in ``stated``."""
        return self.stream is None and self.parts[0].is_plain

    @property
    def stated(self) -> tuple[int, ...]:
        """The records of which something is stated, in any part, in order."""
        return tuple(sorted({index for part in self.parts for index in part.stated}))

    def part_of(self, index: int) -> int:
        """Return which part makes record ``index``."""
        if self.stream is None:
            return 0
        return self.stream.at(cell_of_record(self.parts[0].program, index))

    def shares(self, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
        """Yield who makes the records ``indexes`` (int64[n]); ``xp`` is the NumPy module."""
        is_stated = xp.isin(indexes, self.stated)
        rows = xp.flatnonzero(is_stated)
        if len(rows):
            yield Share(rows=rows, program=None)
            others = xp.flatnonzero(~is_stated)
            yield from below(self._unstated(xp, indexes[others]), others)
        else:
            yield from self._unstated(xp, indexes)

    def _unstated(self, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
        if self.stream is None:
            yield from self.parts[0].shares(xp, indexes)
            return
        cells = cells_of_records(self.parts[0].program, xp, indexes)
        numbers = self.stream.over(cells)
        for number, part in enumerate(self.parts):
            rows = xp.flatnonzero(numbers == number)
            yield from below(part.shares(xp, indexes[rows]), rows)
        release(cells)

    def case_at(self, index: int) -> Case:
        """Return record ``index`` and what is told of it.

        Raises:
            FindingsError: it cannot be made so that it keeps its promise.
        """
        return self.parts[self.part_of(index)].case_at(index)

    def told_at(self, index: int) -> Case | Told:
        """Return what is told of record ``index``, which is made only where it takes part in that.

        Raises:
            FindingsError: it is made, and cannot be so that it keeps its promise.
        """
        return self.parts[self.part_of(index)].told_at(index)

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index``; see ``case_at``."""
        return self.case_at(index).record


def compile_source(output: OutputPlan) -> Source:
    """Return the records of ``output``; those of a mix by weighted rendezvous over the scenarios.

    A change of one weight, or a scenario more, moves the fewest records that it can.

    Raises:
        FindingsError: a promise cannot be kept; see ``scenarios.check``.
    """
    known = _KNOWN.get(output.key) if output.key else None
    if known is None:
        try:
            known = _compile(output)
        except FindingsError as error:
            found = [_with_scenario(item, output) for item in error.diagnostics]
            raise FindingsError(found) from error
        if len(_KNOWN) >= _KEPT:
            _KNOWN.clear()
        _KNOWN[output.key] = known
    return known


_KEPT = 64
_KNOWN: dict[str, Source] = {}
"""What was compiled by the output's key: a run checks each promise first, and keeps it then."""


def _compile(output: OutputPlan) -> Source:
    if not output.mix:
        return Source(scenarios=(output.scenario,), parts=(_part(output.records),), stream=None)
    identities = [part.scenario.encode() for part in output.mix]
    order = rank_order(identities, [part.weight for part in output.mix])
    parts = [output.mix[place] for place in order]
    address = Address.of(output.records.seed, output.records.model_id, MIX_ADDRESS)
    ranked = [part.scenario.encode() for part in parts]
    return Source(
        scenarios=tuple(part.scenario for part in parts),
        parts=tuple(_part(part.records) for part in parts),
        stream=pool_stream(address, "value", ranked, [part.weight for part in parts]),
    )


def _with_scenario(found: Diagnostic, output: OutputPlan) -> Diagnostic:
    """Return a broken promise with the place of the scenario, where no other second place is."""
    if found.code not in {"MG403", "MG404"} or found.related or found.location == output.location:
        return found
    place = Related(message=f"{output.scenario} is stated here", location=output.location)
    return replace(found, related=(place,))


def _part(plan: RecordPlan) -> Part:
    if free := free_part(plan):
        return free
    # A fifth of all modules, which most outputs do without.
    from mockgen_watch.scenarios.promise import keep_promise  # noqa: PLC0415

    part, found = keep_promise(plan)
    if part is None:
        raise FindingsError([item for item in found if item.severity is Severity.ERROR])
    return part
